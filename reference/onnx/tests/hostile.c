/* Bytes made to hurt: each is refused with one clear line, in little time and memory. */
#include "reference/onnx/tests/support.h"

#include "reference/onnx/wire.h"

#include <string.h>

static void expect_refused(const void *data, gsize size, OnnxError code, const char *part)
{
    GError *error = NULL;
    cr_expect_null(model_load_bytes(data, size, NULL, "hostile", NULL, &error));
    expect_error(&error, code, part);
}

static void expect_tensor_refused(const Onnx__TensorProto *proto, OnnxError code, const char *part)
{
    GError             *error = NULL;
    const gsize         size = protobuf_c_message_get_packed_size(&proto->base);
    g_autofree uint8_t *data = g_malloc(size + 1);
    protobuf_c_message_pack(&proto->base, data);
    cr_expect_null(tensor_load_bytes(data, size, "t.pb", NULL, NULL, &error), "expected \"%s\"", part);
    expect_error(&error, code, part);
}

/* `depth` messages around each other by way of a field, or by two that take turns. */
static GByteArray *nest(unsigned outer, unsigned inner, int depth)
{
    GByteArray *bytes = g_byte_array_new();
    for (int i = 0; i < depth; i++) {
        uint8_t  header[8];
        guint    n = 0;
        unsigned tag = (i % 2 ? outer : inner) << 3 | 2;
        for (; tag > 0x7f; tag >>= 7)
            header[n++] = (uint8_t)(tag | 0x80);
        header[n++] = (uint8_t)tag;
        guint size = bytes->len;
        for (; size > 0x7f; size >>= 7)
            header[n++] = (uint8_t)(size | 0x80);
        header[n++] = (uint8_t)size;
        g_byte_array_prepend(bytes, header, n);
    }
    return bytes;
}

