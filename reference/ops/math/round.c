/* Ties to even: rint() under the rounding mode that the self-test checks. */
#include "reference/ops/shared/elementwise.h"

#include <math.h>

UNARY_BLOCK(round_f, double, rint(x))
static const UnaryFn round_fn = { .f = round_f };

static gboolean round_kernel(Eval *ev, GError **error)
{
    return elementwise_unary(ev, &round_fn, error);
}

#define REST .signature = "X:T -> Y:T", .kernel = round_kernel, .bound = bound_monotone
OPERATOR_DEFINE(round, "Round", "",
    { .since = 11, .types = "T: floats1", REST },
    { .since = 22, .types = "T: floats13", REST })
