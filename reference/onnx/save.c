/* From a Model to bytes: graphs, functions, models, and the entry points. */
#include "reference/onnx/save.h"

#include "reference/onnx/wire.h"

static void *arena_allocate(void *arena, size_t size)
{
    return arena_alloc(arena, size);
}

static void arena_keep(void *arena, void *memory)
{
    (void)arena;
    (void)memory;
}

ProtobufCMessage *save_rest(Save *save, const ProtobufCMessageDescriptor *descriptor, Bytes rest)
{
    if (rest.size == 0)
        return NULL;
    ProtobufCAllocator allocator = { arena_allocate, arena_keep, save->arena };
    GError           **error = save->error ? NULL : &save->error;
    if (!wire_scan(descriptor, rest.data, rest.size, &onnx_limits_default, error)) {
        g_prefix_error(error, "kept fields of a %s: ", descriptor->short_name);
        return NULL;
    }
    return protobuf_c_message_unpack(descriptor, &allocator, rest.size, rest.data);
}

static size_t save_imports(Save *save, const List *imports, Onnx__OperatorSetIdProto ***protos)
{
    *protos = arena_array(save->arena, Onnx__OperatorSetIdProto *, imports->n);
    for (gsize i = 0; i < imports->n; i++) {
        const OpsetImport *import = LIST_AT(imports, OpsetImport, i);
        (*protos)[i] = arena_new(save->arena, Onnx__OperatorSetIdProto);
        onnx__operator_set_id_proto__init((*protos)[i]);
        (*protos)[i]->domain = save_text(import->domain);
        (*protos)[i]->has_version = TRUE;
        (*protos)[i]->version = import->version;
    }
    return imports->n;
}

/* ---- graphs ------------------------------------------------------------------------------------------------------ */

static void save_graph_rest(Save *save, const Graph *graph, Onnx__GraphProto *proto)
{
    const Onnx__GraphProto *rest =
        (const Onnx__GraphProto *)save_rest(save, &onnx__graph_proto__descriptor, graph->rest);
    if (!rest)
        return;
    proto->n_quantization_annotation = rest->n_quantization_annotation;
    proto->quantization_annotation = rest->quantization_annotation;
    proto->base.n_unknown_fields = rest->base.n_unknown_fields;
    proto->base.unknown_fields = rest->base.unknown_fields;
}

/* Initializers with their own wire form go behind all fields. */
static void save_initializers(Save *save, const Graph *graph, Onnx__GraphProto *proto)
{
    proto->initializer = arena_array(save->arena, Onnx__TensorProto *, graph->initializers.n);
    for (gsize i = 0; i < graph->initializers.n; i++) {
        const NamedTensor *initializer = LIST_AT(&graph->initializers, NamedTensor, i);
        if (initializer->wire)
            save_wire_field(save, &proto->base, 5, *initializer->wire);
        else
            proto->initializer[proto->n_initializer++] = save_tensor(save, initializer);
    }
    proto->n_sparse_initializer = graph->sparse_initializers.n;
    proto->sparse_initializer = arena_array(save->arena, Onnx__SparseTensorProto *, proto->n_sparse_initializer);
    for (gsize i = 0; i < proto->n_sparse_initializer; i++)
        proto->sparse_initializer[i] = save_sparse(save, LIST_AT(&graph->sparse_initializers, SparseTensor, i));
}

Onnx__GraphProto *save_graph(Save *save, const Graph *graph)
{
    Onnx__GraphProto *proto = arena_new(save->arena, Onnx__GraphProto);
    onnx__graph_proto__init(proto);
    save_graph_rest(save, graph, proto);
    proto->name = save_text(graph->name);
    proto->doc_string = save_text(graph->doc);
    proto->n_node = save_nodes(save, &graph->nodes, &proto->node);
    proto->n_input = save_value_infos(save, &graph->inputs, &proto->input);
    proto->n_output = save_value_infos(save, &graph->outputs, &proto->output);
    proto->n_value_info = save_value_infos(save, &graph->value_infos, &proto->value_info);
    proto->n_metadata_props = save_properties(save, &graph->metadata, &proto->metadata_props);
    save_initializers(save, graph, proto);
    return proto;
}

