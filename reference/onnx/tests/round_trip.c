/* What is saved loads back the same: every type from every storage, and every message with all its fields. */
#include "reference/onnx/tests/support.h"

#include "reference/onnx/wire.h"

#include <string.h>

static void check_tensor_round_trip(const Tensor *tensor, Storage storage)
{
    GError           *error = NULL;
    g_autofree char  *name = NULL;
    g_autoptr(GBytes) bytes = tensor_to_bytes(tensor, "t", storage, &error);
    cr_assert_not_null(bytes, "%s", error ? error->message : "");
    gsize       size;
    const void *data = g_bytes_get_data(bytes, &size);
    g_autoptr(Tensor) back = tensor_load_bytes(data, size, "bytes", &name, NULL, &error);
    cr_assert_not_null(back, "%s %d: %s", dtype_name(tensor->dtype), (int)storage, error ? error->message : "");
    cr_expect(tensor_equal(tensor, back), "%s, storage %d", dtype_name(tensor->dtype), (int)storage);
    cr_expect_str_eq(name, "t");
}

Test(round_trip, every_type_raw_and_typed)
{
    const Shape shapes[] = { SHAPE0, SHAPE(0), SHAPE(2, 0, 3), SHAPE(1), SHAPE(5), SHAPE(3, 7), SHAPE(300) };
    gsize n;
    const DTypeInfo *const *types = dtype_all(&n);
    for (gsize t = 0; t < n; t++)
        for (gsize s = 0; s < G_N_ELEMENTS(shapes) && dtype_on_wire(types[t]->dtype); s++) {
            g_autoptr(Tensor) tensor = counting_tensor(types[t]->dtype, &shapes[s]);
            check_tensor_round_trip(tensor, STORAGE_RAW);
            check_tensor_round_trip(tensor, STORAGE_TYPED);
        }
}

Test(round_trip, carried_types_are_refused)
{
    GError           *error = NULL;
    g_autoptr(Tensor) tensor = counting_tensor(DTYPE_UINT3, &SHAPE0);
    cr_expect_null(tensor_to_bytes(tensor, "t", STORAGE_RAW, &error));
    expect_error(&error, ONNX_ERROR_INVALID, "carried type");
}

Test(round_trip, sub_byte_typed_data_has_a_byte_an_entry)
{
    const uint8_t     codes[] = { 1, 2, 3 };
    const Shape       shape = SHAPE(3);
    g_autoptr(Tensor) tensor = tensor_from_data(DTYPE_UINT4, &shape, codes, NULL);
    g_autoptr(GBytes) bytes = tensor_to_bytes(tensor, NULL, STORAGE_TYPED, NULL);
    /* dims 3, data_type 21, int32_data packed: 0x21, 0x03. */
    const uint8_t expected[] = { 0x08, 3, 0x10, 21, 0x2a, 2, 0x21, 0x03 };
    cr_expect_eq(g_bytes_get_size(bytes), sizeof expected);
    cr_expect_eq(memcmp(g_bytes_get_data(bytes, NULL), expected, sizeof expected), 0);
}

Test(round_trip, every_type_external)
{
    char           *folder = folder_new();
    g_autofree char *path = g_build_filename(folder, "m.onnx", NULL);
    const Shape      shapes[] = { SHAPE(3, 5), SHAPE(0), SHAPE0 };
    gsize n;
    const DTypeInfo *const *types = dtype_all(&n);
    g_autoptr(Model) model = small_model();
    int64_t offset = 0;
    for (gsize t = 0; t < n; t++)
        for (gsize s = 0; s < G_N_ELEMENTS(shapes) && dtype_on_wire(types[t]->dtype); s++) {
            g_autofree char *name = g_strdup_printf("%s_%u", types[t]->name, (unsigned)s);
            NamedTensor *w = graph_add_initializer(model->graph, name, counting_tensor(types[t]->dtype, &shapes[s]));
            w->storage = STORAGE_EXTERNAL;
            w->location = s == 2 ? "sub/folder/scalars.bin" : "weights.bin";
            w->offset = offset;
            w->length = 1;
            offset += 4096;
        }
    GError *error = NULL;
    cr_assert(model_save(model, path, &error), "%s", error ? error->message : "");
    g_autoptr(Model) back = model_load(path, NULL, &error);
    cr_assert_not_null(back, "%s", error ? error->message : "");
    cr_assert_eq(back->graph->initializers.n, model->graph->initializers.n);
    for (gsize i = 0; i < model->graph->initializers.n; i++) {
        const NamedTensor *before = LIST_AT(&model->graph->initializers, NamedTensor, i);
        const NamedTensor *after = LIST_AT(&back->graph->initializers, NamedTensor, i);
        cr_expect(tensor_equal(before->tensor, after->tensor), "%s", before->name);
        if (before->tensor->dtype != DTYPE_STRING)
            cr_expect_eq(after->storage, before->storage, "%s", before->name);
    }
    folder_remove(folder);
}

