#include "scripts/fuzz/mutate.h"

#include "onnx.pb-c.h"

#include <string.h>

/* libFuzzer's; a program without it (the replayer) flips a byte. */
__attribute__((weak)) size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);

const char *const *mutate_operators;

enum { VARINT = 0, FIXED64 = 1, LENGTH = 2, FIXED32 = 5, MAX_DEPTH = 60 };

/* A message as a tree: every field of the wire in order, led by protobuf-c's descriptors. */
typedef struct {
    const ProtobufCFieldDescriptor *known; /* NULL: a field that ONNX does not have */
    unsigned    number, wire;
    uint64_t    value;    /* VARINT, FIXED* */
    GByteArray *bytes;    /* LENGTH, but for messages */
    GPtrArray  *message;  /* of Field: a message's */
} Field;

typedef struct {
    const ProtobufCMessageDescriptor *descriptor;
    GPtrArray *fields;
} Place; /* a message inside the tree */

static void field_free(gpointer data)
{
    Field *field = data;
    if (field->bytes)
        g_byte_array_unref(field->bytes);
    if (field->message)
        g_ptr_array_unref(field->message);
    g_free(field);
}

static GPtrArray *fields_new(void)
{
    return g_ptr_array_new_with_free_func(field_free);
}

static Field *field_copy(const Field *from)
{
    Field *field = g_new(Field, 1);
    *field = *from;
    if (from->bytes) {
        field->bytes = g_byte_array_new();
        g_byte_array_append(field->bytes, from->bytes->data, from->bytes->len);
    }
    if (from->message) {
        field->message = fields_new();
        for (guint i = 0; i < from->message->len; i++)
            g_ptr_array_add(field->message, field_copy(from->message->pdata[i]));
    }
    return field;
}

/* ---- reading and writing ------------------------------------------------------------------------------------------- */

static gboolean read_varint(const uint8_t **at, const uint8_t *end, uint64_t *value)
{
    *value = 0;
    for (unsigned shift = 0; shift < 64 && *at < end; shift += 7) {
        const uint8_t byte = *(*at)++;
        *value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return TRUE;
    }
    return FALSE;
}

static GPtrArray *read_message(const ProtobufCMessageDescriptor *descriptor, const uint8_t *at, const uint8_t *end, int depth);

static gboolean read_value(Field *field, const uint8_t **at, const uint8_t *end, int depth)
{
    if (field->wire == VARINT)
        return read_varint(at, end, &field->value);
    if (field->wire == FIXED64 || field->wire == FIXED32) {
        const gsize size = field->wire == FIXED64 ? 8 : 4;
        if ((gsize)(end - *at) < size)
            return FALSE;
        memcpy(&field->value, *at, size);
        *at += size;
        return TRUE;
    }
    uint64_t length;
    if (field->wire != LENGTH || !read_varint(at, end, &length) || length > (uint64_t)(end - *at))
        return FALSE;
    if (field->known && field->known->type == PROTOBUF_C_TYPE_MESSAGE) {
        field->message = read_message(field->known->descriptor, *at, *at + length, depth + 1);
    } else {
        field->bytes = g_byte_array_new();
        g_byte_array_append(field->bytes, *at, (guint)length);
    }
    *at += length;
    return field->bytes || field->message;
}

static GPtrArray *read_message(const ProtobufCMessageDescriptor *descriptor, const uint8_t *at, const uint8_t *end, int depth)
{
    GPtrArray *fields = fields_new();
    while (at < end && depth <= MAX_DEPTH) {
        uint64_t tag;
        Field   *field = g_new0(Field, 1);
        g_ptr_array_add(fields, field);
        if (!read_varint(&at, end, &tag) || tag >> 3 == 0 || tag >> 32)
            break;
        field->number = (unsigned)(tag >> 3);
        field->wire = tag & 7;
        field->known = protobuf_c_message_descriptor_get_field(descriptor, field->number);
        if (!read_value(field, &at, end, depth))
            break;
        if (at == end)
            return fields;
    }
    if (at == end && fields->len == 0)
        return fields;
    g_ptr_array_unref(fields);
    return NULL;
}

static void write_varint(GByteArray *out, uint64_t value)
{
    guint8 bytes[10];
    guint  n = 0;
    for (; value > 0x7f; value >>= 7)
        bytes[n++] = (guint8)(value | 0x80);
    bytes[n++] = (guint8)value;
    g_byte_array_append(out, bytes, n);
}

