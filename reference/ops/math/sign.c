#include "reference/ops/shared/elementwise.h"

#include <math.h>

UNARY_BLOCK(sign_f, double, isnan(x) ? x : (double)((x > 0) - (x < 0)))
UNARY_BLOCK(sign_i, int64_t, (x > 0) - (x < 0))
UNARY_BLOCK(sign_u, uint64_t, x > 0)
static const UnaryFn sign_fn = { .f = sign_f, .i = sign_i, .u = sign_u };

static gboolean sign_kernel(Eval *ev, GError **error)
{
    return elementwise_unary(ev, &sign_fn, error);
}

#define REST .signature = "input:T -> output:T", .kernel = sign_kernel, .bound = bound_monotone
OPERATOR_DEFINE(sign, "Sign", "",
    { .since = 9, .types = "T: numeric1", REST },
    { .since = 13, .types = "T: numeric13", REST })
