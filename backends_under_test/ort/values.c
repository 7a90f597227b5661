#include "backends_under_test/ort/values.h"
#include "reference/tensor/packing.h"

#include <string.h>

#define MAX_ITEMS 100000

static gpointer fail(GError **error, const char *what, const char *which)
{
    g_set_error(error, ADAPTER_ERROR, ADAPTER_ERROR_ITSELF, "%s %s cannot be passed through this adapter", what, which);
    return NULL;
}

/* ---- to the library ------------------------------------------------------------------------------------------------ */

static OrtValue *strings_to_ort(Engine *e, const Tensor *tensor, GError **error)
{
    OrtValue *value = NULL;
    gsize     n = (gsize)tensor->count;
    g_autofree const char **texts = g_new0(const char *, n + 1);
    for (gsize i = 0; i < n; i++) {
        gsize length;
        texts[i] = tensor_get_string(tensor, (int64_t)i, &length);
        if (strlen(texts[i]) != length)
            return fail(error, "a string with", "a NUL");
    }
    if (!engine_check(e,
                      ORT_CALL(e->api, ORT_CREATE_TENSOR, (OrtAllocator *, const int64_t *, size_t, int, OrtValue **))(
                          e->allocator, tensor->shape.dims, (size_t)tensor->shape.rank, e->to_ort[DTYPE_STRING], &value),
                      FALSE, error))
        return NULL;
    if (engine_check(e, ORT_CALL(e->api, ORT_FILL_STRINGS, (OrtValue *, const char *const *, size_t))(value, texts, n),
                     FALSE, error))
        return value;
    ORT_RELEASE(e->api, ORT_RELEASE_VALUE, value);
    return NULL;
}

static OrtValue *tensor_to_ort(Engine *e, const Tensor *tensor, GPtrArray *keep, GError **error)
{
    OrtValue *value = NULL;
    if (tensor->dtype > ORT_MAX_ELEMENT_TYPE || e->to_ort[tensor->dtype] == 0) {
        g_set_error(error, ADAPTER_ERROR, ADAPTER_ERROR_RUN_UNSUPPORTED, "this library has no tensors of %s",
                    dtype_name(tensor->dtype));
        return NULL;
    }
    if (tensor->dtype == DTYPE_STRING)
        return strings_to_ort(e, tensor, error);
    gsize bytes = packing_size(tensor->dtype, tensor->count);
    void *data = g_malloc(bytes + 1);
    g_ptr_array_add(keep, data);
    packing_pack(tensor->dtype, tensor->data, tensor->count, data);
    engine_check(e,
                 ORT_CALL(e->api, ORT_CREATE_TENSOR_WITH_DATA,
                          (const OrtMemoryInfo *, void *, size_t, const int64_t *, size_t, int, OrtValue **))(
                     e->cpu, data, bytes, tensor->shape.dims, (size_t)tensor->shape.rank, e->to_ort[tensor->dtype],
                     &value),
                 FALSE, error);
    return value;
}

static void release_value(Engine *e, OrtValue *value)
{
    if (value)
        ORT_RELEASE(e->api, ORT_RELEASE_VALUE, value);
}

static OrtValue *sequence_to_ort(Engine *e, const Value *sequence, GPtrArray *keep, GError **error)
{
    guint     n = value_length(sequence);
    OrtValue *result = NULL;
    gboolean  good = TRUE;
    g_autofree OrtValue **items = g_new0(OrtValue *, n + 1);
    for (guint i = 0; i < n && good; i++)
        good = (items[i] = value_to_ort(e, value_item(sequence, i), keep, error)) != NULL;
    if (good)
        engine_check(e,
                     ORT_CALL(e->api, ORT_CREATE_CONTAINER, (const OrtValue *const *, size_t, int, OrtValue **))(
                         (const OrtValue *const *)items, n, ORT_TYPE_SEQUENCE, &result),
                     FALSE, error);
    for (guint i = 0; i < n; i++)
        release_value(e, items[i]);
    return result;
}

OrtValue *value_to_ort(Engine *e, const Value *value, GPtrArray *keep, GError **error)
{
    switch (value->kind) {
    case VALUE_TENSOR:
        return tensor_to_ort(e, value->tensor, keep, error);
    case VALUE_SEQUENCE:
        return sequence_to_ort(e, value, keep, error);
    default:
        break;
    }
    g_autofree char *what = value_describe(value);
    return fail(error, "an input of kind", what);
}

/* ---- from the library ---------------------------------------------------------------------------------------------- */