Test(round_trip, external_tensors_may_share_bytes_but_not_overlap)
{
    char           *folder = folder_new();
    g_autofree char *path = g_build_filename(folder, "m.onnx", NULL);
    g_autoptr(Model) model = small_model();
    const Shape      shape = SHAPE(4);
    for (int i = 0; i < 2; i++) {
        NamedTensor *w = graph_add_initializer(model->graph, i ? "b" : "a", counting_tensor(DTYPE_FLOAT, &shape));
        w->storage = STORAGE_EXTERNAL;
        w->location = "w.bin";
    }
    GError *error = NULL;
    cr_expect(model_save(model, path, &error));
    graph_initializer(model->graph, "b")->offset = 4;
    cr_expect_not(model_save(model, path, &error));
    expect_error(&error, ONNX_ERROR_INVALID, "overlaps");
    folder_remove(folder);
}

/* ---- whole models ------------------------------------------------------------------------------------------------ */

/* One message of every kind with every field that a Model holds or keeps, as bytes in ascending order. */
static GByteArray *full_model(void)
{
    Onnx__StringStringEntryProto entry = ONNX__STRING_STRING_ENTRY_PROTO__INIT, *entries[] = { &entry };
    entry.key = "key";
    entry.value = "value";
    Onnx__TensorShapeProto__Dimension known = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__INIT, symbol = known, open = known;
    Onnx__TensorShapeProto__Dimension *dims[] = { &known, &symbol, &open };
    known.value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE;
    known.dim_value = 7;
    known.denotation = "DATA_CHANNEL";
    symbol.value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM;
    symbol.dim_param = "N";
    Onnx__TensorShapeProto shape = ONNX__TENSOR_SHAPE_PROTO__INIT;
    shape.n_dim = 3;
    shape.dim = dims;
    Onnx__TypeProto__Tensor tensor_type = ONNX__TYPE_PROTO__TENSOR__INIT;
    tensor_type.has_elem_type = TRUE;
    tensor_type.elem_type = DTYPE_FLOAT;
    tensor_type.shape = &shape;
    Onnx__TypeProto tensor = ONNX__TYPE_PROTO__INIT, sequence = tensor, optional = tensor, map = tensor;
    tensor.denotation = "IMAGE";
    tensor.value_case = ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE;
    tensor.tensor_type = &tensor_type;
    Onnx__TypeProto__Sequence sequence_type = ONNX__TYPE_PROTO__SEQUENCE__INIT;
    sequence_type.elem_type = &tensor;
    sequence.value_case = ONNX__TYPE_PROTO__VALUE_SEQUENCE_TYPE;
    sequence.sequence_type = &sequence_type;
    Onnx__TypeProto__Optional optional_type = ONNX__TYPE_PROTO__OPTIONAL__INIT;
    optional_type.elem_type = &sequence;
    optional.value_case = ONNX__TYPE_PROTO__VALUE_OPTIONAL_TYPE;
    optional.optional_type = &optional_type;
    Onnx__TypeProto__Map map_type = ONNX__TYPE_PROTO__MAP__INIT;
    map_type.has_key_type = TRUE;
    map_type.key_type = DTYPE_STRING;
    map_type.value_type = &tensor;
    map.value_case = ONNX__TYPE_PROTO__VALUE_MAP_TYPE;
    map.map_type = &map_type;

    Onnx__ValueInfoProto info = ONNX__VALUE_INFO_PROTO__INIT, other = info, third = info;
    Onnx__ValueInfoProto *infos[] = { &info, &other, &third };
    info.name = "x";
    info.type = &optional;
    info.doc_string = "an input";
    info.n_metadata_props = 1;
    info.metadata_props = entries;
    other.name = "m";
    other.type = &map;
    third.name = "untyped";

    int64_t tensor_dims[] = { 2 }, indices[] = { 0, 4 }, sparse_dims[] = { 5 };
    uint8_t raw[] = { 1, 2, 3, 4 };
    Onnx__TensorProto values = ONNX__TENSOR_PROTO__INIT, positions = values, *tensors[] = { &values };
    values.n_dims = 1;
    values.dims = tensor_dims;
    values.has_data_type = TRUE;
    values.data_type = DTYPE_FLOAT16;
    values.name = "w";
    values.has_raw_data = TRUE;
    values.raw_data = (ProtobufCBinaryData){ 4, raw };
    values.doc_string = "weights";
    values.n_metadata_props = 1;
    values.metadata_props = entries;
    positions.n_dims = 1;
    positions.dims = tensor_dims;
    positions.has_data_type = TRUE;
    positions.data_type = DTYPE_INT64;
    positions.n_int64_data = 2;
    positions.int64_data = indices;
    Onnx__SparseTensorProto sparse = ONNX__SPARSE_TENSOR_PROTO__INIT, *sparses[] = { &sparse };
    sparse.values = &values;
    sparse.indices = &positions;
    sparse.n_dims = 1;
    sparse.dims = sparse_dims;

    float    floats[] = { 1.5f, -0.0f };
    int64_t  ints[] = { -1, G_MAXINT64 };
    ProtobufCBinaryData strings[] = { { 3, (uint8_t *)"a\0b" }, { 0, NULL } };
    Onnx__GraphProto inner = ONNX__GRAPH_PROTO__INIT, *graphs[] = { &inner };
    inner.name = "inner";
    Onnx__TypeProto     *types[] = { &tensor, &map };
    Onnx__AttributeProto attributes[16], *attribute_list[16];
    for (int i = 0; i < 16; i++) {
        onnx__attribute_proto__init(&attributes[i]);
        attributes[i].name = (char *)attribute_type_name((AttributeType)(i < 15 ? i : 0));
        attributes[i].has_type = TRUE;
        attributes[i].type = (Onnx__AttributeProto__AttributeType)(i < 15 ? i : ATTRIBUTE_INTS);
        attribute_list[i] = &attributes[i];
    }
    attributes[1].has_f = attributes[2].has_i = attributes[3].has_s = TRUE;
    attributes[1].f = 2.5f;
    attributes[1].doc_string = "about it";
    attributes[2].i = -5;
    attributes[3].s = strings[0];
    attributes[4].t = &values;
    attributes[5].g = &inner;
    attributes[6].n_floats = attributes[7].n_ints = attributes[8].n_strings = 2;
    attributes[6].floats = floats;
    attributes[7].ints = ints;
    attributes[8].strings = strings;
    attributes[9].n_tensors = attributes[10].n_graphs = attributes[12].n_sparse_tensors = 1;
    attributes[9].tensors = tensors;
    attributes[10].graphs = graphs;
    attributes[11].sparse_tensor = &sparse;
    attributes[12].sparse_tensors = sparses;
    attributes[13].tp = &optional;
    attributes[14].n_type_protos = 2;
    attributes[14].type_protos = types;
    attributes[15].ref_attr_name = "alpha";

    char *inputs[] = { "x", "", "w" }, *outputs[] = { "y" };
    uint8_t future[] = { 0x96, 0x01 };
    ProtobufCMessageUnknownField unknown = { 99, PROTOBUF_C_WIRE_TYPE_VARINT, 2, future };
    Onnx__NodeDeviceConfigurationProto device = ONNX__NODE_DEVICE_CONFIGURATION_PROTO__INIT, *devices[] = { &device };
    device.configuration_id = "two";
    Onnx__NodeProto node = ONNX__NODE_PROTO__INIT, *nodes[] = { &node };
    node.n_input = 3;
    node.input = inputs;
    node.n_output = 1;
    node.output = outputs;
    node.name = "n";
    node.op_type = "Op";
    node.n_attribute = 15;
    node.attribute = attribute_list + 1;
    node.doc_string = "a node";
    node.domain = "test";
    node.overload = "o";
    node.n_metadata_props = 1;
    node.metadata_props = entries;
    node.n_device_configurations = 1;
    node.device_configurations = devices;
    node.base.n_unknown_fields = 1;
    node.base.unknown_fields = &unknown;

    Onnx__TensorAnnotation annotation = ONNX__TENSOR_ANNOTATION__INIT, *annotations[] = { &annotation };
    annotation.tensor_name = "w";
    annotation.n_quant_parameter_tensor_names = 1;
    annotation.quant_parameter_tensor_names = entries;
    Onnx__GraphProto graph = ONNX__GRAPH_PROTO__INIT;
    graph.n_node = 1;
    graph.node = nodes;
    graph.name = "main";
    graph.n_initializer = 1;
    graph.initializer = tensors;
    graph.doc_string = "a graph";
    graph.n_input = 3;
    graph.input = infos;
    graph.n_output = graph.n_value_info = 1;
    graph.output = graph.value_info = infos;
    graph.n_quantization_annotation = 1;
    graph.quantization_annotation = annotations;
    graph.n_sparse_initializer = 1;
    graph.sparse_initializer = sparses;
    graph.n_metadata_props = 1;
    graph.metadata_props = entries;
    graph.base.n_unknown_fields = 1;
    graph.base.unknown_fields = &unknown;

    Onnx__OperatorSetIdProto import = ONNX__OPERATOR_SET_ID_PROTO__INIT, *imports[] = { &import };
    import.domain = "test";
    import.has_version = TRUE;
    import.version = 3;
    Onnx__FunctionProto function = ONNX__FUNCTION_PROTO__INIT, *functions[] = { &function };
    function.name = "f";
    function.n_input = 3;
    function.input = inputs;
    function.n_output = function.n_attribute = 1;
    function.output = function.attribute = outputs;
    function.n_node = 1;
    function.node = nodes;
    function.doc_string = "a function";
    function.n_opset_import = 1;
    function.opset_import = imports;
    function.domain = "test";
    function.n_attribute_proto = 2;
    function.attribute_proto = attribute_list + 1;
    function.n_value_info = 1;
    function.value_info = infos;
    function.overload = "o";
    function.n_metadata_props = 1;
    function.metadata_props = entries;
    function.base.n_unknown_fields = 1;
    function.base.unknown_fields = &unknown;

    Onnx__TrainingInfoProto training = ONNX__TRAINING_INFO_PROTO__INIT, *trainings[] = { &training };
    training.algorithm = &inner;
    Onnx__DeviceConfigurationProto configuration = ONNX__DEVICE_CONFIGURATION_PROTO__INIT;
    Onnx__DeviceConfigurationProto *configurations[] = { &configuration };
    configuration.name = "two";
    configuration.has_num_devices = TRUE;
    configuration.num_devices = 2;
    Onnx__ModelProto model = ONNX__MODEL_PROTO__INIT;
    model.has_ir_version = model.has_model_version = TRUE;
    model.ir_version = 13;
    model.producer_name = "p";
    model.producer_version = "1";
    model.domain = "d";
    model.model_version = 4;
    model.doc_string = "a model";
    model.graph = &graph;
    model.n_opset_import = model.n_metadata_props = model.n_functions = 1;
    model.opset_import = imports;
    model.metadata_props = entries;
    model.functions = functions;
    model.n_training_info = model.n_configuration = 1;
    model.training_info = trainings;
    model.configuration = configurations;
    model.base.n_unknown_fields = 1;
    model.base.unknown_fields = &unknown;

    GByteArray *bytes = g_byte_array_new();
    g_byte_array_set_size(bytes, (guint)protobuf_c_message_get_packed_size(&model.base));
    protobuf_c_message_pack(&model.base, bytes->data);
    return bytes;
}

