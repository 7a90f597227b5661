/* Models, graphs, functions and nodes in ONNX's textual syntax. */
#include "reference/onnx/text_parse.h"

#include <string.h>

/* ---- nodes --------------------------------------------------------------------------------------------------------- */

/* Names up to a token that is none; a name left out before a comma is "". */
static gboolean parse_names(Parser *parser, GPtrArray *names)
{
    while (parser_is_name(parser) || parser_is(parser, ',')) {
        const char *name = "";
        if (parser_is_name(parser) && !parser_name(parser, "a name", &name))
            return FALSE;
        g_ptr_array_add(names, (gpointer)(uintptr_t)name);
        if (!parser_accept(parser, ','))
            break;
    }
    g_ptr_array_add(names, NULL);
    return TRUE;
}

/* `com.x.Op:overload` */
static gboolean parse_operator(Parser *parser, const char **domain, const char **op_type, const char **overload)
{
    *domain = *overload = "";
    if (!parser_name(parser, "an operator", op_type))
        return FALSE;
    while (parser_accept(parser, '.')) {
        *domain = **domain ? arena_printf(parser->arena, "%s.%s", *domain, *op_type) : *op_type;
        if (!parser_name(parser, "an operator", op_type))
            return FALSE;
    }
    return !parser_accept(parser, ':') || parser_name(parser, "an overload", overload);
}

static gboolean parse_node(Parser *parser, Graph *graph)
{
    g_autoptr(GPtrArray) inputs = g_ptr_array_new(), outputs = g_ptr_array_new();
    const char *name = "", *domain, *op_type, *overload;
    List attributes = { 0 };
    Notes notes;
    if (!parse_notes(parser, &notes) || !parse_notes_allow(parser, &notes, NOTES_OF_GRAPHS, "a node"))
        return FALSE;
    if (parser_accept(parser, '[') && (!parser_name(parser, "the node's name", &name) || !parser_expect(parser, ']')))
        return FALSE;
    if (!parse_names(parser, outputs))
        return FALSE;
    if (outputs->len == 1 && !parser_is(parser, '='))
        return parser_fail(parser, "a node or '}'");
    if (!parser_expect(parser, '=') || !parse_operator(parser, &domain, &op_type, &overload) ||
        !parse_attributes(parser, &attributes) || !parser_expect(parser, '(') || !parse_names(parser, inputs) ||
        !parser_expect(parser, ')') || (!attributes.n && !parse_attributes(parser, &attributes)))
        return FALSE;
    Node *node = graph_add_node(graph, domain, op_type, (const char *const *)inputs->pdata,
                                (const char *const *)outputs->pdata);
    node->domain = domain; /* as written, not canonical */
    node->name = name;
    node->overload = overload;
    node->attributes = attributes;
    node->doc = notes.doc;
    node->metadata = notes.metadata;
    node->rest = notes.rest;
    return TRUE;
}

static gboolean parse_nodes(Parser *parser, Graph *graph)
{
    if (!parser_expect(parser, '{'))
        return FALSE;
    while (!parser_accept(parser, '}'))
        if (!parse_node(parser, graph))
            return FALSE;
    return TRUE;
}

/* ---- graphs -------------------------------------------------------------------------------------------------------- */

static void add_value_info(Parser *parser, List *infos, const Notes *notes, const char *name, Type *type)
{
    ValueInfo *info = arena_new(parser->arena, ValueInfo);
    *info = (ValueInfo){ .name = name, .type = type, .doc = notes->doc, .metadata = notes->metadata };
    list_append(infos, parser->arena, info);
}

static gboolean parse_initializer(Parser *parser, Graph *graph, const Notes *notes, const char *name, const Type *type)
{
    if (type->kind == TYPE_SPARSE) {
        SparseTensor *sparse;
        if (!parse_notes_allow(parser, notes, 0, "a sparse tensor") || !parse_sparse(parser, type, name, &sparse))
            return FALSE;
        list_append(&graph->sparse_initializers, parser->arena, sparse);
        return TRUE;
    }
    NamedTensor *tensor;
    if (!parse_tensor(parser, notes, type, name, &tensor))
        return FALSE;
    list_append(&graph->initializers, parser->arena, tensor);
    return TRUE;
}

