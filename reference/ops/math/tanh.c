#include "reference/ops/shared/elementwise_bound.h"
#include "reference/ops/shared/transcendental.h"

static gboolean tanh_kernel(Eval *ev, GError **error)
{
    return real_unary(ev, &real_tanh, NULL, 0, error);
}

ELEMENTWISE_BOUND(tanh_bound, .ulps = 2)

#define REST .signature = "input:T -> output:T", .kernel = tanh_kernel, .bound = tanh_bound
OPERATOR_DEFINE(tanh, "Tanh", "",
    { .since = 1, .types = "T: floats1", .attributes = "consumed_inputs:ints", REST },
    { .since = 6, .types = "T: floats1", REST },
    { .since = 13, .types = "T: floats13", REST })
