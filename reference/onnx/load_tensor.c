/* TensorProto and SparseTensorProto: every element type from every place its elements may stand. */
#include "reference/onnx/wire.h"

#include "reference/tensor/packing.h"

#include <string.h>

/* The repeated field in which the elements of a type stand. */
typedef enum { FIELD_FLOAT, FIELD_INT32, FIELD_STRING, FIELD_INT64, FIELD_DOUBLE, FIELD_UINT64, FIELD_RAW } Field;

static const char *const field_names[] = { "float_data", "int32_data",  "string_data", "int64_data",
                                           "double_data", "uint64_data", "raw_data" };

static Field typed_field(DType dtype)
{
    switch (dtype) {
    case DTYPE_FLOAT:
    case DTYPE_COMPLEX64:
        return FIELD_FLOAT;
    case DTYPE_DOUBLE:
    case DTYPE_COMPLEX128:
        return FIELD_DOUBLE;
    case DTYPE_INT64:
        return FIELD_INT64;
    case DTYPE_UINT32:
    case DTYPE_UINT64:
        return FIELD_UINT64;
    case DTYPE_STRING:
        return FIELD_STRING;
    default:
        return FIELD_INT32;
    }
}

/* Entries of the typed field that `count` elements take: complex numbers take two, sub-byte ones share one. */
static gsize typed_entries(DType dtype, int64_t count)
{
    const DTypeInfo *info = dtype_info(dtype);
    if (info->bits < 8)
        return packing_size(dtype, count);
    return (gsize)count * (info->domain == DOMAIN_COMPLEX ? 2 : 1);
}

G_GNUC_PRINTF(2, 3) static gboolean invalid(GError **error, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *message = g_strdup_vprintf(format, args);
    va_end(args);
    g_set_error_literal(error, ONNX_ERROR, ONNX_ERROR_INVALID, message);
    return FALSE;
}

/* TENSOR_ERROR as ONNX_ERROR: callers here know one domain. */
static gboolean translate_error(GError **error, OnnxError code, const GError *cause)
{
    g_set_error_literal(error, ONNX_ERROR, (gint)code, cause->message);
    return FALSE;
}

/* ---- what the message says before its elements ------------------------------------------------------------------- */

static gboolean read_header(const Load *load, const Onnx__TensorProto *proto, DType *dtype, Shape *shape,
                            GError **error)
{
    if (proto->segment)
        return invalid(error, "holds a segment of a larger tensor, which is not supported");
    if (!dtype_on_wire(proto->data_type))
        return invalid(error, "data_type is %d (%s), expected one of ONNX's element types 1 to %d", proto->data_type,
                       proto->data_type == 0 ? "undefined" : "unknown", DTYPE_INT2);
    *dtype = (DType)proto->data_type;
    g_autoptr(GError) failure = NULL;
    if (!shape_make(proto->dims, proto->n_dims, shape, &failure))
        return translate_error(error, ONNX_ERROR_INVALID, failure);
    const int64_t count = shape_count(shape);
    if ((uint64_t)count > load->limits.elements) {
        g_set_error(error, ONNX_ERROR, ONNX_ERROR_LIMIT,
                    "%" G_GINT64_FORMAT " elements, above the limit of %" G_GSIZE_FORMAT, count,
                    load->limits.elements);
        return FALSE;
    }
    return TRUE;
}

/* The one field that holds the elements; -1 if there is none, -2 with an error if there are several. */
static int find_field(const Onnx__TensorProto *proto, GError **error)
{
    const gsize lengths[] = { proto->n_float_data,  proto->n_int32_data,  proto->n_string_data, proto->n_int64_data,
                              proto->n_double_data, proto->n_uint64_data, proto->raw_data.len };
    int found = -1;
    for (int i = 0; i < (int)G_N_ELEMENTS(lengths); i++) {
        if (lengths[i] == 0)
            continue;
        if (found >= 0) {
            invalid(error, "elements stand in %s and in %s, expected one place", field_names[found], field_names[i]);
            return -2;
        }
        found = i;
    }
    return found;
}

