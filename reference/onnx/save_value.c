/* Values to test data files: TensorProto, SparseTensorProto, SequenceProto, MapProto, OptionalProto. */
#include "reference/onnx/save.h"
#include "reference/onnx/wire.h"

static Onnx__SequenceProto *save_sequence(Save *save, const Value *value, const char *name);
static Onnx__OptionalProto *save_optional(Save *save, const Value *value, const char *name);

/* The number of a value's kind in SequenceProto and OptionalProto. */
static int32_t kind_number(const Value *value)
{
    static const int32_t numbers[] = { [VALUE_TENSOR] = 1, [VALUE_SPARSE] = 2, [VALUE_SEQUENCE] = 3, [VALUE_MAP] = 4,
                                       [VALUE_OPTIONAL] = 5 };
    return numbers[value->kind];
}

static Onnx__TensorProto *save_value_tensor(Save *save, const Value *value, const char *name)
{
    const NamedTensor named = { .name = name, .tensor = value->tensor };
    return save_tensor(save, &named);
}

static Onnx__SparseTensorProto *save_value_sparse(Save *save, const Value *value, const char *name)
{
    NamedTensor  values = { .name = name, .tensor = value->tensor };
    NamedTensor  indices = { .tensor = value->indices };
    SparseTensor sparse = { name, &values, &indices, value->shape };
    Onnx__SparseTensorProto *proto = save_sparse(save, &sparse);
    proto->dims = (int64_t *)value->shape.dims; /* not those of the local copy */
    return proto;
}

static Onnx__MapProto *save_map(Save *save, const Value *value, const char *name)
{
    Onnx__MapProto *proto = arena_new(save->arena, Onnx__MapProto);
    onnx__map_proto__init(proto);
    const Tensor *keys = value->tensor;
    const gsize   n = (gsize)keys->count;
    proto->name = save_text(name);
    proto->has_key_type = TRUE;
    proto->key_type = (int32_t)keys->dtype;
    if (keys->dtype == DTYPE_STRING) {
        proto->n_string_keys = n;
        proto->string_keys = arena_array(save->arena, ProtobufCBinaryData, n);
        for (gsize i = 0; i < n; i++)
            proto->string_keys[i].data =
                (uint8_t *)tensor_get_string(keys, (int64_t)i, &proto->string_keys[i].len);
    } else {
        proto->n_keys = n;
        proto->keys = arena_array(save->arena, int64_t, n);
        for (gsize i = 0; i < n; i++) /* uint64 keeps its bits */
            proto->keys[i] = keys->dtype == DTYPE_UINT64 ? (int64_t)tensor_get_bits(keys, (int64_t)i)
                                                         : tensor_get_int(keys, (int64_t)i);
    }
    const Value values = { .kind = VALUE_SEQUENCE, .items = value->items };
    proto->values = save_sequence(save, &values, NULL);
    return proto;
}

/* Fills the repeated field of the items' kind. */
#define SAVE_ITEMS(member, Message, function)                                                                          \
    do {                                                                                                               \
        proto->n_##member = value->items->len;                                                                         \
        proto->member = arena_array(save->arena, Onnx__##Message *, proto->n_##member);                                \
        for (guint i = 0; i < value->items->len; i++)                                                                  \
            proto->member[i] = function(save, value_item(value, i), NULL);                                             \
    } while (0)

static Onnx__SequenceProto *save_sequence(Save *save, const Value *value, const char *name)
{
    Onnx__SequenceProto *proto = arena_new(save->arena, Onnx__SequenceProto);
    onnx__sequence_proto__init(proto);
    proto->name = save_text(name);
    proto->has_elem_type = TRUE;
    /* What an empty sequence would hold is nowhere said; tensors are what every reader expects. */
    proto->elem_type = value->items->len ? kind_number(value_item(value, 0)) : 1;
    for (guint i = 0; i < value->items->len; i++)
        if (kind_number(value_item(value, i)) != proto->elem_type) {
            if (!save->error)
                g_set_error(&save->error, ONNX_ERROR, ONNX_ERROR_INVALID,
                            "item %u of a sequence is of another kind than item 0", i);
            return proto;
        }
    if (value->items->len == 0)
        return proto;
    switch (value_item(value, 0)->kind) {
    case VALUE_TENSOR:
        SAVE_ITEMS(tensor_values, TensorProto, save_value_tensor);
        break;
    case VALUE_SPARSE:
        SAVE_ITEMS(sparse_tensor_values, SparseTensorProto, save_value_sparse);
        break;
    case VALUE_SEQUENCE:
        SAVE_ITEMS(sequence_values, SequenceProto, save_sequence);
        break;
    case VALUE_MAP:
        SAVE_ITEMS(map_values, MapProto, save_map);
        break;
    case VALUE_OPTIONAL:
        SAVE_ITEMS(optional_values, OptionalProto, save_optional);
        break;
    }
    return proto;
}

static Onnx__OptionalProto *save_optional(Save *save, const Value *value, const char *name)
{
    Onnx__OptionalProto *proto = arena_new(save->arena, Onnx__OptionalProto);
    onnx__optional_proto__init(proto);
    proto->name = save_text(name);
    proto->has_elem_type = TRUE;
    if (value->items->len == 0)
        return proto;
    const Value *item = value_item(value, 0);
    proto->elem_type = kind_number(item);
    switch (item->kind) {
    case VALUE_TENSOR:
        proto->tensor_value = save_value_tensor(save, item, NULL);
        break;
    case VALUE_SPARSE:
        proto->sparse_tensor_value = save_value_sparse(save, item, NULL);
        break;
    case VALUE_SEQUENCE:
        proto->sequence_value = save_sequence(save, item, NULL);
        break;
    case VALUE_MAP:
        proto->map_value = save_map(save, item, NULL);
        break;
    case VALUE_OPTIONAL:
        proto->optional_value = save_optional(save, item, NULL);
        break;
    }
    return proto;
}

GBytes *value_to_bytes(const Value *value, const char *name, GError **error)
{
    Save                    save = { .arena = arena_create() };
    const ProtobufCMessage *message = NULL;
    switch (value->kind) {
    case VALUE_TENSOR:
        message = &save_value_tensor(&save, value, name)->base;
        break;
    case VALUE_SPARSE:
        message = &save_value_sparse(&save, value, name)->base;
        break;
    case VALUE_SEQUENCE:
        message = &save_sequence(&save, value, name)->base;
        break;
    case VALUE_MAP:
        message = &save_map(&save, value, name)->base;
        break;
    case VALUE_OPTIONAL:
        message = &save_optional(&save, value, name)->base;
        break;
    }
    return save_finish(&save, message, error);
}

gboolean value_save(const Value *value, const char *name, const char *path, GError **error)
{
    g_autoptr(GBytes) bytes = value_to_bytes(value, name, error);
    if (bytes)
        return save_bytes(path, bytes, error);
    g_prefix_error(error, "%s: ", path);
    return FALSE;
}