/* `float[N] x`, or `float[2] w = {1, 2}`. A graph's input with elements stands in both lists. */
static gboolean parse_value_info(Parser *parser, List *infos, Graph *graph, gboolean input)
{
    Notes notes, none = { .doc = "" };
    Type *type = NULL;
    const char *name;
    if (!parse_notes(parser, &notes) || (parse_is_type(parser) && !parse_type(parser, &type)) ||
        !parser_name(parser, "the name of a value", &name))
        return FALSE;
    gboolean initializer = graph && type && parser_accept(parser, '=');
    if (initializer && !parse_initializer(parser, graph, input ? &none : &notes, name, type))
        return FALSE;
    if (initializer && !input)
        return TRUE;
    add_value_info(parser, infos, &notes, name, type);
    return parse_notes_allow(parser, &notes, NOTES_OF_VALUES, "a value");
}

/* `graph`: where initializers go, NULL where there can be none. */
static gboolean parse_value_infos(Parser *parser, char open, char close, List *infos, Graph *graph, gboolean input)
{
    if (!parser_expect(parser, open))
        return FALSE;
    if (parser_accept(parser, close))
        return TRUE;
    do
        if (!parse_value_info(parser, infos, graph, input))
            return FALSE;
    while (parser_accept(parser, ','));
    return parser_expect(parser, close);
}

gboolean parse_graph(Parser *parser, const Notes *notes, Graph *into, Graph **graph)
{
    const char *name;
    if (!parser_enter(parser) || !parse_notes_allow(parser, notes, NOTES_OF_GRAPHS, "a graph") ||
        !parser_name(parser, "the name of a graph", &name))
        return FALSE;
    Graph *made = into ? into : graph_new(parser->model, name);
    made->name = name;
    made->doc = notes->doc;
    made->metadata = notes->metadata;
    made->rest = notes->rest;
    if (!parse_value_infos(parser, '(', ')', &made->inputs, made, TRUE) || !parser_expect_arrow(parser) ||
        !parse_value_infos(parser, '(', ')', &made->outputs, NULL, FALSE) ||
        (parser_is(parser, '<') && !parse_value_infos(parser, '<', '>', &made->value_infos, made, FALSE)) ||
        !parse_nodes(parser, made))
        return FALSE;
    parser->depth--;
    *graph = made;
    return TRUE;
}

/* ---- headers ------------------------------------------------------------------------------------------------------- */

typedef struct {
    int64_t     ir_version, model_version;
    const char *producer_name, *producer_version, *domain, *doc, *overload;
    List        opset_imports, metadata;
} Header;

typedef enum { HEADER_INT, HEADER_TEXT, HEADER_OPSETS, HEADER_PROPERTIES } HeaderKind;

static const struct {
    const char *key;
    HeaderKind  kind;
    gsize       offset;
    gboolean    in_model, in_function;
} header_keys[] = {
    { "ir_version", HEADER_INT, offsetof(Header, ir_version), TRUE, FALSE },
    { "opset_import", HEADER_OPSETS, offsetof(Header, opset_imports), TRUE, TRUE },
    { "producer_name", HEADER_TEXT, offsetof(Header, producer_name), TRUE, FALSE },
    { "producer_version", HEADER_TEXT, offsetof(Header, producer_version), TRUE, FALSE },
    { "domain", HEADER_TEXT, offsetof(Header, domain), TRUE, TRUE },
    { "model_version", HEADER_INT, offsetof(Header, model_version), TRUE, FALSE },
    { "doc_string", HEADER_TEXT, offsetof(Header, doc), TRUE, TRUE },
    { "metadata_props", HEADER_PROPERTIES, offsetof(Header, metadata), TRUE, FALSE },
    { "overload", HEADER_TEXT, offsetof(Header, overload), FALSE, TRUE },
};

