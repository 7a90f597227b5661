/* Test data: files that hold one tensor, sequence, map or optional. */
#include "reference/onnx/wire.h"

#include <string.h>

/* SequenceProto.DataType, which OptionalProto shares. */
enum { KIND_UNDEFINED, KIND_TENSOR, KIND_SPARSE, KIND_SEQUENCE, KIND_MAP, KIND_OPTIONAL };

G_GNUC_PRINTF(2, 3) static void *invalid(GError **error, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *message = g_strdup_vprintf(format, args);
    va_end(args);
    g_set_error_literal(error, ONNX_ERROR, ONNX_ERROR_INVALID, message);
    return NULL;
}

static Value *sequence_from(const Load *load, const Onnx__SequenceProto *proto, GError **error);
static Value *optional_from(const Load *load, const Onnx__OptionalProto *proto, GError **error);

static Value *tensor_from(const Load *load, const Onnx__TensorProto *proto, GError **error)
{
    NamedTensor *named = load_tensor(load, proto, error);
    return named ? value_from_tensor(tensor_ref(named->tensor)) : NULL;
}

static Value *sparse_from(const Load *load, const Onnx__SparseTensorProto *proto, GError **error)
{
    SparseTensor *sparse = load_sparse(load, proto, error);
    return sparse ? value_sparse(tensor_ref(sparse->values->tensor), tensor_ref(sparse->indices->tensor),
                                 &sparse->shape)
                  : NULL;
}

/* ---- maps -------------------------------------------------------------------------------------------------------- */

static Tensor *map_keys(const Onnx__MapProto *proto, GError **error)
{
    const DType    dtype = dtype_on_wire(proto->key_type) ? (DType)proto->key_type : DTYPE_UNDEFINED;
    const gboolean strings = dtype == DTYPE_STRING;
    if (!strings && (!dtype_is_integer(dtype) || dtype_is_sub_byte(dtype)))
        return invalid(error, "map key_type is %d, expected an integer type or string", proto->key_type);
    if (strings ? proto->n_keys : proto->n_string_keys)
        return invalid(error, "map keys of %s stand in %s", dtype_name(dtype), strings ? "keys" : "string_keys");
    const gsize n = strings ? proto->n_string_keys : proto->n_keys;
    g_autoptr(GError) failure = NULL;
    const Shape       shape = SHAPE((int64_t)n);
    g_autoptr(Tensor) keys = tensor_new(dtype, &shape, &failure);
    if (!keys) {
        g_set_error_literal(error, ONNX_ERROR, ONNX_ERROR_MEMORY, failure->message);
        return NULL;
    }
    for (gsize i = 0; i < n; i++) {
        if (strings) {
            if (proto->string_keys[i].len)
                tensor_set_string(keys, (int64_t)i, (const char *)proto->string_keys[i].data,
                                  (gssize)proto->string_keys[i].len);
            continue;
        }
        tensor_set_int(keys, (int64_t)i, proto->keys[i]);
        /* uint64 keys above 2^63-1 stand as negative numbers. */
        if (dtype != DTYPE_UINT64 && tensor_get_int(keys, (int64_t)i) != proto->keys[i])
            return invalid(error, "map key %" G_GINT64_FORMAT " does not fit %s", proto->keys[i], dtype_name(dtype));
    }
    return tensor_strings_kept(error) ? g_steal_pointer(&keys) : NULL;
}

static Value *map_from(const Load *load, const Onnx__MapProto *proto, GError **error)
{
    g_autoptr(Tensor) keys = map_keys(proto, error);
    if (!keys)
        return NULL;
    g_autoptr(Value) values = proto->values ? sequence_from(load, proto->values, error) : value_sequence();
    if (!values)
        return NULL;
    if (value_length(values) != keys->count)
        return invalid(error, "map has %" G_GINT64_FORMAT " keys and %u values", keys->count, value_length(values));
    return value_map(g_steal_pointer(&keys), g_ptr_array_ref(values->items));
}

/* ---- sequences and optionals ------------------------------------------------------------------------------------- */

static gboolean append(Value *sequence, Value *item)
{
    if (item)
        value_append(sequence, item);
    return item != NULL;
}

static Value *sequence_from(const Load *load, const Onnx__SequenceProto *proto, GError **error)
{
    const gsize lengths[] = { 0, proto->n_tensor_values, proto->n_sparse_tensor_values, proto->n_sequence_values,
                              proto->n_map_values, proto->n_optional_values };
    for (int kind = 0; kind < (int)G_N_ELEMENTS(lengths); kind++)
        if (lengths[kind] && kind != proto->elem_type)
            return invalid(error, "sequence with elem_type %d holds items of kind %d", proto->elem_type, kind);
    if (proto->elem_type < 0 || proto->elem_type > KIND_OPTIONAL)
        return invalid(error, "sequence elem_type is %d, expected 1 to %d", proto->elem_type, KIND_OPTIONAL);
    g_autoptr(Value) sequence = value_sequence();
    for (gsize i = 0; i < lengths[proto->elem_type]; i++) {
        Value *item = NULL;
        switch (proto->elem_type) {
        case KIND_TENSOR:
            item = tensor_from(load, proto->tensor_values[i], error);
            break;
        case KIND_SPARSE:
            item = sparse_from(load, proto->sparse_tensor_values[i], error);
            break;
        case KIND_SEQUENCE:
            item = sequence_from(load, proto->sequence_values[i], error);
            break;
        case KIND_MAP:
            item = map_from(load, proto->map_values[i], error);
            break;
        default:
            item = optional_from(load, proto->optional_values[i], error);
        }
        if (!append(sequence, item)) {
            g_prefix_error(error, "item %" G_GSIZE_FORMAT ": ", i);
            return NULL;
        }
    }
    return g_steal_pointer(&sequence);
}

