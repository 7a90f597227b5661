#include "reference/ops/shared/elementwise.h"

UNARY_BLOCK(bitwise_not_i, int64_t, ~x)
UNARY_BLOCK(bitwise_not_u, uint64_t, ~x)
static const UnaryFn bitwise_not_fn = { .i = bitwise_not_i, .u = bitwise_not_u };

static gboolean bitwise_not(Eval *ev, GError **error)
{
    return elementwise_unary(ev, &bitwise_not_fn, error);
}

OPERATOR_DEFINE(bitwise_not, "BitwiseNot", "",
    { .since = 18, .signature = "X:T -> Y:T", .types = "T: ints uints", .kernel = bitwise_not, .bound = bound_exact })
