/* Tensors to TensorProto, in the storage the model asks for. */
#include "reference/onnx/save.h"
#include "reference/onnx/wire.h"

#include "reference/tensor/packing.h"

#include <string.h>

char *save_text(const char *text)
{
    return text && *text ? (char *)text : NULL;
}

size_t save_properties(Save *save, const List *properties, Onnx__StringStringEntryProto ***entries)
{
    *entries = arena_array(save->arena, Onnx__StringStringEntryProto *, properties->n);
    for (gsize i = 0; i < properties->n; i++) {
        const Property *property = LIST_AT(properties, Property, i);
        (*entries)[i] = arena_new(save->arena, Onnx__StringStringEntryProto);
        onnx__string_string_entry_proto__init((*entries)[i]);
        (*entries)[i]->key = (char *)property->key;
        (*entries)[i]->value = (char *)property->value;
    }
    return properties->n;
}

void save_wire_field(Save *save, ProtobufCMessage *message, unsigned number, Bytes wire)
{
    const unsigned n = message->n_unknown_fields;
    ProtobufCMessageUnknownField *fields = arena_array(save->arena, ProtobufCMessageUnknownField, n + 1);
    if (n)
        memcpy(fields, message->unknown_fields, n * sizeof *fields);
    uint8_t *data = arena_alloc(save->arena, wire.size + 10);
    gsize    length = 0;
    for (gsize left = wire.size; length == 0 || left; left >>= 7)
        data[length++] = (uint8_t)((left & 0x7f) | (left > 0x7f ? 0x80 : 0));
    if (wire.size)
        memcpy(data + length, wire.data, wire.size);
    fields[n] = (ProtobufCMessageUnknownField){ .tag = number,
                                                .wire_type = PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED,
                                                .len = length + wire.size,
                                                .data = data };
    message->unknown_fields = fields;
    message->n_unknown_fields = n + 1;
}

/* ---- typed fields ------------------------------------------------------------------------------------------------ */

static void save_int32_data(Save *save, Onnx__TensorProto *proto, const Tensor *tensor)
{
    const DTypeInfo *info = dtype_info(tensor->dtype);
    const gsize      n = info->bits < 8 ? packing_size(tensor->dtype, tensor->count) : (gsize)tensor->count;
    proto->n_int32_data = n;
    proto->int32_data = arena_array(save->arena, int32_t, n);
    if (info->bits < 8) {
        g_autofree uint8_t *packed = g_malloc(n + 1);
        packing_pack(tensor->dtype, tensor->data, tensor->count, packed);
        for (gsize i = 0; i < n; i++)
            proto->int32_data[i] = packed[i];
        return;
    }
    for (gsize i = 0; i < n; i++)
        proto->int32_data[i] = info->domain == DOMAIN_SIGNED ? (int32_t)tensor_get_int(tensor, (int64_t)i)
                                                             : (int32_t)tensor_get_bits(tensor, (int64_t)i);
}

static void save_strings(Save *save, Onnx__TensorProto *proto, const Tensor *tensor)
{
    proto->n_string_data = (gsize)tensor->count;
    proto->string_data = arena_array(save->arena, ProtobufCBinaryData, proto->n_string_data);
    for (gsize i = 0; i < proto->n_string_data; i++)
        proto->string_data[i].data =
            (uint8_t *)tensor_get_string(tensor, (int64_t)i, &proto->string_data[i].len);
}

static void save_typed(Save *save, Onnx__TensorProto *proto, const Tensor *tensor)
{
    const gsize n = (gsize)tensor->count;
    switch (tensor->dtype) {
    case DTYPE_FLOAT:
    case DTYPE_COMPLEX64:
        proto->n_float_data = tensor->dtype == DTYPE_COMPLEX64 ? 2 * n : n;
        proto->float_data = tensor->data;
        break;
    case DTYPE_DOUBLE:
    case DTYPE_COMPLEX128:
        proto->n_double_data = tensor->dtype == DTYPE_COMPLEX128 ? 2 * n : n;
        proto->double_data = tensor->data;
        break;
    case DTYPE_INT64:
        proto->n_int64_data = n;
        proto->int64_data = tensor->data;
        break;
    case DTYPE_UINT64:
        proto->n_uint64_data = n;
        proto->uint64_data = tensor->data;
        break;
    case DTYPE_UINT32:
        proto->n_uint64_data = n;
        proto->uint64_data = arena_array(save->arena, uint64_t, n);
        for (gsize i = 0; i < n; i++)
            proto->uint64_data[i] = ((const uint32_t *)tensor->data)[i];
        break;
    case DTYPE_STRING:
        save_strings(save, proto, tensor);
        break;
    default:
        save_int32_data(save, proto, tensor);
    }
}

static void save_raw(Save *save, Onnx__TensorProto *proto, const Tensor *tensor)
{
    proto->has_raw_data = TRUE;
    proto->raw_data.len = packing_size(tensor->dtype, tensor->count);
    proto->raw_data.data = tensor->data;
    if (dtype_is_sub_byte(tensor->dtype)) {
        proto->raw_data.data = arena_alloc(save->arena, proto->raw_data.len);
        packing_pack(tensor->dtype, tensor->data, tensor->count, proto->raw_data.data);
    }
}

/* ---- external data ----------------------------------------------------------------------------------------------- */

