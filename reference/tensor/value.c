#include "reference/tensor/value.h"

static Value *make(ValueKind kind)
{
    Value *value = g_new0(Value, 1);
    value->refs = 1;
    value->kind = kind;
    return value;
}

static void unref_item(gpointer item)
{
    value_unref(item);
}

Value *value_from_tensor(Tensor *tensor)
{
    Value *value = make(VALUE_TENSOR);
    value->tensor = tensor;
    return value;
}

Value *value_sequence(void)
{
    Value *value = make(VALUE_SEQUENCE);
    value->items = g_ptr_array_new_with_free_func(unref_item);
    return value;
}

Value *value_optional(Value *item)
{
    Value *value = make(VALUE_OPTIONAL);
    value->items = g_ptr_array_new_with_free_func(unref_item);
    if (item)
        g_ptr_array_add(value->items, item);
    return value;
}

Value *value_map(Tensor *keys, GPtrArray *values)
{
    Value *value = make(VALUE_MAP);
    value->tensor = keys;
    value->items = values;
    g_ptr_array_set_free_func(values, unref_item);
    return value;
}

Value *value_sparse(Tensor *values, Tensor *indices, const Shape *shape)
{
    Value *value = make(VALUE_SPARSE);
    value->tensor = values;
    value->indices = indices;
    value->shape = *shape;
    return value;
}

void value_append(Value *sequence, Value *item)
{
    g_ptr_array_add(sequence->items, item);
}

Value *value_ref(const Value *value)
{
    Value *shared = (Value *)value;
    g_atomic_int_inc(&shared->refs);
    return shared;
}

void value_unref(Value *value)
{
    if (!value || !g_atomic_int_dec_and_test(&value->refs))
        return;
    tensor_unref(value->tensor);
    tensor_unref(value->indices);
    if (value->items)
        g_ptr_array_unref(value->items);
    g_free(value);
}

guint value_length(const Value *value)
{
    return value->items ? value->items->len : 0;
}

Value *value_item(const Value *value, guint index)
{
    return g_ptr_array_index(value->items, index);
}

char *value_describe(const Value *value)
{
    switch (value->kind) {
    case VALUE_TENSOR:
        return tensor_describe(value->tensor);
    case VALUE_SPARSE: {
        g_autofree char *shape = shape_to_string(&value->shape);
        return g_strdup_printf("sparse %s%s", dtype_name(value->tensor->dtype), shape);
    }
    case VALUE_SEQUENCE:
        return g_strdup_printf("sequence of %u", value->items->len);
    case VALUE_MAP:
        return g_strdup_printf("map of %" G_GINT64_FORMAT, value->tensor->count);
    default: {
        if (value->items->len == 0)
            return g_strdup("empty optional");
        g_autofree char *item = value_describe(value_item(value, 0));
        return g_strdup_printf("optional of %s", item);
    }
    }
}

static guint64 tensor_bytes(const Tensor *tensor)
{
    guint64 bytes = tensor ? tensor->bytes : 0;
    for (int64_t i = 0; tensor && tensor->dtype == DTYPE_STRING && i < tensor->count; i++) {
        gsize length;
        tensor_get_string(tensor, i, &length);
        bytes += length;
    }
    return bytes;
}

guint64 value_bytes(const Value *value)
{
    guint64 bytes = tensor_bytes(value->tensor) + tensor_bytes(value->indices);
    for (guint i = 0; value->items && i < value->items->len; i++)
        bytes += value_bytes(value->items->pdata[i]);
    return bytes;
}
