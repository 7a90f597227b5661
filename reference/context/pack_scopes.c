/* Encoding D: tags on nodes, the rest in the model's metadata, payloads in files or in unused initializers. */
#include "reference/context/pack.h"

#include <string.h>

#define SCOPE CONTEXT_PREFIX "scope."

static gboolean holds(const ContextRegion *r, gsize node)
{
    for (gsize i = 0; i < r->n_nodes; i++)
        if (r->nodes[i] == node)
            return TRUE;
    return FALSE;
}

/* A node has one tag a target. */
static gboolean put_tags(const Pack *p, GByteArray *node, gsize index, GError **error)
{
    g_autoptr(GHashTable) targets = g_hash_table_new(g_str_hash, g_str_equal);
    for (gsize i = 0; i < p->c->regions.n; i++) {
        const ContextRegion *r = LIST_AT(&p->c->regions, ContextRegion, i);
        for (gsize k = 0; holds(r, index) && k < r->blobs.n; k++) {
            const char *target = LIST_AT(&r->blobs, ContextBlob, k)->backend;
            g_autofree char *key = g_strconcat(SCOPE, target, NULL);
            if (!*target || strchr(target, '.'))
                return pack_fail(error, "backend '%s': encoding D needs a key without '.'", target);
            if (!g_hash_table_add(targets, (gpointer)target))
                return pack_fail(error, "two blobs of backend '%s' for one node; encoding D can hold one", target);
            field_put_entry(node, NODE_METADATA, key, r->id);
        }
    }
    return TRUE;
}

typedef struct {
    const Pack *p;
    const char *target, *id;
} Scope;

static void put(const Scope *s, const char *what, const char *value)
{
    g_autofree char *key = g_strdup_printf(SCOPE "%s.%s.%s", s->target, s->id, what);
    field_put_entry(s->p->model_extra, MODEL_METADATA, key, value);
}

static void put_number(const Scope *s, const char *what, int64_t value)
{
    g_autofree char *text = g_strdup_printf("%" G_GINT64_FORMAT, value);
    put(s, what, text);
}

static void put_payload(const Scope *s, const ContextBlob *b)
{
    if (b->location) {
        put(s, "payload", b->location);
        if (b->offset)
            put_number(s, "offset", b->offset);
        if (b->length >= 0)
            put_number(s, "length", b->length);
        return;
    }
    g_autofree char *name = g_strdup_printf(CONTEXT_PREFIX "payload.%s.%s", s->target, s->id);
    g_autoptr(GByteArray) tensor = pack_tensor(b, name);
    field_put_array(s->p->graph_extra, GRAPH_INITIALIZER, tensor);
    put(s, "payload_tensor", name);
}

static gboolean put_scope(const Pack *p, const ContextRegion *r, const ContextBlob *b, GError **error)
{
    const Scope s = { p, b->backend, r->id };
    if (b->body)
        return pack_fail(error, "region '%s': only encodings C1 and C2 can hold a replacement of nodes", r->id);
    put_number(&s, "nodes", (int64_t)r->n_nodes);
    put(&s, "digest", r->digest);
    put_payload(&s, b);
    put(&s, "payload_sha256", b->digest);
    put(&s, "compatibility", b->compatibility);
    put(&s, "policy", context_policy_name(r->policy));
    put_number(&s, "priority", b->priority);
    put_number(&s, "weights", r->weights);
    if (*b->partition)
        put(&s, "partition", b->partition);
    return TRUE;
}

gboolean pack_scopes(Pack *p, GError **error)
{
    for (gsize i = 0; i < p->nodes->len; i++) {
        const Bytes original = g_array_index(p->nodes, Bytes, i);
        g_autoptr(GByteArray) node = g_byte_array_append(g_byte_array_new(), original.data, (guint)original.size);
        if (!put_tags(p, node, i, error))
            return FALSE;
        field_put_array(p->graph_nodes, GRAPH_NODE, node);
    }
    for (gsize i = 0; i < p->c->regions.n; i++) {
        const ContextRegion *r = LIST_AT(&p->c->regions, ContextRegion, i);
        for (gsize k = 0; k < r->blobs.n; k++)
            if (!put_scope(p, r, LIST_AT(&r->blobs, ContextBlob, k), error))
                return FALSE;
    }
    return TRUE;
}
