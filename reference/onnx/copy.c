/* Deep copies of graphs, nodes and functions into the arena of any model. */
#include "reference/onnx/model.h"

#include <string.h>

typedef void *(*CopyItem)(const void *item, Model *into);

static List copy_list(const List *list, Model *into, CopyItem copy)
{
    List result = { 0 };
    for (gsize i = 0; i < list->n; i++)
        list_append(&result, into->arena, copy(list->items[i], into));
    return result;
}

/* No bytes and no string are two things: an empty string ends with a NUL as every other. */
static Bytes copy_bytes(Bytes bytes, Model *into)
{
    return bytes.data ? arena_bytes(into->arena, bytes.data, bytes.size) : (Bytes){ 0 };
}

static const char **copy_strings(const char **strings, gsize n, Model *into)
{
    const char **copy = arena_array(into->arena, const char *, n);
    for (gsize i = 0; i < n; i++)
        copy[i] = arena_string(into->arena, strings[i]);
    return copy;
}

static void *copy_array(const void *array, gsize n, gsize size, Model *into)
{
    void *copy = arena_alloc_n(into->arena, n, size);
    if (n && array)
        memcpy(copy, array, n * size);
    return copy;
}

static void *copy_property(const void *item, Model *into)
{
    const Property *property = item;
    Property       *copy = arena_new(into->arena, Property);
    *copy = (Property){ arena_string(into->arena, property->key), arena_string(into->arena, property->value) };
    return copy;
}

static void *copy_import(const void *item, Model *into)
{
    const OpsetImport *import = item;
    OpsetImport       *copy = arena_new(into->arena, OpsetImport);
    *copy = (OpsetImport){ arena_string(into->arena, import->domain), import->version };
    return copy;
}

static Type *copy_type(const Type *type, Model *into)
{
    if (!type)
        return NULL;
    Type *copy = arena_new(into->arena, Type);
    *copy = *type;
    copy->dims = copy_array(type->dims, type->rank, sizeof *type->dims, into);
    for (gsize i = 0; i < type->rank; i++) {
        copy->dims[i].param = arena_string(into->arena, type->dims[i].param);
        copy->dims[i].denotation = arena_string(into->arena, type->dims[i].denotation);
    }
    copy->item = copy_type(type->item, into);
    copy->denotation = arena_string(into->arena, type->denotation);
    copy->opaque_domain = arena_string(into->arena, type->opaque_domain);
    copy->opaque_name = arena_string(into->arena, type->opaque_name);
    return copy;
}

static void *copy_value_info(const void *item, Model *into)
{
    const ValueInfo *info = item;
    ValueInfo       *copy = arena_new(into->arena, ValueInfo);
    copy->name = arena_string(into->arena, info->name);
    copy->type = copy_type(info->type, into);
    copy->doc = arena_string(into->arena, info->doc);
    copy->metadata = copy_list(&info->metadata, into, copy_property);
    return copy;
}

static void *copy_named_tensor(const void *item, Model *into)
{
    const NamedTensor *named = item;
    if (!named)
        return NULL;
    NamedTensor *copy = arena_new(into->arena, NamedTensor);
    *copy = *named;
    copy->name = arena_string(into->arena, named->name);
    copy->doc = arena_string(into->arena, named->doc);
    copy->tensor = named->tensor ? arena_tensor(into->arena, tensor_ref(named->tensor)) : NULL;
    copy->location = arena_string(into->arena, named->location);
    copy->metadata = copy_list(&named->metadata, into, copy_property);
    if (named->wire) {
        Bytes *wire = arena_new(into->arena, Bytes);
        *wire = arena_bytes(into->arena, named->wire->data, named->wire->size);
        copy->wire = wire;
    }
    return copy;
}

static void *copy_sparse(const void *item, Model *into)
{
    const SparseTensor *sparse = item;
    if (!sparse)
        return NULL;
    SparseTensor *copy = arena_new(into->arena, SparseTensor);
    copy->name = arena_string(into->arena, sparse->name);
    copy->values = copy_named_tensor(sparse->values, into);
    copy->indices = copy_named_tensor(sparse->indices, into);
    copy->shape = sparse->shape;
    return copy;
}

/* Only the array that the type selects holds anything. */
static void copy_attribute_arrays(Attribute *copy, const Attribute *attribute, Model *into)
{
    gsize n = attribute->n;
    copy->floats = attribute->floats ? copy_array(attribute->floats, n, sizeof(float), into) : NULL;
    copy->ints = attribute->ints ? copy_array(attribute->ints, n, sizeof(int64_t), into) : NULL;
#define COPY_EACH(member, expression)                                                                                  \
    if (attribute->member) {                                                                                           \
        copy->member = copy_array(attribute->member, n, sizeof *attribute->member, into);                              \
        for (gsize i = 0; i < n; i++)                                                                                  \
            copy->member[i] = expression;                                                                              \
    }
    COPY_EACH(strings, copy_bytes(attribute->strings[i], into))
    COPY_EACH(tensors, copy_named_tensor(attribute->tensors[i], into))
    COPY_EACH(graphs, graph_copy(attribute->graphs[i], into))
    COPY_EACH(sparses, copy_sparse(attribute->sparses[i], into))
    COPY_EACH(type_protos, copy_type(attribute->type_protos[i], into))
#undef COPY_EACH
}

