/* Models: creation, and what is read from them by name. */
#include "reference/onnx/model.h"

#include <string.h>

enum { IR_VERSION_OF_NEW_MODELS = 13, LONGEST_QUOTED_NAME = 120, LONGEST_MESSAGE = 4096 };

Model *model_new(void)
{
    Arena *arena = arena_create();
    Model *model = arena_new(arena, Model);
    model->arena = arena;
    model->ir_version = IR_VERSION_OF_NEW_MODELS;
    model->producer_name = model->producer_version = model->domain = model->doc = "";
    model->graph = graph_new(model, "graph");
    return model;
}

void model_free(Model *model)
{
    if (!model)
        return;
    g_free(model->folder);
    arena_free(model->arena);
}

const char *domain_canonical(const char *domain)
{
    return !domain || strcmp(domain, "ai.onnx") == 0 ? "" : domain;
}

int64_t opset_version(const List *imports, const char *domain)
{
    domain = domain_canonical(domain);
    for (gsize i = 0; i < imports->n; i++) {
        const OpsetImport *import = LIST_AT(imports, OpsetImport, i);
        if (strcmp(domain_canonical(import->domain), domain) == 0)
            return import->version;
    }
    return 0;
}

const Attribute *node_attribute(const Node *node, const char *name)
{
    for (gsize i = 0; i < node->attributes.n; i++) {
        const Attribute *attribute = LIST_AT(&node->attributes, Attribute, i);
        if (strcmp(attribute->name, name) == 0)
            return attribute;
    }
    return NULL;
}

const Function *model_function(const Model *model, const char *domain, const char *name, const char *overload)
{
    domain = domain_canonical(domain);
    for (gsize i = 0; i < model->functions.n; i++) {
        const Function *function = LIST_AT(&model->functions, Function, i);
        if (strcmp(function->name, name) == 0 && strcmp(domain_canonical(function->domain), domain) == 0 &&
            strcmp(function->overload, overload ? overload : "") == 0)
            return function;
    }
    return NULL;
}

const char *properties_get(const List *properties, const char *key)
{
    for (gsize i = 0; i < properties->n; i++) {
        const Property *property = LIST_AT(properties, Property, i);
        if (strcmp(property->key, key) == 0)
            return property->value;
    }
    return NULL;
}

NamedTensor *graph_initializer(const Graph *graph, const char *name)
{
    for (gsize i = 0; i < graph->initializers.n; i++) {
        NamedTensor *initializer = LIST_AT(&graph->initializers, NamedTensor, i);
        if (strcmp(initializer->name, name) == 0)
            return initializer;
    }
    return NULL;
}

const char *attribute_type_name(AttributeType type)
{
    static const char *const names[] = {
        [ATTRIBUTE_UNDEFINED] = "UNDEFINED",         [ATTRIBUTE_FLOAT] = "FLOAT",
        [ATTRIBUTE_INT] = "INT",                     [ATTRIBUTE_STRING] = "STRING",
        [ATTRIBUTE_TENSOR] = "TENSOR",               [ATTRIBUTE_GRAPH] = "GRAPH",
        [ATTRIBUTE_FLOATS] = "FLOATS",               [ATTRIBUTE_INTS] = "INTS",
        [ATTRIBUTE_STRINGS] = "STRINGS",             [ATTRIBUTE_TENSORS] = "TENSORS",
        [ATTRIBUTE_GRAPHS] = "GRAPHS",               [ATTRIBUTE_SPARSE_TENSOR] = "SPARSE_TENSOR",
        [ATTRIBUTE_SPARSE_TENSORS] = "SPARSE_TENSORS", [ATTRIBUTE_TYPE] = "TYPE_PROTO",
        [ATTRIBUTE_TYPES] = "TYPE_PROTOS",
    };
    return (gsize)type < G_N_ELEMENTS(names) ? names[type] : "unknown";
}

/* Cut where `out` holds more than `longest` bytes. */
static void append_printable(GString *out, const char *text, gsize longest)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    for (const char *at = valid; *at; at = g_utf8_next_char(at)) {
        if (out->len > longest) {
            g_string_append(out, "...");
            break;
        }
        gunichar c = g_utf8_get_char(at);
        /* Unprintable includes line and paragraph separators and marks that reorder text. */
        if (g_unichar_isprint(c) && g_unichar_type(c) != G_UNICODE_FORMAT)
            g_string_append_unichar(out, c);
        else
            g_string_append_printf(out, "\\u%04x", (unsigned)c);
    }
}

char *name_quote(const char *name)
{
    GString *quoted = g_string_new("'");
    append_printable(quoted, name ? name : "", LONGEST_QUOTED_NAME);
    g_string_append_c(quoted, '\'');
    return g_string_free(quoted, FALSE);
}

char *message_line(const char *message)
{
    GString *line = g_string_new(NULL);
    append_printable(line, message, LONGEST_MESSAGE);
    return g_string_free(line, FALSE);
}

char *node_describe(const Node *node, gsize index)
{
    g_autofree char *quoted_op = name_quote(node->op_type);
    /* The operator stands without its quotes. */
    g_autofree char *op = g_strndup(quoted_op + 1, strlen(quoted_op) - 2);
    if (!node->name || !*node->name)
        return g_strdup_printf("%s (node %" G_GSIZE_FORMAT ")", op, index);
    g_autofree char *name = name_quote(node->name);
    return g_strdup_printf("%s %s", op, name);
}