static Value *optional_from(const Load *load, const Onnx__OptionalProto *proto, GError **error)
{
    const gboolean present[] = { FALSE, proto->tensor_value != NULL, proto->sparse_tensor_value != NULL,
                                 proto->sequence_value != NULL, proto->map_value != NULL,
                                 proto->optional_value != NULL };
    if (proto->elem_type < 0 || proto->elem_type > KIND_OPTIONAL)
        return invalid(error, "optional elem_type is %d, expected 0 to %d", proto->elem_type, KIND_OPTIONAL);
    for (int kind = 0; kind < (int)G_N_ELEMENTS(present); kind++)
        if (present[kind] && kind != proto->elem_type)
            return invalid(error, "optional with elem_type %d holds a value of kind %d", proto->elem_type, kind);
    if (!present[proto->elem_type])
        return value_optional(NULL);
    Value *item = NULL;
    switch (proto->elem_type) {
    case KIND_TENSOR:
        item = tensor_from(load, proto->tensor_value, error);
        break;
    case KIND_SPARSE:
        item = sparse_from(load, proto->sparse_tensor_value, error);
        break;
    case KIND_SEQUENCE:
        item = sequence_from(load, proto->sequence_value, error);
        break;
    case KIND_MAP:
        item = map_from(load, proto->map_value, error);
        break;
    default:
        item = optional_from(load, proto->optional_value, error);
    }
    return item ? value_optional(item) : NULL;
}

/* ---- entry points ------------------------------------------------------------------------------------------------ */

static Value *translate(const Load *load, TypeKind kind, const ProtobufCMessage *message, GError **error)
{
    switch (kind) {
    case TYPE_SEQUENCE:
        return sequence_from(load, (const Onnx__SequenceProto *)message, error);
    case TYPE_OPTIONAL:
        return optional_from(load, (const Onnx__OptionalProto *)message, error);
    case TYPE_MAP:
        return map_from(load, (const Onnx__MapProto *)message, error);
    case TYPE_SPARSE:
        return sparse_from(load, (const Onnx__SparseTensorProto *)message, error);
    default:
        return tensor_from(load, (const Onnx__TensorProto *)message, error);
    }
}

Value *value_load(const char *path, const Type *type, const OnnxLimits *limits, GError **error)
{
    static const ProtobufCMessageDescriptor *const descriptors[] = {
        [TYPE_TENSOR] = &onnx__tensor_proto__descriptor,     [TYPE_SPARSE] = &onnx__sparse_tensor_proto__descriptor,
        [TYPE_SEQUENCE] = &onnx__sequence_proto__descriptor, [TYPE_MAP] = &onnx__map_proto__descriptor,
        [TYPE_OPTIONAL] = &onnx__optional_proto__descriptor,
    };
    const TypeKind kind = type ? type->kind : TYPE_TENSOR;
    if ((gsize)kind >= G_N_ELEMENTS(descriptors))
        return invalid(error, "%s: a value of an opaque or unknown type has no file format", path);
    const OnnxLimits  resolved = limits_resolved(limits);
    ProtobufCMessage *message = wire_unpack_file(descriptors[kind], path, &resolved, error);
    Value            *value = NULL;
    if (message) {
        g_autofree char *folder = g_path_get_dirname(path);
        Arena           *arena = arena_create();
        value = translate(&(Load){ NULL, arena, folder, resolved }, kind, message, error);
        arena_free(arena);
        protobuf_c_message_free_unpacked(message, NULL);
    }
    if (!value)
        g_prefix_error(error, "%s: ", path);
    return value;
}

/* Takes the message. */
static Tensor *finish_tensor(ProtobufCMessage *message, const char *folder, const char *what, char **name,
                             const OnnxLimits *limits, GError **error)
{
    Tensor *tensor = NULL;
    if (message) {
        Arena       *arena = arena_create();
        NamedTensor *named = load_tensor(&(Load){ NULL, arena, folder, *limits }, (Onnx__TensorProto *)message, error);
        if (named) {
            tensor = tensor_ref(named->tensor);
            if (name)
                *name = g_strdup(named->name);
        }
        arena_free(arena);
        protobuf_c_message_free_unpacked(message, NULL);
    }
    if (!tensor)
        g_prefix_error(error, "%s: ", what);
    return tensor;
}

Tensor *tensor_load(const char *path, char **name, const OnnxLimits *limits, GError **error)
{
    const OnnxLimits resolved = limits_resolved(limits);
    g_autofree char *folder = g_path_get_dirname(path);
    return finish_tensor(wire_unpack_file(&onnx__tensor_proto__descriptor, path, &resolved, error), folder, path, name,
                         &resolved, error);
}

Tensor *tensor_load_bytes(const void *data, gsize size, const char *what, char **name, const OnnxLimits *limits,
                          GError **error)
{
    const OnnxLimits resolved = limits_resolved(limits);
    return finish_tensor(wire_unpack(&onnx__tensor_proto__descriptor, data, size, &resolved, error), NULL, what, name,
                         &resolved, error);
}
