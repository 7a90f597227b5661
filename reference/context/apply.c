/* Putting a replacement into a graph, once, at load. */
#include "reference/context/region.h"
#include "reference/context/fail.h"
#include "reference/context/session.h"
#include "reference/onnx/check.h"
#include "reference/onnx/inline.h"

#include <string.h>

/* ---- fresh names ---------------------------------------------------------------------------------------------------------- */

static void note_graph(GHashTable *names, const Graph *graph)
{
    const List *const infos[] = { &graph->inputs, &graph->outputs };
    for (gsize l = 0; l < G_N_ELEMENTS(infos); l++)
        for (gsize i = 0; i < infos[l]->n; i++)
            g_hash_table_add(names, (gpointer)LIST_AT(infos[l], ValueInfo, i)->name);
    for (gsize i = 0; i < graph->initializers.n; i++)
        g_hash_table_add(names, (gpointer)LIST_AT(&graph->initializers, NamedTensor, i)->name);
    for (gsize i = 0; i < graph->nodes.n; i++) {
        const Node *node = LIST_AT(&graph->nodes, Node, i);
        for (gsize k = 0; k < node->n_outputs; k++)
            g_hash_table_add(names, (gpointer)node->outputs[k]);
        for (gsize a = 0; a < node->attributes.n; a++) {
            const Attribute *attribute = LIST_AT(&node->attributes, Attribute, a);
            if (attribute->type == ATTRIBUTE_GRAPH && attribute->graph)
                note_graph(names, attribute->graph);
            for (gsize g = 0; attribute->type == ATTRIBUTE_GRAPHS && g < attribute->n; g++)
                note_graph(names, attribute->graphs[g]);
        }
    }
}

/* A prefix with which no name of the model begins. */
static const char *fresh_prefix(Model *model, GHashTable *names, const char *id)
{
    for (guint n = 0;; n++) {
        const char *prefix = n ? arena_printf(model->arena, "bctx.%s.%u", id, n) : arena_printf(model->arena, "bctx.%s", id);
        gboolean    taken = FALSE;
        GHashTableIter iter;
        gpointer    name;
        g_hash_table_iter_init(&iter, names);
        while (!taken && g_hash_table_iter_next(&iter, &name, NULL))
            taken = g_str_has_prefix(name, prefix);
        if (!taken)
            return prefix;
    }
}

/* ---- detaching -------------------------------------------------------------------------------------------------------------- */

static void to_detached(const char **name, gpointer data)
{
    const char *other = g_hash_table_lookup(data, *name);
    if (other)
        *name = other;
}

/* The region's own nodes compute its outputs under other names, so that those that others still need stay right. */
static void detach(Model *model, const ContextRegion *r, Node *const *nodes, const char *prefix)
{
    g_autoptr(GHashTable) other = g_hash_table_new(g_str_hash, g_str_equal);
    for (gsize i = 0; i < r->n_outputs; i++)
        g_hash_table_insert(other, (gpointer)r->outputs[i], (gpointer)arena_printf(model->arena, "%s.was.%s", prefix, r->outputs[i]));
    for (gsize i = 0; i < r->n_nodes; i++) {
        context_uses(nodes[i], to_detached, other);
        for (gsize k = 0; k < nodes[i]->n_outputs; k++)
            to_detached(&nodes[i]->outputs[k], other);
    }
}

/* ---- insertion ----------------------------------------------------------------------------------------------------------------- */

static gboolean same_imports(Model *model, const Function *f, GError **error)
{
    for (gsize i = 0; i < f->opset_imports.n; i++) {
        const OpsetImport *import = LIST_AT(&f->opset_imports, OpsetImport, i);
        const int64_t      own = opset_version(&model->opset_imports, import->domain);
        if (own && own != import->version) {
            context_fail(error, CONTEXT_ERROR_FORMAT,
                        "the replacement imports version %" G_GINT64_FORMAT " of domain '%s', the model %" G_GINT64_FORMAT, import->version,
                        *import->domain ? import->domain : "ai.onnx", own);
            return FALSE;
        }
        if (!own)
            model_import(model, import->domain, import->version);
    }
    return TRUE;
}

/* After the last producer of any input; where that is too late for a consumer, the sort corrects it. */
static gsize place_of(const Graph *graph, const ContextRegion *r)
{
    g_autoptr(GHashTable) producers = context_producers(graph);
    gsize at = 0;
    for (gsize i = 0; i < r->n_inputs; i++)
        at = MAX(at, GPOINTER_TO_SIZE(g_hash_table_lookup(producers, r->inputs[i])));
    return at;
}

static gsize index_of(const Graph *graph, const Node *node)
{
    gsize i = 0;
    while (i < graph->nodes.n && graph->nodes.items[i] != node)
        i++;
    return i;
}

