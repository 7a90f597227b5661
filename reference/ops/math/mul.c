#include "reference/ops/shared/elementwise.h"
#include "reference/ops/shared/elementwise_bound.h"

BINARY_BLOCK(mul_f, double, a * b)
BINARY_BLOCK(mul_i, int64_t, (int64_t)((uint64_t)a * (uint64_t)b))
BINARY_BLOCK(mul_u, uint64_t, a * b)
FLOAT_BLOCK(mul_s, a * b)
static const BinaryFn mul_fn = { mul_f, mul_i, mul_u, mul_s };

ELEMENTWISE_BOUND(mul_bound, .binary = &mul_fn)

static gboolean mul_kernel(Eval *ev, GError **error)
{
    return elementwise_binary(ev, &mul_fn, error);
}

static gboolean mul_legacy(Eval *ev, GError **error)
{
    return elementwise_binary_legacy(ev, &mul_fn, error);
}

#define REST .signature = "A:T, B:T -> C:T"
#define LEGACY "axis:int, broadcast:int=0"
OPERATOR_DEFINE(mul, "Mul", "",
    { .since = 1, .types = "T: floats1", .attributes = LEGACY ", consumed_inputs:ints", .kernel = mul_legacy, .bound = bound_rounded, REST },
    { .since = 6, .types = "T: floats1 int32 int64 uint32 uint64", .attributes = LEGACY, .kernel = mul_legacy, .bound = bound_rounded, REST },
    { .since = 7, .types = "T: floats1 int32 int64 uint32 uint64", .kernel = mul_kernel, .bound = mul_bound, REST },
    { .since = 13, .types = "T: floats13 int32 int64 uint32 uint64", .kernel = mul_kernel, .bound = mul_bound, REST },
    { .since = 14, .types = "T: numeric13", .kernel = mul_kernel, .bound = mul_bound, REST })
