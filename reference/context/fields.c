#include "reference/context/fields.h"

#include <string.h>

enum { VARINT = 0, FIXED64 = 1, DELIMITED = 2, FIXED32 = 5 };

static gboolean varint(Bytes message, gsize *at, guint64 *value)
{
    *value = 0;
    for (guint shift = 0; shift < 64 && *at < message.size; shift += 7) {
        const uint8_t byte = message.data[(*at)++];
        *value |= (guint64)(byte & 0x7F) << shift;
        if (byte < 0x80)
            return TRUE;
    }
    return FALSE;
}

/* Reads one field; FALSE if the bytes are none. */
static gboolean read_field(Bytes message, gsize *at, Field *field)
{
    guint64 tag, length = 0;
    if (!varint(message, at, &tag) || tag >> 3 == 0 || tag > G_MAXUINT32)
        return FALSE;
    field->number = (guint)(tag >> 3);
    switch (tag & 7) {
    case VARINT:
        return varint(message, at, &field->value);
    case FIXED64:
        length = 8;
        break;
    case FIXED32:
        length = 4;
        break;
    case DELIMITED:
        if (!varint(message, at, &length))
            return FALSE;
        field->delimited = TRUE;
        break;
    default:
        return FALSE;
    }
    if (length > message.size - *at)
        return FALSE;
    field->data = (Bytes){ message.data + *at, (gsize)length };
    *at += (gsize)length;
    return TRUE;
}

gboolean field_next(Bytes message, gsize *at, Field *field)
{
    const gsize begin = *at;
    if (begin >= message.size)
        return FALSE;
    *field = (Field){ 0 };
    if (!read_field(message, at, field)) {
        *field = (Field){ 0 };
        *at = message.size;
    }
    field->whole = (Bytes){ message.data + begin, *at - begin };
    return TRUE;
}

Bytes field_find(Bytes message, guint number)
{
    Field field;
    for (gsize at = 0; field_next(message, &at, &field);)
        if (field.number == number && field.delimited)
            return field.data;
    return (Bytes){ 0 };
}

gboolean field_is(Bytes text, const char *expected)
{
    return text.data && text.size == strlen(expected) && memcmp(text.data, expected, text.size) == 0;
}

gboolean field_has_prefix(Bytes text, const char *prefix)
{
    const gsize n = strlen(prefix);
    return text.data && text.size >= n && memcmp(text.data, prefix, n) == 0;
}

/* ---- writing ------------------------------------------------------------------------------------------------------------ */

static void put_varint(GByteArray *to, guint64 value)
{
    do {
        const uint8_t byte = (uint8_t)((value & 0x7F) | (value > 0x7F ? 0x80 : 0));
        g_byte_array_append(to, &byte, 1);
        value >>= 7;
    } while (value);
}

void field_put(GByteArray *to, guint number, const void *data, gsize size)
{
    put_varint(to, (guint64)number << 3 | DELIMITED);
    put_varint(to, size);
    if (size)
        g_byte_array_append(to, data, (guint)size);
}

void field_put_text(GByteArray *to, guint number, const char *text)
{
    field_put(to, number, text, strlen(text));
}

void field_put_number(GByteArray *to, guint number, guint64 value)
{
    put_varint(to, (guint64)number << 3 | VARINT);
    put_varint(to, value);
}

void field_put_entry(GByteArray *to, guint number, const char *key, const char *value)
{
    g_autoptr(GByteArray) entry = g_byte_array_new();
    field_put_text(entry, ENTRY_KEY, key);
    field_put_text(entry, ENTRY_VALUE, value);
    field_put_array(to, number, entry);
}

void field_copy(GByteArray *to, const Field *field)
{
    g_byte_array_append(to, field->whole.data, (guint)field->whole.size);
}

void field_put_array(GByteArray *to, guint number, const GByteArray *contents)
{
    field_put(to, number, contents->data, contents->len);
}
