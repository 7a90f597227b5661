#include "reference/ops/shared/move.h"

/* Two dims: those before axis, and those from axis on. axis may equal the rank. */
static gboolean flatten(Eval *ev, GError **error)
{
    const Tensor *x = eval_input(ev, 0);
    const int rank = x->shape.rank;
    int64_t axis = eval_int(ev, "axis");
    if (axis < -rank || axis > rank)
        return eval_fail(error, "axis %" G_GINT64_FORMAT " is outside [-%d, %d]", axis, rank, rank);
    if (axis < 0)
        axis += rank;
    const Shape shape = SHAPE(shape_span(&x->shape, 0, (int)axis), shape_span(&x->shape, (int)axis, rank));
    return move_reshape(ev, x, &shape, error);
}

#define REST .signature = "input:T -> output:T", .attributes = "axis:int=1", .kernel = flatten, .bound = move_bound_first
OPERATOR_DEFINE(flatten, "Flatten", "",
    { .since = 1, .types = "T: floats1", REST },
    { .since = 9, .types = "T: all1", REST },
    { .since = 11, .types = "T: all1", REST },
    { .since = 13, .types = "T: all13", REST },
    { .since = 21, .types = "T: all21", REST },
    { .since = 23, .types = "T: all23", REST },
    { .since = 24, .types = "T: all24", REST },
    { .since = 25, .types = "T: all25", REST })
