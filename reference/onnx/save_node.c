/* Nodes, attributes, types and value infos to protobuf. */
#include "reference/onnx/save.h"
#include "reference/onnx/wire.h"

/* ---- types ------------------------------------------------------------------------------------------------------- */

static Onnx__TensorShapeProto *save_shape(Save *save, const Type *type)
{
    if (!type->has_shape)
        return NULL;
    Onnx__TensorShapeProto *shape = arena_new(save->arena, Onnx__TensorShapeProto);
    onnx__tensor_shape_proto__init(shape);
    shape->n_dim = type->rank;
    shape->dim = arena_array(save->arena, Onnx__TensorShapeProto__Dimension *, type->rank);
    for (gsize i = 0; i < type->rank; i++) {
        Onnx__TensorShapeProto__Dimension *dim = arena_new(save->arena, Onnx__TensorShapeProto__Dimension);
        onnx__tensor_shape_proto__dimension__init(dim);
        dim->denotation = save_text(type->dims[i].denotation);
        if (type->dims[i].param) {
            dim->value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM;
            dim->dim_param = (char *)type->dims[i].param;
        } else if (type->dims[i].value >= 0) {
            dim->value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE;
            dim->dim_value = type->dims[i].value;
        }
        shape->dim[i] = dim;
    }
    return shape;
}

