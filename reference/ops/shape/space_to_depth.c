#include "reference/ops/shared/move.h"

/* [N, C, H, W] to [N, b b C, H / b, W / b]: each square of b by b becomes channels, its place before the channel. */
static gboolean space_to_depth(Eval *ev, GError **error)
{
    const Tensor *x = eval_input(ev, 0);
    const int64_t *d = x->shape.dims, b = eval_int(ev, "blocksize");
    int64_t square, channels;
    if (x->shape.rank != 4)
        return eval_fail(error, "input has rank %d, expected 4", x->shape.rank);
    if (b < 1 || __builtin_mul_overflow(b, b, &square) || __builtin_mul_overflow(square, d[1], &channels) ||
        d[2] % b != 0 || d[3] % b != 0)
        return eval_fail(error, "blocksize %" G_GINT64_FORMAT " does not divide height %" G_GINT64_FORMAT " and width %"
                                G_GINT64_FORMAT, b, d[2], d[3]);
    const int64_t plane = d[2] * d[3];
    const Shape dims = SHAPE(d[0], b, b, d[1], d[2] / b, d[3] / b), shape = SHAPE(d[0], channels, d[2] / b, d[3] / b);
    const int64_t strides[] = { d[1] * plane, d[3], 1, plane, b * d[3], b };
    Tensor *y = move_view(x, 0, &dims, strides, &shape, error);
    if (!y)
        return FALSE;
    eval_set_tensor(ev, 0, y);
    return TRUE;
}

#define REST                                                                                                            \
    .signature = "input:T -> output:T", .attributes = "blocksize:int!", .kernel = space_to_depth, .bound = move_bound_first
OPERATOR_DEFINE(space_to_depth, "SpaceToDepth", "",
    { .since = 1, .types = "T: all1", REST },
    { .since = 13, .types = "T: all13", REST })