/* ---- functions and models ---------------------------------------------------------------------------------------- */

static Onnx__FunctionProto *save_function(Save *save, const Function *function)
{
    Onnx__FunctionProto *proto = arena_new(save->arena, Onnx__FunctionProto);
    onnx__function_proto__init(proto);
    const ProtobufCMessage *rest = save_rest(save, &onnx__function_proto__descriptor, function->rest);
    if (rest) {
        proto->base.n_unknown_fields = rest->n_unknown_fields;
        proto->base.unknown_fields = rest->unknown_fields;
    }
    proto->name = save_text(function->name);
    proto->domain = save_text(function->domain);
    proto->overload = save_text(function->overload);
    proto->doc_string = save_text(function->doc);
    proto->n_input = function->n_inputs;
    proto->input = (char **)function->inputs;
    proto->n_output = function->n_outputs;
    proto->output = (char **)function->outputs;
    proto->n_attribute = function->n_attributes;
    proto->attribute = (char **)function->attributes;
    proto->n_attribute_proto = save_attributes(save, &function->attribute_defaults, &proto->attribute_proto);
    proto->n_node = save_nodes(save, &function->body->nodes, &proto->node);
    proto->n_value_info = save_value_infos(save, &function->body->value_infos, &proto->value_info);
    proto->n_opset_import = save_imports(save, &function->opset_imports, &proto->opset_import);
    proto->n_metadata_props = save_properties(save, &function->metadata, &proto->metadata_props);
    return proto;
}

static void save_model_rest(Save *save, const Model *model, Onnx__ModelProto *proto)
{
    const Onnx__ModelProto *rest =
        (const Onnx__ModelProto *)save_rest(save, &onnx__model_proto__descriptor, model->rest);
    if (!rest)
        return;
    proto->n_training_info = rest->n_training_info;
    proto->training_info = rest->training_info;
    proto->n_configuration = rest->n_configuration;
    proto->configuration = rest->configuration;
    proto->base.n_unknown_fields = rest->base.n_unknown_fields;
    proto->base.unknown_fields = rest->base.unknown_fields;
}

GBytes *model_to_bytes(const Model *model, GError **error)
{
    Save             save = { .arena = arena_create() };
    Onnx__ModelProto proto = ONNX__MODEL_PROTO__INIT;
    save_model_rest(&save, model, &proto);
    proto.has_ir_version = TRUE;
    proto.ir_version = model->ir_version;
    proto.producer_name = save_text(model->producer_name);
    proto.producer_version = save_text(model->producer_version);
    proto.domain = save_text(model->domain);
    proto.has_model_version = model->model_version != 0;
    proto.model_version = model->model_version;
    proto.doc_string = save_text(model->doc);
    proto.graph = save_graph(&save, model->graph);
    proto.n_opset_import = save_imports(&save, &model->opset_imports, &proto.opset_import);
    proto.n_metadata_props = save_properties(&save, &model->metadata, &proto.metadata_props);
    proto.n_functions = model->functions.n;
    proto.functions = arena_array(save.arena, Onnx__FunctionProto *, model->functions.n);
    for (gsize i = 0; i < model->functions.n; i++)
        proto.functions[i] = save_function(&save, LIST_AT(&model->functions, Function, i));
    return save_finish(&save, &proto.base, error);
}

gboolean model_save(const Model *model, const char *path, GError **error)
{
    g_autoptr(GBytes) bytes = model_to_bytes(model, error);
    if (!bytes) {
        g_prefix_error(error, "%s: ", path);
        return FALSE;
    }
    /* The data first: a reader that sees the new model finds what it refers to. */
    g_autofree char *folder = g_path_get_dirname(path);
    return external_save(model, folder, error) && save_bytes(path, bytes, error);
}
