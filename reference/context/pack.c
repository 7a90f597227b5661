/* Writing containers: whole fields are added or moved, nothing that was there is encoded anew, and the way back is tried
 * before the result is given out. */
#include "reference/context/pack.h"

#include <string.h>

enum { TYPE_INT = 2, TYPE_STRING = 3, TYPE_TENSORS = 9 };

/* ---- attributes --------------------------------------------------------------------------------------------------------------- */

void pack_text(GByteArray *node, const char *name, const char *text)
{
    g_autoptr(GByteArray) a = g_byte_array_new();
    field_put_text(a, ATTRIBUTE_NAME, name);
    field_put_text(a, ATTRIBUTE_S, text);
    field_put_number(a, ATTRIBUTE_TYPE_FIELD, TYPE_STRING);
    field_put_array(node, NODE_ATTRIBUTE, a);
}

void pack_int(GByteArray *node, const char *name, int64_t value)
{
    g_autoptr(GByteArray) a = g_byte_array_new();
    field_put_text(a, ATTRIBUTE_NAME, name);
    field_put_number(a, ATTRIBUTE_I, (guint64)value);
    field_put_number(a, ATTRIBUTE_TYPE_FIELD, TYPE_INT);
    field_put_array(node, NODE_ATTRIBUTE, a);
}

static void put_number_entry(GByteArray *tensor, const char *key, int64_t value)
{
    g_autofree char *text = g_strdup_printf("%" G_GINT64_FORMAT, value);
    field_put_entry(tensor, TENSOR_EXTERNAL_DATA, key, text);
}

GByteArray *pack_tensor(const ContextBlob *blob, const char *name)
{
    enum { UINT8 = 2, EXTERNAL = 1 };
    GByteArray *t = g_byte_array_new();
    field_put_number(t, TENSOR_DIMS, blob->location && blob->length >= 0 ? (guint64)blob->length : blob->payload.size);
    field_put_number(t, TENSOR_DATA_TYPE, UINT8);
    if (name)
        field_put_text(t, TENSOR_NAME, name);
    if (!blob->location) {
        field_put(t, TENSOR_RAW_DATA, blob->payload.data, blob->payload.size);
        return t;
    }
    field_put_entry(t, TENSOR_EXTERNAL_DATA, "location", blob->location);
    if (blob->offset)
        put_number_entry(t, "offset", blob->offset);
    if (blob->length >= 0)
        put_number_entry(t, "length", blob->length);
    field_put_number(t, TENSOR_DATA_LOCATION, EXTERNAL);
    return t;
}

void pack_payloads(GByteArray *node, const char *name, const ContextBlob *const *blobs, gsize n)
{
    g_autoptr(GByteArray) a = g_byte_array_new();
    field_put_text(a, ATTRIBUTE_NAME, name);
    for (gsize i = 0; i < n; i++) {
        g_autoptr(GByteArray) tensor = pack_tensor(blobs[i], NULL);
        field_put_array(a, ATTRIBUTE_TENSORS_FIELD, tensor);
    }
    field_put_number(a, ATTRIBUTE_TYPE_FIELD, TYPE_TENSORS);
    field_put_array(node, NODE_ATTRIBUTE, a);
}

char *pack_indices(const gsize *indices, gsize n)
{
    GString *text = g_string_new(NULL);
    for (gsize i = 0; i < n; i++)
        g_string_append_printf(text, "%s%" G_GSIZE_FORMAT, i ? " " : "", indices[i]);
    return g_string_free(text, FALSE);
}

/* ---- the file ------------------------------------------------------------------------------------------------------------------- */