static void write_message(const GPtrArray *fields, GByteArray *out)
{
    for (guint i = 0; i < fields->len; i++) {
        const Field *field = fields->pdata[i];
        write_varint(out, (uint64_t)field->number << 3 | field->wire);
        if (field->wire == VARINT) {
            write_varint(out, field->value);
        } else if (field->wire != LENGTH) {
            g_byte_array_append(out, (const guint8 *)&field->value, field->wire == FIXED64 ? 8 : 4);
        } else {
            g_autoptr(GByteArray) inner = field->bytes ? g_byte_array_ref(field->bytes) : g_byte_array_new();
            if (field->message)
                write_message(field->message, inner);
            write_varint(out, inner->len);
            g_byte_array_append(out, inner->data, inner->len);
        }
    }
}

/* ---- mutating ------------------------------------------------------------------------------------------------------ */

static void collect(const ProtobufCMessageDescriptor *descriptor, GPtrArray *fields, GArray *places)
{
    const Place place = { descriptor, fields };
    g_array_append_val(places, place);
    for (guint i = 0; i < fields->len; i++) {
        const Field *field = fields->pdata[i];
        if (field->message)
            collect(field->known->descriptor, field->message, places);
    }
}

static guint below(GRand *random, guint n)
{
    return (guint)g_rand_int_range(random, 0, (gint32)n);
}

/* Any field of the whole tree for which `like` could stand: the same field of the same message. */
static const Field *find_like(GRand *random, const GArray *places, const ProtobufCFieldDescriptor *like)
{
    const Field *found = NULL;
    guint        seen = 0;
    for (guint p = 0; p < places->len; p++) {
        const GPtrArray *fields = g_array_index(places, Place, p).fields;
        for (guint i = 0; i < fields->len; i++) {
            const Field *field = fields->pdata[i];
            if (field->known == like && below(random, ++seen) == 0)
                found = field;
        }
    }
    return found;
}

/* Any text of the tree: names of values, operators and types find each other that way. */
static const Field *find_text(GRand *random, const GArray *places)
{
    const Field *found = NULL;
    guint        seen = 0;
    for (guint p = 0; p < places->len; p++) {
        const GPtrArray *fields = g_array_index(places, Place, p).fields;
        for (guint i = 0; i < fields->len; i++) {
            const Field *field = fields->pdata[i];
            if (field->known && field->known->type == PROTOBUF_C_TYPE_STRING && field->bytes && below(random, ++seen) == 0)
                found = field;
        }
    }
    return found;
}

static uint64_t mutate_number(GRand *random, uint64_t value)
{
    static const int64_t interesting[] = { 0, 1, 2, 3, 4, 7, 8, 16, 32, 33, 64, 255, 1024, -1, -2, -9, INT32_MAX, INT32_MIN,
                                           INT64_C(1) << 31, INT64_C(1) << 32, INT64_C(1) << 40, INT64_C(1) << 62, INT64_MAX, INT64_MIN };
    switch (below(random, 5)) {
    case 0:
        return value + 1;
    case 1:
        return value - 1;
    case 2:
        return (uint64_t)interesting[below(random, G_N_ELEMENTS(interesting))];
    case 3:
        return below(random, 32); /* an element type, an attribute type, an opset, a small dim */
    default:
        return value ^ UINT64_C(1) << below(random, 64);
    }
}

static void mutate_bytes(GRand *random, GByteArray *bytes)
{
    if (LLVMFuzzerMutate) {
        const guint room = bytes->len + 16, old = bytes->len;
        g_byte_array_set_size(bytes, room);
        memset(bytes->data + old, 0, room - old);
        g_byte_array_set_size(bytes, (guint)LLVMFuzzerMutate(bytes->data, old, room));
    } else if (bytes->len) {
        bytes->data[below(random, bytes->len)] ^= (guint8)(1 << below(random, 8));
    }
}

static void set_text(GByteArray *bytes, const void *data, gsize size)
{
    g_autoptr(GByteArray) copy = g_byte_array_new(); /* data may be of the same tree */
    g_byte_array_append(copy, data, (guint)size);
    g_byte_array_set_size(bytes, 0);
    g_byte_array_append(bytes, copy->data, copy->len);
}

