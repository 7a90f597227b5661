/* Nodes, their attributes, and types. */
#include "reference/onnx/wire.h"

#include <string.h>

G_GNUC_PRINTF(2, 3) static gboolean invalid(GError **error, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *message = g_strdup_vprintf(format, args);
    va_end(args);
    g_set_error_literal(error, ONNX_ERROR, ONNX_ERROR_INVALID, message);
    return FALSE;
}

/* ---- types ------------------------------------------------------------------------------------------------------- */

static gboolean load_dims(const Load *load, const Onnx__TensorShapeProto *shape, Type *type, GError **error)
{
    if (!shape)
        return TRUE;
    type->has_shape = TRUE;
    type->rank = shape->n_dim;
    type->dims = arena_array(load->arena, Dim, type->rank);
    for (gsize i = 0; i < type->rank; i++) {
        const Onnx__TensorShapeProto__Dimension *dim = shape->dim[i];
        type->dims[i].value = -1;
        type->dims[i].denotation = dim->denotation ? load_text(load, dim->denotation) : NULL;
        if (dim->value_case == ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE) {
            if (dim->dim_value < 0)
                return invalid(error, "dim %" G_GSIZE_FORMAT " of the type is %" G_GINT64_FORMAT
                               ", expected 0 or more", i, dim->dim_value);
            type->dims[i].value = dim->dim_value;
        } else if (dim->value_case == ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM && *dim->dim_param) {
            type->dims[i].param = load_text(load, dim->dim_param);
        }
    }
    return TRUE;
}

/* The element type of a sequence, optional or map; it may be absent. */
static gboolean load_item(const Load *load, const Onnx__TypeProto *item, Type *type, GError **error)
{
    return !item || (type->item = load_type(load, item, error)) != NULL;
}

static gboolean load_type_value(const Load *load, const Onnx__TypeProto *proto, Type *type, GError **error)
{
    switch (proto->value_case) {
    case ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE:
        type->kind = TYPE_TENSOR;
        type->elem = proto->tensor_type->elem_type;
        return load_dims(load, proto->tensor_type->shape, type, error);
    case ONNX__TYPE_PROTO__VALUE_SPARSE_TENSOR_TYPE:
        type->kind = TYPE_SPARSE;
        type->elem = proto->sparse_tensor_type->elem_type;
        return load_dims(load, proto->sparse_tensor_type->shape, type, error);
    case ONNX__TYPE_PROTO__VALUE_SEQUENCE_TYPE:
        type->kind = TYPE_SEQUENCE;
        return load_item(load, proto->sequence_type->elem_type, type, error);
    case ONNX__TYPE_PROTO__VALUE_OPTIONAL_TYPE:
        type->kind = TYPE_OPTIONAL;
        return load_item(load, proto->optional_type->elem_type, type, error);
    case ONNX__TYPE_PROTO__VALUE_MAP_TYPE:
        type->kind = TYPE_MAP;
        type->elem = proto->map_type->key_type;
        return load_item(load, proto->map_type->value_type, type, error);
    case ONNX__TYPE_PROTO__VALUE_OPAQUE_TYPE:
        type->kind = TYPE_OPAQUE;
        type->opaque_domain = load_text(load, proto->opaque_type->domain);
        type->opaque_name = load_text(load, proto->opaque_type->name);
        return TRUE;
    default:
        type->kind = TYPE_NONE;
        return TRUE;
    }
}

Type *load_type(const Load *load, const Onnx__TypeProto *proto, GError **error)
{
    Type *type = arena_new(load->arena, Type);
    type->denotation = proto->denotation ? load_text(load, proto->denotation) : NULL;
    return load_type_value(load, proto, type, error) ? type : NULL;
}

gboolean load_value_infos(const Load *load, Onnx__ValueInfoProto *const *protos, gsize n, List *list,
                          const char *kind, GError **error)
{
    for (gsize i = 0; i < n; i++) {
        ValueInfo *info = arena_new(load->arena, ValueInfo);
        info->name = load_text(load, protos[i]->name);
        info->doc = load_text(load, protos[i]->doc_string);
        info->metadata = load_properties(load, protos[i]->metadata_props, protos[i]->n_metadata_props);
        if (protos[i]->type && !(info->type = load_type(load, protos[i]->type, error))) {
            g_autofree char *name = name_quote(info->name);
            g_prefix_error(error, "%s %s: ", kind, name);
            return FALSE;
        }
        list_append(list, load->arena, info);
    }
    return TRUE;
}

