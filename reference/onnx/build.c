/* Building models: graphs, nodes, attributes, types, functions. */
#include "reference/onnx/model.h"

#include <string.h>

Graph *graph_new(Model *model, const char *name)
{
    Graph *graph = arena_new(model->arena, Graph);
    graph->model = model;
    graph->name = arena_string(model->arena, name);
    graph->doc = "";
    return graph;
}

static void set_import(List *imports, Arena *arena, const char *domain, int64_t version)
{
    domain = domain_canonical(domain);
    for (gsize i = 0; i < imports->n; i++) {
        OpsetImport *import = LIST_AT(imports, OpsetImport, i);
        if (strcmp(domain_canonical(import->domain), domain) == 0) {
            import->version = version;
            return;
        }
    }
    OpsetImport *import = arena_new(arena, OpsetImport);
    *import = (OpsetImport){ arena_string(arena, domain), version };
    list_append(imports, arena, import);
}

void model_import(Model *model, const char *domain, int64_t version)
{
    set_import(&model->opset_imports, model->arena, domain, version);
}

void function_import(Function *function, const char *domain, int64_t version)
{
    set_import(&function->opset_imports, function->body->model->arena, domain, version);
}

void properties_set(List *properties, Model *model, const char *key, const char *value)
{
    for (gsize i = 0; i < properties->n; i++) {
        Property *property = LIST_AT(properties, Property, i);
        if (strcmp(property->key, key) == 0) {
            property->value = arena_string(model->arena, value);
            return;
        }
    }
    Property *property = arena_new(model->arena, Property);
    *property = (Property){ arena_string(model->arena, key), arena_string(model->arena, value) };
    list_append(properties, model->arena, property);
}

/* ---- values ------------------------------------------------------------------------------------------------------ */

static ValueInfo *add_value_info(List *list, Model *model, const char *name, Type *type)
{
    ValueInfo *info = arena_new(model->arena, ValueInfo);
    info->name = arena_string(model->arena, name);
    info->type = type;
    info->doc = "";
    list_append(list, model->arena, info);
    return info;
}

ValueInfo *graph_add_input(Graph *graph, const char *name, Type *type)
{
    return add_value_info(&graph->inputs, graph->model, name, type);
}

ValueInfo *graph_add_output(Graph *graph, const char *name, Type *type)
{
    return add_value_info(&graph->outputs, graph->model, name, type);
}

NamedTensor *named_tensor_new(Model *model, const char *name, Tensor *tensor)
{
    NamedTensor *named = arena_new(model->arena, NamedTensor);
    named->name = arena_string(model->arena, name);
    named->doc = "";
    named->tensor = arena_tensor(model->arena, tensor);
    named->storage = tensor->dtype == DTYPE_STRING ? STORAGE_TYPED : STORAGE_RAW;
    named->length = -1;
    return named;
}

NamedTensor *graph_add_initializer(Graph *graph, const char *name, Tensor *tensor)
{
    NamedTensor *initializer = named_tensor_new(graph->model, name, tensor);
    list_append(&graph->initializers, graph->model->arena, initializer);
    return initializer;
}

/* ---- nodes ------------------------------------------------------------------------------------------------------- */

static const char **copy_names(Arena *arena, const char *const *names, gsize *n)
{
    gsize length = names ? g_strv_length((char **)names) : 0;
    const char **copy = arena_array(arena, const char *, length);
    for (gsize i = 0; i < length; i++)
        copy[i] = arena_string(arena, names[i]);
    *n = length;
    return copy;
}

Node *graph_add_node(Graph *graph, const char *domain, const char *op_type, const char *const *inputs,
                     const char *const *outputs)
{
    Arena *arena = graph->model->arena;
    Node  *node = arena_new(arena, Node);
    node->name = node->overload = node->doc = "";
    node->domain = arena_string(arena, domain_canonical(domain));
    node->op_type = arena_string(arena, op_type);
    node->inputs = copy_names(arena, inputs, &node->n_inputs);
    node->outputs = copy_names(arena, outputs, &node->n_outputs);
    list_append(&graph->nodes, arena, node);
    return node;
}

static Attribute *set_attribute(Node *node, Graph *graph, const char *name, AttributeType type)
{
    Arena     *arena = graph->model->arena;
    Attribute *attribute = NULL;
    for (gsize i = 0; i < node->attributes.n && !attribute; i++)
        if (strcmp(LIST_AT(&node->attributes, Attribute, i)->name, name) == 0)
            attribute = LIST_AT(&node->attributes, Attribute, i);
    if (!attribute) {
        attribute = arena_new(arena, Attribute);
        list_append(&node->attributes, arena, attribute);
    }
    *attribute = (Attribute){ .name = arena_string(arena, name), .type = type, .doc = "" };
    return attribute;
}

Attribute *node_set_int(Node *node, Graph *graph, const char *name, int64_t value)
{
    Attribute *attribute = set_attribute(node, graph, name, ATTRIBUTE_INT);
    attribute->i = value;
    return attribute;
}

