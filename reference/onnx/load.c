/* From bytes to a Model: the entry points, and the messages around nodes. */
#include "reference/onnx/wire.h"

#include <string.h>

G_DEFINE_QUARK(assay-onnx-error-quark, onnx_error)

const OnnxLimits onnx_limits_default = {
    .file_bytes = (gsize)16 << 30, .depth = 100, .fields = 50 * 1000 * 1000, .elements = (gsize)1 << 40
};

static OnnxLimits in_force; /* zeros: the default */

void onnx_limits_set(const OnnxLimits *limits)
{
    in_force = *limits;
}

static gsize first_set(gsize asked, gsize set, gsize otherwise)
{
    return asked ? asked : set ? set : otherwise;
}

OnnxLimits limits_resolved(const OnnxLimits *limits)
{
    const OnnxLimits asked = limits ? *limits : (OnnxLimits){ 0 }, *otherwise = &onnx_limits_default;
    return (OnnxLimits){ .file_bytes = first_set(asked.file_bytes, in_force.file_bytes, otherwise->file_bytes),
                         .depth = first_set(asked.depth, in_force.depth, otherwise->depth),
                         .fields = first_set(asked.fields, in_force.fields, otherwise->fields),
                         .elements = first_set(asked.elements, in_force.elements, otherwise->elements) };
}

const char *load_text(const Load *load, const char *text)
{
    return text && *text ? arena_string(load->arena, text) : "";
}

const char **load_names(const Load *load, char *const *names, gsize n)
{
    const char **copy = arena_array(load->arena, const char *, n);
    for (gsize i = 0; i < n; i++)
        copy[i] = load_text(load, names[i]);
    return copy;
}

List load_properties(const Load *load, Onnx__StringStringEntryProto *const *entries, gsize n)
{
    List list = { 0 };
    for (gsize i = 0; i < n; i++) {
        Property *property = arena_new(load->arena, Property);
        *property = (Property){ load_text(load, entries[i]->key), load_text(load, entries[i]->value) };
        list_append(&list, load->arena, property);
    }
    return list;
}

static List load_imports(const Load *load, Onnx__OperatorSetIdProto *const *imports, gsize n)
{
    List list = { 0 };
    for (gsize i = 0; i < n; i++) {
        OpsetImport *import = arena_new(load->arena, OpsetImport);
        *import = (OpsetImport){ domain_canonical(load_text(load, imports[i]->domain)), imports[i]->version };
        list_append(&list, load->arena, import);
    }
    return list;
}

Bytes wire_pack_into(const ProtobufCMessage *message, Arena *arena)
{
    const gsize size = protobuf_c_message_get_packed_size(message);
    if (size == 0)
        return (Bytes){ 0 };
    uint8_t *data = arena_alloc(arena, size);
    protobuf_c_message_pack(message, data);
    return (Bytes){ data, size };
}

/* ---- graphs ------------------------------------------------------------------------------------------------------ */

static gboolean load_initializers(const Load *load, const Onnx__GraphProto *proto, Graph *graph, GError **error)
{
    for (gsize i = 0; i < proto->n_initializer; i++) {
        NamedTensor *initializer = load_tensor(load, proto->initializer[i], error);
        if (!initializer) {
            g_prefix_error(error, "initializer %" G_GSIZE_FORMAT ": ", i);
            return FALSE;
        }
        list_append(&graph->initializers, load->arena, initializer);
    }
    for (gsize i = 0; i < proto->n_sparse_initializer; i++) {
        SparseTensor *initializer = load_sparse(load, proto->sparse_initializer[i], error);
        if (!initializer) {
            g_prefix_error(error, "sparse initializer %" G_GSIZE_FORMAT ": ", i);
            return FALSE;
        }
        list_append(&graph->sparse_initializers, load->arena, initializer);
    }
    return TRUE;
}

/* What no member of Graph holds, as bytes that save_graph() unpacks again. */
static Bytes graph_rest(const Load *load, const Onnx__GraphProto *proto)
{
    Onnx__GraphProto rest = ONNX__GRAPH_PROTO__INIT;
    rest.n_quantization_annotation = proto->n_quantization_annotation;
    rest.quantization_annotation = proto->quantization_annotation;
    rest.base.n_unknown_fields = proto->base.n_unknown_fields;
    rest.base.unknown_fields = proto->base.unknown_fields;
    return wire_pack_into(&rest.base, load->arena);
}

Graph *load_graph(const Load *load, const Onnx__GraphProto *proto, GError **error)
{
    Graph *graph = graph_new(load->model, load_text(load, proto->name));
    graph->doc = load_text(load, proto->doc_string);
    graph->metadata = load_properties(load, proto->metadata_props, proto->n_metadata_props);
    graph->rest = graph_rest(load, proto);
    if (load_value_infos(load, proto->input, proto->n_input, &graph->inputs, "input", error) &&
        load_value_infos(load, proto->output, proto->n_output, &graph->outputs, "output", error) &&
        load_value_infos(load, proto->value_info, proto->n_value_info, &graph->value_infos, "value info", error) &&
        load_initializers(load, proto, graph, error) &&
        load_nodes(load, proto->node, proto->n_node, &graph->nodes, error))
        return graph;
    g_autofree char *name = name_quote(graph->name);
    g_prefix_error(error, "graph %s: ", name);
    return NULL;
}

