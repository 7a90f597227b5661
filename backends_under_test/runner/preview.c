#include "backends_under_test/runner/preview.h"
#include "golden/compare/element.h"

#include <cjson/cJSON.h>
#include <string.h>

/* Enough to recognise a case by; the files have the rest. */
enum { VALUES = 24, NODES = 120, TEXT = 80 };

static char *printed(cJSON *json)
{
    char *text = cJSON_PrintUnformatted(json), *copy = g_strdup(text);
    cJSON_free(text);
    cJSON_Delete(json);
    return copy;
}

static void add_text(cJSON *array, const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text ? text : "", -1);
    if (g_utf8_strlen(valid, -1) > TEXT)
        strcpy(g_utf8_offset_to_pointer(valid, TEXT), "");
    cJSON_AddItemToArray(array, cJSON_CreateString(valid));
}

/* ---- the graph ----------------------------------------------------------------------------------------------------- */

typedef struct {
    cJSON      *nodes, *edges;
    GHashTable *givers; /* value name -> index of the node that gives it, plus one */
    guint       n;
} Sketch;

static guint add_node(Sketch *s, const char *kind, const char *name)
{
    cJSON *node = cJSON_CreateArray();
    cJSON_AddItemToArray(node, cJSON_CreateString(kind));
    add_text(node, name);
    cJSON_AddItemToArray(s->nodes, node);
    return s->n++;
}

static void add_edge(Sketch *s, guint from, guint to, const char *value)
{
    cJSON *edge = cJSON_CreateArray();
    cJSON_AddItemToArray(edge, cJSON_CreateNumber(from));
    cJSON_AddItemToArray(edge, cJSON_CreateNumber(to));
    add_text(edge, value);
    cJSON_AddItemToArray(s->edges, edge);
}

static void give(Sketch *s, const char *value, guint node)
{
    g_hash_table_insert(s->givers, (gpointer)value, GUINT_TO_POINTER(node + 1));
}

static void take(Sketch *s, const char *value, guint node)
{
    const guint giver = GPOINTER_TO_UINT(g_hash_table_lookup(s->givers, value));
    if (giver > 0)
        add_edge(s, giver - 1, node, value);
}

static void sketch_graph(Sketch *s, const Graph *graph);

static void sketch_node(Sketch *s, const Node *node)
{
    const guint id = add_node(s, "operator", node->op_type);
    for (gsize i = 0; i < node->n_inputs; i++)
        take(s, node->inputs[i], id);
    for (gsize a = 0; a < node->attributes.n; a++) {
        const Attribute *attribute = LIST_AT(&node->attributes, Attribute, a);
        const guint      first = s->n;
        if (attribute->graph)
            sketch_graph(s, attribute->graph);
        if (s->n > first)
            add_edge(s, id, first, "");
    }
    for (gsize i = 0; i < node->n_outputs; i++)
        give(s, node->outputs[i], id);
}

static void sketch_graph(Sketch *s, const Graph *graph)
{
    for (gsize i = 0; i < graph->inputs.n && s->n < NODES; i++) {
        const char *name = LIST_AT(&graph->inputs, ValueInfo, i)->name;
        give(s, name, add_node(s, "input", name));
    }
    for (gsize i = 0; i < graph->initializers.n && s->n < NODES; i++) {
        const char *name = LIST_AT(&graph->initializers, NamedTensor, i)->name;
        give(s, name, add_node(s, "constant", name));
    }
    for (gsize i = 0; i < graph->nodes.n && s->n < NODES; i++)
        sketch_node(s, LIST_AT(&graph->nodes, Node, i));
    for (gsize i = 0; i < graph->outputs.n && s->n < NODES; i++) {
        const char *name = LIST_AT(&graph->outputs, ValueInfo, i)->name;
        take(s, name, add_node(s, "output", name));
    }
}

/* A part of a graph would be a wrong drawing: none then. */
char *preview_graph(const Model *model)
{
    g_autoptr(GHashTable) givers = g_hash_table_new(g_str_hash, g_str_equal);
    cJSON                *json = cJSON_CreateObject();
    Sketch                s = { .nodes = cJSON_AddArrayToObject(json, "nodes"),
                                .edges = cJSON_AddArrayToObject(json, "edges"),
                                .givers = givers };
    sketch_graph(&s, model->graph);
    if (s.n > 0 && s.n < NODES)
        return printed(json);
    cJSON_Delete(json);
    return NULL;
}

/* ---- values -------------------------------------------------------------------------------------------------------- */

