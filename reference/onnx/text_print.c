/* Models, functions, graphs and nodes in ONNX's textual syntax. What the published syntax cannot say stands in the forms
 * that text.h documents. */
#include "reference/onnx/text_number.h"
#include "reference/onnx/text_print.h"

#include <string.h>

/* ---- attributes ---------------------------------------------------------------------------------------------------- */

static void print_graph(Printer *p, const Graph *graph);

static void print_float(Printer *p, float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    number_append(p->out, DTYPE_FLOAT, bits);
}

static void print_item(Printer *p, const Attribute *a, gsize i)
{
    switch (a->type) {
    case ATTRIBUTE_UNDEFINED:
        break;
    case ATTRIBUTE_FLOAT:
    case ATTRIBUTE_FLOATS:
        print_float(p, a->type == ATTRIBUTE_FLOAT ? a->f : a->floats[i]);
        break;
    case ATTRIBUTE_INT:
    case ATTRIBUTE_INTS:
        g_string_append_printf(p->out, "%" G_GINT64_FORMAT, a->type == ATTRIBUTE_INT ? a->i : a->ints[i]);
        break;
    case ATTRIBUTE_STRING:
    case ATTRIBUTE_STRINGS: {
        const Bytes *s = a->type == ATTRIBUTE_STRING ? &a->s : &a->strings[i];
        print_quoted(p, s->data, s->size, FALSE);
        break;
    }
    case ATTRIBUTE_TENSOR:
    case ATTRIBUTE_TENSORS:
        print_named_tensor(p, a->type == ATTRIBUTE_TENSOR ? a->tensor : a->tensors[i], "");
        break;
    case ATTRIBUTE_GRAPH:
    case ATTRIBUTE_GRAPHS:
        print_graph(p, a->type == ATTRIBUTE_GRAPH ? a->graph : a->graphs[i]);
        break;
    case ATTRIBUTE_SPARSE_TENSOR:
    case ATTRIBUTE_SPARSE_TENSORS:
        print_sparse(p, a->type == ATTRIBUTE_SPARSE_TENSOR ? a->sparse : a->sparses[i]);
        break;
    case ATTRIBUTE_TYPE:
    case ATTRIBUTE_TYPES:
        print_type(p, a->type == ATTRIBUTE_TYPE ? a->type_proto : a->type_protos[i]);
        break;
    }
}

static gboolean is_list(AttributeType type)
{
    return (type >= ATTRIBUTE_FLOATS && type <= ATTRIBUTE_GRAPHS) || type == ATTRIBUTE_SPARSE_TENSORS ||
           type == ATTRIBUTE_TYPES;
}

static void print_attribute(Printer *p, const Attribute *attribute)
{
    g_autofree char *type = g_ascii_strdown(attribute_type_name(attribute->type), -1);
    print_notes(p, attribute->doc, NULL, (Bytes){ 0 });
    print_name(p, attribute->name);
    g_string_append_printf(p->out, ": %s = ", type);
    if (attribute->ref) {
        print(p, "@");
        print_name(p, attribute->ref);
        return;
    }
    gboolean list = is_list(attribute->type);
    print(p, list ? "[" : "");
    for (gsize i = 0; i < (list ? attribute->n : 1); i++) {
        print(p, i ? ", " : "");
        print_item(p, attribute, i);
    }
    print(p, list ? "]" : "");
}

static void print_attributes(Printer *p, const List *attributes)
{
    print(p, "<");
    for (gsize i = 0; i < attributes->n; i++) {
        print(p, i ? ", " : "");
        print_attribute(p, LIST_AT(attributes, Attribute, i));
    }
    print(p, ">");
}

/* ---- nodes and graphs ---------------------------------------------------------------------------------------------- */

static void print_names(Printer *p, const char *const *names, gsize n, void (*print_one)(Printer *, const char *))
{
    for (gsize i = 0; i < n; i++) {
        print(p, i ? ", " : "");
        print_one(p, names[i]);
    }
}

static void print_node(Printer *p, const Node *node)
{
    gboolean subgraph = FALSE;
    for (gsize i = 0; i < node->attributes.n; i++) {
        AttributeType type = LIST_AT(&node->attributes, Attribute, i)->type;
        subgraph = subgraph || type == ATTRIBUTE_GRAPH || type == ATTRIBUTE_GRAPHS;
    }
    print_line_break(p);
    print_notes(p, node->doc, &node->metadata, node->rest);
    if (*node->name) {
        print(p, "[");
        print_name(p, node->name);
        print(p, "] ");
    }
    print_names(p, node->outputs, node->n_outputs, print_name);
    print(p, node->n_outputs ? " = " : "= ");
    if (*node->domain) {
        print_dotted(p, node->domain);
        print(p, ".");
    }
    print_name(p, node->op_type);
    if (*node->overload) {
        print(p, ":");
        print_name(p, node->overload);
    }
    /* Subgraphs stand after the inputs, which would be hard to find behind them. */
    if (node->attributes.n && !subgraph) {
        print(p, " ");
        print_attributes(p, &node->attributes);
    }
    print(p, " (");
    print_names(p, node->inputs, node->n_inputs, print_name);
    print(p, ")");
    if (subgraph) {
        print(p, " ");
        print_attributes(p, &node->attributes);
    }
}

static void print_nodes(Printer *p, const Graph *graph)
{
    print(p, "{");
    p->indent++;
    for (gsize i = 0; i < graph->nodes.n; i++)
        print_node(p, LIST_AT(&graph->nodes, Node, i));
    p->indent--;
    print_line_break(p);
    print(p, "}");
}

