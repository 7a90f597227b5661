/* Encodings A and B: the region's nodes move into a subgraph (A) or a function (B), a node takes their place. */
#include "reference/context/pack.h"
#include "reference/context/region.h"

#include <string.h>

enum { TYPE_GRAPH = 5, TYPE_INTS = 7, TYPE_STRINGS = 8 };

/* ---- the node --------------------------------------------------------------------------------------------------------------------- */

static const char *const call_attributes[] = { "backend", "payload", "compatibility", "digest", "subgraph_digest",
                                               "partition_name", "priority", "weights", "policy" };

static void put_texts(GByteArray *node, const char *name, const List *blobs, gsize offset)
{
    g_autoptr(GByteArray) a = g_byte_array_new();
    field_put_text(a, ATTRIBUTE_NAME, name);
    for (gsize i = 0; i < blobs->n; i++)
        field_put_text(a, ATTRIBUTE_STRINGS_FIELD, G_STRUCT_MEMBER(const char *, LIST_AT(blobs, ContextBlob, i), offset));
    field_put_number(a, ATTRIBUTE_TYPE_FIELD, TYPE_STRINGS);
    field_put_array(node, NODE_ATTRIBUTE, a);
}

static void put_priorities(GByteArray *node, const List *blobs)
{
    g_autoptr(GByteArray) a = g_byte_array_new();
    field_put_text(a, ATTRIBUTE_NAME, "priority");
    for (gsize i = 0; i < blobs->n; i++)
        field_put_number(a, ATTRIBUTE_INTS_FIELD, (guint64)LIST_AT(blobs, ContextBlob, i)->priority);
    field_put_number(a, ATTRIBUTE_TYPE_FIELD, TYPE_INTS);
    field_put_array(node, NODE_ATTRIBUTE, a);
}

static const char *add_prefix(Bytes name, gpointer data)
{
    gpointer *pair = data; /* prefix, where the last name is kept */
    g_free(pair[1]);
    return pair[1] = g_strdup_printf("%s%.*s", (const char *)pair[0], (int)name.size, (const char *)name.data);
}

static void put_info(GByteArray *graph, guint number, const char *prefix, const char *name)
{
    g_autoptr(GByteArray) info = g_byte_array_new();
    g_autofree char *full = g_strconcat(prefix, name, NULL);
    field_put_text(info, 1, full);
    field_put_array(graph, number, info);
}

/* All values inside get a prefix: inner graphs may not define names that are visible around them. */
static void put_fallback(const Pack *p, GByteArray *node, const ContextRegion *r)
{
    g_autoptr(GByteArray) graph = g_byte_array_new(), a = g_byte_array_new();
    g_autofree char *prefix = g_strdup_printf(CONTEXT_PREFIX "%s.", r->id);
    gpointer pair[] = { prefix, NULL };
    for (gsize i = 0; i < r->n_nodes; i++) {
        g_autoptr(GByteArray) inner = rename_node(g_array_index(p->nodes, Bytes, r->nodes[i]), add_prefix, pair);
        field_put_array(graph, GRAPH_NODE, inner);
    }
    g_free(pair[1]);
    field_put_text(graph, GRAPH_NAME, "fallback");
    for (gsize i = 0; i < r->n_inputs; i++)
        put_info(graph, GRAPH_INPUT, prefix, r->inputs[i]);
    for (gsize i = 0; i < r->n_outputs; i++)
        put_info(graph, GRAPH_OUTPUT, prefix, r->outputs[i]);
    field_put_text(a, ATTRIBUTE_NAME, "fallback");
    field_put_array(a, ATTRIBUTE_G, graph);
    field_put_number(a, ATTRIBUTE_TYPE_FIELD, TYPE_GRAPH);
    field_put_array(node, NODE_ATTRIBUTE, a);
}

static void put_call(const Pack *p, const ContextRegion *r)
{
    g_autoptr(GByteArray) node = g_byte_array_new();
    g_autofree char *places = pack_indices(r->nodes, r->n_nodes);
    const gboolean function = p->c->encoding == ENCODING_B;
    for (gsize i = 0; i < r->n_inputs; i++)
        field_put_text(node, NODE_INPUT, r->inputs[i]);
    for (gsize i = 0; i < r->n_outputs; i++)
        field_put_text(node, NODE_OUTPUT, r->outputs[i]);
    field_put_text(node, NODE_NAME, r->id);
    field_put_text(node, NODE_OP_TYPE, function ? "Region" : "BackendContext");
    if (!function)
        put_fallback(p, node, r);
    put_texts(node, "backend", &r->blobs, G_STRUCT_OFFSET(ContextBlob, backend));
    pack_payloads(node, "payload", (const ContextBlob *const *)r->blobs.items, r->blobs.n);
    put_texts(node, "compatibility", &r->blobs, G_STRUCT_OFFSET(ContextBlob, compatibility));
    put_texts(node, "digest", &r->blobs, G_STRUCT_OFFSET(ContextBlob, digest));
    pack_text(node, "subgraph_digest", r->digest);
    put_texts(node, "partition_name", &r->blobs, G_STRUCT_OFFSET(ContextBlob, partition));
    put_priorities(node, &r->blobs);
    pack_int(node, "weights", r->weights);
    pack_text(node, "policy", context_policy_name(r->policy));
    field_put_text(node, NODE_DOMAIN, CONTEXT_DOMAIN);
    if (function)
        field_put_text(node, NODE_OVERLOAD, r->id);
    field_put_entry(node, NODE_METADATA, CONTEXT_PREFIX "nodes", places);
    field_put_array(p->graph_nodes, GRAPH_NODE, node);
}

