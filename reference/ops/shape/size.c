#include "reference/ops/shared/move.h"

static gboolean size(Eval *ev, GError **error)
{
    Tensor *y = eval_output(ev, 0, DTYPE_INT64, &SHAPE0, error);
    if (y)
        tensor_set_int(y, 0, eval_input(ev, 0)->count);
    return y != NULL;
}

#define REST .signature = "data:T -> size:int64", .kernel = size, .bound = move_bound_shape
OPERATOR_DEFINE(size, "Size", "",
    { .since = 1, .types = "T: all1", REST },
    { .since = 13, .types = "T: all13", REST },
    { .since = 19, .types = "T: all19", REST },
    { .since = 21, .types = "T: all21", REST },
    { .since = 23, .types = "T: all23", REST },
    { .since = 24, .types = "T: all24", REST },
    { .since = 25, .types = "T: all25", REST })
