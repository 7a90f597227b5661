#include "reference/ops/shared/elementwise.h"

#include <math.h>

UNARY_BLOCK(ceil_f, double, ceil(x))
static const UnaryFn ceil_fn = { .f = ceil_f };

static gboolean ceil_kernel(Eval *ev, GError **error)
{
    return elementwise_unary(ev, &ceil_fn, error);
}

#define REST .signature = "X:T -> Y:T", .kernel = ceil_kernel, .bound = bound_monotone
OPERATOR_DEFINE(ceil, "Ceil", "",
    { .since = 1, .types = "T: floats1", .attributes = "consumed_inputs:ints", REST },
    { .since = 6, .types = "T: floats1", REST },
    { .since = 13, .types = "T: floats13", REST })