static void put_function(const Pack *p, const ContextRegion *r)
{
    g_autoptr(GByteArray) f = g_byte_array_new();
    field_put_text(f, FUNCTION_NAME, "Region");
    for (gsize i = 0; i < r->n_inputs; i++)
        field_put_text(f, FUNCTION_INPUT, r->inputs[i]);
    for (gsize i = 0; i < r->n_outputs; i++)
        field_put_text(f, FUNCTION_OUTPUT, r->outputs[i]);
    for (gsize i = 0; i < G_N_ELEMENTS(call_attributes); i++)
        field_put_text(f, FUNCTION_ATTRIBUTE, call_attributes[i]);
    for (gsize i = 0; i < r->n_nodes; i++) {
        const Bytes node = g_array_index(p->nodes, Bytes, r->nodes[i]);
        field_put(f, FUNCTION_NODE, node.data, node.size);
    }
    for (guint i = 0; i < p->strip->imports->len; i++) {
        const Bytes import = g_array_index(p->strip->imports, Bytes, i);
        field_put(f, FUNCTION_OPSET_IMPORT, import.data, import.size);
    }
    field_put_text(f, FUNCTION_DOMAIN, CONTEXT_DOMAIN);
    field_put_text(f, FUNCTION_OVERLOAD, r->id);
    field_put_array(p->model_extra, MODEL_FUNCTIONS, f);
}

/* ---- order -------------------------------------------------------------------------------------------------------------------------- */

/* A node that stays, or a region. */
typedef struct {
    const ContextRegion *region; /* NULL: node `node` */
    gsize    node;
    double   key;                /* the place that it wants */
    guint    waiting;            /* for this many units */
    GArray  *users;              /* of guint: units that wait for it */
} Unit;

typedef struct {
    GHashTable *producers;
    gsize      *unit_of; /* of a node */
    GArray     *units;
    guint       at;
} Order;

#define UNIT(o, i) (&g_array_index((o)->units, Unit, (i)))

static void depend(const char **name, gpointer data)
{
    Order *o = data;
    const gsize from = GPOINTER_TO_SIZE(g_hash_table_lookup(o->producers, *name));
    if (!from || o->unit_of[from - 1] == o->at)
        return;
    Unit *producer = UNIT(o, o->unit_of[from - 1]), *self = UNIT(o, o->at);
    for (guint i = 0; i < producer->users->len; i++)
        if (g_array_index(producer->users, guint, i) == o->at)
            return;
    g_array_append_val(producer->users, o->at);
    self->waiting++;
    if (self->region && !producer->region)
        self->key = MAX(self->key, (double)(from - 1) + 0.5);
}

static void add_unit(Order *o, const ContextRegion *region, gsize node)
{
    const Unit unit = { region, node, region ? -0.5 : (double)node, 0, g_array_new(FALSE, FALSE, sizeof(guint)) };
    for (gsize i = 0; i < (region ? region->n_nodes : 1); i++)
        o->unit_of[region ? region->nodes[i] : node] = o->units->len;
    g_array_append_val(o->units, unit);
}

/* Units in an order in which each comes after what it uses, as close to the keys as that allows. FALSE: a cycle. */
static gboolean sort_units(Order *o, GArray *sorted)
{
    g_autoptr(GArray) ready = g_array_new(FALSE, FALSE, sizeof(guint));
    for (guint i = 0; i < o->units->len; i++)
        if (UNIT(o, i)->waiting == 0)
            g_array_append_val(ready, i);
    while (ready->len) {
        guint best = 0;
        for (guint i = 1; i < ready->len; i++)
            if (UNIT(o, g_array_index(ready, guint, i))->key < UNIT(o, g_array_index(ready, guint, best))->key)
                best = i;
        const guint at = g_array_index(ready, guint, best);
        g_array_remove_index_fast(ready, best);
        g_array_append_val(sorted, at);
        for (guint i = 0; i < UNIT(o, at)->users->len; i++) {
            const guint user = g_array_index(UNIT(o, at)->users, guint, i);
            if (--UNIT(o, user)->waiting == 0)
                g_array_append_val(ready, user);
        }
    }
    return sorted->len == o->units->len;
}

