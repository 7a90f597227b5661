#include "reference/ops/shared/elementwise.h"
#include "reference/ops/shared/elementwise_bound.h"

#include <math.h>

UNARY_BLOCK(sqrt_f, double, sqrt(x))
static const UnaryFn sqrt_fn = { .f = sqrt_f };

static gboolean sqrt_kernel(Eval *ev, GError **error)
{
    return elementwise_unary(ev, &sqrt_fn, error);
}

#define REST .signature = "X:T -> Y:T", .kernel = sqrt_kernel, .bound = bound_root
OPERATOR_DEFINE(sqrt, "Sqrt", "",
    { .since = 1, .types = "T: floats1", .attributes = "consumed_inputs:ints", REST },
    { .since = 6, .types = "T: floats1", REST },
    { .since = 13, .types = "T: floats13", REST })
