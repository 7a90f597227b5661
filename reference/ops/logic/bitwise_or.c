#include "reference/ops/shared/elementwise.h"

BINARY_BLOCK(bitwise_or_i, int64_t, a | b)
BINARY_BLOCK(bitwise_or_u, uint64_t, a | b)
static const BinaryFn bitwise_or_fn = { .i = bitwise_or_i, .u = bitwise_or_u };

static gboolean bitwise_or(Eval *ev, GError **error)
{
    return elementwise_binary(ev, &bitwise_or_fn, error);
}

OPERATOR_DEFINE(bitwise_or, "BitwiseOr", "",
    { .since = 18, .signature = "A:T, B:T -> C:T", .types = "T: ints uints",
      .kernel = bitwise_or, .bound = bound_exact })