/* The order of the nodes that stay, on record if it is not the original's. */
static void record_order(const Pack *p, Order *o, const GArray *sorted)
{
    g_autoptr(GArray) order = g_array_new(FALSE, FALSE, sizeof(gsize));
    gboolean moved = FALSE;
    for (guint i = 0; i < sorted->len; i++) {
        const Unit *unit = UNIT(o, g_array_index(sorted, guint, i));
        if (unit->region)
            continue;
        moved |= order->len && g_array_index(order, gsize, order->len - 1) > unit->node;
        g_array_append_val(order, unit->node);
    }
    g_autofree char *text = moved ? pack_indices((const gsize *)(void *)order->data, order->len) : NULL;
    if (text)
        field_put_entry(p->model_extra, MODEL_METADATA, CONTEXT_PREFIX "order", text);
}

static gboolean put_units(const Pack *p, Order *o, GError **error)
{
    const Graph *graph = p->c->model->graph;
    for (o->at = 0; o->at < o->units->len; o->at++) {
        const ContextRegion *r = UNIT(o, o->at)->region;
        for (gsize i = 0; i < (r ? r->n_nodes : 1); i++)
            context_uses(LIST_AT(&graph->nodes, Node, r ? r->nodes[i] : UNIT(o, o->at)->node), depend, o);
    }
    g_autoptr(GArray) sorted = g_array_new(FALSE, FALSE, sizeof(guint));
    if (!sort_units(o, sorted))
        return pack_fail(error, "two regions depend on each other, so neither can be one node");
    for (guint i = 0; i < sorted->len; i++) {
        const Unit *unit = UNIT(o, g_array_index(sorted, guint, i));
        const Bytes node = g_array_index(p->nodes, Bytes, unit->node);
        if (unit->region)
            put_call(p, unit->region);
        else
            field_put(p->graph_nodes, GRAPH_NODE, node.data, node.size);
    }
    record_order(p, o, sorted);
    return TRUE;
}

static gboolean check_disjoint(const Container *c, GError **error)
{
    g_autofree gboolean *taken = g_new0(gboolean, c->model->graph->nodes.n + 1);
    for (gsize i = 0; i < c->regions.n; i++) {
        const ContextRegion *r = LIST_AT(&c->regions, ContextRegion, i);
        for (gsize k = 0; k < r->n_nodes; k++) {
            if (taken[r->nodes[k]])
                return pack_fail(error, "region '%s' overlaps another; encodings A and B can hold disjoint regions only", r->id);
            taken[r->nodes[k]] = TRUE;
        }
        for (gsize k = 0; k < r->blobs.n; k++)
            if (LIST_AT(&r->blobs, ContextBlob, k)->body)
                return pack_fail(error, "region '%s': only encodings C1 and C2 can hold a replacement of nodes", r->id);
    }
    return TRUE;
}

gboolean pack_calls(Pack *p, GError **error)
{
    const Container *c = p->c;
    if (!check_disjoint(c, error))
        return FALSE;
    g_autoptr(GHashTable) producers = context_producers(c->model->graph);
    g_autoptr(GArray) units = g_array_new(FALSE, FALSE, sizeof(Unit));
    g_autofree gsize *unit_of = g_new(gsize, c->model->graph->nodes.n + 1);
    Order o = { producers, unit_of, units, 0 };
    for (gsize i = 0; i < c->model->graph->nodes.n; i++)
        unit_of[i] = G_MAXSIZE;
    for (gsize i = 0; i < c->regions.n; i++)
        add_unit(&o, LIST_AT(&c->regions, ContextRegion, i), 0);
    for (gsize i = 0; i < c->model->graph->nodes.n; i++)
        if (unit_of[i] == G_MAXSIZE)
            add_unit(&o, NULL, i);
    const gboolean ok = put_units(p, &o, error);
    for (guint i = 0; i < units->len; i++)
        g_array_unref(UNIT(&o, i)->users);
    g_autoptr(GByteArray) import = g_byte_array_new();
    field_put_text(import, OPSET_DOMAIN, CONTEXT_DOMAIN);
    field_put_number(import, OPSET_VERSION, 1);
    field_put_array(p->model_extra, MODEL_OPSET_IMPORT, import);
    for (gsize i = 0; ok && c->encoding == ENCODING_B && i < c->regions.n; i++)
        put_function(p, LIST_AT(&c->regions, ContextRegion, i));
    return ok;
}
