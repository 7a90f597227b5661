#include "reference/ops/shared/elementwise.h"
#include "reference/ops/shared/elementwise_bound.h"

BINARY_BLOCK(add_f, double, a + b)
BINARY_BLOCK(add_i, int64_t, (int64_t)((uint64_t)a + (uint64_t)b))
BINARY_BLOCK(add_u, uint64_t, a + b)
FLOAT_BLOCK(add_s, a + b)
static const BinaryFn add_fn = { add_f, add_i, add_u, add_s };

ELEMENTWISE_BOUND(add_bound, .rising = TRUE, .binary = &add_fn)
ELEMENTWISE_BOUND(add_bound_legacy, .rising = TRUE)

static gboolean add(Eval *ev, GError **error)
{
    return elementwise_binary(ev, &add_fn, error);
}

static gboolean add_legacy(Eval *ev, GError **error)
{
    return elementwise_binary_legacy(ev, &add_fn, error);
}

#define SIGNATURE .signature = "A:T, B:T -> C:T"
#define LEGACY "axis:int, broadcast:int=0"
OPERATOR_DEFINE(add, "Add", "",
    { .since = 1, SIGNATURE, .types = "T: floats1", .attributes = LEGACY ", consumed_inputs:ints",
      .kernel = add_legacy, .bound = add_bound_legacy },
    { .since = 6, SIGNATURE, .types = "T: floats1 int32 int64 uint32 uint64", .attributes = LEGACY,
      .kernel = add_legacy, .bound = add_bound_legacy },
    { .since = 7, SIGNATURE, .types = "T: floats1 int32 int64 uint32 uint64", .kernel = add, .bound = add_bound },
    { .since = 13, SIGNATURE, .types = "T: floats13 int32 int64 uint32 uint64", .kernel = add, .bound = add_bound },
    { .since = 14, SIGNATURE, .types = "T: numeric13", .kernel = add, .bound = add_bound })
