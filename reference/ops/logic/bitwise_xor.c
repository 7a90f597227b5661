#include "reference/ops/shared/elementwise.h"

BINARY_BLOCK(bitwise_xor_i, int64_t, a ^ b)
BINARY_BLOCK(bitwise_xor_u, uint64_t, a ^ b)
static const BinaryFn bitwise_xor_fn = { .i = bitwise_xor_i, .u = bitwise_xor_u };

static gboolean bitwise_xor(Eval *ev, GError **error)
{
    return elementwise_binary(ev, &bitwise_xor_fn, error);
}

OPERATOR_DEFINE(bitwise_xor, "BitwiseXor", "",
    { .since = 18, .signature = "A:T, B:T -> C:T", .types = "T: ints uints",
      .kernel = bitwise_xor, .bound = bound_exact })
