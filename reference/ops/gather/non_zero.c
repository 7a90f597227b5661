#include "reference/ops/shared/move.h"

/* NaN is not zero, -0 is; a string is zero when it is empty, as in numpy. */
static gboolean is_zero(const Tensor *x, int64_t i)
{
    const float *c64 = x->data;
    const double *c128 = x->data;
    gsize length;
    switch (x->dtype) {
    case DTYPE_STRING:
        tensor_get_string(x, i, &length);
        return length == 0;
    case DTYPE_COMPLEX64:
        return c64[2 * i] == 0 && c64[2 * i + 1] == 0;
    case DTYPE_COMPLEX128:
        return c128[2 * i] == 0 && c128[2 * i + 1] == 0;
    default:
        return dtype_is_float(x->dtype) ? tensor_get_double(x, i) == 0 : tensor_get_bits(x, i) == 0;
    }
}

/* Column c of Y holds the coordinates of the c-th element that is not zero; a scalar has none, but still a column. */
static gboolean non_zero(Eval *ev, GError **error)
{
    const Tensor *x = eval_input(ev, 0);
    const int rank = x->shape.rank;
    int64_t found = 0;
    for (int64_t i = 0; i < x->count; i++)
        found += !is_zero(x, i);
    const Shape shape = SHAPE(rank, found);
    Tensor *y = eval_output(ev, 0, DTYPE_INT64, &shape, error);
    if (!y)
        return FALSE;
    int64_t *to = y->data, column = 0;
    for (int64_t i = 0; i < x->count; i++) {
        if (is_zero(x, i))
            continue;
        int64_t rest = i;
        for (int d = rank - 1; d >= 0; d--) {
            to[d * found + column] = rest % x->shape.dims[d];
            rest /= x->shape.dims[d];
        }
        column++;
    }
    return TRUE;
}

#define REST .signature = "X:T -> Y:int64", .kernel = non_zero, .bound = bound_exact
OPERATOR_DEFINE(non_zero, "NonZero", "",
    { .since = 9, .types = "T: all1", REST },
    { .since = 13, .types = "T: all13", REST })
