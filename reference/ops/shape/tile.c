#include "reference/ops/shared/move.h"

/* Repeats x along every axis; repeats has one entry an axis. */
static gboolean tile_with(Eval *ev, const int64_t *repeats, GError **error)
{
    const Tensor *x = eval_input(ev, 0);
    const int last = x->shape.rank - 1;
    Shape shape = x->shape;
    for (int d = 0; d <= last; d++)
        if (repeats[d] < 0 || __builtin_mul_overflow(shape.dims[d], repeats[d], &shape.dims[d]))
            return eval_fail(error, "axis %d of %" G_GINT64_FORMAT " cannot be repeated %" G_GINT64_FORMAT " times", d,
                             x->shape.dims[d], repeats[d]);
    Tensor *y = eval_output(ev, 0, x->dtype, &shape, error);
    if (!y || y->count == 0)
        return y != NULL;
    const int64_t run = last < 0 ? 1 : x->shape.dims[last], times = last < 0 ? 1 : repeats[last];
    int64_t strides[SHAPE_MAX_RANK], index[SHAPE_MAX_RANK] = { 0 };
    shape_strides(&x->shape, strides);
    for (int64_t to = 0; to < y->count;) {
        int64_t from = 0;
        for (int d = 0; d < last; d++)
            from += index[d] % x->shape.dims[d] * strides[d];
        for (int64_t t = 0; t < times; t++, to += run)
            move_run(x, from, y, to, run);
        for (int d = last - 1; d >= 0 && ++index[d] == shape.dims[d]; d--)
            index[d] = 0;
    }
    tensor_adopt_strings(y);
    return TRUE;
}

static gboolean tile(Eval *ev, GError **error)
{
    const int rank = eval_input(ev, 0)->shape.rank;
    gsize n;
    g_autofree int64_t *repeats = move_int_list(eval_input(ev, 1), "repeats", &n, error);
    if (!repeats)
        return FALSE;
    if (n != (gsize)rank)
        return eval_fail(error, "repeats has %" G_GSIZE_FORMAT " entries, expected %d", n, rank);
    return tile_with(ev, repeats, error);
}

/* Version 1 repeats along one axis; both numbers are given as tensors of the data's type. */
static gboolean tile_1(Eval *ev, GError **error)
{
    const Tensor *tiles = eval_input(ev, 1), *along = eval_input(ev, 2);
    const int rank = eval_input(ev, 0)->shape.rank;
    if (tiles->count != 1 || along->count != 1)
        return eval_fail(error, "tiles and axis have %" G_GINT64_FORMAT " and %" G_GINT64_FORMAT " elements, expected 1",
                         tiles->count, along->count);
    const int axis = shape_axis(tensor_get_int(along, 0), rank);
    if (axis < 0)
        return eval_fail(error, "axis %" G_GINT64_FORMAT " is outside [-%d, %d)", tensor_get_int(along, 0), rank, rank);
    int64_t repeats[SHAPE_MAX_RANK];
    for (int d = 0; d < rank; d++)
        repeats[d] = d == axis ? tensor_get_int(tiles, 0) : 1;
    return tile_with(ev, repeats, error);
}

OPERATOR_DEFINE(tile, "Tile", "",
    { .since = 1, .signature = "input:T, tiles:T, axis:T -> output:T", .types = "T: floats1", .kernel = tile_1,
      .bound = move_bound_first },
    { .since = 6, .signature = "input:T, repeats:int64 -> output:T", .types = "T: all1", .kernel = tile,
      .bound = move_bound_first },
    { .since = 13, .signature = "input:T, repeats:int64 -> output:T", .types = "T: all13", .kernel = tile,
      .bound = move_bound_first })