static gboolean parse_opsets(Parser *parser, List *imports)
{
    if (!parser_expect(parser, '['))
        return FALSE;
    if (parser_accept(parser, ']'))
        return TRUE;
    do {
        OpsetImport *import = arena_new(parser->arena, OpsetImport);
        if (!parser_text(parser, &import->domain) || !parser_expect(parser, ':') ||
            !parser_int64(parser, "an opset's version", &import->version))
            return FALSE;
        list_append(imports, parser->arena, import);
    } while (parser_accept(parser, ','));
    return parser_expect(parser, ']');
}

static gboolean parse_header_entry(Parser *parser, Header *header, gboolean function)
{
    gsize k = 0;
    while (k < G_N_ELEMENTS(header_keys) && !(parser_is_word(parser, header_keys[k].key) &&
                                              (function ? header_keys[k].in_function : header_keys[k].in_model)))
        k++;
    if (k == G_N_ELEMENTS(header_keys))
        return parser_fail(parser, function ? "domain, overload, opset_import or doc_string"
                                            : "ir_version, opset_import, producer_name, producer_version, domain, "
                                              "model_version, doc_string or metadata_props");
    parser_advance(parser);
    if (!parser_expect(parser, ':'))
        return FALSE;
    void *field = (char *)header + header_keys[k].offset;
    switch (header_keys[k].kind) {
    case HEADER_INT:
        return parser_int64(parser, "a number", field);
    case HEADER_TEXT:
        return parser_text(parser, field);
    case HEADER_OPSETS:
        return parse_opsets(parser, field);
    default:
        return parse_properties(parser, field);
    }
}

static gboolean parse_header(Parser *parser, Header *header, gboolean function)
{
    if (!parser_accept(parser, '<'))
        return TRUE;
    do
        if (!parse_header_entry(parser, header, function))
            return FALSE;
    while (parser_accept(parser, ','));
    return parser_expect(parser, '>');
}

/* ---- functions ----------------------------------------------------------------------------------------------------- */

/* `<attr, attr2: int = 1>`: names without a value are required. */
static gboolean parse_function_attributes(Parser *parser, GPtrArray *required, List *defaults)
{
    if (parser_accept(parser, '<')) {
        do {
            Notes notes;
            const char *name;
            Attribute *attribute;
            if (!parse_notes(parser, &notes) || !parser_name(parser, "the name of an attribute", &name))
                return FALSE;
            if (!parser_is(parser, ':') && !parser_is(parser, '=')) {
                g_ptr_array_add(required, (gpointer)(uintptr_t)name);
                if (!parse_notes_allow(parser, &notes, 0, "an attribute without value"))
                    return FALSE;
                continue;
            }
            if (!parse_attribute(parser, &notes, name, &attribute))
                return FALSE;
            list_append(defaults, parser->arena, attribute);
        } while (parser_accept(parser, ','));
        if (!parser_expect(parser, '>'))
            return FALSE;
    }
    g_ptr_array_add(required, NULL);
    return TRUE;
}

/* `(x, float[N] y)`: a type makes a value info beside the name. */
static gboolean parse_parameters(Parser *parser, GPtrArray *names, List *infos)
{
    List all = { 0 };
    if (!parse_value_infos(parser, '(', ')', &all, NULL, FALSE))
        return FALSE;
    for (gsize i = 0; i < all.n; i++) {
        ValueInfo *info = LIST_AT(&all, ValueInfo, i);
        g_ptr_array_add(names, (gpointer)(uintptr_t)info->name);
        if (info->type)
            list_append(infos, parser->arena, info);
    }
    g_ptr_array_add(names, NULL);
    return TRUE;
}