static void mutate_text(GRand *random, const GArray *places, Field *field)
{
    const Field *other = find_text(random, places);
    if (mutate_operators && strcmp(field->known->name, "op_type") == 0 && below(random, 2)) {
        const char *name = mutate_operators[below(random, g_strv_length((char **)mutate_operators))];
        set_text(field->bytes, name, strlen(name));
    } else if (other && below(random, 4) != 0) {
        set_text(field->bytes, other->bytes->data, other->bytes->len);
    } else {
        mutate_bytes(random, field->bytes);
    }
}

static void mutate_value(GRand *random, const GArray *places, Field *field)
{
    const Field *other = field->known ? find_like(random, places, field->known) : NULL;
    if (field->wire == VARINT || field->wire == FIXED64 || field->wire == FIXED32) {
        field->value = below(random, 4) == 0 && other ? other->value : mutate_number(random, field->value);
    } else if (field->bytes) {
        if (field->known && field->known->type == PROTOBUF_C_TYPE_STRING)
            mutate_text(random, places, field);
        else
            mutate_bytes(random, field->bytes);
    }
}

/* A field from elsewhere in the tree that this message may have: appended, or in place of the one that is there. */
static void graft(GRand *random, const GArray *places, const Place *place)
{
    const ProtobufCFieldDescriptor *known = &place->descriptor->fields[below(random, place->descriptor->n_fields)];
    const Field *other = find_like(random, places, known);
    Field       *copy;
    if (other) {
        copy = field_copy(other);
    } else {
        copy = g_new0(Field, 1);
        *copy = (Field){ .known = known, .number = known->id, .wire = LENGTH };
        if (known->type == PROTOBUF_C_TYPE_MESSAGE)
            copy->message = fields_new();
        else if (known->type == PROTOBUF_C_TYPE_STRING || known->type == PROTOBUF_C_TYPE_BYTES ||
                 (known->flags & PROTOBUF_C_FIELD_FLAG_PACKED))
            copy->bytes = g_byte_array_new();
        else
            copy->wire = known->type == PROTOBUF_C_TYPE_FLOAT ? FIXED32 : known->type == PROTOBUF_C_TYPE_DOUBLE ? FIXED64 : VARINT;
    }
    for (guint i = 0; known->label != PROTOBUF_C_LABEL_REPEATED && i < place->fields->len; i++)
        if (((Field *)place->fields->pdata[i])->known == known) {
            field_free(place->fields->pdata[i]);
            place->fields->pdata[i] = copy;
            return;
        }
    g_ptr_array_insert(place->fields, (gint)below(random, place->fields->len + 1), copy);
}

static void mutate_once(GRand *random, const GArray *places)
{
    const Place *place = &g_array_index(places, Place, below(random, places->len));
    GPtrArray   *fields = place->fields;
    if (fields->len == 0 || below(random, 6) == 0) {
        graft(random, places, place);
        return;
    }
    const guint at = below(random, fields->len), other = below(random, fields->len);
    Field      *field = fields->pdata[at];
    switch (below(random, 8)) {
    case 0:
        g_ptr_array_remove_index(fields, at);
        break;
    case 1: /* order: inputs, nodes, dims */
        if (((Field *)fields->pdata[other])->known == field->known) {
            fields->pdata[at] = fields->pdata[other];
            fields->pdata[other] = field;
        }
        break;
    case 2:
        if (field->known && field->known->label == PROTOBUF_C_LABEL_REPEATED) {
            const Field *like = find_like(random, places, field->known);
            g_ptr_array_insert(fields, (gint)at, field_copy(below(random, 2) && like ? like : field));
        }
        break;
    default:
        mutate_value(random, places, field);
    }
}

size_t mutate_message(MessageKind kind, uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    const ProtobufCMessageDescriptor *descriptor =
        kind == MESSAGE_MODEL ? &onnx__model_proto__descriptor : &onnx__tensor_proto__descriptor;
    g_autoptr(GPtrArray) root = read_message(descriptor, data, data + size, 0);
    if (!root)
        return 0;
    GRand *random = g_rand_new_with_seed(seed);
    for (guint n = 1 + below(random, 3); n > 0; n--) {
        g_autoptr(GArray) places = g_array_new(FALSE, FALSE, sizeof(Place));
        collect(descriptor, root, places);
        mutate_once(random, places);
    }
    g_rand_free(random);
    g_autoptr(GByteArray) out = g_byte_array_new();
    write_message(root, out);
    if (out->len > max_size || out->len == 0)
        return 0;
    memcpy(data, out->data, out->len);
    return out->len;
}
