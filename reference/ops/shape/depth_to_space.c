#include "reference/ops/shared/move.h"

#include <string.h>

/* [N, C, H, W] to [N, C / b², H b, W b]. The channels are read as [b, b, C / b²] (mode DCR, the only one before version
 * 11) or as [C / b², b, b] (CRD); each block of them spreads over a square of b by b. */
static gboolean depth_to_space(Eval *ev, GError **error)
{
    const Tensor *x = eval_input(ev, 0);
    const int64_t *d = x->shape.dims, b = eval_int(ev, "blocksize");
    const char *mode = eval_string(ev, "mode");
    const gboolean crd = mode && strcmp(mode, "CRD") == 0;
    int64_t square, height, width;
    if (mode && !crd && strcmp(mode, "DCR") != 0)
        return eval_fail(error, "mode is '%s', expected DCR or CRD", mode);
    if (x->shape.rank != 4)
        return eval_fail(error, "input has rank %d, expected 4", x->shape.rank);
    if (b < 1 || __builtin_mul_overflow(b, b, &square) || d[1] % square != 0 ||
        __builtin_mul_overflow(d[2], b, &height) || __builtin_mul_overflow(d[3], b, &width))
        return eval_fail(error, "blocksize %" G_GINT64_FORMAT " does not divide %" G_GINT64_FORMAT " channels into squares", b,
                         d[1]);
    const int64_t depth = d[1] / square, plane = d[2] * d[3];
    const int64_t down = plane * (crd ? b : b * depth), right = plane * (crd ? 1 : depth), channel = plane * (crd ? square : 1);
    const Shape dims = SHAPE(d[0], depth, d[2], b, d[3], b), shape = SHAPE(d[0], depth, height, width);
    const int64_t strides[] = { d[1] * plane, channel, d[3], down, 1, right };
    Tensor *y = move_view(x, 0, &dims, strides, &shape, error);
    if (!y)
        return FALSE;
    eval_set_tensor(ev, 0, y);
    return TRUE;
}

#define REST .signature = "input:T -> output:T", .kernel = depth_to_space, .bound = move_bound_first
OPERATOR_DEFINE(depth_to_space, "DepthToSpace", "",
    { .since = 1, .types = "T: all1", .attributes = "blocksize:int!", REST },
    { .since = 11, .types = "T: all1", .attributes = "blocksize:int!, mode:string=DCR", REST },
    { .since = 13, .types = "T: all13", .attributes = "blocksize:int!, mode:string=DCR", REST })
