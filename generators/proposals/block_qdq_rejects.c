/* Nodes that must be refused. Each differs from a valid scenario, its twin, in one thing; the twins are generated here
 * too, so that a reader finds both side by side. */
#include "generators/proposals/block_qdq_node.h"

typedef struct {
    const char *tag, *requirements, *what, *because;
    Granularity granularity;
    gboolean    quantize;
    /* the change: exactly one is set */
    Shape       scale, zero_point; /* another shape (rank -1: unchanged) */
    DType       zero_type;         /* another zero point type */
    const char *attribute;         /* another value of an integer attribute */
    int64_t     value;
    const int64_t *lengths;        /* another block_shape, n_lengths entries */
    gsize       n_lengths;
} Change;

#define SAME { .rank = -1 }
#define KEEP .scale = SAME, .zero_point = SAME

static const int64_t lengths_good[] = { 2, 3 };

/* The valid nodes: x is int8 or float [4, 10]. */
static QdqNode valid(Granularity granularity)
{
    return (QdqNode){ .granularity = granularity, .shape = SHAPE(4, 10), .axis = 1, .block = 4, .lengths = lengths_good,
                      .quantized = DTYPE_INT8, .scale = DTYPE_FLOAT, .zero_point = TRUE };
}

static const Change changes[] = {
    /* blocks on one axis */
    { "block-size-too-small", "R5", "block_size 3 needs 4 scales, 3 are given", "scale", BLOCKED, KEEP, .attribute = "block_size", .value = 3 },
    { "block-size-too-large", "R5", "block_size 5 needs 2 scales, 3 are given", "scale", BLOCKED, KEEP, .attribute = "block_size", .value = 5 },
    { "block-size-huge", "R5", "block_size 2^62 needs one scale, 3 are given", "scale", BLOCKED, KEEP, .attribute = "block_size", .value = INT64_C(1) << 62 },
    { "block-size-negative", "R6", "block_size is -4", "block_size", BLOCKED, KEEP, .attribute = "block_size", .value = -4 },
    { "block-size-zero", "R6", "block_size 0 with a scale of rank 2", "scale", BLOCKED, KEEP, .attribute = "block_size", .value = 0 },
    { "block-axis-high", "R7", "axis 2 of a tensor of rank 2", "axis", BLOCKED, KEEP, .attribute = "axis", .value = 2 },
    { "block-axis-low", "R7", "axis -3 of a tensor of rank 2", "axis", BLOCKED, KEEP, .attribute = "axis", .value = -3 },
    { "block-wrong-axis", "R8", "the scales are laid along axis 1, the attribute says 0", "scale", BLOCKED, KEEP, .attribute = "axis", .value = 0 },
    { "block-scale-other-rows", "R8", "the scale has 3 rows, x has 4", "scale", BLOCKED, .scale = { 2, { 3, 3 } }, .zero_point = SAME },
    { "block-scale-rank-1", "R8", "a scale of rank 1 for a blocked tensor of rank 2", "scale", BLOCKED, .scale = { 1, { 3 } }, .zero_point = SAME },
    { "block-zero-point-shape", "R9", "a zero point of shape [4,2] beside scales of [4,3]", "zero point", BLOCKED, .scale = SAME, .zero_point = { 2, { 4, 2 } } },
    /* per axis */
    { "axis-high", "R7", "axis 2 of a tensor of rank 2", "axis", PER_AXIS, KEEP, .attribute = "axis", .value = 2 },
    { "axis-low", "R7", "axis -3 of a tensor of rank 2", "axis", PER_AXIS, KEEP, .attribute = "axis", .value = -3 },
    { "axis-other", "R8", "10 scales for axis 0 of 4 elements", "scale", PER_AXIS, KEEP, .attribute = "axis", .value = 0 },
    { "axis-scale-short", "R8", "9 scales for 10 elements", "scale", PER_AXIS, .scale = { 1, { 9 } }, .zero_point = SAME },
    { "axis-scale-rank-2", "R6 R8", "a scale of rank 2 without block_size", "scale", PER_AXIS, .scale = { 2, { 1, 10 } }, .zero_point = SAME },
    { "axis-zero-point-short", "R9", "9 zero points for 10 scales", "zero point", PER_AXIS, .scale = SAME, .zero_point = { 1, { 9 } } },
    { "axis-zero-point-scalar", "R9", "one zero point for 10 scales", "zero point", PER_AXIS, .scale = SAME, .zero_point = { 0, { 0 } } },
    { "axis-zero-point-type", "R10", "uint8 zero points for int8 values", "uint8", PER_AXIS, KEEP, .zero_type = DTYPE_UINT8 },
    /* per tensor */
    { "tensor-zero-point-long", "R9", "two zero points for one scale", "zero point", PER_TENSOR, .scale = SAME, .zero_point = { 1, { 2 } } },
    { "tensor-zero-point-type", "R10", "a uint8 zero point for int8 values", "uint8", PER_TENSOR, KEEP, .zero_type = DTYPE_UINT8 },
    /* quantizing */
    { "block-size-too-small", "R5", "block_size 3 needs 4 scales, 3 are given", "scale", BLOCKED, TRUE, KEEP, .attribute = "block_size", .value = 3 },
    { "block-size-too-large", "R5", "block_size 5 needs 2 scales, 3 are given", "scale", BLOCKED, TRUE, KEEP, .attribute = "block_size", .value = 5 },
    { "block-size-negative", "R6", "block_size is -4", "block_size", BLOCKED, TRUE, KEEP, .attribute = "block_size", .value = -4 },
    { "axis-high", "R7", "axis 2 of a tensor of rank 2", "axis", PER_AXIS, TRUE, KEEP, .attribute = "axis", .value = 2 },
    { "axis-scale-short", "R8", "9 scales for 10 elements", "scale", PER_AXIS, TRUE, .scale = { 1, { 9 } }, .zero_point = SAME },
    { "axis-zero-point-short", "R9", "9 zero points for 10 scales", "zero point", PER_AXIS, TRUE, .scale = SAME, .zero_point = { 1, { 9 } } },
    { "output-disagrees", "R15", "output_dtype uint8 beside an int8 zero point", "output_dtype", PER_TENSOR, TRUE, KEEP, .attribute = "output_dtype", .value = DTYPE_UINT8 },
    { "output-not-quantized", "R15", "output_dtype int32", "output_dtype", PER_TENSOR, TRUE, KEEP, .attribute = "output_dtype", .value = DTYPE_INT32 },
    /* block_shape */
    { "length-short", "R37", "one block length for two axes", "block_shape", BLOCK_SHAPE, KEEP, .lengths = (const int64_t[]){ 2 }, .n_lengths = 1 },
    { "length-long", "R37", "three block lengths for two axes", "block_shape", BLOCK_SHAPE, KEEP, .lengths = (const int64_t[]){ 2, 3, 1 }, .n_lengths = 3 },
    { "length-zero", "R38", "a block length of 0", "block_shape", BLOCK_SHAPE, KEEP, .lengths = (const int64_t[]){ 2, 0 }, .n_lengths = 2 },
    { "length-minus-2", "R38", "a block length of -2", "block_shape", BLOCK_SHAPE, KEEP, .lengths = (const int64_t[]){ -2, 3 }, .n_lengths = 2 },
    { "lengths-swapped", "R31", "block_shape [3,2] with the scale of [2,3]", "scale", BLOCK_SHAPE, KEEP, .lengths = (const int64_t[]){ 3, 2 }, .n_lengths = 2 },
    { "scale-short", "R31", "a scale of shape [2,3] where [2,4] is due", "scale", BLOCK_SHAPE, .scale = { 2, { 2, 3 } }, .zero_point = SAME },
    { "scale-long", "R31", "a scale of shape [2,5] where [2,4] is due", "scale", BLOCK_SHAPE, .scale = { 2, { 2, 5 } }, .zero_point = SAME },
    { "scale-flat", "R31", "a scale of rank 1 with the right number of elements", "scale", BLOCK_SHAPE, .scale = { 1, { 8 } }, .zero_point = SAME },
    { "scale-rank-3", "R31", "a scale of rank 3 with the right number of elements", "scale", BLOCK_SHAPE, .scale = { 3, { 1, 2, 4 } }, .zero_point = SAME },
    { "zero-point-shape", "R40", "a zero point of shape [2,3] beside scales of [2,4]", "zero point", BLOCK_SHAPE, .scale = SAME, .zero_point = { 2, { 2, 3 } } },
    { "zero-point-scalar", "R40", "one zero point for a grid of scales", "zero point", BLOCK_SHAPE, .scale = SAME, .zero_point = { 0, { 0 } } },
    { "zero-point-type", "R40", "uint8 zero points for int8 values", "uint8", BLOCK_SHAPE, KEEP, .zero_type = DTYPE_UINT8 },
    { "with-axis", "R39", "block_shape together with axis", "more than one", BLOCK_SHAPE, KEEP, .attribute = "axis", .value = 1 },
    { "with-block-size", "R39", "block_shape together with block_size", "more than one", BLOCK_SHAPE, KEEP, .attribute = "block_size", .value = 4 },
    { "length-short", "R37", "one block length for two axes", "block_shape", BLOCK_SHAPE, TRUE, KEEP, .lengths = (const int64_t[]){ 2 }, .n_lengths = 1 },
    { "length-zero", "R38", "a block length of 0", "block_shape", BLOCK_SHAPE, TRUE, KEEP, .lengths = (const int64_t[]){ 2, 0 }, .n_lengths = 2 },
    { "scale-short", "R31", "a scale of shape [2,3] where [2,4] is due", "scale", BLOCK_SHAPE, TRUE, .scale = { 2, { 2, 3 } }, .zero_point = SAME },
    { "with-axis", "R39", "block_shape together with axis", "more than one", BLOCK_SHAPE, TRUE, KEEP, .attribute = "axis", .value = 1 },
    { "zero-point-shape", "R40", "a zero point of shape [2,3] beside scales of [2,4]", "zero point", BLOCK_SHAPE, TRUE, .scale = SAME, .zero_point = { 2, { 2, 3 } } },
};