/* `<...>`: initializers, then values; nothing if there are none. */
static void print_values(Printer *p, const Graph *graph)
{
    gsize n = graph->initializers.n + graph->sparse_initializers.n + graph->value_infos.n, done = 0;
    if (!n)
        return;
    print(p, "<");
    p->indent++;
    for (gsize i = 0; i < graph->initializers.n; i++, done++) {
        print(p, done ? "," : "");
        print_line_break(p);
        print_named_tensor(p, LIST_AT(&graph->initializers, NamedTensor, i), " = ");
    }
    for (gsize i = 0; i < graph->sparse_initializers.n; i++, done++) {
        print(p, done ? "," : "");
        print_line_break(p);
        print_sparse(p, LIST_AT(&graph->sparse_initializers, SparseTensor, i));
    }
    if (graph->value_infos.n) {
        print(p, done ? "," : "");
        print_line_break(p);
        print_value_infos(p, &graph->value_infos);
    }
    p->indent--;
    print_line_break(p);
    print(p, "> ");
}

static void print_graph(Printer *p, const Graph *graph)
{
    print_notes(p, graph->doc, &graph->metadata, graph->rest);
    print_first_name(p, graph->name);
    p->indent++;
    print(p, " (");
    print_value_infos(p, &graph->inputs);
    print(p, ") => (");
    print_value_infos(p, &graph->outputs);
    print(p, ") ");
    p->indent--;
    print_values(p, graph);
    print_nodes(p, graph);
}

/* ---- headers ------------------------------------------------------------------------------------------------------- */

static void print_opsets(Printer *p, const List *imports)
{
    print(p, "opset_import: [");
    for (gsize i = 0; i < imports->n; i++) {
        const OpsetImport *import = LIST_AT(imports, OpsetImport, i);
        print(p, i ? ", " : "");
        print_string(p, import->domain);
        g_string_append_printf(p->out, " : %" G_GINT64_FORMAT, import->version);
    }
    print(p, "]");
}

static void print_header_text(Printer *p, const char *key, const char *text)
{
    if (!*text)
        return;
    g_string_append_printf(p->out, ",\n    %s: ", key);
    print_string(p, text);
}

static void print_function(Printer *p, const Function *function)
{
    print_notes(p, NULL, &function->metadata, function->rest);
    print(p, "<\n    domain: ");
    print_string(p, function->domain);
    print_header_text(p, "overload", function->overload);
    print_header_text(p, "doc_string", function->doc);
    print(p, ",\n    ");
    print_opsets(p, &function->opset_imports);
    print(p, "\n>\n");
    print_name(p, function->name);
    print(p, " ");
    if (function->n_attributes + function->attribute_defaults.n) {
        print(p, "<");
        print_names(p, function->attributes, function->n_attributes, print_name);
        for (gsize i = 0; i < function->attribute_defaults.n; i++) {
            print(p, i || function->n_attributes ? ", " : "");
            print_attribute(p, LIST_AT(&function->attribute_defaults, Attribute, i));
        }
        print(p, "> ");
    }
    print(p, "(");
    print_names(p, function->inputs, function->n_inputs, print_first_name);
    print(p, ") => (");
    print_names(p, function->outputs, function->n_outputs, print_first_name);
    print(p, ") ");
    print_values(p, function->body);
    print_nodes(p, function->body);
}

static void print_model(Printer *p, const Model *model)
{
    print_notes(p, NULL, NULL, model->rest);
    g_string_append_printf(p->out, "<\n    ir_version: %" G_GINT64_FORMAT ",\n    ", model->ir_version);
    print_opsets(p, &model->opset_imports);
    print_header_text(p, "producer_name", model->producer_name);
    print_header_text(p, "producer_version", model->producer_version);
    print_header_text(p, "domain", model->domain);
    if (model->model_version)
        g_string_append_printf(p->out, ",\n    model_version: %" G_GINT64_FORMAT, model->model_version);
    print_header_text(p, "doc_string", model->doc);
    if (model->metadata.n) {
        print(p, ",\n    metadata_props: ");
        print_properties(p, &model->metadata);
    }
    print(p, "\n>\n");
    print_graph(p, model->graph);
    for (gsize i = 0; i < model->functions.n; i++) {
        print(p, "\n\n");
        print_function(p, LIST_AT(&model->functions, Function, i));
    }
    print(p, "\n");
}

/* ---- whole texts --------------------------------------------------------------------------------------------------- */

static Printer printer_new(gsize elements)
{
    return (Printer){ .out = g_string_new(NULL), .elements = elements };
}

static char *printer_finish(Printer *p)
{
    return g_string_free(p->out, FALSE);
}

char *model_to_text(const Model *model, gsize elements)
{
    Printer p = printer_new(elements);
    print_model(&p, model);
    return printer_finish(&p);
}

char *graph_to_text(const Graph *graph, gsize elements)
{
    Printer p = printer_new(elements);
    print_graph(&p, graph);
    return printer_finish(&p);
}

char *function_to_text(const Function *function, gsize elements)
{
    Printer p = printer_new(elements);
    print_function(&p, function);
    return printer_finish(&p);
}

char *tensor_to_text(const Tensor *tensor, gsize elements)
{
    Printer p = printer_new(elements);
    print_tensor(&p, tensor, "", "");
    return printer_finish(&p);
}

char *type_to_text(const Type *type)
{
    Printer p = printer_new(0);
    print_type(&p, type);
    return printer_finish(&p);
}
