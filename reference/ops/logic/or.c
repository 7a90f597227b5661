#include "reference/ops/shared/elementwise.h"

BINARY_BLOCK(or_u, uint64_t, a | b)
static const BinaryFn or_fn = { .u = or_u };

static gboolean or_kernel(Eval *ev, GError **error)
{
    return elementwise_binary(ev, &or_fn, error);
}

static gboolean or_legacy(Eval *ev, GError **error)
{
    return elementwise_binary_legacy(ev, &or_fn, error);
}

#define REST .signature = "A:bool, B:bool -> C:bool", .bound = bound_exact
OPERATOR_DEFINE(or, "Or", "",
    { .since = 1, .attributes = "axis:int, broadcast:int=0", .kernel = or_legacy, REST },
    { .since = 7, .kernel = or_kernel, REST })
