/* Encoding D: nodes are tagged, everything else is metadata of the model. */
#include "reference/context/read.h"

#include <string.h>

#define SCOPE CONTEXT_PREFIX "scope."

/* "bctx.scope.<target>.<id>.nodes" in parts; FALSE if the key is another. */
static gboolean split_key(const char *key, char **target, char **id)
{
    const char *rest = g_str_has_prefix(key, SCOPE) ? key + strlen(SCOPE) : "";
    if (!g_str_has_suffix(rest, ".nodes"))
        return FALSE;
    g_autofree char *middle = g_strndup(rest, strlen(rest) - strlen(".nodes"));
    char *dot = strchr(middle, '.');
    if (!dot || dot == middle || !dot[1])
        return FALSE;
    *target = g_strndup(middle, (gsize)(dot - middle));
    *id = g_strdup(dot + 1);
    return TRUE;
}

static GArray *tagged_nodes(const Strip *s, const char *target, const char *id)
{
    GArray *nodes = g_array_new(FALSE, FALSE, sizeof(gsize));
    g_autofree char *key = g_strconcat(SCOPE, target, NULL);
    for (guint i = 0; i < s->tags->len; i++) { /* in node order */
        const StripEntry *tag = s->tags->pdata[i];
        if (strcmp(tag->key, key) == 0 && strcmp(tag->value, id) == 0)
            g_array_append_val(nodes, tag->node);
    }
    return nodes;
}

static const char *value(Container *c, const Strip *s, const char *target, const char *id, const char *what)
{
    g_autofree char *key = g_strdup_printf(SCOPE "%s.%s.%s", target, id, what);
    return arena_string(c->arena, strip_value(s, key));
}

/* A region of another target may be the same. */
static ContextRegion *find_region(const Container *c, const char *id, const GArray *nodes)
{
    for (gsize i = 0; i < c->regions.n; i++) {
        ContextRegion *r = LIST_AT(&c->regions, ContextRegion, i);
        if (strcmp(r->id, id) == 0 && r->n_nodes == nodes->len &&
            (!nodes->len || memcmp(r->nodes, nodes->data, nodes->len * sizeof(gsize)) == 0))
            return r;
    }
    return NULL;
}

static gboolean find_payload(Container *c, const Strip *s, const char *target, const char *id, ContextBlob *blob, GError **error)
{
    const char *file = value(c, s, target, id, "payload"), *tensor = value(c, s, target, id, "payload_tensor");
    if ((file != NULL) == (tensor != NULL))
        return read_fail(error, "expected either a payload file or a payload tensor");
    if (file) {
        const char *length = value(c, s, target, id, "length");
        blob->location = file;
        blob->length = -1;
        return read_number("offset", value(c, s, target, id, "offset"), &blob->offset, error) &&
               (!length || read_number("length", length, &blob->length, error));
    }
    for (guint i = 0; i < s->payloads->len; i++) {
        const Bytes t = g_array_index(s->payloads, Bytes, i);
        if (field_is(field_find(t, TENSOR_NAME), tensor))
            return read_payload(c, t, blob, error);
    }
    g_autofree char *quoted = name_quote(tensor);
    return read_fail(error, "there is no payload tensor %s (its name must begin with '" CONTEXT_PREFIX "payload.')", quoted);
}

static ContextRegion *new_region(Container *c, const Strip *s, const char *target, const char *id, const GArray *nodes, GError **error)
{
    ContextRegion *region = read_region(c, id, nodes);
    const char    *weights = value(c, s, target, id, "weights"), *digest = value(c, s, target, id, "digest");
    int64_t        count, kind;
    if (nodes->len && !context_convex(c->model->graph, region->nodes, region->n_nodes)) {
        read_fail(error, "not convex: a path leaves the scope and comes back");
        return NULL;
    }
    if (!read_number("count of nodes", value(c, s, target, id, "nodes"), &count, error) ||
        !read_number("weights", weights ? weights : "1", &kind, error) ||
        !read_policy(value(c, s, target, id, "policy"), &region->policy, error) ||
        !read_digest("digest", digest ? digest : "", TRUE, error))
        return NULL;
    if (kind > WEIGHTS_INSIDE) {
        read_fail(error, "weights is %" G_GINT64_FORMAT ", expected 0, 1 or 2", kind);
        return NULL;
    }
    region->weights = (ContextWeights)kind;
    region->digest = digest ? digest : "";
    if ((guint64)count != nodes->len)
        region->torn = arena_printf(c->arena, "%u nodes are left of %" G_GINT64_FORMAT, nodes->len, count);
    list_append(&c->regions, c->arena, region);
    return region;
}

static gboolean read_scope(Container *c, Strip *s, const char *target, const char *id, GError **error)
{
    g_autoptr(GArray) nodes = tagged_nodes(s, target, id);
    ContextRegion *region = find_region(c, id, nodes);
    if (!region && !(region = new_region(c, s, target, id, nodes, error)))
        return FALSE;
    const char *compatibility = value(c, s, target, id, "compatibility"), *digest = value(c, s, target, id, "payload_sha256"),
               *partition = value(c, s, target, id, "partition");
    ContextBlob blob = { .backend = target, .compatibility = compatibility ? compatibility : "", .digest = digest ? digest : "",
                         .partition = partition ? partition : "" };
    return read_number("priority", value(c, s, target, id, "priority"), &blob.priority, error) &&
           find_payload(c, s, target, id, &blob, error) && read_add_blob(c, region, &blob, error);
}

gboolean read_scopes(Container *c, Strip *s, GError **error)
{
    guint found = 0;
    for (guint i = 0; i < s->entries->len; i++) {
        g_autofree char *target = NULL, *id = NULL;
        if (!split_key(((StripEntry *)s->entries->pdata[i])->key, &target, &id))
            continue;
        if (++found > STRIP_MAX_REGIONS)
            return read_fail(error, "more than %d scopes", STRIP_MAX_REGIONS);
        if (!read_scope(c, s, target, id, error)) {
            g_autofree char *quoted = name_quote(id);
            g_prefix_error(error, "scope %s: ", quoted);
            return FALSE;
        }
    }
    return TRUE;
}