/* protobuf-c names each kind of TypeProto anew; all are a message with one or two fields. */
#define SAVE_KIND(member, Message, CASE, ...)                                                                          \
    do {                                                                                                               \
        proto->value_case = ONNX__TYPE_PROTO__VALUE_##CASE;                                                            \
        proto->member = arena_new(save->arena, Onnx__TypeProto__##Message);                                            \
        *proto->member = (Onnx__TypeProto__##Message){ __VA_ARGS__ };                                                  \
    } while (0)
#define BASE(message) .base = PROTOBUF_C_MESSAGE_INIT(&onnx__type_proto__##message##__descriptor)

Onnx__TypeProto *save_type(Save *save, const Type *type)
{
    if (!type)
        return NULL;
    Onnx__TypeProto *proto = arena_new(save->arena, Onnx__TypeProto);
    onnx__type_proto__init(proto);
    proto->denotation = save_text(type->denotation);
    switch (type->kind) {
    case TYPE_TENSOR:
        SAVE_KIND(tensor_type, Tensor, TENSOR_TYPE, BASE(tensor), .has_elem_type = TRUE,
                  .elem_type = (int32_t)type->elem, .shape = save_shape(save, type));
        break;
    case TYPE_SPARSE:
        SAVE_KIND(sparse_tensor_type, SparseTensor, SPARSE_TENSOR_TYPE, BASE(sparse_tensor), .has_elem_type = TRUE,
                  .elem_type = (int32_t)type->elem, .shape = save_shape(save, type));
        break;
    case TYPE_SEQUENCE:
        SAVE_KIND(sequence_type, Sequence, SEQUENCE_TYPE, BASE(sequence), .elem_type = save_type(save, type->item));
        break;
    case TYPE_OPTIONAL:
        SAVE_KIND(optional_type, Optional, OPTIONAL_TYPE, BASE(optional), .elem_type = save_type(save, type->item));
        break;
    case TYPE_MAP:
        SAVE_KIND(map_type, Map, MAP_TYPE, BASE(map), .has_key_type = TRUE, .key_type = (int32_t)type->elem,
                  .value_type = save_type(save, type->item));
        break;
    case TYPE_OPAQUE:
        SAVE_KIND(opaque_type, Opaque, OPAQUE_TYPE, BASE(opaque), .domain = save_text(type->opaque_domain),
                  .name = save_text(type->opaque_name));
        break;
    case TYPE_NONE:
        break;
    }
    return proto;
}

size_t save_value_infos(Save *save, const List *infos, Onnx__ValueInfoProto ***protos)
{
    *protos = arena_array(save->arena, Onnx__ValueInfoProto *, infos->n);
    for (gsize i = 0; i < infos->n; i++) {
        const ValueInfo      *info = LIST_AT(infos, ValueInfo, i);
        Onnx__ValueInfoProto *proto = arena_new(save->arena, Onnx__ValueInfoProto);
        onnx__value_info_proto__init(proto);
        proto->name = save_text(info->name);
        proto->type = save_type(save, info->type);
        proto->doc_string = save_text(info->doc);
        proto->n_metadata_props = save_properties(save, &info->metadata, &proto->metadata_props);
        (*protos)[i] = proto;
    }
    return infos->n;
}

/* ---- attributes -------------------------------------------------------------------------------------------------- */

static ProtobufCBinaryData save_data(Bytes bytes)
{
    return (ProtobufCBinaryData){ bytes.size, (uint8_t *)bytes.data };
}

/* A list of tensors, of which those with their own wire form go behind the others. */
static void save_tensors(Save *save, const Attribute *attribute, Onnx__AttributeProto *proto)
{
    proto->tensors = arena_array(save->arena, Onnx__TensorProto *, attribute->n);
    for (gsize i = 0; i < attribute->n; i++)
        if (attribute->tensors[i]->wire)
            save_wire_field(save, &proto->base, 10, *attribute->tensors[i]->wire);
        else
            proto->tensors[proto->n_tensors++] = save_tensor(save, attribute->tensors[i]);
}

static void save_value(Save *save, const Attribute *attribute, Onnx__AttributeProto *proto)
{
    switch (attribute->type) {
    case ATTRIBUTE_UNDEFINED:
        break;
    case ATTRIBUTE_FLOAT:
        proto->has_f = TRUE;
        proto->f = attribute->f;
        break;
    case ATTRIBUTE_INT:
        proto->has_i = TRUE;
        proto->i = attribute->i;
        break;
    case ATTRIBUTE_STRING:
        proto->has_s = TRUE;
        proto->s = save_data(attribute->s);
        break;
    case ATTRIBUTE_TENSOR:
        if (attribute->tensor->wire)
            save_wire_field(save, &proto->base, 5, *attribute->tensor->wire);
        else
            proto->t = save_tensor(save, attribute->tensor);
        break;
    case ATTRIBUTE_GRAPH:
        proto->g = save_graph(save, attribute->graph);
        break;
    case ATTRIBUTE_SPARSE_TENSOR:
        proto->sparse_tensor = save_sparse(save, attribute->sparse);
        break;
    case ATTRIBUTE_TYPE:
        proto->tp = save_type(save, attribute->type_proto);
        break;
    case ATTRIBUTE_FLOATS:
        proto->n_floats = attribute->n;
        proto->floats = attribute->floats;
        break;
    case ATTRIBUTE_INTS:
        proto->n_ints = attribute->n;
        proto->ints = attribute->ints;
        break;
    case ATTRIBUTE_STRINGS:
        proto->n_strings = attribute->n;
        proto->strings = arena_array(save->arena, ProtobufCBinaryData, attribute->n);
        for (gsize i = 0; i < attribute->n; i++)
            proto->strings[i] = save_data(attribute->strings[i]);
        break;
    case ATTRIBUTE_TENSORS:
        save_tensors(save, attribute, proto);
        break;
    case ATTRIBUTE_GRAPHS:
        proto->n_graphs = attribute->n;
        proto->graphs = arena_array(save->arena, Onnx__GraphProto *, attribute->n);
        for (gsize i = 0; i < attribute->n; i++)
            proto->graphs[i] = save_graph(save, attribute->graphs[i]);
        break;
    case ATTRIBUTE_SPARSE_TENSORS:
        proto->n_sparse_tensors = attribute->n;
        proto->sparse_tensors = arena_array(save->arena, Onnx__SparseTensorProto *, attribute->n);
        for (gsize i = 0; i < attribute->n; i++)
            proto->sparse_tensors[i] = save_sparse(save, attribute->sparses[i]);
        break;
    case ATTRIBUTE_TYPES:
        proto->n_type_protos = attribute->n;
        proto->type_protos = arena_array(save->arena, Onnx__TypeProto *, attribute->n);
        for (gsize i = 0; i < attribute->n; i++)
            proto->type_protos[i] = save_type(save, attribute->type_protos[i]);
        break;
    }
}

size_t save_attributes(Save *save, const List *attributes, Onnx__AttributeProto ***protos)
{
    *protos = arena_array(save->arena, Onnx__AttributeProto *, attributes->n);
    for (gsize i = 0; i < attributes->n; i++) {
        const Attribute      *attribute = LIST_AT(attributes, Attribute, i);
        Onnx__AttributeProto *proto = arena_new(save->arena, Onnx__AttributeProto);
        onnx__attribute_proto__init(proto);
        proto->name = save_text(attribute->name);
        proto->doc_string = save_text(attribute->doc);
        proto->has_type = TRUE;
        proto->type = (Onnx__AttributeProto__AttributeType)attribute->type;
        proto->ref_attr_name = save_text(attribute->ref);
        if (!attribute->ref)
            save_value(save, attribute, proto);
        (*protos)[i] = proto;
    }
    return attributes->n;
}

/* ---- nodes ------------------------------------------------------------------------------------------------------- */

/* What load_nodes() kept: the fields without members of their own. Re-reading our own bytes cannot fail. */
static void save_node_rest(Save *save, const Node *node, Onnx__NodeProto *proto)
{
    const Onnx__NodeProto *rest = (const Onnx__NodeProto *)save_rest(save, &onnx__node_proto__descriptor, node->rest);
    if (!rest)
        return;
    proto->n_device_configurations = rest->n_device_configurations;
    proto->device_configurations = rest->device_configurations;
    proto->base.n_unknown_fields = rest->base.n_unknown_fields;
    proto->base.unknown_fields = rest->base.unknown_fields;
}

size_t save_nodes(Save *save, const List *nodes, Onnx__NodeProto ***protos)
{
    *protos = arena_array(save->arena, Onnx__NodeProto *, nodes->n);
    for (gsize i = 0; i < nodes->n; i++) {
        const Node      *node = LIST_AT(nodes, Node, i);
        Onnx__NodeProto *proto = arena_new(save->arena, Onnx__NodeProto);
        onnx__node_proto__init(proto);
        proto->n_input = node->n_inputs;
        proto->input = (char **)node->inputs;
        proto->n_output = node->n_outputs;
        proto->output = (char **)node->outputs;
        proto->name = save_text(node->name);
        proto->op_type = save_text(node->op_type);
        proto->domain = save_text(node->domain);
        proto->overload = save_text(node->overload);
        proto->doc_string = save_text(node->doc);
        proto->n_attribute = save_attributes(save, &node->attributes, &proto->attribute);
        proto->n_metadata_props = save_properties(save, &node->metadata, &proto->metadata_props);
        save_node_rest(save, node, proto);
        (*protos)[i] = proto;
    }
    return nodes->n;
}
