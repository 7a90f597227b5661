#include "reference/ops/shared/elementwise.h"
#include "reference/ops/shared/elementwise_bound.h"

UNARY_BLOCK(reciprocal_f, double, 1 / x)
static const UnaryFn reciprocal_fn = { .f = reciprocal_f };

static gboolean reciprocal_kernel(Eval *ev, GError **error)
{
    return elementwise_unary(ev, &reciprocal_fn, error);
}

#define REST .signature = "X:T -> Y:T", .kernel = reciprocal_kernel, .bound = bound_quotient
OPERATOR_DEFINE(reciprocal, "Reciprocal", "",
    { .since = 1, .types = "T: floats1", .attributes = "consumed_inputs:ints", REST },
    { .since = 6, .types = "T: floats1", REST },
    { .since = 13, .types = "T: floats13", REST })