/* ---- elements from typed fields ---------------------------------------------------------------------------------- */

/* A number from int32_data or uint64_data into an element of fewer bits; FALSE if it does not fit. Floats and other
 * codes stand there as bit patterns. */
static gboolean store_integer(Tensor *tensor, gsize index, int64_t value)
{
    const DTypeInfo *info = dtype_info(tensor->dtype);
    if (info->domain == DOMAIN_SIGNED) {
        if (value < dtype_min(tensor->dtype) || value > (int64_t)dtype_max(tensor->dtype))
            return FALSE;
    } else {
        const int bits = info->domain == DOMAIN_BOOL ? 1 : info->bits;
        if (value < 0 || value >> bits != 0)
            return FALSE;
    }
    memcpy((uint8_t *)tensor->data + index * (gsize)info->width, &value, (gsize)info->width);
    return TRUE;
}

static gboolean read_int32_data(Tensor *tensor, const Onnx__TensorProto *proto, GError **error)
{
    if (dtype_is_sub_byte(tensor->dtype)) {
        /* One packed byte an entry, as the schema says; onnx.checker would let four share an entry. */
        g_autofree uint8_t *packed = g_malloc(proto->n_int32_data);
        for (gsize i = 0; i < proto->n_int32_data; i++)
            packed[i] = (uint8_t)proto->int32_data[i];
        packing_unpack(tensor->dtype, packed, tensor->count, tensor->data);
        return TRUE;
    }
    for (gsize i = 0; i < proto->n_int32_data; i++)
        if (!store_integer(tensor, i, proto->int32_data[i]))
            return invalid(error, "int32_data[%" G_GSIZE_FORMAT "] is %d, which does not fit %s", i,
                           proto->int32_data[i], dtype_name(tensor->dtype));
    return TRUE;
}

static gboolean read_uint64_data(Tensor *tensor, const Onnx__TensorProto *proto, GError **error)
{
    if (tensor->dtype == DTYPE_UINT64) {
        memcpy(tensor->data, proto->uint64_data, tensor->bytes);
        return TRUE;
    }
    for (gsize i = 0; i < proto->n_uint64_data; i++) {
        if (proto->uint64_data[i] > G_MAXUINT32)
            return invalid(error, "uint64_data[%" G_GSIZE_FORMAT "] is %" G_GUINT64_FORMAT ", which does not fit %s",
                           i, proto->uint64_data[i], dtype_name(tensor->dtype));
        ((uint32_t *)tensor->data)[i] = (uint32_t)proto->uint64_data[i];
    }
    return TRUE;
}

static gboolean read_typed(Tensor *tensor, const Onnx__TensorProto *proto, Field field, GError **error)
{
    switch (field) {
    case FIELD_FLOAT:
        memcpy(tensor->data, proto->float_data, tensor->bytes);
        return TRUE;
    case FIELD_DOUBLE:
        memcpy(tensor->data, proto->double_data, tensor->bytes);
        return TRUE;
    case FIELD_INT64:
        memcpy(tensor->data, proto->int64_data, tensor->bytes);
        return TRUE;
    case FIELD_UINT64:
        return read_uint64_data(tensor, proto, error);
    case FIELD_STRING:
        for (gsize i = 0; i < proto->n_string_data; i++)
            if (proto->string_data[i].len)
                tensor_set_string(tensor, (int64_t)i, (const char *)proto->string_data[i].data,
                                  (gssize)proto->string_data[i].len);
        return tensor_strings_kept(error);
    default:
        return read_int32_data(tensor, proto, error);
    }
}

/* ---- elements from bytes ----------------------------------------------------------------------------------------- */

/* Kernels count on bools being 0 or 1. */
static gboolean check_bools(const Tensor *tensor, GError **error)
{
    const uint8_t *codes = tensor->data;
    for (int64_t i = 0; i < tensor->count; i++)
        if (codes[i] > 1)
            return invalid(error, "element %" G_GINT64_FORMAT " is %u, expected 0 or 1", i, codes[i]);
    return TRUE;
}

