#include "reference/ops/shared/elementwise.h"
#include "reference/ops/shared/elementwise_bound.h"

UNARY_BLOCK(neg_f, double, -x)
UNARY_BLOCK(neg_i, int64_t, (int64_t)(0 - (uint64_t)x))
static const UnaryFn neg_fn = { .f = neg_f, .i = neg_i };

static gboolean neg_kernel(Eval *ev, GError **error)
{
    return elementwise_unary(ev, &neg_fn, error);
}

#define REST .signature = "X:T -> Y:T", .kernel = neg_kernel, .bound = bound_rounded
OPERATOR_DEFINE(neg, "Neg", "",
    { .since = 1, .types = "T: floats1", .attributes = "consumed_inputs:ints", REST },
    { .since = 6, .types = "T: floats1 int8 int16 int32 int64", REST },
    { .since = 13, .types = "T: floats13 int8 int16 int32 int64", REST })
