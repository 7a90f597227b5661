#include "reference/ops/shared/scale_grid.h"

#include "reference/eval/operator.h"

static int64_t blocks(int64_t dim, int64_t block)
{
    return dim / block + (dim % block != 0);
}

static void one_scale(ScaleGrid *grid, const Shape *x)
{
    *grid = (ScaleGrid){ .shape = *x };
    for (int d = 0; d < x->rank; d++)
        grid->block[d] = 1;
}

static gboolean mismatch(const Shape *scale, const Shape *x, const char *expected, GError **error)
{
    g_autofree char *found = shape_to_string(scale), *of = shape_to_string(x);
    return eval_fail(error, "the scale has shape %s for a tensor of shape %s, expected %s", found, of, expected);
}

static gboolean blocked(ScaleGrid *grid, const Shape *x, const Shape *scale, int axis, int64_t size, GError **error)
{
    gboolean fits = scale->rank == x->rank;
    for (int d = 0; fits && d < x->rank; d++)
        fits = d == axis || scale->dims[d] == x->dims[d];
    if (!fits)
        return mismatch(scale, x, "the tensor's shape but for the blocked axis", error);
    /* ceil(D/S) <= B <= ceil(D/(S-1)) - 1, the interval of the text, says just this. */
    if (scale->dims[axis] != blocks(x->dims[axis], size)) {
        g_autofree char *expected = g_strdup_printf("%" G_GINT64_FORMAT " blocks of %" G_GINT64_FORMAT " along axis %d",
                                                    blocks(x->dims[axis], size), size, axis);
        return mismatch(scale, x, expected, error);
    }
    shape_strides(scale, grid->stride);
    grid->block[axis] = size;
    return TRUE;
}

gboolean scale_grid_linear(ScaleGrid *grid, const Shape *x, const Shape *scale, int64_t axis, int64_t block_size,
                           GError **error)
{
    one_scale(grid, x);
    if (block_size < 0)
        return eval_fail(error, "block_size is %" G_GINT64_FORMAT ", expected 0 or more", block_size);
    if (block_size == 0 && (scale->rank == 0 || (scale->rank == 1 && scale->dims[0] == 1)))
        return TRUE;
    const int a = shape_axis(axis, x->rank);
    if (a < 0)
        return eval_fail(error, "axis %" G_GINT64_FORMAT " is not in [-%d, %d)", axis, x->rank, x->rank);
    if (block_size > 0)
        return blocked(grid, x, scale, a, block_size, error);
    if (scale->rank != 1 || scale->dims[0] != x->dims[a]) {
        g_autofree char *expected = g_strdup_printf("[] or, per axis, [%" G_GINT64_FORMAT "]", x->dims[a]);
        return mismatch(scale, x, expected, error);
    }
    grid->stride[a] = 1;
    return TRUE;
}

gboolean scale_grid_blocks(ScaleGrid *grid, const Shape *x, const Shape *scale, const int64_t *block_shape, gsize n,
                           gboolean squeezed, GError **error)
{
    one_scale(grid, x);
    if (n != (gsize)x->rank)
        return eval_fail(error, "block_shape has %" G_GSIZE_FORMAT " entries, expected one for each of the %d axes", n,
                         x->rank);
    Shape expected = { .rank = 0 };
    int axis_of[SHAPE_MAX_RANK] = { 0 };
    for (int d = 0; d < x->rank; d++) {
        const int64_t block = block_shape[d];
        if (block == 0 || block < -1)
            return eval_fail(error, "block_shape[%d] is %" G_GINT64_FORMAT ", expected -1 or a length of 1 or more", d, block);
        if (block == -1 && squeezed)
            continue;
        axis_of[expected.rank] = d;
        expected.dims[expected.rank++] = block == -1 ? 1 : blocks(x->dims[d], block);
        grid->block[d] = block == -1 ? 1 : block;
    }
    if (!shape_equal(scale, &expected)) {
        g_autofree char *wanted = shape_to_string(&expected);
        return mismatch(scale, x, wanted, error);
    }
    int64_t strides[SHAPE_MAX_RANK];
    shape_strides(scale, strides);
    for (int d = 0; d < expected.rank; d++)
        grid->stride[axis_of[d]] = block_shape[axis_of[d]] == -1 ? 0 : strides[d];
    return TRUE;
}

gboolean scale_grid_check_zero_point(const Shape *scale, const Shape *zero_point, GError **error)
{
    const gboolean scalars = scale->rank <= 1 && zero_point->rank <= 1 && shape_count(scale) == 1 &&
                             shape_count(zero_point) == 1;
    if (scalars || shape_equal(scale, zero_point))
        return TRUE;
    g_autofree char *found = shape_to_string(zero_point), *expected = shape_to_string(scale);
    return eval_fail(error, "the zero point has shape %s, expected %s like the scale", found, expected);
}

/* ---- walking ------------------------------------------------------------------------------------------------------- */

/* The run that begins at walk->index. */
static void take_run(ScaleWalk *w)
{
    const ScaleGrid *g = w->grid;
    w->scale = 0;
    for (int d = 0; d <= w->axis; d++)
        w->scale += w->index[d] / g->block[d] * g->stride[d];
    w->count = w->total - w->first;
    if (w->axis >= 0) {
        const int64_t at = w->index[w->axis], block = g->block[w->axis];
        w->count = MIN(block - at % block, g->shape.dims[w->axis] - at) * w->inner;
    }
}

void scale_walk_begin(ScaleWalk *w, const ScaleGrid *grid)
{
    *w = (ScaleWalk){ .grid = grid, .total = shape_count(&grid->shape), .axis = grid->shape.rank - 1 };
    while (w->axis >= 0 && grid->stride[w->axis] == 0)
        w->axis--;
    w->inner = shape_span(&grid->shape, w->axis + 1, grid->shape.rank);
    if (w->total > 0)
        take_run(w);
}

void scale_walk_next(ScaleWalk *w)
{
    w->first += w->count;
    if (w->first >= w->total) {
        w->count = 0;
        return;
    }
    w->index[w->axis] += w->count / w->inner;
    for (int d = w->axis; d > 0 && w->index[d] == w->grid->shape.dims[d]; d--) {
        w->index[d] = 0;
        w->index[d - 1]++;
    }
    take_run(w);
}
