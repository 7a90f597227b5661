#include "reference/ops/shared/elementwise.h"
#include "reference/ops/shared/elementwise_bound.h"

/* Integers truncate towards zero. The text leaves division by zero and the overflow of INT_MIN / -1 open; here the
 * quotient by zero is 0 and the other wraps, so that no input stops a run. */
static int64_t quotient(int64_t a, int64_t b)
{
    if (b == -1)
        return (int64_t)(0 - (uint64_t)a);
    return b == 0 ? 0 : a / b;
}

BINARY_BLOCK(div_f, double, a / b)
BINARY_BLOCK(div_i, int64_t, quotient(a, b))
BINARY_BLOCK(div_u, uint64_t, b == 0 ? 0 : a / b)
static const BinaryFn div_fn = { div_f, div_i, div_u };

static gboolean div_kernel(Eval *ev, GError **error)
{
    return elementwise_binary(ev, &div_fn, error);
}

static gboolean div_legacy(Eval *ev, GError **error)
{
    return elementwise_binary_legacy(ev, &div_fn, error);
}

#define REST .signature = "A:T, B:T -> C:T", .bound = bound_quotient
#define LEGACY "axis:int, broadcast:int=0"
OPERATOR_DEFINE(div, "Div", "",
    { .since = 1, .types = "T: floats1", .attributes = LEGACY ", consumed_inputs:ints", .kernel = div_legacy, REST },
    { .since = 6, .types = "T: floats1 int32 int64 uint32 uint64", .attributes = LEGACY, .kernel = div_legacy, REST },
    { .since = 7, .types = "T: floats1 int32 int64 uint32 uint64", .kernel = div_kernel, REST },
    { .since = 13, .types = "T: floats13 int32 int64 uint32 uint64", .kernel = div_kernel, REST },
    { .since = 14, .types = "T: numeric13", .kernel = div_kernel, REST })