static char *twin_name(Granularity granularity, gboolean quantize)
{
    return g_strdup_printf("%s-valid-%s", quantize ? "q" : "dq", granularity_name(granularity));
}

static void twins(Generator *g)
{
    for (Granularity k = PER_TENSOR; k <= BLOCK_SHAPE; k++)
        for (int quantize = 0; quantize < 2; quantize++) {
            const QdqNode n = valid(k);
            g_autofree char *name = twin_name(k, quantize);
            Scenario *s = scenario_new(g, "%s", name);
            static const char *const requirements[] = { "R1 R8 R10", "R2 R7 R8 R10", "R3 R5 R6 R8 R10", "R30 R31 R37 R38 R39" };
            scenario_about(s, k == BLOCK_SHAPE ? "block_shape" : "standard", requirements[k],
                           "The valid twin of the cases that must be refused.");
            (quantize ? qdq_quantize : qdq_dequantize)(s, &n, NULL, NULL, NULL);
            scenario_emit(s);
        }
}

static void apply(Scenario *s, const Change *c, const QdqNode *n)
{
    const Shape own = qdq_scale_shape(n);
    const Shape scale = c->scale.rank < 0 ? own : c->scale;
    /* A scale of another shape brings its zero point along, so that only one thing is wrong. */
    const Shape zero = c->zero_point.rank < 0 ? scale : c->zero_point;
    Tensor *x = c->quantize ? data_normal(DTYPE_FLOAT, &n->shape, 1) : NULL;
    (c->quantize ? qdq_quantize : qdq_dequantize)(s, n, x, block_scales(DTYPE_FLOAT, &scale, TRUE),
                                                  block_zero_points(c->zero_type ? c->zero_type : n->quantized, &zero));
    Graph *graph = scenario_graph(s);
    Node *node = LIST_AT(&graph->nodes, Node, graph->nodes.n - 1);
    if (c->attribute)
        scenario_set_int(s, node, c->attribute, c->value);
    if (c->lengths)
        scenario_set_ints(s, node, "block_shape", c->lengths, c->n_lengths);
    ValueInfo *y = LIST_AT(&graph->outputs, ValueInfo, 0);
    y->type = type_tensor(scenario_model(s), c->quantize ? n->quantized : DTYPE_FLOAT, &n->shape);
}