Test(hostile, files_that_are_no_model)
{
    expect_refused("", 0, ONNX_ERROR_INVALID, "hostile: the model has no graph");
    expect_refused("garbage, not a model", 20, ONNX_ERROR_PARSE, "hostile: byte");
    expect_refused("\x0b", 1, ONNX_ERROR_PARSE, "field ir_version has wire type 3, expected 0");
    expect_refused("\x9b\x06\x9c\x06", 4, ONNX_ERROR_PARSE, "wire type 3 is not one of protobuf's");
    expect_refused("\x3a\x7f", 2, ONNX_ERROR_PARSE, "claims 127 bytes, but 0 are left");
    expect_refused("\x3a\xff\xff\xff\xff\xff\xff\xff\xff\x7f", 10, ONNX_ERROR_PARSE, "are left");
    expect_refused("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 11, ONNX_ERROR_PARSE, "a number is cut off");
    expect_refused("\x3a\x00\x3a\x00", 4, ONNX_ERROR_PARSE, "field graph repeats what may stand once");
}

Test(hostile, nesting)
{
    /* Node in graph in attribute in node ... : ModelProto.graph is field 7, then node 1, attribute 5, g 6. */
    g_autoptr(GByteArray) unknown = nest(1, 1, 20000);
    expect_refused(unknown->data, unknown->len, ONNX_ERROR_PARSE, "ir_version");
    g_autoptr(GByteArray) types = nest(1, 4, 20001); /* TypeProto.sequence_type and its elem_type */
    GError *error = NULL;
    cr_expect_null(wire_unpack(&onnx__type_proto__descriptor, types->data, types->len, &onnx_limits_default, &error));
    expect_error(&error, ONNX_ERROR_LIMIT, "nest deeper than the limit of 100");
    g_autoptr(GByteArray) optionals = nest(7, 7, 20000); /* OptionalProto in OptionalProto */
    cr_expect_null(
        wire_unpack(&onnx__optional_proto__descriptor, optionals->data, optionals->len, &onnx_limits_default, &error));
    expect_error(&error, ONNX_ERROR_LIMIT, "nest deeper than the limit of 100");
}

Test(hostile, counts)
{
    /* A million empty nodes are more than these limits allow, and cheap to refuse. */
    g_autoptr(GByteArray) nodes = g_byte_array_new();
    for (int i = 0; i < 1000000; i++)
        g_byte_array_append(nodes, (const guint8 *)"\x0a\x00", 2);
    const OnnxLimits limits = { .depth = 100, .fields = 1000 };
    GError          *error = NULL;
    cr_expect_null(wire_unpack(&onnx__graph_proto__descriptor, nodes->data, nodes->len, &limits, &error));
    expect_error(&error, ONNX_ERROR_LIMIT, "more fields than the limit of 1000");
}

Test(hostile, text)
{
    expect_refused("\x12\x02\xc3\x28", 4, ONNX_ERROR_INVALID, "field producer_name is not valid UTF-8");
    expect_refused("\x12\x03" "a\0b", 5, ONNX_ERROR_INVALID, "field producer_name contains a NUL byte");
    expect_refused("\x3a\x03\x12\x01\xff", 5, ONNX_ERROR_INVALID, "graph, byte 4: field name is not valid UTF-8");
}

Test(hostile, names_in_messages_stay_on_one_line)
{
    g_autofree char *quoted = name_quote("a\nb\x1b[31m\xe2\x80\xae\xff");
    cr_expect_str_eq(quoted, "'a\\u000ab\\u001b[31m\\u202e\xef\xbf\xbd'");
    g_autofree char *name = g_strnfill(100000, 'x');
    g_autofree char *cut = name_quote(name);
    cr_expect_lt(strlen(cut), 200);
}

Test(hostile, shapes)
{
    int64_t           dims[40] = { G_GINT64_CONSTANT(1) << 62 };
    Onnx__TensorProto proto = ONNX__TENSOR_PROTO__INIT;
    proto.name = "w";
    proto.dims = dims;
    proto.n_dims = 1;
    proto.has_data_type = TRUE;
    proto.data_type = DTYPE_INT2;
    expect_tensor_refused(&proto, ONNX_ERROR_LIMIT, "t.pb: tensor 'w': 4611686018427387904 elements, above the limit");
    proto.n_dims = 2;
    dims[0] = dims[1] = G_GINT64_CONSTANT(1) << 32;
    expect_tensor_refused(&proto, ONNX_ERROR_INVALID, "more than 2^63-1 elements");
    dims[1] = -1;
    expect_tensor_refused(&proto, ONNX_ERROR_INVALID, "dim 1 is -1, expected 0 or more");
    proto.n_dims = 40;
    expect_tensor_refused(&proto, ONNX_ERROR_INVALID, "rank 40 is above the limit");
    /* As many elements as allowed, but none there: no memory is taken. */
    proto.n_dims = 1;
    dims[0] = G_GINT64_CONSTANT(1) << 40;
    expect_tensor_refused(&proto, ONNX_ERROR_INVALID, "has no data, expected 1099511627776 elements of int2");
}

Test(hostile, element_types)
{
    uint8_t           raw[4] = { 0 };
    Onnx__TensorProto proto = ONNX__TENSOR_PROTO__INIT;
    expect_tensor_refused(&proto, ONNX_ERROR_INVALID, "data_type is 0 (undefined)");
    proto.has_data_type = proto.has_raw_data = TRUE;
    proto.raw_data = (ProtobufCBinaryData){ 4, raw };
    const int32_t unknown[] = { 27, 28, -1, G_MAXINT32, DTYPE_UINT3 };
    for (gsize i = 0; i < G_N_ELEMENTS(unknown); i++) {
        proto.data_type = unknown[i];
        expect_tensor_refused(&proto, ONNX_ERROR_INVALID, "(unknown), expected one of ONNX's element types 1 to 26");
    }
}

Test(hostile, amounts)
{
    int64_t             dims[] = { 3 };
    uint8_t             raw[16] = { 0 };
    int32_t             ints[] = { 0, 1, 300, 0 };
    float               floats[] = { 0, 0, 0 };
    uint64_t            wide[] = { 0, 1, UINT64_C(1) << 32 };
    ProtobufCBinaryData strings[3] = { 0 };
    Onnx__TensorProto   proto = ONNX__TENSOR_PROTO__INIT;
    proto.n_dims = 1;
    proto.dims = dims;
    proto.has_data_type = proto.has_raw_data = TRUE;
    proto.data_type = DTYPE_FLOAT;
    proto.raw_data = (ProtobufCBinaryData){ 11, raw };
    expect_tensor_refused(&proto, ONNX_ERROR_INVALID, "raw_data has 11 bytes, expected 12 for 3 elements of float");
    proto.raw_data.len = 13;
    expect_tensor_refused(&proto, ONNX_ERROR_INVALID, "raw_data has 13 bytes, expected 12");
    proto.n_float_data = 3;
    proto.float_data = floats;
    expect_tensor_refused(&proto, ONNX_ERROR_INVALID, "elements stand in float_data and in raw_data");
    proto.has_raw_data = FALSE;
    proto.raw_data.len = 0;
    proto.n_float_data = 2;
    expect_tensor_refused(&proto, ONNX_ERROR_INVALID, "float_data has 2 entries, expected 3");
    dims[0] = 0;
    expect_tensor_refused(&proto, ONNX_ERROR_INVALID, "has no elements, but float_data is not empty");
    dims[0] = 3;
    proto.data_type = DTYPE_INT8;
    expect_tensor_refused(&proto, ONNX_ERROR_INVALID, "elements of int8 stand in float_data, expected int32_data");
    proto.n_float_data = 0;
    proto.n_int32_data = 3;
    proto.int32_data = ints;
    expect_tensor_refused(&proto, ONNX_ERROR_INVALID, "int32_data[2] is 300, which does not fit int8");
    proto.data_type = DTYPE_BOOL;
    expect_tensor_refused(&proto, ONNX_ERROR_INVALID, "int32_data[2] is 300, which does not fit bool");
    proto.data_type = DTYPE_UINT4; /* three elements share two entries */
    expect_tensor_refused(&proto, ONNX_ERROR_INVALID, "int32_data has 3 entries, expected 2");
    proto.n_int32_data = 0;
    proto.data_type = DTYPE_UINT32;
    proto.n_uint64_data = 3;
    proto.uint64_data = wide;
    expect_tensor_refused(&proto, ONNX_ERROR_INVALID, "uint64_data[2] is 4294967296, which does not fit uint32");
    proto.n_uint64_data = 0;
    proto.data_type = DTYPE_STRING;
    proto.has_raw_data = TRUE;
    proto.raw_data.len = 3;
    expect_tensor_refused(&proto, ONNX_ERROR_INVALID, "raw_data of a string tensor");
    proto.data_type = DTYPE_BOOL;
    raw[1] = 2;
    expect_tensor_refused(&proto, ONNX_ERROR_INVALID, "element 1 is 2, expected 0 or 1");
    proto.raw_data.len = 0;
    proto.n_string_data = 3;
    proto.string_data = strings;
    expect_tensor_refused(&proto, ONNX_ERROR_INVALID, "elements of bool stand in string_data");
    Onnx__TensorProto__Segment segment = ONNX__TENSOR_PROTO__SEGMENT__INIT;
    proto.segment = &segment;
    expect_tensor_refused(&proto, ONNX_ERROR_INVALID, "holds a segment");
}

Test(hostile, attributes)
{
    /* graph { node { attribute { name "a" type INT, floats 0 } } } */
    const char two[] = "\x3a\x0f\x0a\x0d\x2a\x0b\x0a\x01" "a\x3d\0\0\0\0\xa0\x01\x02";
    expect_refused(two, sizeof two - 1, ONNX_ERROR_INVALID, "attribute 'a': type is INT, but FLOATS is present");
    const char unknown[] = "\x3a\x0a\x0a\x08\x2a\x06\x0a\x01" "a\xa0\x01\x63";
    expect_refused(unknown, sizeof unknown - 1, ONNX_ERROR_INVALID, "attribute type is 99, expected 1 to 14");
    const char none[] = "\x3a\x0a\x0a\x08\x2a\x06\x0a\x01" "a\xa0\x01\x04";
    expect_refused(none, sizeof none - 1, ONNX_ERROR_INVALID, "type is TENSOR, but no value is present");
}
