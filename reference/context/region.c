/* Regions: which values cross their boundary, and whether a set of nodes can be replaced at all. */
#include "reference/context/region.h"

#include "reference/context/fail.h"

#include <string.h>

/* ---- uses of names --------------------------------------------------------------------------------------------------------- */

typedef struct Inner Inner;
struct Inner {
    const Inner *outer;
    GHashTable  *names;
};

static gboolean is_inner(const Inner *inner, const char *name)
{
    for (; inner; inner = inner->outer)
        if (g_hash_table_contains(inner->names, name))
            return TRUE;
    return FALSE;
}

typedef struct {
    ContextUse visit;
    gpointer   data;
} UseWalk;

static void walk_node(const UseWalk *walk, const Node *node, const Inner *inner);

static void use(const UseWalk *walk, const Inner *inner, const char **name)
{
    if (**name && !is_inner(inner, *name))
        walk->visit(name, walk->data);
}

static void walk_graph(const UseWalk *walk, Graph *graph, const Inner *outer)
{
    g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);
    const Inner inner = { outer, names };
    for (gsize i = 0; i < graph->inputs.n; i++)
        g_hash_table_add(names, (gpointer)LIST_AT(&graph->inputs, ValueInfo, i)->name);
    for (gsize i = 0; i < graph->initializers.n; i++)
        g_hash_table_add(names, (gpointer)LIST_AT(&graph->initializers, NamedTensor, i)->name);
    for (gsize i = 0; i < graph->sparse_initializers.n; i++)
        g_hash_table_add(names, (gpointer)LIST_AT(&graph->sparse_initializers, SparseTensor, i)->name);
    for (gsize i = 0; i < graph->nodes.n; i++) {
        const Node *node = LIST_AT(&graph->nodes, Node, i);
        walk_node(walk, node, &inner);
        for (gsize k = 0; k < node->n_outputs; k++)
            g_hash_table_add(names, (gpointer)node->outputs[k]);
    }
    for (gsize i = 0; i < graph->outputs.n; i++)
        use(walk, &inner, &LIST_AT(&graph->outputs, ValueInfo, i)->name);
}

static void walk_node(const UseWalk *walk, const Node *node, const Inner *inner)
{
    for (gsize i = 0; i < node->n_inputs; i++)
        use(walk, inner, &node->inputs[i]);
    for (gsize i = 0; i < node->attributes.n; i++) {
        const Attribute *a = LIST_AT(&node->attributes, Attribute, i);
        if (a->type == ATTRIBUTE_GRAPH && a->graph)
            walk_graph(walk, a->graph, inner);
        for (gsize g = 0; a->type == ATTRIBUTE_GRAPHS && g < a->n; g++)
            walk_graph(walk, a->graphs[g], inner);
    }
}

void context_uses(const Node *node, ContextUse visit, gpointer data)
{
    walk_node(&(UseWalk){ visit, data }, node, NULL);
}

/* ---- producers -------------------------------------------------------------------------------------------------------------- */

GHashTable *context_producers(const Graph *graph)
{
    GHashTable *producers = g_hash_table_new(g_str_hash, g_str_equal);
    for (gsize i = 0; i < graph->nodes.n; i++) {
        const Node *node = LIST_AT(&graph->nodes, Node, i);
        for (gsize k = 0; k < node->n_outputs; k++)
            if (*node->outputs[k])
                g_hash_table_insert(producers, (gpointer)node->outputs[k], GSIZE_TO_POINTER(i + 1));
    }
    return producers;
}

static gsize producer(GHashTable *producers, const char *name) /* index + 1; 0: none */
{
    return GPOINTER_TO_SIZE(g_hash_table_lookup(producers, name));
}

/* ---- between two boundaries ------------------------------------------------------------------------------------------------- */

typedef struct {
    GHashTable *producers, *stops;
    GArray     *stack;   /* of gsize */
    gboolean   *reached; /* per node */
} Backward;

static void go_back(const char **name, gpointer data)
{
    Backward *b = data;
    const gsize at = producer(b->producers, *name);
    if (!at || (b->stops && g_hash_table_contains(b->stops, *name)) || b->reached[at - 1])
        return;
    b->reached[at - 1] = TRUE;
    const gsize index = at - 1;
    g_array_append_val(b->stack, index);
}

void context_reach_back(const Graph *graph, GHashTable *producers, GHashTable *stops, const char *const *from, gsize n,
                        gboolean *reached)
{
    g_autoptr(GArray) stack = g_array_new(FALSE, FALSE, sizeof(gsize));
    Backward b = { producers, stops, stack, reached };
    for (gsize i = 0; i < n; i++) {
        const char *name = from[i];
        go_back(&name, &b);
    }
    while (stack->len) {
        const gsize at = g_array_index(stack, gsize, stack->len - 1);
        g_array_set_size(stack, stack->len - 1);
        context_uses(LIST_AT(&graph->nodes, Node, at), go_back, &b);
    }
}

GArray *context_region_between(const Graph *graph, const char *const *inputs, gsize n_inputs, const char *const *outputs,
                               gsize n_outputs, GError **error)
{
    g_autoptr(GHashTable) producers = context_producers(graph), stops = g_hash_table_new(g_str_hash, g_str_equal);
    g_autofree gboolean *reached = g_new0(gboolean, graph->nodes.n + 1), *above = g_new0(gboolean, graph->nodes.n + 1);
    for (gsize i = 0; i < n_inputs; i++)
        g_hash_table_add(stops, (gpointer)inputs[i]);
    for (gsize i = 0; i < n_outputs; i++)
        if (!producer(producers, outputs[i])) {
            g_autofree char *name = name_quote(outputs[i]);
            context_fail(error, CONTEXT_ERROR_FORMAT, "output %s is not computed by a node, so nothing can replace it", name);
            return NULL;
        }
    context_reach_back(graph, producers, NULL, inputs, n_inputs, above);
    for (gsize i = 0; i < n_outputs; i++)
        if (above[producer(producers, outputs[i]) - 1]) {
            g_autofree char *name = name_quote(outputs[i]);
            context_fail(error, CONTEXT_ERROR_FORMAT, "an input depends on output %s: a cycle", name);
            return NULL;
        }
    context_reach_back(graph, producers, stops, outputs, n_outputs, reached);
    GArray *nodes = g_array_new(FALSE, FALSE, sizeof(gsize));
    for (gsize i = 0; i < graph->nodes.n; i++)
        if (reached[i])
            g_array_append_val(nodes, i);
    return nodes;
}

