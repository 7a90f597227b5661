#include "reference/ops/shared/elementwise.h"

COMPARE_BLOCK(greater_f, double, a > b)
COMPARE_BLOCK(greater_i, int64_t, a > b)
COMPARE_BLOCK(greater_u, uint64_t, a > b)
static const CompareFn greater_fn = { greater_f, greater_i, greater_u };

static gboolean greater(Eval *ev, GError **error)
{
    return elementwise_compare(ev, &greater_fn, error);
}

static gboolean greater_legacy(Eval *ev, GError **error)
{
    return elementwise_compare_legacy(ev, &greater_fn, error);
}

#define REST .signature = "A:T, B:T -> C:bool", .bound = bound_decided
OPERATOR_DEFINE(greater, "Greater", "",
    { .since = 1, .types = "T: floats1", .attributes = "axis:int, broadcast:int=0", .kernel = greater_legacy, REST },
    { .since = 7, .types = "T: floats1", .kernel = greater, REST },
    { .since = 9, .types = "T: numeric1", .kernel = greater, REST },
    { .since = 13, .types = "T: numeric13", .kernel = greater, REST })