static gboolean read_external(const Load *load, const NamedTensor *named, Tensor *tensor, GError **error)
{
    const gsize         size = packing_size(tensor->dtype, tensor->count);
    g_autofree uint8_t *packed = dtype_is_sub_byte(tensor->dtype) ? g_malloc(size + 1) : NULL;
    void               *into = packed ? packed : tensor->data;
    if (!external_read(load, named->location, named->offset, named->length, into, size, error))
        return FALSE;
    if (packed)
        packing_unpack(tensor->dtype, packed, tensor->count, tensor->data);
    return TRUE;
}

/* A decimal number of external_data. */
static gboolean read_decimal(const char *key, const char *text, int64_t *value, GError **error)
{
    guint64 number;
    if (!g_ascii_string_to_unsigned(text, 10, 0, G_MAXINT64, &number, NULL) || !g_ascii_isdigit(*text)) {
        g_autofree char *found = name_quote(text);
        return invalid(error, "external_data %s is %s, expected a number from 0 to 2^63-1", key, found);
    }
    *value = (int64_t)number;
    return TRUE;
}

static gboolean read_external_entries(const Load *load, const Onnx__TensorProto *proto, NamedTensor *named,
                                      GError **error)
{
    static const char *const known[] = { "location", "offset", "length" };
    unsigned seen = 0;
    for (gsize i = 0; i < proto->n_external_data; i++) {
        const char *key = load_text(load, proto->external_data[i]->key);
        const char *value = load_text(load, proto->external_data[i]->value);
        unsigned    which = 0;
        while (which < G_N_ELEMENTS(known) && strcmp(key, known[which]) != 0)
            which++;
        if (which == G_N_ELEMENTS(known)) /* checksum, basepath and what tools add */
            continue;
        if (seen & 1u << which)
            return invalid(error, "external_data names %s twice", key);
        seen |= 1u << which;
        if (which == 0)
            named->location = value;
        else if (!read_decimal(key, value, which == 1 ? &named->offset : &named->length, error))
            return FALSE;
    }
    return named->location || invalid(error, "external_data names no location");
}

/* ---- a whole tensor ---------------------------------------------------------------------------------------------- */

static Tensor *new_tensor(DType dtype, const Shape *shape, GError **error)
{
    g_autoptr(GError) failure = NULL;
    Tensor *tensor = tensor_new(dtype, shape, &failure);
    if (!tensor)
        translate_error(error, g_error_matches(failure, TENSOR_ERROR, TENSOR_ERROR_MEMORY) ? ONNX_ERROR_MEMORY : ONNX_ERROR_LIMIT,
                        failure);
    return tensor;
}

/* The bytes at hand must match the shape before memory is taken for it. */
static gboolean check_amount(const Onnx__TensorProto *proto, int field, DType dtype, int64_t count, GError **error)
{
    const char *name = dtype_name(dtype);
    if (field < 0)
        return count == 0 || invalid(error, "has no data, expected %" G_GINT64_FORMAT " elements of %s", count, name);
    if (count == 0)
        return invalid(error, "has no elements, but %s is not empty", field_names[field]);
    if (field == FIELD_RAW) {
        if (dtype == DTYPE_STRING)
            return invalid(error, "raw_data of a string tensor, expected string_data");
        const gsize size = packing_size(dtype, count);
        return proto->raw_data.len == size ||
               invalid(error, "raw_data has %" G_GSIZE_FORMAT " bytes, expected %" G_GSIZE_FORMAT
                       " for %" G_GINT64_FORMAT " elements of %s", proto->raw_data.len, size, count, name);
    }
    if (field != (int)typed_field(dtype))
        return invalid(error, "elements of %s stand in %s, expected %s or raw_data", name, field_names[field],
                       field_names[typed_field(dtype)]);
    const gsize found[] = { proto->n_float_data, proto->n_int32_data,  proto->n_string_data,
                            proto->n_int64_data, proto->n_double_data, proto->n_uint64_data };
    const gsize expected = typed_entries(dtype, count);
    return found[field] == expected ||
           invalid(error, "%s has %" G_GSIZE_FORMAT " entries, expected %" G_GSIZE_FORMAT " for %" G_GINT64_FORMAT
                   " elements of %s", field_names[field], found[field], expected, count, name);
}

