#include "reference/ops/shared/elementwise.h"

BINARY_BLOCK(bitwise_and_i, int64_t, a & b)
BINARY_BLOCK(bitwise_and_u, uint64_t, a & b)
static const BinaryFn bitwise_and_fn = { .i = bitwise_and_i, .u = bitwise_and_u };

static gboolean bitwise_and(Eval *ev, GError **error)
{
    return elementwise_binary(ev, &bitwise_and_fn, error);
}

OPERATOR_DEFINE(bitwise_and, "BitwiseAnd", "",
    { .since = 18, .signature = "A:T, B:T -> C:T", .types = "T: ints uints",
      .kernel = bitwise_and, .bound = bound_exact })
