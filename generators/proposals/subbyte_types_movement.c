/* Data movement of packed types with odd sizes: whoever moves bytes, or starts a row at a byte, moves the wrong bits. */
#include "generators/proposals/subbyte_types.h"

#include "reference/onnx/text.h"

/* Graphs over an input x of the type under test, written T, in the text syntax; shapes are odd. `native`: the operator lists
 * the packed types; else the graph has 8-bit elements between two conversions. */
typedef struct {
    const char *name;
    Shape       shape;
    const char *body; /* nodes from x to y */
    const char *summary;
} Move;

static const Move listed[] = {
    { "identity", { 2, { 3, 5 } }, "y = Identity (x)", "Identity" },
    { "reshape-flat", { 2, { 3, 5 } }, "s = Constant <value = int64[1] {15}> ()  y = Reshape (x, s)", "Reshape to one dimension" },
    { "reshape-rows", { 2, { 3, 5 } }, "s = Constant <value = int64[2] {5, 3}> ()  y = Reshape (x, s)",
      "Reshape to rows of another odd length" },
    { "reshape-infer", { 3, { 3, 5, 7 } }, "s = Constant <value = int64[3] {0, -1, 5}> ()  y = Reshape (x, s)",
      "Reshape with an inferred and a copied dimension" },
    { "reshape-scalar", { 1, { 1 } }, "s = Constant <value = int64[0] {}> ()  y = Reshape (x, s)", "Reshape to a scalar" },
    { "flatten", { 3, { 3, 5, 7 } }, "y = Flatten <axis = 2> (x)", "Flatten" },
    { "squeeze", { 4, { 1, 3, 1, 5 } }, "a = Constant <value = int64[2] {0, -2}> ()  y = Squeeze (x, a)", "Squeeze" },
    { "unsqueeze", { 2, { 3, 5 } }, "a = Constant <value = int64[2] {1, 3}> ()  y = Unsqueeze (x, a)", "Unsqueeze" },
    { "transpose", { 2, { 3, 5 } }, "y = Transpose (x)", "Transpose of odd rows" },
    { "transpose-tall", { 2, { 7, 1 } }, "y = Transpose (x)", "Transpose of a column" },
    { "transpose-201", { 3, { 3, 5, 7 } }, "y = Transpose <perm = [2, 0, 1]> (x)", "Transpose of three odd dimensions" },
    { "transpose-021", { 3, { 3, 5, 2 } }, "y = Transpose <perm = [0, 2, 1]> (x)", "Transpose within odd planes" },
    { "transpose-back", { 2, { 3, 5 } }, "t = Transpose (x)  y = Transpose (t)", "Transpose there and back" },
    { "pad-zero", { 2, { 3, 5 } }, "p = Constant <value = int64[4] {0, 1, 1, 2}> ()  y = Pad (x, p)", "Pad with zeros" },
    { "pad-edge", { 2, { 3, 5 } }, "p = Constant <value = int64[4] {1, 3, 0, 1}> ()  y = Pad <mode = \"edge\"> (x, p)",
      "Pad with the edge" },
    { "pad-reflect", { 2, { 3, 5 } }, "p = Constant <value = int64[4] {1, 1, 1, 2}> ()  y = Pad <mode = \"reflect\"> (x, p)",
      "Pad by reflection" },
    { "pad-wrap", { 2, { 3, 5 } }, "p = Constant <value = int64[4] {0, 2, 1, 1}> ()  y = Pad <mode = \"wrap\"> (x, p)",
      "Pad by wrapping around" },
    { "pad-negative", { 2, { 5, 7 } }, "p = Constant <value = int64[4] {-1, -1, 0, -3}> ()  y = Pad (x, p)",
      "Pad with negative amounts" },
    { "shape", { 2, { 3, 5 } }, "y = Shape (x)", "Shape counts elements, not bytes" },
    { "size", { 2, { 3, 5 } }, "y = Size (x)", "Size counts elements, not bytes" },
    { "empty-transpose", { 2, { 0, 5 } }, "y = Transpose (x)", "Transpose without elements" },
};

