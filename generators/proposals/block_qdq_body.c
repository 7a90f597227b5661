/* What Q and DQ mean in standard operators that every backend of opset 21 knows: scales are spread over their blocks by
 * Unsqueeze, Expand, Reshape and Slice, the arithmetic is done in float. */
#include "generators/proposals/block_qdq.h"

#include <math.h>

typedef struct {
    Function *function;
    Graph    *body;
    guint     next;
} Body;

static const char *fresh(Body *b, const char *stem)
{
    return arena_printf(b->body->model->arena, "%s%u", stem, b->next++);
}

static const char *list_constant(Body *b, const int64_t *values, int n)
{
    const char *name = fresh(b, "list");
    Node *node = graph_add_node(b->body, "", "Constant", NO_NAMES, NAMES(name));
    node_set_tensor(node, b->body, "value", data_int64s(&(Shape){ .rank = 1, .dims = { n } }, values));
    return name;
}

static const char *float_constant(Body *b, double value)
{
    const char *name = fresh(b, "limit");
    Node *node = graph_add_node(b->body, "", "Constant", NO_NAMES, NAMES(name));
    node_set_tensor(node, b->body, "value", data_scalar(DTYPE_FLOAT, value));
    return name;
}

static const char *apply1(Body *b, const char *op, const char *x)
{
    const char *y = fresh(b, "v");
    graph_add_node(b->body, "", op, NAMES(x), NAMES(y));
    return y;
}

static const char *apply2(Body *b, const char *op, const char *x, const char *with)
{
    const char *y = fresh(b, "v");
    graph_add_node(b->body, "", op, NAMES(x, with), NAMES(y));
    return y;
}

static const char *cast(Body *b, const char *x, DType to)
{
    const char *y = fresh(b, "v");
    Node *node = graph_add_node(b->body, "", "Cast", NAMES(x), NAMES(y));
    node_set_int(node, b->body, "to", to);
    return y;
}

/* One axis of the scale from S elements to D: each repeated `length` times, the surplus of the last block cut off. */
static const char *spread_axis(Body *b, const char *scale, Shape *shape, int axis, int64_t length, int64_t size)
{
    const int64_t after = axis + 1;
    const char *wide = apply2(b, "Unsqueeze", scale, list_constant(b, &after, 1));
    Shape expanded = { .rank = shape->rank + 1 };
    for (int d = 0; d < expanded.rank; d++)
        expanded.dims[d] = d <= axis ? shape->dims[d] : d == after ? length : shape->dims[d - 1];
    const char *repeated = apply2(b, "Expand", wide, list_constant(b, expanded.dims, expanded.rank));
    shape->dims[axis] *= length;
    const char *merged = apply2(b, "Reshape", repeated, list_constant(b, shape->dims, shape->rank));
    if (shape->dims[axis] == size)
        return merged;
    const int64_t zero = 0, end = size, own_axis = axis;
    shape->dims[axis] = size;
    const char *starts = list_constant(b, &zero, 1), *ends = list_constant(b, &end, 1), *axes = list_constant(b, &own_axis, 1);
    const char *y = fresh(b, "v");
    graph_add_node(b->body, "", "Slice", NAMES(merged, starts, ends, axes), NAMES(y));
    return y;
}

/* A parameter of the scale's shape, as float and broadcastable to x. A rank-1 scale of a per-axis form is first given
 * x's rank. */
static const char *spread(Body *b, const char *name, const Blocks *blocks)
{
    Shape shape = blocks_scale_shape(blocks);
    const char *value = cast(b, name, DTYPE_FLOAT); /* sub-byte types move through few operators; floats through all */
    value = apply2(b, "Reshape", value, list_constant(b, shape.dims, shape.rank));
    for (int d = 0; d < shape.rank; d++)
        if (shape.dims[d] > 1 && blocks->block[d] > 1)
            value = spread_axis(b, value, &shape, d, blocks->block[d], blocks->x.dims[d]);
    return value;
}

static Body begin(Scenario *s, const Meaning *m, const char *name)
{
    Body b = { .function = model_add_function(scenario_functions(s), m->domain, name,
                                              m->zero_point ? NAMES("x", "scale", "zero_point") : NAMES("x", "scale"),
                                              NAMES("y"), m->attributes) };
    function_import(b.function, "", 25);
    b.body = b.function->body;
    return b;
}

void meaning_of_dequantize(Scenario *s, const Meaning *m)
{
    Body b = begin(s, m, "DequantizeLinear");
    const char *value = cast(&b, "x", DTYPE_FLOAT);
    if (m->zero_point)
        value = apply2(&b, "Sub", value, spread(&b, "zero_point", &m->blocks));
    value = apply2(&b, "Mul", value, spread(&b, "scale", &m->blocks));
    Node *last = graph_add_node(b.body, "", "Cast", NAMES(value), NAMES("y"));
    node_set_int(last, b.body, "to", m->target);
}