/* ---- convexity and boundary --------------------------------------------------------------------------------------------------- */

typedef struct {
    GHashTable     *producers;
    const gboolean *inside, *tainted;
    gboolean        from_inside, from_tainted;
} Taint;

static void look_up(const char **name, gpointer data)
{
    Taint *t = data;
    const gsize at = producer(t->producers, *name);
    t->from_inside |= at && t->inside[at - 1];
    t->from_tainted |= at && t->tainted[at - 1];
}

gboolean context_convex(const Graph *graph, const gsize *nodes, gsize n)
{
    g_autoptr(GHashTable) producers = context_producers(graph);
    g_autofree gboolean *inside = g_new0(gboolean, graph->nodes.n + 1), *tainted = g_new0(gboolean, graph->nodes.n + 1);
    for (gsize i = 0; i < n; i++)
        inside[nodes[i]] = TRUE;
    for (gsize i = 0; i < graph->nodes.n; i++) { /* node order is topological: model_check has seen to it */
        Taint t = { producers, inside, tainted, FALSE, FALSE };
        context_uses(LIST_AT(&graph->nodes, Node, i), look_up, &t);
        if (inside[i] && t.from_tainted)
            return FALSE;
        tainted[i] = !inside[i] && (t.from_inside || t.from_tainted);
    }
    return TRUE;
}

typedef struct {
    GHashTable *seen, *defined;
    GPtrArray  *found;
} Collect;

static void collect_input(const char **name, gpointer data)
{
    Collect *c = data;
    if (!g_hash_table_contains(c->defined, *name) && g_hash_table_add(c->seen, (gpointer)*name))
        g_ptr_array_add(c->found, (gpointer)*name);
}

static void collect_use(const char **name, gpointer data)
{
    g_hash_table_add(data, (gpointer)*name);
}

void context_boundary(const Graph *graph, const gsize *nodes, gsize n, GPtrArray *inputs, GPtrArray *outputs)
{
    g_autoptr(GHashTable) defined = g_hash_table_new(g_str_hash, g_str_equal), seen = g_hash_table_new(g_str_hash, g_str_equal),
                          used = g_hash_table_new(g_str_hash, g_str_equal);
    g_autofree gboolean *inside = g_new0(gboolean, graph->nodes.n + 1);
    for (gsize i = 0; i < n; i++) {
        const Node *node = LIST_AT(&graph->nodes, Node, nodes[i]);
        inside[nodes[i]] = TRUE;
        for (gsize k = 0; k < node->n_outputs; k++)
            g_hash_table_add(defined, (gpointer)node->outputs[k]);
    }
    Collect c = { seen, defined, inputs };
    for (gsize i = 0; i < n; i++)
        context_uses(LIST_AT(&graph->nodes, Node, nodes[i]), collect_input, &c);
    for (gsize i = 0; i < graph->nodes.n; i++)
        if (!inside[i])
            context_uses(LIST_AT(&graph->nodes, Node, i), collect_use, used);
    for (gsize i = 0; i < graph->outputs.n; i++)
        g_hash_table_add(used, (gpointer)LIST_AT(&graph->outputs, ValueInfo, i)->name);
    for (gsize i = 0; i < n; i++) {
        const Node *node = LIST_AT(&graph->nodes, Node, nodes[i]);
        for (gsize k = 0; k < node->n_outputs; k++)
            if (*node->outputs[k] && g_hash_table_contains(used, node->outputs[k]))
                g_ptr_array_add(outputs, (gpointer)node->outputs[k]);
    }
}

/* ---- signature --------------------------------------------------------------------------------------------------------------- */

static const ValueInfo *find_info(const List *infos, const char *name)
{
    for (gsize i = 0; i < infos->n; i++)
        if (strcmp(LIST_AT(infos, ValueInfo, i)->name, name) == 0)
            return LIST_AT(infos, ValueInfo, i);
    return NULL;
}

static const char *element_type(const Graph *graph, const char *name)
{
    const NamedTensor *t = graph_initializer(graph, name);
    if (t && t->tensor)
        return dtype_name(t->tensor->dtype);
    const List *const lists[] = { &graph->inputs, &graph->outputs, &graph->value_infos };
    for (gsize i = 0; i < G_N_ELEMENTS(lists); i++) {
        const ValueInfo *info = find_info(lists[i], name);
        if (info && info->type && info->type->kind == TYPE_TENSOR && info->type->elem)
            return dtype_name((DType)info->type->elem);
    }
    return "?";
}

char *context_signature(const Graph *graph, const ContextRegion *region)
{
    GString *text = g_string_new(NULL);
    for (gsize i = 0; i < region->n_inputs; i++)
        g_string_append_printf(text, "%s%s", i ? "," : "", element_type(graph, region->inputs[i]));
    g_string_append(text, "->");
    for (gsize i = 0; i < region->n_outputs; i++)
        g_string_append_printf(text, "%s%s", i ? "," : "", element_type(graph, region->outputs[i]));
    return g_string_free(text, FALSE);
}