Test(round_trip, every_field_of_every_message)
{
    GError               *error = NULL;
    g_autoptr(GByteArray) bytes = full_model();
    g_autoptr(Model)      model = model_load_bytes(bytes->data, bytes->len, NULL, "full", NULL, &error);
    cr_assert_not_null(model, "%s", error ? error->message : "");
    g_autoptr(GBytes) saved = model_to_bytes(model, &error);
    cr_assert_not_null(saved, "%s", error ? error->message : "");
    cr_assert_eq(g_bytes_get_size(saved), bytes->len, "%u bytes before, %zu after", bytes->len,
                 g_bytes_get_size(saved));
    cr_expect_eq(memcmp(g_bytes_get_data(saved, NULL), bytes->data, bytes->len), 0);

    g_autoptr(Model)  copy = model_copy(model);
    g_autoptr(GBytes) saved_copy = model_to_bytes(copy, &error);
    cr_expect(g_bytes_equal(saved, saved_copy), "a copy saves as its original");
}

Test(round_trip, truncation_at_every_byte_fails_or_loads)
{
    g_autoptr(GByteArray) bytes = full_model();
    for (guint size = 0; size < bytes->len; size++) {
        GError *error = NULL;
        /* A copy of exactly that size, so that reading beyond it is seen by the sanitizer. */
        g_autofree uint8_t *cut = g_memdup2(bytes->data, size);
        g_autoptr(Model)    model = model_load_bytes(cut, size, NULL, "cut", NULL, &error);
        cr_expect((model == NULL) == (error != NULL), "at %u", size);
        g_clear_error(&error);
    }
}

