#include "reference/ops/shared/elementwise.h"

BINARY_BLOCK(xor_u, uint64_t, a ^ b)
static const BinaryFn xor_fn = { .u = xor_u };

static gboolean xor_kernel(Eval *ev, GError **error)
{
    return elementwise_binary(ev, &xor_fn, error);
}

static gboolean xor_legacy(Eval *ev, GError **error)
{
    return elementwise_binary_legacy(ev, &xor_fn, error);
}

#define REST .signature = "A:bool, B:bool -> C:bool", .bound = bound_exact
OPERATOR_DEFINE(xor, "Xor", "",
    { .since = 1, .attributes = "axis:int, broadcast:int=0", .kernel = xor_legacy, REST },
    { .since = 7, .kernel = xor_kernel, REST })
