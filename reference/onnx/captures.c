#include "reference/onnx/captures.h"

void node_captures(const Node *node, GHashTable *captured)
{
    for (gsize i = 0; i < node->attributes.n; i++) {
        const Attribute *a = LIST_AT(&node->attributes, Attribute, i);
        if (a->graph)
            graph_captures(a->graph, captured);
        for (gsize g = 0; a->type == ATTRIBUTE_GRAPHS && g < a->n; g++)
            graph_captures(a->graphs[g], captured);
    }
}

void graph_captures(const Graph *graph, GHashTable *captured)
{
    g_autoptr(GHashTable) used = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GHashTable) defined = g_hash_table_new(g_str_hash, g_str_equal);
    for (gsize i = 0; i < graph->inputs.n; i++)
        g_hash_table_add(defined, (gpointer)LIST_AT(&graph->inputs, ValueInfo, i)->name);
    for (gsize i = 0; i < graph->initializers.n; i++)
        g_hash_table_add(defined, (gpointer)LIST_AT(&graph->initializers, NamedTensor, i)->name);
    for (gsize i = 0; i < graph->sparse_initializers.n; i++)
        g_hash_table_add(defined, (gpointer)LIST_AT(&graph->sparse_initializers, SparseTensor, i)->name);
    for (gsize n = 0; n < graph->nodes.n; n++) {
        const Node *node = LIST_AT(&graph->nodes, Node, n);
        for (gsize i = 0; i < node->n_inputs; i++)
            g_hash_table_add(used, (gpointer)node->inputs[i]);
        node_captures(node, used);
        for (gsize i = 0; i < node->n_outputs; i++)
            g_hash_table_add(defined, (gpointer)node->outputs[i]);
    }
    for (gsize i = 0; i < graph->outputs.n; i++)
        g_hash_table_add(used, (gpointer)LIST_AT(&graph->outputs, ValueInfo, i)->name);
    GHashTableIter iter;
    gpointer name;
    g_hash_table_iter_init(&iter, used);
    while (g_hash_table_iter_next(&iter, &name, NULL))
        if (*(const char *)name && !g_hash_table_contains(defined, name))
            g_hash_table_add(captured, name);
}
