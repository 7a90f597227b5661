#include "reference/ops/shared/elementwise.h"
#include "reference/ops/shared/elementwise_bound.h"

#include <math.h>

UNARY_BLOCK(abs_f, double, fabs(x))
UNARY_BLOCK(abs_i, int64_t, x < 0 ? (int64_t)(0 - (uint64_t)x) : x)
UNARY_BLOCK(abs_u, uint64_t, x)
static const UnaryFn abs_fn = { .f = abs_f, .i = abs_i, .u = abs_u };

static gboolean abs_kernel(Eval *ev, GError **error)
{
    return elementwise_unary(ev, &abs_fn, error);
}

#define REST .signature = "X:T -> Y:T", .kernel = abs_kernel, .bound = bound_rounded_even
OPERATOR_DEFINE(abs, "Abs", "",
    { .since = 1, .types = "T: floats1", .attributes = "consumed_inputs:ints", REST },
    { .since = 6, .types = "T: numeric1", REST },
    { .since = 13, .types = "T: numeric13", REST })