/* ---- functions --------------------------------------------------------------------------------------------------- */

static Bytes function_rest(const Load *load, const Onnx__FunctionProto *proto)
{
    Onnx__FunctionProto rest = ONNX__FUNCTION_PROTO__INIT;
    rest.base.n_unknown_fields = proto->base.n_unknown_fields;
    rest.base.unknown_fields = proto->base.unknown_fields;
    return wire_pack_into(&rest.base, load->arena);
}

static Function *load_function(const Load *load, const Onnx__FunctionProto *proto, GError **error)
{
    const char *const *none = NO_NAMES;
    Function *function = model_add_function(load->model, load_text(load, proto->domain),
                                            load_text(load, proto->name), none, none, none);
    function->overload = load_text(load, proto->overload);
    function->doc = load_text(load, proto->doc_string);
    function->inputs = load_names(load, proto->input, proto->n_input);
    function->n_inputs = proto->n_input;
    function->outputs = load_names(load, proto->output, proto->n_output);
    function->n_outputs = proto->n_output;
    function->attributes = load_names(load, proto->attribute, proto->n_attribute);
    function->n_attributes = proto->n_attribute;
    for (gsize i = 0; i < function->n_inputs; i++)
        graph_add_input(function->body, function->inputs[i], NULL);
    for (gsize i = 0; i < function->n_outputs; i++)
        graph_add_output(function->body, function->outputs[i], NULL);
    function->opset_imports = load_imports(load, proto->opset_import, proto->n_opset_import);
    function->metadata = load_properties(load, proto->metadata_props, proto->n_metadata_props);
    function->rest = function_rest(load, proto);
    if (load_attributes(load, proto->attribute_proto, proto->n_attribute_proto, &function->attribute_defaults, error) &&
        load_value_infos(load, proto->value_info, proto->n_value_info, &function->body->value_infos, "value info",
                         error) &&
        load_nodes(load, proto->node, proto->n_node, &function->body->nodes, error))
        return function;
    g_autofree char *name = name_quote(function->name);
    g_prefix_error(error, "function %s: ", name);
    return NULL;
}

/* ---- models ------------------------------------------------------------------------------------------------------ */

static Bytes model_rest(const Load *load, const Onnx__ModelProto *proto)
{
    Onnx__ModelProto rest = ONNX__MODEL_PROTO__INIT;
    rest.n_training_info = proto->n_training_info;
    rest.training_info = proto->training_info;
    rest.n_configuration = proto->n_configuration;
    rest.configuration = proto->configuration;
    rest.base.n_unknown_fields = proto->base.n_unknown_fields;
    rest.base.unknown_fields = proto->base.unknown_fields;
    return wire_pack_into(&rest.base, load->arena);
}

static Model *load_model(const Onnx__ModelProto *proto, const char *folder, const OnnxLimits *limits, GError **error)
{
    g_autoptr(Model) model = model_new();
    const Load load = { model, model->arena, folder, *limits };
    model->folder = g_strdup(folder);
    /* An absent IR version is told apart from version 0 by nobody; model_check() refuses both. */
    model->ir_version = proto->ir_version;
    model->producer_name = load_text(&load, proto->producer_name);
    model->producer_version = load_text(&load, proto->producer_version);
    model->domain = load_text(&load, proto->domain);
    model->model_version = proto->model_version;
    model->doc = load_text(&load, proto->doc_string);
    model->opset_imports = load_imports(&load, proto->opset_import, proto->n_opset_import);
    model->metadata = load_properties(&load, proto->metadata_props, proto->n_metadata_props);
    model->rest = model_rest(&load, proto);
    if (!proto->graph) {
        g_set_error(error, ONNX_ERROR, ONNX_ERROR_INVALID, "the model has no graph");
        return NULL;
    }
    for (gsize i = 0; i < proto->n_functions; i++)
        if (!load_function(&load, proto->functions[i], error))
            return NULL;
    model->graph = load_graph(&load, proto->graph, error);
    return model->graph ? g_steal_pointer(&model) : NULL;
}

/* Takes the message. */
static Model *finish_model(ProtobufCMessage *message, const char *folder, const char *what, const OnnxLimits *limits,
                           GError **error)
{
    Model *model = message ? load_model((const Onnx__ModelProto *)message, folder, limits, error) : NULL;
    if (message)
        protobuf_c_message_free_unpacked(message, NULL);
    if (!model)
        g_prefix_error(error, "%s: ", what);
    return model;
}

gboolean model_bytes_check(const void *data, gsize size, const OnnxLimits *limits, GError **error)
{
    const OnnxLimits resolved = limits_resolved(limits);
    return wire_scan(&onnx__model_proto__descriptor, data, size, &resolved, error);
}

Model *model_load(const char *path, const OnnxLimits *limits, GError **error)
{
    const OnnxLimits resolved = limits_resolved(limits);
    g_autofree char *folder = g_path_get_dirname(path);
    return finish_model(wire_unpack_file(&onnx__model_proto__descriptor, path, &resolved, error), folder, path,
                        &resolved, error);
}

Model *model_load_bytes(const void *data, gsize size, const char *folder, const char *what, const OnnxLimits *limits,
                        GError **error)
{
    const OnnxLimits resolved = limits_resolved(limits);
    return finish_model(wire_unpack(&onnx__model_proto__descriptor, data, size, &resolved, error), folder, what,
                        &resolved, error);
}
