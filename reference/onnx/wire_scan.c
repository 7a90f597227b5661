/* Hostile bytes meet this file first: a walk over the wire format, led by protobuf-c's descriptors. */
#include "reference/onnx/wire.h"

#include <string.h>

enum { WIRE_VARINT = 0, WIRE_64BIT = 1, WIRE_LENGTH = 2, WIRE_32BIT = 5 };

/* Which field led into the message being walked; for error messages only. */
typedef struct Frame Frame;
struct Frame {
    const Frame *outer;
    const char  *field;
    gsize        depth;
};

typedef struct {
    const uint8_t    *begin;
    const OnnxLimits *limits;
    gsize             fields;
    GError          **error;
} Scan;

static char *describe_path(const Frame *frame)
{
    GString *path = g_string_new(NULL);
    for (; frame && frame->field; frame = frame->outer) {
        if (path->len)
            g_string_prepend_c(path, '.');
        g_string_prepend(path, frame->field);
        /* A deep recursion names itself by its innermost fields. */
        if (path->len > 200) {
            g_string_prepend(path, "...");
            break;
        }
    }
    return g_string_free(path, FALSE);
}

G_GNUC_PRINTF(5, 6)
static gboolean refuse(Scan *scan, const Frame *frame, const uint8_t *at, OnnxError code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *reason = g_strdup_vprintf(format, args);
    va_end(args);
    g_autofree char *path = describe_path(frame);
    g_set_error(scan->error, ONNX_ERROR, (gint)code, "%s%sbyte %" G_GSIZE_FORMAT ": %s", path, *path ? ", " : "",
                (gsize)(at - scan->begin), reason);
    return FALSE;
}

/* Advances *at; FALSE if the varint runs past the end or past 64 bits. */
static gboolean read_varint(const uint8_t **at, const uint8_t *end, uint64_t *value)
{
    *value = 0;
    for (unsigned shift = 0; shift < 64 && *at < end; shift += 7) {
        const uint8_t byte = *(*at)++;
        *value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return shift < 63 || byte <= 1;
    }
    return FALSE;
}

static unsigned wire_type_of(const ProtobufCFieldDescriptor *field)
{
    switch (field->type) {
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_DOUBLE:
        return WIRE_64BIT;
    case PROTOBUF_C_TYPE_FIXED32:
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_FLOAT:
        return WIRE_32BIT;
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_BYTES:
    case PROTOBUF_C_TYPE_MESSAGE:
        return WIRE_LENGTH;
    default:
        return WIRE_VARINT;
    }
}

static gboolean scan_message(Scan *scan, const ProtobufCMessageDescriptor *descriptor, const Frame *frame,
                             const uint8_t *at, const uint8_t *end);

/* The wire type must be the declared one, or a packed run of it. */
static gboolean check_wire_type(Scan *scan, const Frame *frame, const uint8_t *at,
                                const ProtobufCFieldDescriptor *field, unsigned wire_type)
{
    const unsigned expected = wire_type_of(field);
    if (wire_type == expected)
        return TRUE;
    if (wire_type == WIRE_LENGTH && field->label == PROTOBUF_C_LABEL_REPEATED)
        return TRUE;
    return refuse(scan, frame, at, ONNX_ERROR_PARSE, "field %s has wire type %u, expected %u", field->name, wire_type,
                  expected);
}

/* What may stand once stands once: the merging that protobuf allows is used by no writer. `seen` has one bit a field,
 * the top one for the oneof (no message of ours has two). */
