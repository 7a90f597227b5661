#include "generators/proposals/block_qdq_node.h"

const DType qdq_integers[QDQ_INTEGERS] = { DTYPE_UINT8, DTYPE_INT8, DTYPE_UINT16, DTYPE_INT16, DTYPE_UINT4, DTYPE_INT4, DTYPE_UINT2,
                                  DTYPE_INT2 };
const DType qdq_floats[QDQ_FLOATS] = { DTYPE_FLOAT8E4M3FN, DTYPE_FLOAT8E4M3FNUZ, DTYPE_FLOAT8E5M2, DTYPE_FLOAT8E5M2FNUZ,
                                DTYPE_FLOAT4E2M1 };
const DType qdq_scales[QDQ_SCALES] = { DTYPE_FLOAT, DTYPE_FLOAT16, DTYPE_BFLOAT16, DTYPE_FLOAT8E8M0 };

const QdqLayout qdq_layouts[QDQ_LAYOUTS] = {
    { "tensor", PER_TENSOR, { 2, { 3, 5 } }, 0, 0, "R1", "one scale for all elements" },
    { "axis0", PER_AXIS, { 2, { 3, 5 } }, 0, 0, "R2", "one scale per row" },
    { "axis1", PER_AXIS, { 3, { 2, 3, 5 } }, 1, 0, "R2", "one scale per middle index" },
    { "axis-1", PER_AXIS, { 3, { 2, 3, 5 } }, -1, 0, "R2", "one scale per last index, axis counted from the end" },
    { "blocks-even", BLOCKED, { 2, { 3, 8 } }, 1, 4, "R3", "blocks of 4 that divide 8" },
    { "blocks-ragged", BLOCKED, { 2, { 3, 11 } }, 1, 4, "R3 R4", "blocks of 4 on 11 elements, the last one short" },
    { "blocks-axis0", BLOCKED, { 3, { 7, 2, 3 } }, 0, 3, "R3 R4", "blocks of 3 on the first axis of 7" },
    { "blocks-axis-2", BLOCKED, { 3, { 2, 7, 3 } }, -2, 2, "R3 R4", "blocks of 2 on the middle axis, counted from the end" },
};

const char *granularity_name(Granularity granularity)
{
    static const char *const names[] = { "tensor", "axis", "blocked", "shape" };
    return names[granularity];
}

Blocks qdq_blocks(const QdqNode *n)
{
    const int axis = n->axis < 0 ? n->axis + n->shape.rank : n->axis;
    switch (n->granularity) {
    case PER_TENSOR:
        return blocks_per_tensor(n->shape);
    case PER_AXIS:
        return blocks_per_axis(n->shape, axis);
    case BLOCKED:
        return blocks_on_axis(n->shape, axis, n->block);
    default:
        return blocks_of(n->shape, n->lengths);
    }
}

Shape qdq_scale_shape(const QdqNode *n)
{
    const int axis = n->axis < 0 ? n->axis + n->shape.rank : n->axis;
    const Blocks blocks = qdq_blocks(n);
    if (n->granularity == PER_TENSOR)
        return SHAPE0;
    if (n->granularity == PER_AXIS)
        return SHAPE(n->shape.dims[axis]);
    return blocks_scale_shape(&blocks);
}

static gboolean takes_axis(const QdqNode *n)
{
    return (n->granularity == PER_AXIS || n->granularity == BLOCKED) && !n->default_axis;
}

/* The attributes as written, and their names for the function that defines the node. */
static void set_attributes(Scenario *s, Node *node, const QdqNode *n, const char **names)
{
    gsize k = 0;
    if (takes_axis(n)) {
        scenario_set_int(s, node, "axis", n->axis);
        names[k++] = "axis";
    }
    if (n->granularity == BLOCKED) {
        scenario_set_int(s, node, "block_size", n->block);
        names[k++] = "block_size";
    }
    if (n->granularity == BLOCK_SHAPE) {
        scenario_set_ints(s, node, "block_shape", n->lengths, (gsize)n->shape.rank);
        names[k++] = "block_shape";
    }
    if (n->output) {
        scenario_set_int(s, node, "output_dtype", n->output);
        names[k++] = "output_dtype";
    }
    if (n->precision) {
        scenario_set_int(s, node, "precision", n->precision);
        names[k++] = "precision";
    }
    if (n->wrap_overflow) {
        scenario_set_int(s, node, "saturate", 0);
        names[k++] = "saturate";
    }
    names[k] = NULL;
}

static Node *add_node(Scenario *s, const QdqNode *n, const char *op)
{
    if (n->opset)
        scenario_opset(s, n->opset);
    return scenario_node(s, n->granularity == BLOCK_SHAPE ? BLOCK_QDQ : "", op,
                         n->zero_point ? NAMES("x", "scale", "zero_point") : NAMES("x", "scale"), NAMES("y"));
}

static Tensor *scale_of(const QdqNode *n, gboolean powers)
{
    const Shape shape = qdq_scale_shape(n);
    return block_scales(n->scale, &shape, powers);
}

static Tensor *zero_point_of(const QdqNode *n)
{
    const Shape shape = qdq_scale_shape(n);
    return block_zero_points(n->quantized, &shape);
}

static void add_inputs(Scenario *s, const QdqNode *n, Tensor *x, Tensor *scale, Tensor *zero_point)
{
    scenario_input(s, "x", x);
    scenario_input(s, "scale", scale);
    if (n->zero_point)
        scenario_input(s, "zero_point", zero_point ? zero_point : zero_point_of(n));
}

static const char *domain_of(const QdqNode *n)
{
    return n->granularity == BLOCK_SHAPE ? BLOCK_QDQ : "";
}

void qdq_dequantize(Scenario *s, const QdqNode *n, Tensor *x, Tensor *scale, Tensor *zero_point)
{
    const char *names[8];
    add_inputs(s, n, x ? x : block_codes(n->quantized, &n->shape), scale ? scale : scale_of(n, FALSE), zero_point);
    set_attributes(s, add_node(s, n, "DequantizeLinear"), n, names);
    const Meaning meaning = { .domain = domain_of(n), .zero_point = n->zero_point, .blocks = qdq_blocks(n),
                              .target = n->output ? n->output : n->scale, .saturate = TRUE, .attributes = names };
    meaning_of_dequantize(s, &meaning);
    scenario_output(s, "y");
}

void qdq_quantize(Scenario *s, const QdqNode *n, Tensor *x, Tensor *scale, Tensor *zero_point)
{
    const char *names[8];
    const Blocks blocks = qdq_blocks(n);
    const DType real = n->real ? n->real : n->scale == DTYPE_FLOAT8E8M0 ? DTYPE_FLOAT : n->scale;
    scale = scale ? scale : scale_of(n, !n->arbitrary);
    if (!x)
        x = n->arbitrary ? data_normal(real, &n->shape, data_seed("values"))
                         : block_values(real, &blocks, scale, n->quantized);
    add_inputs(s, n, x, scale, zero_point);
    set_attributes(s, add_node(s, n, "QuantizeLinear"), n, names);
    const DType precision = n->precision ? n->precision : n->scale == DTYPE_FLOAT8E8M0 ? DTYPE_FLOAT : n->scale;
    const Meaning meaning = { .domain = domain_of(n), .zero_point = n->zero_point, .blocks = blocks, .target = n->quantized,
                              .precision = precision, .saturate = !n->wrap_overflow, .attributes = names };
    meaning_of_quantize(s, &meaning);
    scenario_output(s, "y");
}
