#include "reference/ops/shared/elementwise_bound.h"
#include "reference/ops/shared/transcendental.h"

#include <string.h>

/* Version 9 admits integers: the real value, cut to the type, is 0 for every integer since |erf| stays below 1. */
static gboolean erf_kernel(Eval *ev, GError **error)
{
    const Tensor *x = eval_input(ev, 0);
    if (!dtype_is_integer(x->dtype))
        return real_unary(ev, &real_erf, NULL, 0, error);
    Tensor *y = eval_output(ev, 0, x->dtype, &x->shape, error);
    if (y)
        memset(y->data, 0, y->bytes);
    return y != NULL;
}

ELEMENTWISE_BOUND(erf_bound, .ulps = 2)

#define REST .signature = "input:T -> output:T", .kernel = erf_kernel, .bound = erf_bound
OPERATOR_DEFINE(erf, "Erf", "",
    { .since = 9, .types = "T: numeric1", REST },
    { .since = 13, .types = "T: floats13", REST })
