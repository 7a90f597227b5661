/* Containers: reading any encoding, and building what packing writes. */
#include "reference/context/read.h"
#include "reference/context/fail.h"
#include "reference/onnx/check.h"
#include "reference/onnx/wire.h"

#include <string.h>

G_DEFINE_QUARK(assay-context-error-quark, context_error)

static const char *const encoding_names[] = { "A", "B", "C1", "C2", "D", "none" };
static const char *const policy_names[] = { "prefer", "require", "ignore" };

const char *context_encoding_name(ContextEncoding encoding)
{
    return encoding_names[encoding];
}

gboolean context_encoding_from_name(const char *name, ContextEncoding *encoding)
{
    for (guint i = 0; i < ENCODING_NONE; i++)
        if (strcmp(name, encoding_names[i]) == 0) {
            *encoding = (ContextEncoding)i;
            return TRUE;
        }
    return FALSE;
}

const char *context_policy_name(ContextPolicy policy)
{
    return policy_names[policy];
}

gboolean context_policy_from_name(const char *name, ContextPolicy *policy)
{
    for (guint i = 0; i < G_N_ELEMENTS(policy_names); i++)
        if (strcmp(name, policy_names[i]) == 0) {
            *policy = (ContextPolicy)i;
            return TRUE;
        }
    return FALSE;
}

/* ---- regions ------------------------------------------------------------------------------------------------------------- */

static const char **copy_names(Container *c, const GPtrArray *names)
{
    const char **copy = arena_array(c->arena, const char *, names->len + 1);
    for (guint i = 0; i < names->len; i++)
        copy[i] = arena_string(c->arena, names->pdata[i]);
    return copy;
}

ContextRegion *read_region(Container *c, const char *id, const GArray *nodes)
{
    g_autoptr(GPtrArray) inputs = g_ptr_array_new(), outputs = g_ptr_array_new();
    ContextRegion *region = arena_new(c->arena, ContextRegion);
    gsize         *indices = arena_array(c->arena, gsize, nodes->len + 1);
    if (nodes->len)
        memcpy(indices, nodes->data, nodes->len * sizeof *indices);
    context_boundary(c->model->graph, indices, nodes->len, inputs, outputs);
    *region = (ContextRegion){ .id = arena_string(c->arena, id), .digest = "", .weights = WEIGHTS_PASSED, .nodes = indices,
                               .n_nodes = nodes->len, .inputs = copy_names(c, inputs), .outputs = copy_names(c, outputs),
                               .n_inputs = inputs->len, .n_outputs = outputs->len };
    return region;
}

void read_expect(Container *c, ContextRegion *region, const char *const *names, gsize n, gboolean inputs)
{
    const char **own = inputs ? region->inputs : region->outputs;
    gboolean     same = n == (inputs ? region->n_inputs : region->n_outputs);
    for (gsize i = 0; same && i < n; i++)
        same = strcmp(own[i], names[i]) == 0;
    if (!same && !region->torn)
        region->torn = arena_printf(c->arena, "its %s are no longer those that were recorded", inputs ? "inputs" : "outputs");
}

static gboolean check_blob(const ContextRegion *region, const ContextBlob *blob, GError **error)
{
    if (!read_digest("digest of the payload", blob->digest, blob->body != NULL, error))
        return FALSE;
    for (gsize i = 0; i < region->blobs.n; i++) {
        const ContextBlob *other = LIST_AT(&region->blobs, ContextBlob, i);
        if (strcmp(other->backend, blob->backend) == 0 && strcmp(other->compatibility, blob->compatibility) == 0 &&
            strcmp(other->digest, blob->digest) != 0)
            return read_fail(error, "two payloads of backend '%s' and compatibility '%s' differ", blob->backend, blob->compatibility);
    }
    return TRUE;
}

gboolean read_add_blob(Container *c, ContextRegion *region, const ContextBlob *blob, GError **error)
{
    return check_blob(region, blob, error) && container_add_blob(c, region, blob) != NULL;
}

static gint by_index(gconstpointer a, gconstpointer b)
{
    const gsize x = *(const gsize *)a, y = *(const gsize *)b;
    return x < y ? -1 : x > y;
}

