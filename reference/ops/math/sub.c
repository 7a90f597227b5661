#include "reference/ops/shared/elementwise.h"
#include "reference/ops/shared/elementwise_bound.h"

BINARY_BLOCK(sub_f, double, a - b)
BINARY_BLOCK(sub_i, int64_t, (int64_t)((uint64_t)a - (uint64_t)b))
BINARY_BLOCK(sub_u, uint64_t, a - b)
FLOAT_BLOCK(sub_s, a - b)
static const BinaryFn sub_fn = { sub_f, sub_i, sub_u, sub_s };

ELEMENTWISE_BOUND(sub_bound, .binary = &sub_fn)

static gboolean sub_kernel(Eval *ev, GError **error)
{
    return elementwise_binary(ev, &sub_fn, error);
}

static gboolean sub_legacy(Eval *ev, GError **error)
{
    return elementwise_binary_legacy(ev, &sub_fn, error);
}

#define REST .signature = "A:T, B:T -> C:T"
#define LEGACY "axis:int, broadcast:int=0"
OPERATOR_DEFINE(sub, "Sub", "",
    { .since = 1, .types = "T: floats1", .attributes = LEGACY ", consumed_inputs:ints", .kernel = sub_legacy, .bound = bound_rounded, REST },
    { .since = 6, .types = "T: floats1 int32 int64 uint32 uint64", .attributes = LEGACY, .kernel = sub_legacy, .bound = bound_rounded, REST },
    { .since = 7, .types = "T: floats1 int32 int64 uint32 uint64", .kernel = sub_kernel, .bound = sub_bound, REST },
    { .since = 13, .types = "T: floats13 int32 int64 uint32 uint64", .kernel = sub_kernel, .bound = sub_bound, REST },
    { .since = 14, .types = "T: numeric13", .kernel = sub_kernel, .bound = sub_bound, REST })
