#include "reference/ops/shared/move.h"

/* Ones at [i, i + k]; only the shape of the input matters, and its dtype where the attribute names none. */
static gboolean eye_like(Eval *ev, GError **error)
{
    const Tensor *x = eval_input(ev, 0);
    if (x->shape.rank != 2)
        return eval_fail(error, "input has rank %d, expected 2", x->shape.rank);
    const int64_t number = eval_has(ev, "dtype") ? eval_int(ev, "dtype") : x->dtype;
    if (!dtype_on_wire(number) || number == DTYPE_STRING)
        return eval_fail(error, "dtype %" G_GINT64_FORMAT " names no numeric element type", number);
    g_autoptr(Tensor) y = tensor_new((DType)number, &x->shape, error);
    if (!y)
        return FALSE;
    const int64_t rows = x->shape.dims[0], columns = x->shape.dims[1], k = CLAMP(eval_int(ev, "k"), -rows, columns);
    if (dtype_info(y->dtype)->domain == DOMAIN_COMPLEX)
        return eval_fail(error, "dtype %s is not allowed", dtype_name(y->dtype));
    for (int64_t i = MAX(-k, 0); i < rows && i + k < columns; i++)
        tensor_set_int(y, i * columns + i + k, 1);
    eval_set_tensor(ev, 0, g_steal_pointer(&y));
    return TRUE;
}

#define REST                                                                                                            \
    .signature = "input:T1 -> output:T2", .attributes = "dtype:int, k:int=0", .kernel = eye_like, .bound = move_bound_shape
OPERATOR_DEFINE(eye_like, "EyeLike", "",
    { .since = 9, .types = "T1: numeric1 bool | T2: numeric1 bool", REST },
    { .since = 22, .types = "T1: numeric13 bool | T2: numeric13 bool", REST })
