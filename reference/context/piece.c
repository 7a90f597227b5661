/* Pieces of a container's file as things of their own. */
#include "reference/context/read.h"

#include <errno.h>
#include <string.h>

/* ---- loading -------------------------------------------------------------------------------------------------------------- */

static Model *load_piece(Container *c, const GByteArray *graph, const GByteArray *function, GError **error)
{
    g_autoptr(GByteArray) model = g_byte_array_new();
    field_put_number(model, 1, 13); /* ir_version */
    field_put_array(model, MODEL_GRAPH, graph);
    if (function)
        field_put_array(model, MODEL_FUNCTIONS, function);
    Model *piece = model_load_bytes(model->data, model->len, NULL, "a part of the container", NULL, error);
    if (piece)
        g_ptr_array_add(c->parts, piece);
    return piece;
}

const Node *read_node_piece(Container *c, Bytes node, GError **error)
{
    g_autoptr(GByteArray) graph = g_byte_array_new();
    field_put(graph, GRAPH_NODE, node.data, node.size);
    field_put_text(graph, GRAPH_NAME, "piece");
    const Model *piece = load_piece(c, graph, NULL, error);
    return piece ? LIST_AT(&piece->graph->nodes, Node, 0) : NULL;
}

const Function *read_function_piece(Container *c, const GByteArray *function, GError **error)
{
    g_autoptr(GByteArray) graph = g_byte_array_new();
    field_put_text(graph, GRAPH_NAME, "piece");
    const Model *piece = load_piece(c, graph, function, error);
    return piece ? LIST_AT(&piece->functions, Function, 0) : NULL;
}

const Graph *read_graph_piece(Container *c, Bytes graph, GError **error)
{
    const GByteArray borrowed = { (guint8 *)graph.data, (guint)graph.size };
    const Model     *piece = load_piece(c, &borrowed, NULL, error);
    return piece ? piece->graph : NULL;
}

/* ---- payloads --------------------------------------------------------------------------------------------------------------- */

GByteArray *read_without(Bytes node, const char *attribute, const char *other, GArray *payloads)
{
    GByteArray *rest = g_byte_array_new();
    Field       field, inner;
    for (gsize at = 0; field_next(node, &at, &field);) {
        const Bytes name = field.number == NODE_ATTRIBUTE && field.delimited ? field_find(field.data, ATTRIBUTE_NAME) : (Bytes){ 0 };
        if (field_is(name, attribute)) {
            for (gsize from = 0; field_next(field.data, &from, &inner);)
                if (inner.number == ATTRIBUTE_TENSORS_FIELD && inner.delimited)
                    g_array_append_val(payloads, inner.data);
        } else if (!other || !field_is(name, other)) {
            field_copy(rest, &field);
        }
    }
    return rest;
}

/* A packed or single repeated int64: the dims of a tensor. */
static void count_dims(const Field *field, guint *rank, guint64 *size)
{
    if (!field->delimited) {
        (*rank)++;
        *size = field->value;
        return;
    }
    for (gsize at = 0; at < field->data.size;) {
        guint64 value = 0;
        guint   shift = 0;
        while (at < field->data.size && shift < 64) {
            const uint8_t byte = field->data.data[at++];
            value |= (guint64)(byte & 0x7F) << shift;
            shift += 7;
            if (byte < 0x80)
                break;
        }
        (*rank)++;
        *size = value;
    }
}

static gboolean read_external(Container *c, Bytes entry, ContextBlob *blob, GError **error)
{
    const Bytes key = field_find(entry, ENTRY_KEY), value = field_find(entry, ENTRY_VALUE);
    if (!value.data || !g_utf8_validate_len((const char *)value.data, value.size, NULL))
        return read_fail(error, "an external payload's entry is not UTF-8 text");
    const char *text = (const char *)arena_bytes(c->arena, value.data, value.size).data;
    if (field_is(key, "location"))
        blob->location = text;
    else if (field_is(key, "offset"))
        return read_number("offset of a payload", text, &blob->offset, error);
    else if (field_is(key, "length"))
        return read_number("length of a payload", text, &blob->length, error);
    return TRUE;
}

gboolean read_payload(Container *c, Bytes tensor, ContextBlob *blob, GError **error)
{
    enum { UINT8 = 2, EXTERNAL = 1 };
    guint    rank = 0;
    guint64  size = 0, dtype = 0, where = 0;
    Field    field;
    blob->length = -1;
    blob->payload = (Bytes){ 0 };
    for (gsize at = 0; field_next(tensor, &at, &field);) {
        if (field.number == TENSOR_DIMS)
            count_dims(&field, &rank, &size);
        else if (field.number == TENSOR_DATA_TYPE)
            dtype = field.value;
        else if (field.number == TENSOR_DATA_LOCATION)
            where = field.value;
        else if (field.number == TENSOR_RAW_DATA && field.delimited)
            blob->payload = field.data;
        else if (field.number == TENSOR_EXTERNAL_DATA && field.delimited && !read_external(c, field.data, blob, error))
            return FALSE;
    }
    if (dtype != UINT8 || rank != 1)
        return read_fail(error, "payload is element type %" G_GUINT64_FORMAT " of rank %u, expected uint8 (2) of rank 1", dtype, rank);
    if (where == EXTERNAL) {
        if (!blob->location)
            return read_fail(error, "an external payload names no file");
        return TRUE;
    }
    if (size != blob->payload.size)
        return read_fail(error, "payload has %" G_GSIZE_FORMAT " bytes, its shape says %" G_GUINT64_FORMAT, blob->payload.size, size);
    blob->location = NULL;
    blob->payload = arena_bytes(c->arena, blob->payload.data, blob->payload.size);
    return TRUE;
}

/* ---- texts ------------------------------------------------------------------------------------------------------------------- */

gboolean read_policy(const char *text, ContextPolicy *policy, GError **error)
{
    *policy = POLICY_PREFER;
    if (!text || context_policy_from_name(text, policy))
        return TRUE;
    g_autofree char *quoted = name_quote(text);
    return read_fail(error, "policy %s, expected prefer, require or ignore", quoted);
}

gboolean read_number(const char *what, const char *text, int64_t *value, GError **error)
{
    *value = 0;
    if (!text)
        return TRUE;
    char *end;
    errno = 0;
    const gint64 number = g_ascii_strtoll(text, &end, 10);
    if (errno == 0 && end != text && !*end && number >= 0) {
        *value = number;
        return TRUE;
    }
    g_autofree char *quoted = name_quote(text);
    return read_fail(error, "%s is %s, expected a number that is not negative", what, quoted);
}

gboolean read_digest(const char *what, const char *text, gboolean may_be_empty, GError **error)
{
    if ((strlen(text) == 64 && strspn(text, "0123456789abcdef") == 64) || (may_be_empty && !*text))
        return TRUE;
    g_autofree char *quoted = name_quote(text);
    return read_fail(error, "%s is %s, expected 64 lower-case hexadecimal digits", what, quoted);
}