static gboolean read_info(Engine *e, const OrtValue *value, int *type, Shape *shape, GError **error)
{
    OrtTensorInfo *info = NULL;
    size_t         rank = 0;
    int64_t        dims[SHAPE_MAX_RANK] = { 0 };
    gboolean good = engine_check(e, ORT_CALL(e->api, ORT_TENSOR_INFO, (const OrtValue *, OrtTensorInfo **))(value, &info),
                                 FALSE, error) &&
                    engine_check(e, ORT_CALL(e->api, ORT_ELEMENT_TYPE, (const OrtTensorInfo *, int *))(info, type), FALSE,
                                 error) &&
                    engine_check(e, ORT_CALL(e->api, ORT_RANK, (const OrtTensorInfo *, size_t *))(info, &rank), FALSE,
                                 error);
    if (good && rank <= SHAPE_MAX_RANK)
        good = engine_check(e, ORT_CALL(e->api, ORT_DIMS, (const OrtTensorInfo *, int64_t *, size_t))(info, dims, rank),
                            FALSE, error);
    good = good && shape_make(dims, rank, shape, error);
    if (info)
        ORT_RELEASE(e->api, ORT_RELEASE_TENSOR_INFO, info);
    return good;
}

static Tensor *strings_from_ort(Engine *e, const OrtValue *value, const Shape *shape, GError **error)
{
    g_autoptr(Tensor) tensor = tensor_new(DTYPE_STRING, shape, error);
    size_t            bytes = 0;
    if (!tensor || tensor->count == 0)
        return g_steal_pointer(&tensor);
    if (!engine_check(e, ORT_CALL(e->api, ORT_STRINGS_SIZE, (const OrtValue *, size_t *))(value, &bytes), FALSE, error))
        return NULL;
    gsize              n = (gsize)tensor->count;
    g_autofree char   *text = g_malloc(bytes + 1);
    g_autofree size_t *offsets = g_new0(size_t, n + 1);
    if (!engine_check(e,
                      ORT_CALL(e->api, ORT_STRINGS, (const OrtValue *, void *, size_t, size_t *, size_t))(
                          value, text, bytes, offsets, n),
                      FALSE, error))
        return NULL;
    offsets[n] = bytes;
    for (gsize i = 0; i < n; i++)
        tensor_set_string(tensor, (int64_t)i, text + offsets[i], (gssize)(offsets[i + 1] - offsets[i]));
    return g_steal_pointer(&tensor);
}

static Tensor *tensor_from_ort(Engine *e, const OrtValue *value, GError **error)
{
    int   type = 0;
    Shape shape;
    void *data = NULL;
    if (!read_info(e, value, &type, &shape, error))
        return NULL;
    DType dtype = type > 0 && type <= ORT_MAX_ELEMENT_TYPE ? e->from_ort[type] : DTYPE_UNDEFINED;
    g_autofree char *number = g_strdup_printf("%d", type);
    if (dtype == DTYPE_UNDEFINED)
        return fail(error, "an output of ONNX Runtime's element type", number);
    if (dtype == DTYPE_STRING)
        return strings_from_ort(e, value, &shape, error);
    g_autoptr(Tensor) tensor = tensor_new(dtype, &shape, error);
    if (!tensor ||
        !engine_check(e, ORT_CALL(e->api, ORT_TENSOR_DATA, (OrtValue *, void **))((OrtValue *)value, &data), FALSE, error))
        return NULL;
    if (tensor->count > 0)
        packing_unpack(dtype, data, tensor->count, tensor->data);
    return g_steal_pointer(&tensor);
}

static Value *sequence_from_ort(Engine *e, const OrtValue *value, GError **error)
{
    size_t n = 0;
    if (!engine_check(e, ORT_CALL(e->api, ORT_ITEM_COUNT, (const OrtValue *, size_t *))(value, &n), FALSE, error))
        return NULL;
    g_autoptr(Value) sequence = value_sequence();
    for (size_t i = 0; i < MIN(n, MAX_ITEMS); i++) {
        OrtValue *item = NULL;
        if (!engine_check(e,
                          ORT_CALL(e->api, ORT_GET_ITEM, (const OrtValue *, int, OrtAllocator *, OrtValue **))(
                              value, (int)i, e->allocator, &item),
                          FALSE, error))
            return NULL;
        Value *converted = value_from_ort(e, item, error);
        release_value(e, item);
        if (!converted)
            return NULL;
        value_append(sequence, converted);
    }
    return g_steal_pointer(&sequence);
}

Value *value_from_ort(Engine *e, const OrtValue *value, GError **error)
{
    int kind = 0;
    if (!engine_check(e, ORT_CALL(e->api, ORT_VALUE_KIND, (const OrtValue *, int *))(value, &kind), FALSE, error))
        return NULL;
    if (kind == ORT_TYPE_SEQUENCE)
        return sequence_from_ort(e, value, error);
    if (kind == ORT_TYPE_TENSOR) {
        Tensor *tensor = tensor_from_ort(e, value, error);
        return tensor ? value_from_tensor(tensor) : NULL;
    }
    g_autofree char *number = g_strdup_printf("%d", kind);
    return fail(error, "an output of ONNX Runtime's kind", number);
}
