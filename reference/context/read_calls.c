/* Encodings A and B: a node that holds the retained subgraph, or calls it, and carries the blobs as attributes. */
#include "reference/context/read.h"
#include "reference/context/region.h"

#include <string.h>

typedef struct {
    const Node *node;
    GArray     *payloads; /* of Bytes */
    gsize       n;        /* alternatives */
} CallReader;

static const Attribute *typed(const Node *node, const char *name, AttributeType type, GError **error)
{
    const Attribute *a = node_attribute(node, name);
    if (a && a->type != type)
        read_fail(error, "attribute '%s' has type %s, expected %s", name, attribute_type_name(a->type), attribute_type_name(type));
    return a && a->type == type ? a : NULL;
}

/* Texts of an attribute with one entry an alternative; an absent attribute is as many empty ones. */
static gboolean texts(Container *c, const CallReader *r, const char *name, const char ***out, GError **error)
{
    GError *local = NULL;
    const Attribute *a = typed(r->node, name, ATTRIBUTE_STRINGS, &local);
    if (local) {
        g_propagate_error(error, local);
        return FALSE;
    }
    if (a && a->n != r->n)
        return read_fail(error, "attribute '%s' has %" G_GSIZE_FORMAT " entries, expected %" G_GSIZE_FORMAT " as 'backend'", name, a->n, r->n);
    *out = arena_array(c->arena, const char *, r->n + 1);
    for (gsize i = 0; i < r->n; i++) {
        (*out)[i] = a && a->strings[i].size ? (const char *)arena_bytes(c->arena, a->strings[i].data, a->strings[i].size).data : "";
        if (a && !g_utf8_validate_len((*out)[i], a->strings[i].size, NULL))
            return read_fail(error, "attribute '%s' entry %" G_GSIZE_FORMAT " is not UTF-8 text", name, i);
    }
    return TRUE;
}

static gboolean read_blobs(Container *c, ContextRegion *region, CallReader *r, GError **error)
{
    GError *local = NULL;
    const Attribute *backends = typed(r->node, "backend", ATTRIBUTE_STRINGS, &local);
    const Attribute *priority = local ? NULL : typed(r->node, "priority", ATTRIBUTE_INTS, &local);
    if (local) {
        g_propagate_error(error, local);
        return FALSE;
    }
    r->n = backends ? backends->n : 0;
    const char **backend, **compatibility, **digest, **partition;
    if (!texts(c, r, "backend", &backend, error) || !texts(c, r, "compatibility", &compatibility, error) ||
        !texts(c, r, "digest", &digest, error) || !texts(c, r, "partition_name", &partition, error))
        return FALSE;
    if (r->payloads->len != r->n || (priority && priority->n != r->n))
        return read_fail(error, "%u payloads and %" G_GSIZE_FORMAT " priorities, expected %" G_GSIZE_FORMAT " as 'backend'", r->payloads->len,
                         priority ? priority->n : r->n, r->n);
    for (gsize i = 0; i < r->n; i++) {
        ContextBlob blob = { .backend = backend[i], .compatibility = compatibility[i], .digest = digest[i],
                             .partition = partition[i], .priority = priority ? priority->ints[i] : 0 };
        if (!read_payload(c, g_array_index(r->payloads, Bytes, i), &blob, error) || !read_add_blob(c, region, &blob, error))
            return FALSE;
    }
    return TRUE;
}

static void note_capture(const char **name, gpointer data)
{
    gpointer *pair = data; /* known names, first unknown name */
    if (!pair[1] && !g_hash_table_contains(pair[0], *name))
        pair[1] = (gpointer)*name;
}

/* The retained subgraph is closed: what it uses comes in through its inputs. */
static gboolean check_closed(const Graph *graph, GHashTable *known, GError **error)
{
    gpointer pair[] = { known, NULL };
    for (gsize i = 0; i < graph->nodes.n; i++) {
        const Node *inner = LIST_AT(&graph->nodes, Node, i);
        context_uses(inner, note_capture, pair);
        for (gsize k = 0; k < inner->n_outputs; k++)
            g_hash_table_add(known, (gpointer)inner->outputs[k]);
    }
    for (gsize i = 0; i < graph->outputs.n; i++)
        note_capture(&LIST_AT(&graph->outputs, ValueInfo, i)->name, pair);
    if (!pair[1])
        return TRUE;
    g_autofree char *quoted = name_quote(pair[1]);
    return read_fail(error, "the retained subgraph captures %s from the graph around it, expected an input", quoted);
}

