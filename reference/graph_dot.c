#include "reference/graph_dot.h"

#include "reference/onnx/text.h"

#include <string.h>

typedef struct {
    GString    *dot;
    GHashTable *producer; /* value name -> id of the drawn node that gives it */
    guint       next, clusters;
} Drawing;

/* A DOT string: quotes and backslashes escaped, control characters dropped. */
static char *quoted(const char *text)
{
    GString *out = g_string_new("\"");
    for (const char *p = text; *p; p++) {
        if (*p == '"' || *p == '\\')
            g_string_append_c(out, '\\');
        if ((unsigned char)*p >= 0x20)
            g_string_append_c(out, *p);
    }
    g_string_append_c(out, '"');
    return g_string_free(out, FALSE);
}

static guint add(Drawing *d, const char *label, const char *style)
{
    g_autofree char *text = quoted(label);
    g_string_append_printf(d->dot, "  n%u [label=%s, %s];\n", d->next, text, style);
    return d->next++;
}

static void give(Drawing *d, const char *value, guint id)
{
    g_hash_table_insert(d->producer, (gpointer)value, GUINT_TO_POINTER(id + 1));
}

static void edge(Drawing *d, const char *value, guint to, gboolean dashed)
{
    const guint from = GPOINTER_TO_UINT(g_hash_table_lookup(d->producer, value));
    if (!from)
        return;
    g_autofree char *label = quoted(value);
    g_string_append_printf(d->dot, "  n%u -> n%u [label=%s%s];\n", from - 1, to, label, dashed ? ", style=dashed" : "");
}

static void draw_value(Drawing *d, const ValueInfo *info, const char *style, gboolean is_input)
{
    g_autofree char *type = info->type ? type_to_text(info->type) : g_strdup("");
    g_autofree char *label = g_strdup_printf("%s  %s", info->name, type);
    const guint id = add(d, label, style);
    if (is_input)
        give(d, info->name, id);
    else
        edge(d, info->name, id, FALSE);
}

static void draw_graph(Drawing *d, const Graph *graph);

static void draw_node(Drawing *d, const Node *node)
{
    const guint id = add(d, node->op_type, "shape=box, style=filled, fillcolor=\"#dbe9f6\"");
    for (gsize i = 0; i < node->n_inputs; i++)
        edge(d, node->inputs[i], id, FALSE);
    for (gsize a = 0; a < node->attributes.n; a++) {
        const Attribute *attribute = LIST_AT(&node->attributes, Attribute, a);
        if (!attribute->graph)
            continue;
        g_autofree char *label = quoted(attribute->name);
        g_string_append_printf(d->dot, "  subgraph cluster_%u { label=%s; color=gray;\n", d->clusters++, label);
        const guint first = d->next;
        draw_graph(d, attribute->graph);
        g_string_append(d->dot, "  }\n");
        if (d->next > first)
            g_string_append_printf(d->dot, "  n%u -> n%u [style=dotted, arrowhead=none];\n", id, first);
    }
    for (gsize i = 0; i < node->n_outputs; i++)
        give(d, node->outputs[i], id);
}

static void draw_graph(Drawing *d, const Graph *graph)
{
    for (gsize i = 0; i < graph->inputs.n; i++)
        draw_value(d, LIST_AT(&graph->inputs, ValueInfo, i), "shape=box, style=\"rounded,filled\", fillcolor=\"#e8f5e0\"", TRUE);
    for (gsize i = 0; i < graph->initializers.n; i++) {
        const NamedTensor *t = LIST_AT(&graph->initializers, NamedTensor, i);
        g_autofree char *type = t->tensor ? tensor_describe(t->tensor) : g_strdup("");
        g_autofree char *label = g_strdup_printf("%s  %s", t->name, type);
        give(d, t->name, add(d, label, "shape=note, style=filled, fillcolor=\"#f6f0d8\""));
    }
    for (gsize i = 0; i < graph->nodes.n; i++)
        draw_node(d, LIST_AT(&graph->nodes, Node, i));
    for (gsize i = 0; i < graph->outputs.n; i++)
        draw_value(d, LIST_AT(&graph->outputs, ValueInfo, i), "shape=box, style=\"rounded,filled\", fillcolor=\"#f6dfdb\"", FALSE);
}

char *graph_to_dot(const Graph *graph)
{
    Drawing d = { .dot = g_string_new("digraph model {\n  rankdir=TB; fontname=\"sans-serif\";\n"
                                      "  node [fontname=\"sans-serif\", fontsize=11]; edge [fontname=\"sans-serif\", fontsize=9];\n"),
                  .producer = g_hash_table_new(g_str_hash, g_str_equal) };
    draw_graph(&d, graph);
    g_hash_table_unref(d.producer);
    g_string_append(d.dot, "}\n");
    return g_string_free(d.dot, FALSE);
}
