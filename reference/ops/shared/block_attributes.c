#include "reference/ops/shared/block_attributes.h"

/* The list of pairs as one block length an axis. */
static gboolean from_pairs(const Eval *ev, int rank, int64_t *block_shape, GError **error)
{
    gsize n, n_sizes;
    const int64_t *axes = eval_ints(ev, "axes", &n), *sizes = eval_ints(ev, "block_sizes", &n_sizes);
    if (n != n_sizes)
        return eval_fail(error, "axes has %" G_GSIZE_FORMAT " entries and block_sizes %" G_GSIZE_FORMAT ", expected as many",
                         n, n_sizes);
    gboolean seen[SHAPE_MAX_RANK] = { FALSE };
    for (int d = 0; d < rank; d++)
        block_shape[d] = 1;
    for (gsize i = 0; i < n; i++) {
        const int axis = shape_axis(axes[i], rank);
        if (axis < 0 || seen[axis])
            return eval_fail(error, "axes has %" G_GINT64_FORMAT ", expected distinct axes in [-%d, %d)", axes[i], rank, rank);
        seen[axis] = TRUE;
        block_shape[axis] = sizes[i];
    }
    return TRUE;
}

static gboolean linear(const Eval *ev, Quantization *q, GError **error)
{
    if (eval_int(ev, "squeeze_whole"))
        return eval_fail(error, "squeeze_whole is set without block_shape or axes");
    const int64_t axis = eval_has(ev, "axis") ? eval_int(ev, "axis") : 1;
    return scale_grid_linear(&q->grid, &q->x->shape, &q->scale->shape, axis, eval_int(ev, "block_size"), error) &&
           (!q->zero_point || scale_grid_check_zero_point(&q->scale->shape, &q->zero_point->shape, error));
}

gboolean block_attributes(const Eval *ev, Quantization *q, GError **error)
{
    const gboolean by_shape = eval_has(ev, "block_shape");
    const gboolean by_pairs = eval_has(ev, "axes") || eval_has(ev, "block_sizes");
    const gboolean by_axis = eval_has(ev, "axis") || eval_has(ev, "block_size");
    if (by_shape + by_pairs + by_axis > 1)
        return eval_fail(error, "found more than one of block_shape, axes with block_sizes, axis with block_size: expected one");
    if (!by_shape && !by_pairs)
        return linear(ev, q, error);

    int64_t pairs[SHAPE_MAX_RANK];
    gsize n = (gsize)q->x->shape.rank;
    const int64_t *block_shape = pairs;
    if (by_shape)
        block_shape = eval_ints(ev, "block_shape", &n);
    else if (!from_pairs(ev, q->x->shape.rank, pairs, error))
        return FALSE;
    if (!scale_grid_blocks(&q->grid, &q->x->shape, &q->scale->shape, block_shape, n, eval_int(ev, "squeeze_whole") != 0, error))
        return FALSE;
    if (q->zero_point && !shape_equal(&q->zero_point->shape, &q->scale->shape)) {
        g_autofree char *found = shape_to_string(&q->zero_point->shape), *expected = shape_to_string(&q->scale->shape);
        return eval_fail(error, "the zero point has shape %s, expected %s like the scale", found, expected);
    }
    return TRUE;
}