static gboolean check_fallback(const Graph *graph, const Node *node, GError **error)
{
    if (graph->inputs.n != node->n_inputs || graph->outputs.n != node->n_outputs)
        return read_fail(error, "fallback has %" G_GSIZE_FORMAT " inputs and %" G_GSIZE_FORMAT " outputs, the node %" G_GSIZE_FORMAT " and %" G_GSIZE_FORMAT,
                         graph->inputs.n, graph->outputs.n, node->n_inputs, node->n_outputs);
    if (graph->initializers.n || graph->sparse_initializers.n)
        return read_fail(error, "fallback holds an initializer; weights stay in the main graph and are passed as inputs");
    g_autoptr(GHashTable) known = g_hash_table_new(g_str_hash, g_str_equal);
    for (gsize i = 0; i < graph->inputs.n; i++)
        g_hash_table_add(known, (gpointer)LIST_AT(&graph->inputs, ValueInfo, i)->name);
    return check_closed(graph, known, error);
}

static gboolean check_function(const Function *f, const Node *node, GError **error)
{
    if (f->n_inputs != node->n_inputs || f->n_outputs != node->n_outputs)
        return read_fail(error, "the Region function has %" G_GSIZE_FORMAT " inputs and %" G_GSIZE_FORMAT " outputs, the node %" G_GSIZE_FORMAT " and %" G_GSIZE_FORMAT,
                         f->n_inputs, f->n_outputs, node->n_inputs, node->n_outputs);
    g_autoptr(GHashTable) known = g_hash_table_new(g_str_hash, g_str_equal);
    for (gsize i = 0; i < f->n_inputs; i++)
        g_hash_table_add(known, (gpointer)f->inputs[i]);
    return check_closed(f->body, known, error);
}

static gboolean check_body(Container *c, const StripCall *call, const Node *node, GError **error)
{
    if (!call->is_function) {
        const Graph *graph = read_graph_piece(c, call->body, error);
        return graph && check_fallback(graph, node, error);
    }
    const GByteArray borrowed = { (guint8 *)call->body.data, (guint)call->body.size };
    const Function  *f = read_function_piece(c, &borrowed, error);
    return f && check_function(f, node, error);
}

static gboolean read_facts(ContextRegion *region, const Node *node, GError **error)
{
    GError *local = NULL;
    const Attribute *policy = typed(node, "policy", ATTRIBUTE_STRING, &local);
    const Attribute *weights = local ? NULL : typed(node, "weights", ATTRIBUTE_INT, &local);
    const Attribute *digest = local ? NULL : typed(node, "subgraph_digest", ATTRIBUTE_STRING, &local);
    if (local) {
        g_propagate_error(error, local);
        return FALSE;
    }
    if (weights && (weights->i < 0 || weights->i > 2))
        return read_fail(error, "weights is %" G_GINT64_FORMAT ", expected 0, 1 or 2", weights->i);
    region->weights = weights ? (ContextWeights)weights->i : WEIGHTS_PASSED;
    region->digest = digest ? (const char *)digest->s.data : "";
    return read_digest("subgraph_digest", region->digest, TRUE, error) &&
           read_policy(policy ? (const char *)policy->s.data : NULL, &region->policy, error);
}

static gboolean read_call(Container *c, const StripCall *call, GError **error)
{
    g_autoptr(GArray) payloads = g_array_new(FALSE, FALSE, sizeof(Bytes));
    g_autoptr(GByteArray) rest = read_without(call->node, "payload", "fallback", payloads);
    CallReader r = { read_node_piece(c, (Bytes){ rest->data, rest->len }, error), payloads, 0 };
    if (!r.node || !check_body(c, call, r.node, error))
        return FALSE;
    ContextRegion *region = read_region(c, *r.node->name ? r.node->name : "region", call->nodes);
    read_expect(c, region, r.node->inputs, r.node->n_inputs, TRUE);
    read_expect(c, region, r.node->outputs, r.node->n_outputs, FALSE);
    if (!read_facts(region, r.node, error) || !read_blobs(c, region, &r, error))
        return FALSE;
    list_append(&c->regions, c->arena, region);
    return TRUE;
}

gboolean read_calls(Container *c, Strip *strip, GError **error)
{
    for (guint i = 0; i < strip->calls->len; i++)
        if (!read_call(c, strip->calls->pdata[i], error)) {
            g_prefix_error(error, "region %u: ", i);
            return FALSE;
        }
    return TRUE;
}