static void *copy_attribute(const void *item, Model *into)
{
    const Attribute *attribute = item;
    Attribute       *copy = arena_new(into->arena, Attribute);
    *copy = *attribute;
    copy->name = arena_string(into->arena, attribute->name);
    copy->ref = arena_string(into->arena, attribute->ref);
    copy->doc = arena_string(into->arena, attribute->doc);
    copy->s = copy_bytes(attribute->s, into);
    copy->tensor = copy_named_tensor(attribute->tensor, into);
    copy->graph = attribute->graph ? graph_copy(attribute->graph, into) : NULL;
    copy->sparse = copy_sparse(attribute->sparse, into);
    copy->type_proto = copy_type(attribute->type_proto, into);
    copy_attribute_arrays(copy, attribute, into);
    return copy;
}

Node *node_copy(const Node *node, Model *into)
{
    Arena *arena = into->arena;
    Node  *copy = arena_new(arena, Node);
    *copy = *node;
    copy->name = arena_string(arena, node->name);
    copy->domain = arena_string(arena, node->domain);
    copy->op_type = arena_string(arena, node->op_type);
    copy->overload = arena_string(arena, node->overload);
    copy->doc = arena_string(arena, node->doc);
    copy->inputs = copy_strings(node->inputs, node->n_inputs, into);
    copy->outputs = copy_strings(node->outputs, node->n_outputs, into);
    copy->attributes = copy_list(&node->attributes, into, copy_attribute);
    copy->metadata = copy_list(&node->metadata, into, copy_property);
    copy->rest = copy_bytes(node->rest, into);
    return copy;
}

static void *copy_node(const void *item, Model *into)
{
    return node_copy(item, into);
}

Graph *graph_copy(const Graph *graph, Model *into)
{
    Graph *copy = graph_new(into, graph->name);
    copy->doc = arena_string(into->arena, graph->doc);
    copy->nodes = copy_list(&graph->nodes, into, copy_node);
    copy->inputs = copy_list(&graph->inputs, into, copy_value_info);
    copy->outputs = copy_list(&graph->outputs, into, copy_value_info);
    copy->value_infos = copy_list(&graph->value_infos, into, copy_value_info);
    copy->initializers = copy_list(&graph->initializers, into, copy_named_tensor);
    copy->sparse_initializers = copy_list(&graph->sparse_initializers, into, copy_sparse);
    copy->metadata = copy_list(&graph->metadata, into, copy_property);
    copy->rest = copy_bytes(graph->rest, into);
    return copy;
}

/* The copy is not yet in into->functions: the caller may want to rename it first. */
Function *function_copy(const Function *function, Model *into)
{
    Arena    *arena = into->arena;
    Function *copy = arena_new(arena, Function);
    *copy = *function;
    copy->name = arena_string(arena, function->name);
    copy->domain = arena_string(arena, function->domain);
    copy->overload = arena_string(arena, function->overload);
    copy->doc = arena_string(arena, function->doc);
    copy->inputs = copy_strings(function->inputs, function->n_inputs, into);
    copy->outputs = copy_strings(function->outputs, function->n_outputs, into);
    copy->attributes = copy_strings(function->attributes, function->n_attributes, into);
    copy->attribute_defaults = copy_list(&function->attribute_defaults, into, copy_attribute);
    copy->body = graph_copy(function->body, into);
    copy->opset_imports = copy_list(&function->opset_imports, into, copy_import);
    copy->metadata = copy_list(&function->metadata, into, copy_property);
    copy->rest = copy_bytes(function->rest, into);
    return copy;
}

static void *copy_function(const void *item, Model *into)
{
    return function_copy(item, into);
}

Model *model_copy(const Model *model)
{
    Model *copy = model_new();
    copy->ir_version = model->ir_version;
    copy->producer_name = arena_string(copy->arena, model->producer_name);
    copy->producer_version = arena_string(copy->arena, model->producer_version);
    copy->domain = arena_string(copy->arena, model->domain);
    copy->doc = arena_string(copy->arena, model->doc);
    copy->model_version = model->model_version;
    copy->opset_imports = copy_list(&model->opset_imports, copy, copy_import);
    copy->functions = copy_list(&model->functions, copy, copy_function);
    copy->metadata = copy_list(&model->metadata, copy, copy_property);
    copy->graph = graph_copy(model->graph, copy);
    copy->folder = g_strdup(model->folder);
    copy->rest = copy_bytes(model->rest, copy);
    return copy;
}