static const Move unlisted[] = {
    { "concat", { 2, { 3, 5 } }, "w = Concat <axis = 1> (v, v)", "Concat of odd rows" },
    { "concat-rows", { 1, { 5 } }, "w = Concat <axis = 0> (v, v, v)", "Concat of three odd tensors" },
    { "slice", { 2, { 5, 7 } },
      "b = Constant <value = int64[2] {1, 1}> ()  e = Constant <value = int64[2] {4, 6}> ()  w = Slice (v, b, e)",
      "Slice at odd offsets" },
    { "slice-reverse", { 1, { 9 } },
      "b = Constant <value = int64[1] {7}> ()  e = Constant <value = int64[1] {-100}> ()  "
      "a = Constant <value = int64[1] {0}> ()  p = Constant <value = int64[1] {-3}> ()  w = Slice (v, b, e, a, p)",
      "Slice backwards in steps of three" },
    { "gather", { 2, { 5, 3 } }, "i = Constant <value = int64[4] {4, 0, 3, -2}> ()  w = Gather (v, i)", "Gather of odd rows" },
    { "gather-columns", { 2, { 3, 5 } }, "i = Constant <value = int64[3] {1, 4, 1}> ()  w = Gather <axis = 1> (v, i)",
      "Gather of columns" },
    { "split", { 1, { 9 } }, "p = Constant <value = int64[3] {3, 1, 5}> ()  q, r, w = Split <axis = 0> (v, p)",
      "The last part of a Split into odd parts" },
    { "split-short-last", { 1, { 7 } }, "q, r, w = Split <axis = 0, num_outputs = 3> (v)", "The last part of a Split that does not come out even" },
    { "slice-from-end", { 1, { 9 } },
      "b = Constant <value = int64[1] {-6}> ()  e = Constant <value = int64[1] {-1}> ()  w = Slice (v, b, e)", "Slice counted from the end" },
    { "expand", { 2, { 3, 1 } }, "p = Constant <value = int64[2] {3, 5}> ()  w = Expand (v, p)", "Expand of a column" },
    { "where", { 1, { 5 } },
      "c = Constant <value = bool[5] {1, 0, 0, 1, 0}> ()  i = Constant <value = int64[5] {4, 3, 2, 1, 0}> ()  "
      "t = Gather (v, i)  w = Where (c, v, t)", "Where between a tensor and its reverse" },
    { "gather-elements", { 2, { 3, 5 } },
      "i = Constant <value = int64[1, 5] {2, 0, 1, 2, 0}> ()  w = GatherElements <axis = 0> (v, i)", "GatherElements" },
};

/* The nodes of a text go into the scenario's graph. */
static void add_nodes(Scenario *s, DType dtype, const char *body)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *text = g_strdup_printf("g (%s x) => (%s y) { %s }", dtype_name(dtype), dtype_name(dtype), body);
    Graph *graph = graph_from_text(scenario_model(s), text, &error);
    if (!graph)
        g_error("subbyte-types: %s: %s", text, error->message);
    for (gsize i = 0; i < graph->nodes.n; i++)
        list_append(&scenario_graph(s)->nodes, scenario_model(s)->arena, graph->nodes.items[i]);
}

/* Any order of elements other than the right one must show. */
static Tensor *moved_data(DType dtype, const Move *move)
{
    return data_codes(dtype, &move->shape, data_seed(move->name), FALSE);
}

static void move_listed(Generator *g, DType dtype, const Move *move)
{
    Scenario *s = scenario_new(g, "move-%s-%s", move->name, dtype_name(dtype));
    scenario_about(s, "movement", "R47 R3", "%s, %s.", move->summary, dtype_name(dtype));
    scenario_input(s, "x", moved_data(dtype, move));
    add_nodes(s, dtype, move->body);
    scenario_output(s, "y");
    scenario_compare_bits(s);
    scenario_emit(s);
}

/* int8 and uint8 hold every narrow integer; float16 every float4e2m1. */
static const char *carrier(DType dtype)
{
    return dtype_is_float(dtype) ? "10" : dtype_min(dtype) < 0 ? "3" : "2";
}

static void move_unlisted(Generator *g, DType dtype, const Move *move)
{
    Scenario *s = scenario_new(g, "move-%s-%s", move->name, dtype_name(dtype));
    scenario_about(s, "movement", "R48", "%s, %s carried in a wider type.", move->summary, dtype_name(dtype));
    scenario_input(s, "x", moved_data(dtype, move));
    g_autofree char *body = g_strdup_printf("v = Cast <to = %s> (x)  %s  y = Cast <to = %d> (w)", carrier(dtype), move->body,
                                            (int)dtype);
    add_nodes(s, dtype, body);
    scenario_output(s, "y");
    scenario_compare_bits(s);
    scenario_emit(s);
}

