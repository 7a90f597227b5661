#include "reference/ops/shared/elementwise.h"

#include <math.h>

UNARY_BLOCK(floor_f, double, floor(x))
static const UnaryFn floor_fn = { .f = floor_f };

static gboolean floor_kernel(Eval *ev, GError **error)
{
    return elementwise_unary(ev, &floor_fn, error);
}

#define REST .signature = "X:T -> Y:T", .kernel = floor_kernel, .bound = bound_monotone
OPERATOR_DEFINE(floor, "Floor", "",
    { .since = 1, .types = "T: floats1", .attributes = "consumed_inputs:ints", REST },
    { .since = 6, .types = "T: floats1", REST },
    { .since = 13, .types = "T: floats13", REST })