/* ---- attributes -------------------------------------------------------------------------------------------------- */

/* Which of the value fields are there, as bits 1 << AttributeType. */
static unsigned fields_present(const Onnx__AttributeProto *proto)
{
    const gboolean present[] = {
        [ATTRIBUTE_FLOAT] = proto->has_f,
        [ATTRIBUTE_INT] = proto->has_i,
        [ATTRIBUTE_STRING] = proto->has_s,
        [ATTRIBUTE_TENSOR] = proto->t != NULL,
        [ATTRIBUTE_GRAPH] = proto->g != NULL,
        [ATTRIBUTE_FLOATS] = proto->n_floats > 0,
        [ATTRIBUTE_INTS] = proto->n_ints > 0,
        [ATTRIBUTE_STRINGS] = proto->n_strings > 0,
        [ATTRIBUTE_TENSORS] = proto->n_tensors > 0,
        [ATTRIBUTE_GRAPHS] = proto->n_graphs > 0,
        [ATTRIBUTE_SPARSE_TENSOR] = proto->sparse_tensor != NULL,
        [ATTRIBUTE_SPARSE_TENSORS] = proto->n_sparse_tensors > 0,
        [ATTRIBUTE_TYPE] = proto->tp != NULL,
        [ATTRIBUTE_TYPES] = proto->n_type_protos > 0,
    };
    unsigned bits = 0;
    for (unsigned i = 0; i < G_N_ELEMENTS(present); i++)
        bits |= present[i] ? 1u << i : 0;
    return bits;
}

/* The type must be given and be that of the one field that is there. Empty lists and zeros leave no trace on the
 * wire of some writers, so only what has no empty value must be present. */
static gboolean check_fields(const Onnx__AttributeProto *proto, GError **error)
{
    const unsigned type = (unsigned)proto->type;
    const unsigned present = fields_present(proto);
    if (type == ATTRIBUTE_UNDEFINED || type > ATTRIBUTE_TYPES)
        return invalid(error, "attribute type is %d, expected 1 to %d", (int)proto->type, ATTRIBUTE_TYPES);
    if (proto->ref_attr_name && *proto->ref_attr_name)
        return present == 0 || invalid(error, "holds a value and refers to a function's attribute, expected one");
    if (present & ~(1u << type))
        return invalid(error, "type is %s, but %s is present", attribute_type_name((AttributeType)type),
                       attribute_type_name((AttributeType)(g_bit_nth_lsf(present & ~(1u << type), -1))));
    const unsigned never_empty = 1u << ATTRIBUTE_TENSOR | 1u << ATTRIBUTE_GRAPH | 1u << ATTRIBUTE_SPARSE_TENSOR |
                                 1u << ATTRIBUTE_TYPE;
    return present || !(never_empty & 1u << type) ||
           invalid(error, "type is %s, but no value is present", attribute_type_name((AttributeType)type));
}

static Bytes load_bytes(const Load *load, ProtobufCBinaryData data)
{
    return arena_bytes(load->arena, data.data, data.len);
}

/* Loads n things of one kind into an arena array; FALSE with the error of the first that fails. */
#define LOAD_EACH(member, type, source, expression)                                                                    \
    do {                                                                                                               \
        attribute->n = proto->n_##source;                                                                              \
        attribute->member = arena_array(load->arena, type, attribute->n);                                              \
        for (gsize i = 0; i < attribute->n; i++)                                                                       \
            if (!(attribute->member[i] = expression(load, proto->source[i], error)))                                   \
                return FALSE;                                                                                          \
        return TRUE;                                                                                                   \
    } while (0)