static gboolean parse_function(Parser *parser, Function **function)
{
    g_autoptr(GPtrArray) inputs = g_ptr_array_new(), outputs = g_ptr_array_new(), attributes = g_ptr_array_new();
    Header header = { .domain = "", .overload = "", .doc = "" };
    List defaults = { 0 }, infos = { 0 };
    const char *name;
    Notes notes;
    if (!parse_notes(parser, &notes) ||
        !parse_notes_allow(parser, &notes, NOTE_METADATA | NOTE_REST, "a function with its header") ||
        !parse_header(parser, &header, TRUE) || !parser_name(parser, "the name of a function", &name) ||
        !parse_function_attributes(parser, attributes, &defaults) || !parse_parameters(parser, inputs, &infos) ||
        !parser_expect_arrow(parser) || !parse_parameters(parser, outputs, &infos) ||
        (parser_is(parser, '<') && !parse_value_infos(parser, '<', '>', &infos, NULL, FALSE)))
        return FALSE;
    Function *made = model_add_function(parser->model, header.domain, name, (const char *const *)inputs->pdata,
                                        (const char *const *)outputs->pdata, (const char *const *)attributes->pdata);
    made->domain = header.domain; /* as written, not canonical */
    made->overload = header.overload;
    made->doc = header.doc;
    made->opset_imports = header.opset_imports;
    made->attribute_defaults = defaults;
    made->metadata = notes.metadata;
    made->rest = notes.rest;
    made->body->value_infos = infos;
    *function = made;
    return parse_nodes(parser, made->body);
}

/* ---- whole texts --------------------------------------------------------------------------------------------------- */

static gboolean parse_model(Parser *parser)
{
    Model *model = parser->model;
    Header header = { .ir_version = model->ir_version, .producer_name = "", .producer_version = "", .domain = "", .doc = "" };
    Notes notes;
    Function *function;
    if (!parse_notes(parser, &notes))
        return FALSE;
    /* Before a header an annotation is the model's, else the graph's. */
    if (parser_is(parser, '<')) {
        model->rest = notes.rest;
        if (!parse_notes_allow(parser, &notes, NOTE_REST, "a model with its header") ||
            !parse_header(parser, &header, FALSE) || !parse_notes(parser, &notes))
            return FALSE;
    }
    model->ir_version = header.ir_version;
    model->opset_imports = header.opset_imports;
    model->producer_name = header.producer_name;
    model->producer_version = header.producer_version;
    model->domain = header.domain;
    model->model_version = header.model_version;
    model->doc = header.doc;
    model->metadata = header.metadata;
    if (!parse_graph(parser, &notes, model->graph, &model->graph))
        return FALSE;
    while (parser->token.kind != TOKEN_END)
        if (!parse_function(parser, &function))
            return FALSE;
    return TRUE;
}

static gboolean expect_end(Parser *parser)
{
    return parser->token.kind == TOKEN_END || parser_fail(parser, "the end of the text");
}

Model *model_from_text(const char *text, GError **error)
{
    g_autoptr(Model) model = model_new();
    Parser parser;
    parser_init(&parser, model, text, error);
    return parse_model(&parser) ? g_steal_pointer(&model) : NULL;
}

Function *function_from_text(Model *model, const char *text, GError **error)
{
    gsize before = model->functions.n;
    Function *function = NULL;
    Parser parser;
    parser_init(&parser, model, text, error);
    if (parse_function(&parser, &function) && expect_end(&parser))
        return function;
    while (model->functions.n > before)
        list_remove(&model->functions, model->functions.n - 1);
    return NULL;
}

Graph *graph_from_text(Model *model, const char *text, GError **error)
{
    Graph *graph = NULL;
    Parser parser;
    Notes notes;
    parser_init(&parser, model, text, error);
    return parse_notes(&parser, &notes) && parse_graph(&parser, &notes, NULL, &graph) && expect_end(&parser) ? graph
                                                                                                            : NULL;
}
