#include "reference/ops/shared/elementwise_bound.h"
#include "reference/ops/shared/transcendental.h"

static gboolean log_kernel(Eval *ev, GError **error)
{
    return real_unary(ev, &real_log, NULL, 0, error);
}

ELEMENTWISE_BOUND(log_bound, .ulps = 1)

#define REST .signature = "input:T -> output:T", .kernel = log_kernel, .bound = log_bound
OPERATOR_DEFINE(log, "Log", "",
    { .since = 1, .types = "T: floats1", .attributes = "consumed_inputs:ints", REST },
    { .since = 6, .types = "T: floats1", REST },
    { .since = 13, .types = "T: floats13", REST })
