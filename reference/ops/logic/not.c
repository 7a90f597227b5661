#include "reference/ops/shared/elementwise.h"

UNARY_BLOCK(not_u, uint64_t, !x)
static const UnaryFn not_fn = { .u = not_u };

static gboolean not_kernel(Eval *ev, GError **error)
{
    return elementwise_unary(ev, &not_fn, error);
}

OPERATOR_DEFINE(not, "Not", "",
    { .since = 1, .signature = "X:bool -> Y:bool", .kernel = not_kernel, .bound = bound_exact })