static gboolean id_is_clean(const char *id)
{
    return *id && strlen(id) <= 100 && strspn(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") == strlen(id);
}

ContextRegion *container_add_region(Container *c, const char *id, const gsize *nodes, gsize n, GError **error)
{
    g_autoptr(GArray) sorted = g_array_new(FALSE, FALSE, sizeof(gsize));
    g_array_append_vals(sorted, nodes, (guint)n);
    g_array_sort(sorted, by_index);
    const char *wrong = !id_is_clean(id) ? "its id must be 1 to 100 letters, digits, '-' or '_'" : n == 0 ? "it has no nodes" : NULL;
    for (gsize i = 0; i < c->regions.n; i++)
        if (strcmp(LIST_AT(&c->regions, ContextRegion, i)->id, id) == 0)
            wrong = "there is a region of that id";
    for (guint i = 0; i < sorted->len; i++) {
        const gsize at = g_array_index(sorted, gsize, i);
        if (at >= c->model->graph->nodes.n)
            wrong = "a node index is beyond the graph";
        else if (i && at == g_array_index(sorted, gsize, i - 1))
            wrong = "a node is named twice";
    }
    if (!wrong && !context_convex(c->model->graph, (const gsize *)(void *)sorted->data, sorted->len))
        wrong = "it is not convex: a path leaves it and comes back";
    if (wrong) {
        context_fail(error, CONTEXT_ERROR_ARGUMENT, "region '%s': %s", id, wrong);
        return NULL;
    }
    ContextRegion *region = read_region(c, id, sorted);
    if (!region->n_outputs) {
        context_fail(error, CONTEXT_ERROR_ARGUMENT, "region '%s': nothing uses what it computes", id);
        return NULL;
    }
    g_autofree char *digest = context_digest(c->model->graph, region->nodes, region->n_nodes);
    region->digest = arena_string(c->arena, digest);
    list_append(&c->regions, c->arena, region);
    return region;
}

ContextBlob *container_add_blob(Container *c, ContextRegion *region, const ContextBlob *blob)
{
    ContextBlob *copy = arena_new(c->arena, ContextBlob);
    *copy = *blob;
    copy->backend = arena_string(c->arena, blob->backend);
    copy->compatibility = arena_string(c->arena, blob->compatibility ? blob->compatibility : "");
    copy->partition = arena_string(c->arena, blob->partition ? blob->partition : "");
    copy->location = arena_string(c->arena, blob->location);
    copy->payload = blob->payload.size ? arena_bytes(c->arena, blob->payload.data, blob->payload.size) : (Bytes){ 0 };
    g_autofree char *digest = blob->digest && *blob->digest ? g_strdup(blob->digest)
                              : blob->payload.size ? g_compute_checksum_for_data(G_CHECKSUM_SHA256, blob->payload.data, blob->payload.size)
                                                   : g_strdup("");
    copy->digest = arena_string(c->arena, digest);
    list_append(&region->blobs, c->arena, copy);
    return copy;
}

/* ---- what must hold among regions -------------------------------------------------------------------------------------------- */

/* A blob without bytes of its own refers to the payload of another; a partition is named once in a payload. */
static gboolean check_sharing(const Container *c, const ContextBlob *blob, GError **error)
{
    gboolean primary = blob->payload.size || blob->location || blob->body;
    for (gsize i = 0; i < c->regions.n; i++) {
        const List *blobs = &LIST_AT(&c->regions, ContextRegion, i)->blobs;
        for (gsize k = 0; k < blobs->n; k++) {
            const ContextBlob *other = LIST_AT(blobs, ContextBlob, k);
            if (other == blob || strcmp(other->digest, blob->digest) != 0 || strcmp(other->backend, blob->backend) != 0)
                continue;
            primary |= other->payload.size || other->location;
            if (*blob->partition && strcmp(other->partition, blob->partition) == 0 && (other->payload.size || other->location) &&
                (blob->payload.size || blob->location))
                return read_fail(error, "two payloads of backend '%s' claim the partition '%s'", blob->backend, blob->partition);
        }
    }
    return primary || read_fail(error, "a blob of backend '%s' has no payload, and no other has its digest", blob->backend);
}

static gboolean check_regions(const Container *c, GError **error)
{
    g_autoptr(GHashTable) ids = g_hash_table_new(g_str_hash, g_str_equal);
    for (gsize i = 0; i < c->regions.n; i++) {
        const ContextRegion *r = LIST_AT(&c->regions, ContextRegion, i);
        gboolean             ok = TRUE;
        if (c->encoding != ENCODING_D && !g_hash_table_add(ids, (gpointer)r->id))
            ok = read_fail(error, "the id is given twice");
        for (gsize k = 0; ok && !r->torn && k < r->blobs.n; k++) /* a torn region is not used */
            ok = check_sharing(c, LIST_AT(&r->blobs, ContextBlob, k), error);
        if (ok)
            continue;
        g_autofree char *quoted = name_quote(r->id);
        g_prefix_error(error, "region %s: ", quoted);
        return FALSE;
    }
    return TRUE;
}

/* ---- reading ------------------------------------------------------------------------------------------------------------------ */

static gboolean has_scopes(const Strip *s)
{
    for (guint i = 0; i < s->entries->len; i++)
        if (g_str_has_prefix(((StripEntry *)s->entries->pdata[i])->key, CONTEXT_PREFIX "scope."))
            return TRUE;
    return FALSE;
}

static gboolean find_encoding(Container *c, const Strip *s, GError **error)
{
    guint kinds = 0;
    c->encoding = ENCODING_NONE;
    for (guint i = 0; i < s->calls->len; i++) {
        c->encoding = ((StripCall *)s->calls->pdata[i])->is_function ? ENCODING_B : ENCODING_A;
        kinds |= 1u << c->encoding;
    }
    if (strip_value(s, CONTEXT_PREFIX "eq.count"))
        kinds |= 1u << (c->encoding = ENCODING_C1);
    if (s->table->len)
        kinds |= 1u << (c->encoding = ENCODING_C2);
    if (has_scopes(s))
        kinds |= 1u << (c->encoding = ENCODING_D);
    return (kinds & (kinds - 1)) == 0 || read_fail(error, "the file mixes encodings, expected one");
}

static gboolean read_encoding(Container *c, Strip *s, GError **error)
{
    switch (c->encoding) {
    case ENCODING_A:
    case ENCODING_B:
        return read_calls(c, s, error);
    case ENCODING_C1:
        return read_table(c, s, error);
    case ENCODING_C2:
        return read_messages(c, s, error);
    case ENCODING_D:
        return read_scopes(c, s, error);
    default:
        return TRUE;
    }
}

/* Without them there is no original to load. */
static gboolean check_bodies(const Strip *s, GError **error)
{
    for (guint i = 0; i < s->calls->len; i++) {
        const StripCall *call = s->calls->pdata[i];
        if (!call->body.data)
            return read_fail(error, "region %u: %s", i, call->is_function ? "there is no Region function of this overload"
                                                                          : "there is no retained subgraph (attribute 'fallback')");
    }
    return TRUE;
}

static Strip *take_apart(Bytes bytes, gboolean in_sequence, const char *folder, const char *what, Model **model, GError **error)
{
    g_autoptr(Strip) s = strip_container(bytes, in_sequence, error);
    if (!s || !check_bodies(s, error))
        return NULL;
    g_autoptr(Model) loaded = model_load_bytes(s->original->data, s->original->len, folder, what, NULL, error);
    if (!loaded || !model_check(loaded, error))
        return NULL;
    *model = g_steal_pointer(&loaded);
    return g_steal_pointer(&s);
}

/* The original and what was around it. A tool that adds nodes and removes others can leave places on record that look right
 * and are not: the order in the file is right. */
static Strip *original_of(Bytes bytes, const char *folder, const char *what, Model **model, GError **error)
{
    g_autoptr(GError) first = NULL;
    if (!model_bytes_check(bytes.data, bytes.size, NULL, error))
        return NULL;
    Strip *s = take_apart(bytes, FALSE, folder, what, model, &first);
    if (!s)
        s = take_apart(bytes, TRUE, folder, what, model, NULL);
    if (!s)
        g_propagate_error(error, g_steal_pointer(&first));
    return s;
}

static gboolean read_all(Container *c, Bytes bytes, const char *folder, const char *what, GError **error)
{
    g_autoptr(Strip) s = original_of(bytes, folder, what, &c->model, error);
    if (!s)
        return FALSE;
    c->original = g_bytes_new(s->original->data, s->original->len);
    return find_encoding(c, s, error) && read_encoding(c, s, error) && check_regions(c, error);
}

Container *container_read(GBytes *bytes, const char *folder, const char *what, GError **error)
{
    g_autoptr(Container) c = g_new0(Container, 1);
    c->arena = arena_create();
    c->parts = g_ptr_array_new_with_free_func((GDestroyNotify)model_free);
    gsize size;
    const void *data = g_bytes_get_data(bytes, &size);
    if (read_all(c, (Bytes){ data, size }, folder, what, error))
        return g_steal_pointer(&c);
    if (error && !g_str_has_prefix((*error)->message, what))
        g_prefix_error(error, "%s: ", what);
    return NULL;
}

static GBytes *read_file(const char *path, GError **error)
{
    gsize size;
    char *data = wire_read_file(path, &size, error);
    if (!data)
        g_prefix_error(error, "%s: ", path);
    return data ? g_bytes_new_take(data, size) : NULL;
}

Container *container_load(const char *path, GError **error)
{
    g_autoptr(GBytes) bytes = read_file(path, error);
    g_autofree char  *folder = g_path_get_dirname(path);
    return bytes ? container_read(bytes, folder, path, error) : NULL;
}

Model *container_original(const char *path, GError **error)
{
    g_autoptr(GBytes) bytes = read_file(path, error);
    g_autofree char  *folder = g_path_get_dirname(path);
    Model      *model = NULL;
    gsize       size = 0;
    const void *data = bytes ? g_bytes_get_data(bytes, &size) : NULL;
    strip_free(bytes ? original_of((Bytes){ data, size }, folder, path, &model, error) : NULL);
    return model;
}

void container_free(Container *c)
{
    if (!c)
        return;
    if (c->model)
        model_free(c->model);
    g_clear_pointer(&c->original, g_bytes_unref);
    g_ptr_array_unref(c->parts);
    arena_free(c->arena);
    g_free(c);
}
