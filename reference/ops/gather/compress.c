#include "reference/ops/shared/move.h"

/* x read as [outer, dim, inner], of which the positions of dim that the condition names are kept. */
static gboolean compress(Eval *ev, GError **error)
{
    const Tensor *x = eval_input(ev, 0), *condition = eval_input(ev, 1);
    const uint8_t *keep = condition->data;
    const gboolean flat = !eval_has(ev, "axis");
    const int rank = x->shape.rank, axis = flat ? 0 : shape_axis(eval_int(ev, "axis"), rank);
    if (axis < 0)
        return eval_fail(error, "axis %" G_GINT64_FORMAT " is outside [-%d, %d)", eval_int(ev, "axis"), rank, rank);
    const int64_t dim = flat ? x->count : x->shape.dims[axis];
    if (condition->shape.rank != 1 || condition->count > dim)
        return eval_fail(error, "condition has rank %d and %" G_GINT64_FORMAT " elements, expected rank 1 and %" G_GINT64_FORMAT
                                " at most", condition->shape.rank, condition->count, dim);
    int64_t kept = 0;
    for (int64_t i = 0; i < condition->count; i++)
        kept += keep[i] != 0;
    Shape shape = x->shape;
    if (flat)
        shape = SHAPE(kept);
    else
        shape.dims[axis] = kept;
    Tensor *y = eval_output(ev, 0, x->dtype, &shape, error);
    if (!y || y->count == 0)
        return y != NULL;
    const int64_t outer = flat ? 1 : shape_span(&shape, 0, axis), inner = flat ? 1 : shape_span(&shape, axis + 1, rank);
    int64_t to = 0;
    for (int64_t o = 0; o < outer; o++)
        for (int64_t i = 0; i < condition->count; i++)
            if (keep[i]) {
                move_run(x, (o * dim + i) * inner, y, to, inner);
                to += inner;
            }
    tensor_adopt_strings(y);
    return TRUE;
}

#define REST                                                                                                            \
    .signature = "input:T, condition:bool -> output:T", .types = "T: all1", .attributes = "axis:int", .kernel = compress, \
    .bound = move_bound_first
OPERATOR_DEFINE(compress, "Compress", "",
    { .since = 9, REST },
    { .since = 11, REST })