Test(round_trip, flipped_bytes_fail_or_load)
{
    g_autoptr(GByteArray) bytes = full_model();
    for (guint at = 0; at < bytes->len; at++)
        for (int bit = 0; bit < 8; bit++) {
            GError *error = NULL;
            bytes->data[at] ^= (guint8)(1 << bit);
            g_autoptr(Model) model = model_load_bytes(bytes->data, bytes->len, NULL, "flipped", NULL, &error);
            cr_expect((model == NULL) == (error != NULL), "byte %u, bit %d", at, bit);
            if (model)
                model_check(model, &error);
            g_clear_error(&error);
            bytes->data[at] ^= (guint8)(1 << bit);
        }
}

Test(round_trip, wire_bytes_stand_for_a_tensor)
{
    g_autoptr(Model) model = small_model();
    const Bytes      wire = { (const uint8_t *)"\xff\xff", 2 };
    graph_initializer(model->graph, "w")->wire = &wire;
    g_autoptr(GBytes) bytes = model_to_bytes(model, NULL);
    GError           *error = NULL;
    gsize             size;
    const void       *data = g_bytes_get_data(bytes, &size);
    cr_expect_null(model_load_bytes(data, size, NULL, "malformed.onnx", NULL, &error));
    expect_error(&error, ONNX_ERROR_PARSE, "malformed.onnx: graph.initializer");
}

