#include "generators/engine/wire.h"

#include <string.h>

enum { VARINT = 0, DELIMITED = 2 }; /* protobuf's wire types */
enum { FIELD_DIMS = 1, FIELD_DATA_TYPE = 2, FIELD_NAME = 8, FIELD_EXTERNAL_DATA = 13, FIELD_DATA_LOCATION = 14 };

static void put_varint(GByteArray *w, uint64_t value)
{
    do {
        const uint8_t byte = (uint8_t)((value & 0x7F) | (value > 0x7F ? 0x80 : 0));
        g_byte_array_append(w, &byte, 1);
        value >>= 7;
    } while (value);
}

static void put_number(GByteArray *w, unsigned field, int64_t value)
{
    put_varint(w, field << 3 | VARINT);
    put_varint(w, (uint64_t)value);
}

static void put_bytes(GByteArray *w, unsigned field, const void *data, gsize size)
{
    put_varint(w, field << 3 | DELIMITED);
    put_varint(w, size);
    g_byte_array_append(w, data, (guint)size);
}

GByteArray *wire_tensor(const char *name, int64_t data_type, const Shape *shape)
{
    GByteArray *w = g_byte_array_new();
    for (int i = 0; i < shape->rank; i++)
        put_number(w, FIELD_DIMS, shape->dims[i]);
    put_number(w, FIELD_DATA_TYPE, data_type);
    put_bytes(w, FIELD_NAME, name, strlen(name));
    return w;
}

void wire_raw(GByteArray *w, const void *data, gsize size)
{
    put_bytes(w, WIRE_RAW_DATA, data, size);
}

void wire_numbers(GByteArray *w, WireField field, const int64_t *values, gsize n)
{
    g_autoptr(GByteArray) packed = g_byte_array_new();
    for (gsize i = 0; i < n; i++)
        put_varint(packed, (uint64_t)values[i]);
    put_bytes(w, field, packed->data, packed->len);
}

void wire_zeros(GByteArray *w, WireField field, gsize n)
{
    const gsize size = n * (field == WIRE_DOUBLE_DATA ? sizeof(double) : sizeof(float));
    g_autofree uint8_t *zeros = g_malloc0(size);
    put_bytes(w, field, zeros, size);
}

void wire_external(GByteArray *w)
{
    put_number(w, FIELD_DATA_LOCATION, 1);
}

void wire_external_entry(GByteArray *w, const char *key, const char *value)
{
    g_autoptr(GByteArray) entry = g_byte_array_new();
    put_bytes(entry, 1, key, strlen(key));
    put_bytes(entry, 2, value, strlen(value));
    put_bytes(w, FIELD_EXTERNAL_DATA, entry->data, entry->len);
}

void wire_attach(NamedTensor *tensor, Model *model, const GByteArray *w)
{
    Bytes *bytes = arena_new(model->arena, Bytes);
    *bytes = arena_bytes(model->arena, w->data, w->len);
    tensor->wire = bytes;
}