static gboolean load_value(const Load *load, const Onnx__AttributeProto *proto, Attribute *attribute, GError **error)
{
    switch (attribute->type) {
    case ATTRIBUTE_FLOAT:
        attribute->f = proto->f;
        return TRUE;
    case ATTRIBUTE_INT:
        attribute->i = proto->i;
        return TRUE;
    case ATTRIBUTE_STRING:
        attribute->s = load_bytes(load, proto->s);
        return TRUE;
    case ATTRIBUTE_TENSOR:
        return (attribute->tensor = load_tensor(load, proto->t, error)) != NULL;
    case ATTRIBUTE_GRAPH:
        return (attribute->graph = load_graph(load, proto->g, error)) != NULL;
    case ATTRIBUTE_SPARSE_TENSOR:
        return (attribute->sparse = load_sparse(load, proto->sparse_tensor, error)) != NULL;
    case ATTRIBUTE_TYPE:
        return (attribute->type_proto = load_type(load, proto->tp, error)) != NULL;
    case ATTRIBUTE_FLOATS:
        attribute->n = proto->n_floats;
        attribute->floats = arena_array(load->arena, float, attribute->n);
        if (attribute->n)
            memcpy(attribute->floats, proto->floats, attribute->n * sizeof(float));
        return TRUE;
    case ATTRIBUTE_INTS:
        attribute->n = proto->n_ints;
        attribute->ints = arena_array(load->arena, int64_t, attribute->n);
        if (attribute->n)
            memcpy(attribute->ints, proto->ints, attribute->n * sizeof(int64_t));
        return TRUE;
    case ATTRIBUTE_STRINGS:
        attribute->n = proto->n_strings;
        attribute->strings = arena_array(load->arena, Bytes, attribute->n);
        for (gsize i = 0; i < attribute->n; i++)
            attribute->strings[i] = load_bytes(load, proto->strings[i]);
        return TRUE;
    case ATTRIBUTE_TENSORS:
        LOAD_EACH(tensors, NamedTensor *, tensors, load_tensor);
    case ATTRIBUTE_GRAPHS:
        LOAD_EACH(graphs, Graph *, graphs, load_graph);
    case ATTRIBUTE_SPARSE_TENSORS:
        LOAD_EACH(sparses, SparseTensor *, sparse_tensors, load_sparse);
    case ATTRIBUTE_TYPES:
        LOAD_EACH(type_protos, Type *, type_protos, load_type);
    default:
        return TRUE;
    }
}

static Attribute *load_attribute(const Load *load, const Onnx__AttributeProto *proto, GError **error)
{
    Attribute *attribute = arena_new(load->arena, Attribute);
    attribute->name = load_text(load, proto->name);
    attribute->doc = load_text(load, proto->doc_string);
    if (check_fields(proto, error)) {
        attribute->type = (AttributeType)proto->type;
        if (proto->ref_attr_name && *proto->ref_attr_name) {
            attribute->ref = load_text(load, proto->ref_attr_name);
            return attribute;
        }
        if (load_value(load, proto, attribute, error))
            return attribute;
    }
    g_autofree char *name = name_quote(attribute->name);
    g_prefix_error(error, "attribute %s: ", name);
    return NULL;
}

gboolean load_attributes(const Load *load, Onnx__AttributeProto *const *protos, gsize n, List *list, GError **error)
{
    for (gsize i = 0; i < n; i++) {
        Attribute *attribute = load_attribute(load, protos[i], error);
        if (!attribute)
            return FALSE;
        list_append(list, load->arena, attribute);
    }
    return TRUE;
}

/* ---- nodes ------------------------------------------------------------------------------------------------------- */

/* What no member of Node holds, as bytes that save_nodes() unpacks again. */
static Bytes node_rest(const Load *load, const Onnx__NodeProto *proto)
{
    Onnx__NodeProto rest = ONNX__NODE_PROTO__INIT;
    rest.n_device_configurations = proto->n_device_configurations;
    rest.device_configurations = proto->device_configurations;
    rest.base.n_unknown_fields = proto->base.n_unknown_fields;
    rest.base.unknown_fields = proto->base.unknown_fields;
    return wire_pack_into(&rest.base, load->arena);
}

gboolean load_nodes(const Load *load, Onnx__NodeProto *const *protos, gsize n, List *list, GError **error)
{
    for (gsize i = 0; i < n; i++) {
        const Onnx__NodeProto *proto = protos[i];
        Node                  *node = arena_new(load->arena, Node);
        node->name = load_text(load, proto->name);
        node->domain = domain_canonical(load_text(load, proto->domain));
        node->op_type = load_text(load, proto->op_type);
        node->overload = load_text(load, proto->overload);
        node->doc = load_text(load, proto->doc_string);
        node->inputs = load_names(load, proto->input, proto->n_input);
        node->n_inputs = proto->n_input;
        node->outputs = load_names(load, proto->output, proto->n_output);
        node->n_outputs = proto->n_output;
        node->metadata = load_properties(load, proto->metadata_props, proto->n_metadata_props);
        node->rest = node_rest(load, proto);
        if (!load_attributes(load, proto->attribute, proto->n_attribute, &node->attributes, error)) {
            g_autofree char *description = node_describe(node, i);
            g_prefix_error(error, "%s: ", description);
            return FALSE;
        }
        list_append(list, load->arena, node);
    }
    return TRUE;
}