static void changed(Generator *g)
{
    for (gsize i = 0; i < G_N_ELEMENTS(changes); i++) {
        const Change *c = &changes[i];
        QdqNode n = valid(c->granularity);
        if (c->zero_type && c->quantize)
            n.output = n.quantized;
        g_autofree char *twin = twin_name(c->granularity, c->quantize);
        Scenario *s = scenario_new(g, "reject-%s-%s-%s", c->quantize ? "q" : "dq", granularity_name(c->granularity), c->tag);
        scenario_about(s, c->granularity == BLOCK_SHAPE ? "block_shape" : "standard", c->requirements, "Must be refused: %s.",
                       c->what);
        apply(s, c, &n);
        scenario_reject(s, twin, c->because);
    }
}

/* ---- rules that need a twin of their own -------------------------------------------------------------------------------- */

static void special(Generator *g)
{
    /* e8m0 scales need output_dtype. */
    const QdqNode mx = { .granularity = BLOCKED, .shape = SHAPE(2, 8), .axis = 1, .block = 4, .quantized = DTYPE_FLOAT4E2M1,
                         .scale = DTYPE_FLOAT8E8M0, .output = DTYPE_FLOAT };
    Scenario *s = scenario_new(g, "dq-valid-e8m0");
    scenario_about(s, "standard", "R20 R17", "A float8e8m0 scale with output_dtype float.");
    qdq_dequantize(s, &mx, NULL, NULL, NULL);
    scenario_emit(s);
    QdqNode untyped = mx;
    untyped.output = 0;
    s = scenario_new(g, "reject-dq-e8m0-without-output-dtype");
    scenario_about(s, "standard", "R20", "Must be refused: the output would have the scale's type, which is no output type.");
    qdq_dequantize(s, &untyped, NULL, NULL, NULL);
    LIST_AT(&scenario_graph(s)->outputs, ValueInfo, 0)->type = type_tensor(scenario_model(s), DTYPE_FLOAT, &mx.shape);
    scenario_reject(s, "dq-valid-e8m0", "output");

    /* int32 has no zero point. */
    const QdqNode wide = { .granularity = PER_TENSOR, .shape = SHAPE(7), .quantized = DTYPE_INT32, .scale = DTYPE_FLOAT,
                           .zero_point = TRUE };
    s = scenario_new(g, "reject-dq-int32-zero-point-3");
    scenario_about(s, "standard", "R21", "Must be refused: a zero point of 3 for int32.");
    qdq_dequantize(s, &wide, NULL, NULL, data_scalar(DTYPE_INT32, 3));
    LIST_AT(&scenario_graph(s)->outputs, ValueInfo, 0)->type = type_tensor(scenario_model(s), DTYPE_FLOAT, &wide.shape);
    scenario_reject(s, "dq-int32-zero-point-0", "int32");

    /* The default axis of a vector. */
    const QdqNode vector = { .granularity = PER_AXIS, .shape = SHAPE(5), .axis = 0, .quantized = DTYPE_INT8,
                             .scale = DTYPE_FLOAT, .zero_point = TRUE, .default_axis = TRUE };
    s = scenario_new(g, "reject-dq-rank1-default-axis");
    scenario_about(s, "standard", "R23", "Must be refused: the default axis 1 does not exist in a vector.");
    qdq_dequantize(s, &vector, NULL, NULL, NULL);
    LIST_AT(&scenario_graph(s)->outputs, ValueInfo, 0)->type = type_tensor(scenario_model(s), DTYPE_FLOAT, &vector.shape);
    scenario_reject(s, "dq-rank1-axis0", "axis");
}