/* Pad and ConstantOfShape take a value of the type itself. */
static void filled(Generator *g, DType dtype)
{
    Scenario *s = scenario_new(g, "move-pad-value-%s", dtype_name(dtype));
    scenario_about(s, "movement", "R47", "Pad with a given value of %s.", dtype_name(dtype));
    scenario_input(s, "x", data_codes(dtype, &SHAPE(3, 3), data_seed("pad value"), FALSE));
    scenario_constant(s, "pads", data_int64s(&SHAPE(4), (const int64_t[]){ 0, 1, 1, 1 }));
    Tensor *value = data_constant(dtype, &SHAPE0, 0);
    tensor_set_bits(value, 0, (UINT64_C(1) << dtype_info(dtype)->bits) - 2);
    scenario_constant(s, "value", value);
    scenario_node(s, "", "Pad", NAMES("x", "pads", "value"), NAMES("y"));
    scenario_output(s, "y");
    scenario_compare_bits(s);
    scenario_emit(s);

    Scenario *c = scenario_new(g, "move-constant-of-shape-%s", dtype_name(dtype));
    scenario_about(c, "movement", "R47", "ConstantOfShape with a value of %s.", dtype_name(dtype));
    scenario_input(c, "shape", data_int64s(&SHAPE(2), (const int64_t[]){ 3, 5 }));
    Tensor *one = data_constant(dtype, &SHAPE(1), 0);
    tensor_set_bits(one, 0, (UINT64_C(1) << dtype_info(dtype)->bits) - 2);
    node_set_tensor(scenario_node(c, "", "ConstantOfShape", NAMES("shape"), NAMES("y")), scenario_graph(c), "value", one);
    scenario_output(c, "y");
    scenario_compare_bits(c);
    scenario_emit(c);
}

/* Rows of a packed tensor as scan input and scan output: each row is odd, so rows do not start at bytes. */
static void scanned(Generator *g, DType dtype)
{
    Scenario *s = scenario_new(g, "move-scan-%s", dtype_name(dtype));
    scenario_about(s, "movement", "R47", "Scan takes odd rows of %s apart and puts them together backwards.", dtype_name(dtype));
    scenario_input(s, "x", data_codes(dtype, &SHAPE(5, 3), data_seed("scan"), FALSE));
    g_autoptr(GError) error = NULL;
    g_autofree char *text = g_strdup_printf("body (%s[3] row) => (%s[3] out) { out = Identity (row) }", dtype_name(dtype),
                                            dtype_name(dtype));
    Graph *body = graph_from_text(scenario_model(s), text, &error);
    if (!body)
        g_error("subbyte-types: %s: %s", text, error->message);
    Node *node = scenario_node(s, "", "Scan", NAMES("x"), NAMES("y"));
    scenario_set_graph(s, node, "body", body);
    scenario_set_int(s, node, "num_scan_inputs", 1);
    scenario_set_ints(s, node, "scan_output_directions", INTS(1));
    scenario_output(s, "y");
    scenario_compare_bits(s);
    scenario_emit(s);
}

void subbyte_generate_movement(Generator *g)
{
    static const DType whole[] = { DTYPE_FLOAT8E4M3FN, DTYPE_FLOAT8E5M2FNUZ, DTYPE_FLOAT8E8M0 };
    for (gsize t = 0; t < SUBBYTE_PACKED + G_N_ELEMENTS(whole); t++) {
        const DType dtype = t < SUBBYTE_PACKED ? subbyte_types[t] : whole[t - SUBBYTE_PACKED];
        for (gsize i = 0; i < G_N_ELEMENTS(listed); i++)
            if (dtype != DTYPE_FLOAT8E8M0 || !g_str_equal(listed[i].name, "pad-zero")) /* it has no zero */
                move_listed(g, dtype, &listed[i]);
        for (gsize i = 0; i < G_N_ELEMENTS(unlisted) && t < SUBBYTE_PACKED; i++)
            move_unlisted(g, dtype, &unlisted[i]);
        filled(g, dtype);
        scanned(g, dtype);
    }
}