/* ---- values ------------------------------------------------------------------------------------------------------ */

static void check_value_round_trip(const Value *value, TypeKind kind)
{
    char            *folder = folder_new();
    g_autofree char *path = g_build_filename(folder, "input_0.pb", NULL);
    GError          *error = NULL;
    const Type       type = { .kind = kind };
    cr_assert(value_save(value, "v", path, &error), "%s", error ? error->message : "");
    g_autoptr(Value) back = value_load(path, &type, NULL, &error);
    cr_assert_not_null(back, "%s", error ? error->message : "");
    g_autoptr(GBytes) before = value_to_bytes(value, "v", NULL), after = value_to_bytes(back, "v", NULL);
    cr_expect(g_bytes_equal(before, after));
    cr_expect_eq(back->kind, value->kind);
    folder_remove(folder);
}

static Value *count_value(gint64 n)
{
    const Shape shape = SHAPE(n);
    return value_from_tensor(counting_tensor(DTYPE_INT16, &shape));
}

Test(round_trip, values_of_every_kind)
{
    const Shape shape = SHAPE(2), dense = SHAPE(9);
    g_autoptr(Value) sequence = value_sequence(), empty = value_sequence(), nested = value_sequence();
    check_value_round_trip(empty, TYPE_SEQUENCE);
    for (gint64 i = 0; i < 3; i++)
        value_append(sequence, count_value(i));
    check_value_round_trip(sequence, TYPE_SEQUENCE);
    value_append(nested, value_ref(sequence));
    value_append(nested, value_ref(empty));
    check_value_round_trip(nested, TYPE_SEQUENCE);

    g_autoptr(Value) none = value_optional(NULL), some = value_optional(value_ref(nested));
    check_value_round_trip(none, TYPE_OPTIONAL);
    check_value_round_trip(some, TYPE_OPTIONAL);
    const DType keys[] = { DTYPE_STRING, DTYPE_INT64, DTYPE_INT8, DTYPE_UINT64 };
    for (gsize i = 0; i < G_N_ELEMENTS(keys); i++) {
        GPtrArray *values = g_ptr_array_new();
        g_ptr_array_add(values, count_value(1));
        g_ptr_array_add(values, count_value(4));
        g_autoptr(Value) map = value_map(counting_tensor(keys[i], &shape), values);
        check_value_round_trip(map, TYPE_MAP);
    }
    g_autoptr(Value) sparse =
        value_sparse(counting_tensor(DTYPE_FLOAT, &shape), counting_tensor(DTYPE_INT64, &shape), &dense);
    check_value_round_trip(sparse, TYPE_SPARSE);
}

/* Readers take a string attribute as text: a copy of the empty one must end with its NUL, too. */
Test(round_trip, copies_of_empty_strings_are_strings)
{
    g_autoptr(Model) model = model_new();
    Node *node = graph_add_node(model->graph, "", "Cast", (const char *[]){ "x", NULL }, (const char *[]){ "y", NULL });
    node_set_string(node, model->graph, "round_mode", "");
    g_autoptr(Model) copy = model_copy(model);
    const Attribute *attribute = node_attribute(LIST_AT(&copy->graph->nodes, Node, 0), "round_mode");
    cr_assert_not_null(attribute->s.data);
    cr_assert_str_eq((const char *)attribute->s.data, "");
}