static gboolean check_once(Scan *scan, const Frame *frame, const uint8_t *at,
                           const ProtobufCMessageDescriptor *descriptor, const ProtobufCFieldDescriptor *field,
                           uint64_t *seen)
{
    const gboolean oneof = (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0;
    if (field->label == PROTOBUF_C_LABEL_REPEATED || (!oneof && field->type != PROTOBUF_C_TYPE_MESSAGE))
        return TRUE;
    const uint64_t bit = (uint64_t)1 << (oneof ? 63 : (field - descriptor->fields) & 63);
    if (*seen & bit)
        return refuse(scan, frame, at, ONNX_ERROR_PARSE, "field %s repeats what may stand once", field->name);
    *seen |= bit;
    return TRUE;
}

static gboolean scan_contents(Scan *scan, const ProtobufCFieldDescriptor *field, const Frame *frame, const uint8_t *at,
                              gsize length)
{
    if (field->type == PROTOBUF_C_TYPE_MESSAGE) {
        const Frame inner = { frame, field->name, frame->depth + 1 };
        if (inner.depth > scan->limits->depth)
            return refuse(scan, frame, at, ONNX_ERROR_LIMIT,
                          "messages nest deeper than the limit of %" G_GSIZE_FORMAT, scan->limits->depth);
        return scan_message(scan, field->descriptor, &inner, at, at + length);
    }
    if (field->type != PROTOBUF_C_TYPE_STRING || g_utf8_validate_len((const char *)at, length, NULL))
        return TRUE;
    return refuse(scan, frame, at, ONNX_ERROR_INVALID, "field %s %s, expected UTF-8 text", field->name,
                  memchr(at, 0, length) ? "contains a NUL byte" : "is not valid UTF-8");
}

/* One field: *at is behind its tag, and moves behind its value. */
static gboolean scan_value(Scan *scan, const ProtobufCFieldDescriptor *field, const Frame *frame, unsigned wire_type,
                           const uint8_t **at, const uint8_t *end)
{
    const uint8_t *begin = *at;
    uint64_t       length;
    switch (wire_type) {
    case WIRE_VARINT:
        return read_varint(at, end, &length) || refuse(scan, frame, begin, ONNX_ERROR_PARSE, "a number is cut off");
    case WIRE_64BIT:
    case WIRE_32BIT:
        length = wire_type == WIRE_64BIT ? 8 : 4;
        break;
    case WIRE_LENGTH:
        if (!read_varint(at, end, &length))
            return refuse(scan, frame, begin, ONNX_ERROR_PARSE, "a length is cut off");
        break;
    default:
        return refuse(scan, frame, begin, ONNX_ERROR_PARSE, "wire type %u is not one of protobuf's", wire_type);
    }
    if (length > (uint64_t)(end - *at))
        return refuse(scan, frame, begin, ONNX_ERROR_PARSE,
                      "a field claims %" G_GUINT64_FORMAT " bytes, but %" G_GSIZE_FORMAT " are left", length,
                      (gsize)(end - *at));
    if (field && wire_type == WIRE_LENGTH && !scan_contents(scan, field, frame, *at, (gsize)length))
        return FALSE;
    *at += length;
    return TRUE;
}

static gboolean scan_message(Scan *scan, const ProtobufCMessageDescriptor *descriptor, const Frame *frame,
                             const uint8_t *at, const uint8_t *end)
{
    uint64_t seen = 0;
    while (at < end) {
        const uint8_t *begin = at;
        uint64_t       tag;
        if (++scan->fields > scan->limits->fields)
            return refuse(scan, frame, begin, ONNX_ERROR_LIMIT, "more fields than the limit of %" G_GSIZE_FORMAT,
                          scan->limits->fields);
        if (!read_varint(&at, end, &tag) || tag >> 3 == 0 || tag > G_MAXUINT32)
            return refuse(scan, frame, begin, ONNX_ERROR_PARSE, "not a protobuf field");
        const unsigned                  wire_type = (unsigned)(tag & 7);
        const ProtobufCFieldDescriptor *field =
            protobuf_c_message_descriptor_get_field(descriptor, (unsigned)(tag >> 3));
        if (field && (!check_wire_type(scan, frame, begin, field, wire_type) ||
                      !check_once(scan, frame, begin, descriptor, field, &seen)))
            return FALSE;
        if (!scan_value(scan, field, frame, wire_type, &at, end))
            return FALSE;
    }
    return TRUE;
}

gboolean wire_scan(const ProtobufCMessageDescriptor *descriptor, const void *data, gsize size, const OnnxLimits *limits,
                   GError **error)
{
    if (size > G_MAXINT32) {
        g_set_error(error, ONNX_ERROR, ONNX_ERROR_LIMIT,
                    "%" G_GSIZE_FORMAT " bytes, but a protobuf message ends at 2 GiB", size);
        return FALSE;
    }
    if (size == 0)
        return TRUE;
    Scan scan = { .begin = data, .limits = limits, .error = error };
    return scan_message(&scan, descriptor, &(Frame){ .depth = 1 }, data, (const uint8_t *)data + size);
}

ProtobufCMessage *wire_unpack(const ProtobufCMessageDescriptor *descriptor, const void *data, gsize size,
                              const OnnxLimits *limits, GError **error)
{
    if (!wire_scan(descriptor, data, size, limits, error))
        return NULL;
    ProtobufCMessage *message = protobuf_c_message_unpack(descriptor, NULL, size, data);
    if (!message)
        g_set_error(error, ONNX_ERROR, ONNX_ERROR_PARSE, "not a valid %s message", descriptor->short_name);
    return message;
}
