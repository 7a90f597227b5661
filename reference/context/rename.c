/* Renaming values inside NodeProto bytes, graphs in attributes included. */
#include "reference/context/strip.h"

#include <string.h>

static GByteArray *rename_graph(Bytes graph, Rename rename, gpointer data);

static void put_name(GByteArray *to, const Field *field, Rename rename, gpointer data)
{
    const char *name = field->data.size ? rename(field->data, data) : NULL;
    if (name)
        field_put_text(to, field->number, name);
    else
        field_copy(to, field);
}

/* A message in which one field is a name (ValueInfoProto, TensorProto, ...). */
static GByteArray *rename_named(Bytes message, guint number, Rename rename, gpointer data)
{
    GByteArray *out = g_byte_array_new();
    Field       field;
    for (gsize at = 0; field_next(message, &at, &field);)
        if (field.number == number && field.delimited)
            put_name(out, &field, rename, data);
        else
            field_copy(out, &field);
    return out;
}

static GByteArray *rename_sparse(Bytes message, Rename rename, gpointer data)
{
    GByteArray *out = g_byte_array_new();
    Field       field;
    for (gsize at = 0; field_next(message, &at, &field);) {
        g_autoptr(GByteArray) inner = NULL;
        if (field.number == 1 && field.delimited) { /* values */
            inner = rename_named(field.data, TENSOR_NAME, rename, data);
            field_put_array(out, field.number, inner);
        } else {
            field_copy(out, &field);
        }
    }
    return out;
}

static GByteArray *rename_attribute(Bytes attribute, Rename rename, gpointer data)
{
    GByteArray *out = g_byte_array_new();
    Field       field;
    for (gsize at = 0; field_next(attribute, &at, &field);) {
        g_autoptr(GByteArray) inner = NULL;
        if ((field.number == ATTRIBUTE_G || field.number == ATTRIBUTE_GRAPHS_FIELD) && field.delimited) {
            inner = rename_graph(field.data, rename, data);
            field_put_array(out, field.number, inner);
        } else {
            field_copy(out, &field);
        }
    }
    return out;
}

static GByteArray *rename_in_graph(const Field *field, Rename rename, gpointer data)
{
    switch (field->delimited ? field->number : 0) {
    case GRAPH_NODE:
        return rename_node(field->data, rename, data);
    case GRAPH_INITIALIZER:
        return rename_named(field->data, TENSOR_NAME, rename, data);
    case GRAPH_SPARSE_INITIALIZER:
        return rename_sparse(field->data, rename, data);
    case GRAPH_INPUT:
    case GRAPH_OUTPUT:
    case GRAPH_VALUE_INFO:
    case GRAPH_QUANTIZATION:
        return rename_named(field->data, 1, rename, data);
    default:
        return NULL;
    }
}

static GByteArray *rename_graph(Bytes graph, Rename rename, gpointer data)
{
    GByteArray *out = g_byte_array_new();
    Field       field;
    for (gsize at = 0; field_next(graph, &at, &field);) {
        g_autoptr(GByteArray) inner = rename_in_graph(&field, rename, data);
        if (inner)
            field_put_array(out, field.number, inner);
        else
            field_copy(out, &field);
    }
    return out;
}

GByteArray *rename_node(Bytes node, Rename rename, gpointer data)
{
    GByteArray *out = g_byte_array_new();
    Field       field;
    for (gsize at = 0; field_next(node, &at, &field);) {
        if ((field.number == NODE_INPUT || field.number == NODE_OUTPUT) && field.delimited) {
            put_name(out, &field, rename, data);
        } else if (field.number == NODE_ATTRIBUTE && field.delimited) {
            g_autoptr(GByteArray) inner = rename_attribute(field.data, rename, data);
            field_put_array(out, field.number, inner);
        } else {
            field_copy(out, &field);
        }
    }
    return out;
}