static void save_external(Save *save, Onnx__TensorProto *proto, const NamedTensor *named)
{
    const gsize size = packing_size(named->tensor->dtype, named->tensor->count);
    List        entries = { 0 };
    Property   *property = arena_array(save->arena, Property, 3);
    property[0] = (Property){ "location", named->location };
    list_append(&entries, save->arena, &property[0]);
    if (named->offset) {
        property[1] = (Property){ "offset", arena_printf(save->arena, "%" G_GINT64_FORMAT, named->offset) };
        list_append(&entries, save->arena, &property[1]);
    }
    if (named->length >= 0) { /* the tensor's size, also after a tool changed the tensor */
        property[2] = (Property){ "length", arena_printf(save->arena, "%" G_GSIZE_FORMAT, size) };
        list_append(&entries, save->arena, &property[2]);
    }
    proto->n_external_data = save_properties(save, &entries, &proto->external_data);
    proto->has_data_location = TRUE;
    proto->data_location = ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL;
}

/* ---- whole tensors ----------------------------------------------------------------------------------------------- */

Onnx__TensorProto *save_tensor(Save *save, const NamedTensor *named)
{
    const Tensor      *tensor = named->tensor;
    Onnx__TensorProto *proto = arena_new(save->arena, Onnx__TensorProto);
    onnx__tensor_proto__init(proto);
    if (!dtype_on_wire(tensor->dtype) && !save->error) {
        g_autofree char *name = name_quote(named->name);
        g_set_error(&save->error, ONNX_ERROR, ONNX_ERROR_INVALID,
                    "tensor %s: %s is a carried type without a data_type on the wire", name, dtype_name(tensor->dtype));
    }
    proto->n_dims = (gsize)tensor->shape.rank;
    proto->dims = (int64_t *)tensor->shape.dims;
    proto->has_data_type = TRUE;
    proto->data_type = (int32_t)tensor->dtype;
    proto->name = save_text(named->name);
    proto->doc_string = save_text(named->doc);
    proto->n_metadata_props = save_properties(save, &named->metadata, &proto->metadata_props);
    /* Strings have no bytes to store raw or outside; a tensor without elements has no data field at all. */
    if (named->storage == STORAGE_EXTERNAL && tensor->dtype != DTYPE_STRING)
        save_external(save, proto, named);
    else if (tensor->count == 0)
        return proto;
    else if (named->storage == STORAGE_RAW && tensor->dtype != DTYPE_STRING)
        save_raw(save, proto, tensor);
    else
        save_typed(save, proto, tensor);
    return proto;
}

Onnx__SparseTensorProto *save_sparse(Save *save, const SparseTensor *sparse)
{
    Onnx__SparseTensorProto *proto = arena_new(save->arena, Onnx__SparseTensorProto);
    onnx__sparse_tensor_proto__init(proto);
    proto->n_dims = (gsize)sparse->shape.rank;
    proto->dims = (int64_t *)sparse->shape.dims;
    if (sparse->values->wire)
        save_wire_field(save, &proto->base, 1, *sparse->values->wire);
    else
        proto->values = save_tensor(save, sparse->values);
    if (sparse->indices->wire)
        save_wire_field(save, &proto->base, 2, *sparse->indices->wire);
    else
        proto->indices = save_tensor(save, sparse->indices);
    return proto;
}

static GBytes *pack(const ProtobufCMessage *message, GError **error)
{
    const gsize size = protobuf_c_message_get_packed_size(message);
    if (size > G_MAXINT32) {
        g_set_error(error, ONNX_ERROR, ONNX_ERROR_LIMIT,
                    "%" G_GSIZE_FORMAT " bytes, but a protobuf message ends at 2 GiB; move tensors to external data",
                    size);
        return NULL;
    }
    uint8_t *data = g_malloc(size + 1);
    protobuf_c_message_pack(message, data);
    return g_bytes_new_take(data, size);
}

GBytes *save_finish(Save *save, const ProtobufCMessage *message, GError **error)
{
    GBytes *bytes = NULL;
    if (save->error)
        g_propagate_error(error, g_steal_pointer(&save->error));
    else
        bytes = pack(message, error);
    arena_free(g_steal_pointer(&save->arena));
    return bytes;
}

gboolean save_bytes(const char *path, GBytes *bytes, GError **error)
{
    gsize       size;
    const void *data = g_bytes_get_data(bytes, &size);
    return file_replace(path, data, size, FALSE, error);
}

GBytes *tensor_to_bytes(const Tensor *tensor, const char *name, Storage storage, GError **error)
{
    if (storage == STORAGE_EXTERNAL) {
        g_set_error(error, ONNX_ERROR, ONNX_ERROR_INVALID, "a tensor file of its own cannot have external data");
        return NULL;
    }
    const NamedTensor named = { .name = name, .tensor = (Tensor *)tensor, .storage = storage };
    Save              save = { .arena = arena_create() };
    return save_finish(&save, &save_tensor(&save, &named)->base, error);
}

gboolean tensor_save(const Tensor *tensor, const char *name, Storage storage, const char *path, GError **error)
{
    g_autoptr(GBytes) bytes = tensor_to_bytes(tensor, name, storage, error);
    if (!bytes) {
        g_prefix_error(error, "%s: ", path);
        return FALSE;
    }
    return save_bytes(path, bytes, error);
}