void meaning_of_quantize(Scenario *s, const Meaning *m)
{
    Body b = begin(s, m, "QuantizeLinear");
    const char *scale = cast(&b, spread(&b, "scale", &m->blocks), m->precision);
    const char *quotient = apply2(&b, "Div", cast(&b, "x", m->precision), scale);
    if (dtype_is_integer(m->target)) {
        const char *value = apply1(&b, "Round", cast(&b, quotient, DTYPE_FLOAT));
        if (m->zero_point)
            value = apply2(&b, "Add", value, spread(&b, "zero_point", &m->blocks));
        const char *low = float_constant(&b, (double)dtype_min(m->target));
        const char *high = float_constant(&b, (double)dtype_max(m->target));
        quotient = fresh(&b, "v");
        graph_add_node(b.body, "", "Clip", NAMES(value, low, high), NAMES(quotient));
    }
    Node *last = graph_add_node(b.body, "", "Cast", NAMES(quotient), NAMES("y"));
    node_set_int(last, b.body, "to", m->target);
    if (!m->saturate)
        node_set_int(last, b.body, "saturate", 0);
}

/* ---- blocks ------------------------------------------------------------------------------------------------------------- */

Shape blocks_scale_shape(const Blocks *blocks)
{
    Shape shape = { .rank = blocks->x.rank };
    for (int d = 0; d < shape.rank; d++) {
        const int64_t length = blocks->block[d];
        shape.dims[d] = length < 0 ? 1 : blocks->x.dims[d] / length + (blocks->x.dims[d] % length != 0);
    }
    return shape;
}

Blocks blocks_of(Shape x, const int64_t *lengths)
{
    Blocks blocks = { .x = x };
    for (int d = 0; d < x.rank; d++)
        blocks.block[d] = lengths[d];
    return blocks;
}

static Blocks uniform(Shape x, int64_t length)
{
    Blocks blocks = { .x = x };
    for (int d = 0; d < x.rank; d++)
        blocks.block[d] = length;
    return blocks;
}

Blocks blocks_per_tensor(Shape x)
{
    return uniform(x, -1);
}

Blocks blocks_per_axis(Shape x, int axis)
{
    Blocks blocks = uniform(x, -1);
    blocks.block[axis] = 1;
    return blocks;
}

Blocks blocks_on_axis(Shape x, int axis, int64_t size)
{
    Blocks blocks = uniform(x, 1);
    blocks.block[axis] = size;
    return blocks;
}

/* ---- designed data ------------------------------------------------------------------------------------------------------ */

static Tensor *tensor(DType dtype, const Shape *shape)
{
    return data_constant(dtype, shape, 0);
}

Tensor *block_scales(DType dtype, const Shape *shape, gboolean powers)
{
    Tensor *t = tensor(dtype, shape);
    for (int64_t i = 0; i < t->count; i++)
        tensor_set_double(t, i, powers || dtype == DTYPE_FLOAT8E8M0 ? ldexp(1.0, (int)(i * 3 % 7) - 3)
                                                                    : ldexp((double)(2 * (i * 7 % 31) + 1), -4));
    return t;
}

Tensor *block_zero_points(DType dtype, const Shape *shape)
{
    Tensor *t = tensor(dtype, shape);
    const int64_t low = dtype_min(dtype), high = (int64_t)dtype_max(dtype);
    const int64_t span = MIN(high - low, 12); /* near the low end: differences stay short and quotients saturate both ways */
    for (int64_t i = 0; i < t->count; i++)
        tensor_set_int(t, i, MAX(low, -5) + (i * 5 + 1) % (span + 1));
    return t;
}

Tensor *block_codes(DType dtype, const Shape *shape)
{
    if (dtype_is_float(dtype)) {
        Tensor *t = data_codes(dtype, shape, data_seed("codes"), TRUE);
        for (int64_t i = 0; i < t->count && dtype_info(dtype)->bits == 4; i++)
            tensor_set_bits(t, i, (uint64_t)(15 - i % 16));
        return t;
    }
    const int64_t low = MAX(dtype_min(dtype), -2000), high = MIN((int64_t)MIN(dtype_max(dtype), (uint64_t)INT32_MAX), 2000);
    Tensor *t = tensor(dtype, shape);
    for (int64_t i = 0; i < t->count; i++)
        tensor_set_int(t, i, high - (high - low > 255 ? i * 37 : i) % (high - low + 1));
    return t;
}

/* The scale's flat index for element i. */
static int64_t scale_index(const Blocks *blocks, int64_t i)
{
    const Shape grid = blocks_scale_shape(blocks);
    int64_t index[SHAPE_MAX_RANK], flat = 0;
    for (int d = blocks->x.rank - 1; d >= 0; d--) {
        index[d] = blocks->block[d] < 0 ? 0 : i % blocks->x.dims[d] / blocks->block[d];
        i /= blocks->x.dims[d];
    }
    for (int d = 0; d < grid.rank; d++)
        flat = flat * grid.dims[d] + index[d];
    return flat;
}

Tensor *block_values(DType dtype, const Blocks *blocks, const Tensor *scale, DType target)
{
    Tensor *t = tensor(dtype, &blocks->x);
    const double low = dtype_is_integer(target) ? (double)dtype_min(target) : -8;
    const double high = dtype_is_integer(target) ? (double)dtype_max(target) : 8;
    /* Quotients in steps of a quarter, a little beyond the range on both sides, and few bits: at most 40 steps wide. */
    const double from = MAX(low - 2, -10), to = MIN(high + 2, 10);
    const int64_t steps = (int64_t)((to - from) * 4) + 1;
    for (int64_t i = 0; i < t->count; i++) {
        const double s = tensor_get_double(scale, scale->count == 1 ? 0 : scale_index(blocks, i));
        tensor_set_double(t, i, (from + (double)(i * 11 % steps) / 4) * s);
    }
    return t;
}