Attribute *node_set_float(Node *node, Graph *graph, const char *name, float value)
{
    Attribute *attribute = set_attribute(node, graph, name, ATTRIBUTE_FLOAT);
    attribute->f = value;
    return attribute;
}

Attribute *node_set_string(Node *node, Graph *graph, const char *name, const char *value)
{
    Attribute *attribute = set_attribute(node, graph, name, ATTRIBUTE_STRING);
    attribute->s = arena_bytes(graph->model->arena, value, strlen(value));
    return attribute;
}

Attribute *node_set_ints(Node *node, Graph *graph, const char *name, const int64_t *values, gsize n)
{
    Attribute *attribute = set_attribute(node, graph, name, ATTRIBUTE_INTS);
    attribute->n = n;
    attribute->ints = arena_array(graph->model->arena, int64_t, n);
    if (n)
        memcpy(attribute->ints, values, n * sizeof *values);
    return attribute;
}

Attribute *node_set_floats(Node *node, Graph *graph, const char *name, const float *values, gsize n)
{
    Attribute *attribute = set_attribute(node, graph, name, ATTRIBUTE_FLOATS);
    attribute->n = n;
    attribute->floats = arena_array(graph->model->arena, float, n);
    if (n)
        memcpy(attribute->floats, values, n * sizeof *values);
    return attribute;
}

Attribute *node_set_strings(Node *node, Graph *graph, const char *name, const char *const *values)
{
    Attribute *attribute = set_attribute(node, graph, name, ATTRIBUTE_STRINGS);
    attribute->n = g_strv_length((char **)values);
    attribute->strings = arena_array(graph->model->arena, Bytes, attribute->n);
    for (gsize i = 0; i < attribute->n; i++)
        attribute->strings[i] = arena_bytes(graph->model->arena, values[i], strlen(values[i]));
    return attribute;
}

Attribute *node_set_tensor(Node *node, Graph *graph, const char *name, Tensor *tensor)
{
    Attribute *attribute = set_attribute(node, graph, name, ATTRIBUTE_TENSOR);
    attribute->tensor = named_tensor_new(graph->model, "", tensor);
    return attribute;
}

Attribute *node_set_graph(Node *node, Graph *graph, const char *name, Graph *value)
{
    Attribute *attribute = set_attribute(node, graph, name, ATTRIBUTE_GRAPH);
    attribute->graph = value;
    return attribute;
}

Attribute *node_set_ref(Node *node, Graph *graph, const char *name, AttributeType type, const char *ref)
{
    Attribute *attribute = set_attribute(node, graph, name, type);
    attribute->ref = arena_string(graph->model->arena, ref);
    return attribute;
}

/* ---- types ------------------------------------------------------------------------------------------------------- */

static Type *type_new(Model *model, TypeKind kind, int64_t elem, Type *item)
{
    Type *type = arena_new(model->arena, Type);
    type->kind = kind;
    type->elem = elem;
    type->item = item;
    return type;
}

Type *type_tensor(Model *model, DType elem, const Shape *shape)
{
    Type *type = type_new(model, TYPE_TENSOR, elem, NULL);
    if (!shape)
        return type;
    type->has_shape = TRUE;
    type->rank = (gsize)shape->rank;
    type->dims = arena_array(model->arena, Dim, type->rank);
    for (gsize i = 0; i < type->rank; i++)
        type->dims[i].value = shape->dims[i];
    return type;
}

Type *type_tensor_dims(Model *model, DType elem, gsize rank, const Dim *dims)
{
    Type *type = type_new(model, TYPE_TENSOR, elem, NULL);
    type->has_shape = TRUE;
    type->rank = rank;
    type->dims = arena_array(model->arena, Dim, rank);
    for (gsize i = 0; i < rank; i++)
        type->dims[i] = (Dim){ dims[i].value, arena_string(model->arena, dims[i].param),
                               arena_string(model->arena, dims[i].denotation) };
    return type;
}

Type *type_sequence(Model *model, Type *item)
{
    return type_new(model, TYPE_SEQUENCE, 0, item);
}

Type *type_optional(Model *model, Type *item)
{
    return type_new(model, TYPE_OPTIONAL, 0, item);
}

/* ---- functions --------------------------------------------------------------------------------------------------- */

Function *model_add_function(Model *model, const char *domain, const char *name, const char *const *inputs,
                             const char *const *outputs, const char *const *attributes)
{
    Function *function = arena_new(model->arena, Function);
    function->domain = arena_string(model->arena, domain_canonical(domain));
    function->name = arena_string(model->arena, name);
    function->overload = function->doc = "";
    function->inputs = copy_names(model->arena, inputs, &function->n_inputs);
    function->outputs = copy_names(model->arena, outputs, &function->n_outputs);
    function->attributes = copy_names(model->arena, attributes, &function->n_attributes);
    function->body = graph_new(model, name);
    for (gsize i = 0; i < function->n_inputs; i++)
        graph_add_input(function->body, function->inputs[i], NULL);
    for (gsize i = 0; i < function->n_outputs; i++)
        graph_add_output(function->body, function->outputs[i], NULL);
    list_append(&model->functions, model->arena, function);
    return function;
}