static gboolean replace(Model *model, const ContextDecision *d, Node *const *nodes, GHashTable *names, guint flaws, GError **error)
{
    const ContextRegion *r = d->region;
    Graph      *graph = model->graph;
    const char *prefix = fresh_prefix(model, names, r->id);
    if (!same_imports(model, d->replacement, error))
        return FALSE;
    detach(model, r, nodes, prefix);
    const gsize at = flaws >> FLAW_NO_SORT & 1 ? index_of(graph, nodes[0]) : place_of(graph, r);
    g_autoptr(GPtrArray) inputs = g_ptr_array_new(), outputs = g_ptr_array_new();
    for (gsize i = 0; i < r->n_inputs; i++)
        g_ptr_array_add(inputs, (gpointer)r->inputs[flaws >> FLAW_BOUNDARY_ORDER & 1 ? r->n_inputs - 1 - i : i]);
    for (gsize i = 0; i < r->n_outputs; i++)
        g_ptr_array_add(outputs, (gpointer)r->outputs[i]);
    g_ptr_array_add(inputs, NULL);
    g_ptr_array_add(outputs, NULL);
    Node *call = graph_add_node(graph, "bctx.apply", "Call", (const char *const *)inputs->pdata, (const char *const *)outputs->pdata);
    list_remove(&graph->nodes, graph->nodes.n - 1);
    list_insert(&graph->nodes, model->arena, at, call);
    inline_call(graph, at, d->replacement, flaws >> FLAW_LEAK_NAME & 1 ? NULL : prefix);
    for (gsize i = 0; flaws >> FLAW_DROP_PRODUCERS & 1 && i < r->n_nodes; i++)
        list_remove(&graph->nodes, index_of(graph, nodes[i]));
    return TRUE;
}

/* ---- order and dead nodes -------------------------------------------------------------------------------------------------------- */

typedef struct {
    GHashTable *producers;
    GArray    **users;   /* per node: of gsize */
    gsize      *waiting;
    gsize       at;
    gboolean    sorted;
} Order;

static void note_use(const char **name, gpointer data)
{
    Order *o = data;
    const gsize from = GPOINTER_TO_SIZE(g_hash_table_lookup(o->producers, *name));
    if (!from)
        return;
    o->sorted &= from - 1 < o->at;
    if (!o->users[from - 1])
        o->users[from - 1] = g_array_new(FALSE, FALSE, sizeof(gsize));
    g_array_append_val(o->users[from - 1], o->at);
    o->waiting[o->at]++;
}

/* Kahn's sort; of the nodes that are ready, the one that stood first. */
static gboolean kahn(Graph *graph, Order *o)
{
    const gsize n = graph->nodes.n;
    g_autofree void **items = g_memdup2(graph->nodes.items, n * sizeof(void *));
    g_autofree gboolean *done = g_new0(gboolean, n + 1);
    for (gsize k = 0; k < n; k++) {
        gsize i = 0;
        while (i < n && (done[i] || o->waiting[i]))
            i++;
        if (i == n)
            return FALSE;
        done[i] = TRUE;
        graph->nodes.items[k] = items[i];
        for (guint u = 0; o->users[i] && u < o->users[i]->len; u++)
            o->waiting[g_array_index(o->users[i], gsize, u)]--;
    }
    return TRUE;
}

static gboolean sort_nodes(Graph *graph, GError **error)
{
    const gsize n = graph->nodes.n;
    g_autoptr(GHashTable) producers = context_producers(graph);
    g_autofree GArray **users = g_new0(GArray *, n + 1);
    g_autofree gsize *waiting = g_new0(gsize, n + 1);
    Order o = { producers, users, waiting, 0, TRUE };
    for (o.at = 0; o.at < n; o.at++)
        context_uses(LIST_AT(&graph->nodes, Node, o.at), note_use, &o);
    const gboolean ok = o.sorted || kahn(graph, &o);
    for (gsize i = 0; i < n; i++)
        if (users[i])
            g_array_unref(users[i]);
    if (!ok)
        context_fail(error, CONTEXT_ERROR_FORMAT, "the replacements depend on each other in a cycle");
    return ok;
}

static void remove_dead(Graph *graph)
{
    g_autoptr(GHashTable) producers = context_producers(graph);
    g_autofree gboolean *reached = g_new0(gboolean, graph->nodes.n + 1);
    g_autoptr(GPtrArray) outputs = g_ptr_array_new();
    for (gsize i = 0; i < graph->outputs.n; i++)
        g_ptr_array_add(outputs, (gpointer)LIST_AT(&graph->outputs, ValueInfo, i)->name);
    context_reach_back(graph, producers, NULL, (const char *const *)outputs->pdata, outputs->len, reached);
    for (gsize i = graph->nodes.n; i-- > 0;)
        if (!reached[i])
            list_remove(&graph->nodes, i);
}

gboolean context_apply(Model *model, const GPtrArray *decisions, guint flaws, GError **error)
{
    g_autoptr(GPtrArray) regions = g_ptr_array_new_with_free_func(g_free); /* of Node **, found before indices move */
    g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);
    note_graph(names, model->graph);
    guint applied = 0;
    for (guint i = 0; i < decisions->len; i++) {
        const ContextRegion *r = ((const ContextDecision *)decisions->pdata[i])->region;
        Node **nodes = g_new(Node *, r->n_nodes + 1);
        for (gsize k = 0; k < r->n_nodes; k++)
            nodes[k] = LIST_AT(&model->graph->nodes, Node, r->nodes[k]);
        g_ptr_array_add(regions, nodes);
    }
    for (guint i = 0; i < decisions->len; i++) {
        const ContextDecision *d = decisions->pdata[i];
        if (d->replacement && !replace(model, d, regions->pdata[i], names, flaws, error))
            return FALSE;
        applied += d->replacement != NULL;
    }
    if (!applied)
        return TRUE;
    if (!(flaws >> FLAW_NO_SORT & 1) && !sort_nodes(model->graph, error))
        return FALSE;
    if (!(flaws >> FLAW_KEEP_DEAD & 1))
        remove_dead(model->graph);
    return model_check(model, error);
}
