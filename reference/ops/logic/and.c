#include "reference/ops/shared/elementwise.h"

BINARY_BLOCK(and_u, uint64_t, a & b)
static const BinaryFn and_fn = { .u = and_u };

static gboolean and_kernel(Eval *ev, GError **error)
{
    return elementwise_binary(ev, &and_fn, error);
}

static gboolean and_legacy(Eval *ev, GError **error)
{
    return elementwise_binary_legacy(ev, &and_fn, error);
}

#define REST .signature = "A:bool, B:bool -> C:bool", .bound = bound_exact
OPERATOR_DEFINE(and, "And", "",
    { .since = 1, .attributes = "axis:int, broadcast:int=0", .kernel = and_legacy, REST },
    { .since = 7, .kernel = and_kernel, REST })