static Tensor *read_elements(const Load *load, const Onnx__TensorProto *proto, NamedTensor *named, GError **error)
{
    DType dtype = DTYPE_UNDEFINED;
    Shape shape = SHAPE0;
    if (!read_header(load, proto, &dtype, &shape, error))
        return NULL;
    const int field = find_field(proto, error);
    if (field < -1)
        return NULL;
    const int64_t count = shape_count(&shape);
    named->storage = field == FIELD_RAW || (field < 0 && dtype != DTYPE_STRING) ? STORAGE_RAW : STORAGE_TYPED;
    if (proto->data_location == ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL) {
        named->storage = STORAGE_EXTERNAL;
        if (field >= 0 || dtype == DTYPE_STRING) {
            invalid(error, field >= 0 ? "external data, but %s is not empty" : "external data of a string tensor%.0s",
                    field >= 0 ? field_names[field] : "");
            return NULL;
        }
        if (!read_external_entries(load, proto, named, error) ||
            !external_read(load, named->location, named->offset, named->length, NULL, packing_size(dtype, count),
                           error))
            return NULL;
    } else if (proto->data_location != ONNX__TENSOR_PROTO__DATA_LOCATION__DEFAULT) {
        invalid(error, "data_location is %d, expected 0 or 1", (int)proto->data_location);
        return NULL;
    } else if (!check_amount(proto, field, dtype, count, error)) {
        return NULL;
    }

    g_autoptr(Tensor) tensor = new_tensor(dtype, &shape, error);
    if (!tensor)
        return NULL;
    if (named->storage == STORAGE_EXTERNAL) {
        if (!read_external(load, named, tensor, error))
            return NULL;
    } else if (field == FIELD_RAW) {
        packing_unpack(dtype, proto->raw_data.data, count, tensor->data);
    } else if (field >= 0 && !read_typed(tensor, proto, (Field)field, error)) {
        return NULL;
    }
    if (dtype == DTYPE_BOOL && !check_bools(tensor, error))
        return NULL;
    return g_steal_pointer(&tensor);
}

NamedTensor *load_tensor(const Load *load, const Onnx__TensorProto *proto, GError **error)
{
    NamedTensor *named = arena_new(load->arena, NamedTensor);
    named->name = load_text(load, proto->name);
    named->doc = load_text(load, proto->doc_string);
    named->length = -1;
    named->metadata = load_properties(load, proto->metadata_props, proto->n_metadata_props);
    Tensor *tensor = read_elements(load, proto, named, error);
    if (!tensor) {
        g_autofree char *name = name_quote(named->name);
        g_prefix_error(error, "tensor %s: ", name);
        return NULL;
    }
    named->tensor = arena_tensor(load->arena, tensor);
    return named;
}

SparseTensor *load_sparse(const Load *load, const Onnx__SparseTensorProto *proto, GError **error)
{
    if (!proto->values || !proto->indices) {
        invalid(error, "sparse tensor without %s", proto->values ? "indices" : "values");
        return NULL;
    }
    SparseTensor *sparse = arena_new(load->arena, SparseTensor);
    g_autoptr(GError) failure = NULL;
    if (!shape_make(proto->dims, proto->n_dims, &sparse->shape, &failure)) {
        translate_error(error, ONNX_ERROR_INVALID, failure);
        g_prefix_error(error, "sparse tensor: ");
        return NULL;
    }
    if (!(sparse->values = load_tensor(load, proto->values, error)) ||
        !(sparse->indices = load_tensor(load, proto->indices, error)))
        return NULL;
    sparse->name = sparse->values->name;
    return sparse;
}