static void add_values(cJSON *object, const char *key, const Tensor *tensor)
{
    const gboolean is_float = dtype_info(tensor->dtype)->domain == DOMAIN_FLOAT;
    cJSON         *values = cJSON_AddArrayToObject(object, key);
    for (int64_t i = 0; i < MIN(tensor->count, VALUES); i++) {
        char             decimal[G_ASCII_DTOSTR_BUF_SIZE];
        g_autofree char *text = is_float ? g_strdup(g_ascii_formatd(decimal, sizeof decimal, "%.9g", tensor_get_double(tensor, i)))
                                         : tensor_element_to_string(tensor, i);
        add_text(values, text);
    }
}

/* What is no tensor is described, but its items are not listed. */
static cJSON *value_object(const char *name, const Value *value)
{
    cJSON           *object = cJSON_CreateObject();
    g_autofree char *type = value ? value_describe(value) : g_strdup("cannot be read");
    if (name)
        cJSON_AddStringToObject(object, "name", name);
    cJSON_AddStringToObject(object, "type", type);
    if (!value || value->kind != VALUE_TENSOR)
        return object;
    cJSON_AddNumberToObject(object, "elements", (double)value->tensor->count);
    add_values(object, "values", value->tensor);
    return object;
}

static void add_bound(cJSON *object, const Subject *s, const char *kind, guint i)
{
    g_autofree char  *path = case_data_path(s->folder, kind, i);
    g_autoptr(Tensor) bound = g_file_test(path, G_FILE_TEST_EXISTS) ? tensor_load(path, NULL, NULL, NULL) : NULL;
    if (bound)
        add_values(object, kind, bound);
}

static cJSON *file_object(const Subject *s, const char *kind, guint i, const ValueInfo *info)
{
    g_autofree char *path = case_data_path(s->folder, kind, i);
    g_autoptr(Value) value = value_load(path, info ? info->type : NULL, NULL, NULL);
    g_autofree char *name = info ? g_utf8_make_valid(info->name, -1) : g_strdup_printf("%s %u", kind, i);
    return value_object(name, value);
}

char *preview_data(const Subject *s, const Model *model)
{
    cJSON       *json = cJSON_CreateObject();
    cJSON       *inputs = cJSON_AddArrayToObject(json, "inputs"), *outputs = cJSON_AddArrayToObject(json, "outputs");
    const Graph *graph = model->graph;
    for (guint i = 0; i < s->c->n_inputs; i++)
        cJSON_AddItemToArray(inputs, file_object(s, "input", i, i < graph->inputs.n ? LIST_AT(&graph->inputs, ValueInfo, i) : NULL));
    for (guint i = 0; i < s->c->n_outputs; i++) {
        cJSON *object = file_object(s, "output", i, i < graph->outputs.n ? LIST_AT(&graph->outputs, ValueInfo, i) : NULL);
        add_bound(object, s, "lower", i);
        add_bound(object, s, "upper", i);
        cJSON_AddItemToArray(outputs, object);
    }
    return printed(json);
}

/* The worst element of each part, as one character. */
static char strip_mark(double margin, gboolean right)
{
    if (!right)
        return '#';
    return margin > 0 ? (char)('1' + MIN((int)(margin * 9), 8)) : '.';
}

static void add_strip(cJSON *object, const Pair *p)
{
    enum { PARTS = 64 };
    const Tensor *golden = p->golden->tensor, *actual = p->actual->tensor;
    const int64_t n = golden->count, parts = MIN(n, PARTS);
    char          strip[PARTS + 1] = { 0 };
    for (int64_t part = 0; part < parts; part++) {
        double   worst = 0;
        gboolean right = TRUE;
        for (int64_t i = part * n / parts; i < (part + 1) * n / parts; i++) {
            const ElementJudgement e = element_judge(p->spec, golden, p->lower ? p->lower : golden, p->upper ? p->upper : golden, actual, i);
            worst = MAX(worst, e.margin);
            right &= e.right;
        }
        strip[part] = strip_mark(worst, right);
    }
    if (parts > 0)
        cJSON_AddStringToObject(object, "strip", strip);
}

void preview_answer(cJSON *outputs, const Pair *p)
{
    cJSON *object = value_object(NULL, p->actual);
    if (p->actual && p->actual->kind == VALUE_TENSOR && p->golden->kind == VALUE_TENSOR &&
        p->actual->tensor->dtype == p->golden->tensor->dtype && shape_equal(&p->actual->tensor->shape, &p->golden->tensor->shape))
        add_strip(object, p);
    cJSON_AddItemToArray(outputs, object);
}