/* The paired lists. */
static void paired(Generator *g)
{
    static const struct {
        const char *tag, *what;
        int64_t     axes[3], sizes[3];
        gsize       n_axes, n_sizes;
    } bad[] = {
        { "unequal", "two axes, one block size", { 0, 1 }, { 2 }, 2, 1 },
        { "twice", "one axis listed twice", { 1, 1 }, { 2, 3 }, 2, 2 },
        { "range", "an axis that does not exist", { 0, 2 }, { 2, 3 }, 2, 2 },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        Scenario *s = scenario_new(g, "reject-dq-axes-%s", bad[i].tag);
        scenario_about(s, "axes", "R60", "Must be refused: %s.", bad[i].what);
        scenario_input(s, "x", block_codes(DTYPE_INT8, &SHAPE(5, 7)));
        scenario_input(s, "scale", block_scales(DTYPE_FLOAT, &SHAPE(3, 3), FALSE));
        Node *node = scenario_node(s, BLOCK_QDQ, "DequantizeLinear", NAMES("x", "scale"), NAMES("y"));
        scenario_set_ints(s, node, "axes", bad[i].axes, bad[i].n_axes);
        scenario_set_ints(s, node, "block_sizes", bad[i].sizes, bad[i].n_sizes);
        scenario_output_typed(s, "y", type_tensor(scenario_model(s), DTYPE_FLOAT, &SHAPE(5, 7)));
        scenario_reject(s, "dq-axes-both", "axes");
    }
    Scenario *s = scenario_new(g, "reject-dq-squeezed-kept");
    scenario_about(s, "squeezed", "R61", "Must be refused: the whole axis appears in the scale's shape although it is to be left out.");
    scenario_input(s, "x", block_codes(DTYPE_UINT4, &SHAPE(5, 3)));
    scenario_input(s, "scale", block_scales(DTYPE_FLOAT, &SHAPE(3, 1), FALSE));
    Node *node = scenario_node(s, BLOCK_QDQ, "DequantizeLinear", NAMES("x", "scale"), NAMES("y"));
    scenario_set_ints(s, node, "block_shape", INTS(2, -1));
    scenario_set_int(s, node, "squeeze_whole", 1);
    scenario_output_typed(s, "y", type_tensor(scenario_model(s), DTYPE_FLOAT, &SHAPE(5, 3)));
    scenario_reject(s, "dq-squeezed-rows", "scale");
}

void block_qdq_rejects(Generator *g)
{
    twins(g);
    changed(g);
    special(g);
    paired(g);
}