static void put_graph(const Pack *p, GByteArray *to, Bytes graph)
{
    g_autoptr(GByteArray) out = g_byte_array_new();
    gboolean done = FALSE;
    Field    field;
    for (gsize at = 0; field_next(graph, &at, &field);)
        if (p->graph_nodes->len == 0 || field.number != GRAPH_NODE) {
            field_copy(out, &field);
        } else if (!done) {
            g_byte_array_append(out, p->graph_nodes->data, p->graph_nodes->len);
            done = TRUE;
        }
    if (p->graph_extra->len)
        g_byte_array_append(out, p->graph_extra->data, p->graph_extra->len);
    field_put_array(to, MODEL_GRAPH, out);
}

/* Metadata of nodes and overloads of functions came with IR version 10. */
#define LEAST_IR_VERSION 10

static GByteArray *put_model(const Pack *p, Bytes model)
{
    GByteArray *out = g_byte_array_new();
    Field       field;
    for (gsize at = 0; field_next(model, &at, &field);)
        if (field.number == MODEL_GRAPH && field.delimited)
            put_graph(p, out, field.data);
        else if (field.number == MODEL_IR_VERSION && p->c->model->ir_version < LEAST_IR_VERSION)
            field_put_number(out, MODEL_IR_VERSION, LEAST_IR_VERSION);
        else
            field_copy(out, &field);
    if (p->model_extra->len)
        g_byte_array_append(out, p->model_extra->data, p->model_extra->len);
    if (p->c->model->ir_version < LEAST_IR_VERSION) {
        g_autofree char *old = g_strdup_printf("%" G_GINT64_FORMAT, p->c->model->ir_version);
        field_put_entry(out, MODEL_METADATA, CONTEXT_PREFIX "ir_version", old);
    }
    return out;
}

static gboolean proven(const GByteArray *packed, Bytes original, GError **error)
{
    g_autoptr(Strip) back = strip_container((Bytes){ packed->data, packed->len }, FALSE, error);
    return back && ((back->original->len == original.size && memcmp(back->original->data, original.data, original.size) == 0) ||
                    pack_fail(error, "the model's bytes are not laid out as protobuf writes them, so packing could not be undone"));
}

static gboolean pack_encoding(Pack *p, GError **error)
{
    switch (p->c->encoding) {
    case ENCODING_A:
    case ENCODING_B:
        return pack_calls(p, error);
    case ENCODING_C1:
        return pack_table(p, error);
    case ENCODING_C2:
        return pack_messages(p, error);
    case ENCODING_D:
        return pack_scopes(p, error);
    default:
        return pack_fail(error, "no encoding is chosen");
    }
}

static void find_nodes(Pack *p, Bytes model)
{
    Field field;
    const Bytes graph = field_find(model, MODEL_GRAPH);
    for (gsize at = 0; field_next(graph, &at, &field);)
        if (field.number == GRAPH_NODE && field.delimited)
            g_array_append_val(p->nodes, field.data);
}

GBytes *container_pack(const Container *c, GError **error)
{
    gsize       size;
    const void *data = g_bytes_get_data(c->original, &size);
    const Bytes original = { data, size };
    for (gsize i = 0; i < c->regions.n; i++)
        if (LIST_AT(&c->regions, ContextRegion, i)->torn) {
            const ContextRegion *torn = LIST_AT(&c->regions, ContextRegion, i);
            pack_fail(error, "region '%s' is stale (%s); strip the container first", torn->id, torn->torn);
            return NULL;
        }
    g_autoptr(Strip) strip = strip_container(original, FALSE, error);
    if (!strip)
        return NULL;
    g_autoptr(GArray) nodes = g_array_new(FALSE, FALSE, sizeof(Bytes));
    g_autoptr(GByteArray) graph_nodes = g_byte_array_new(), graph_extra = g_byte_array_new(), model_extra = g_byte_array_new(),
                          packed = NULL;
    Pack p = { c, strip, nodes, graph_nodes, graph_extra, model_extra };
    find_nodes(&p, original);
    if (!pack_encoding(&p, error))
        return NULL;
    packed = put_model(&p, original);
    return proven(packed, original, error) ? g_byte_array_free_to_bytes(g_steal_pointer(&packed)) : NULL;
}
