#include "reference/ops/shared/elementwise.h"

COMPARE_BLOCK(less_f, double, a < b)
COMPARE_BLOCK(less_i, int64_t, a < b)
COMPARE_BLOCK(less_u, uint64_t, a < b)
static const CompareFn less_fn = { less_f, less_i, less_u };

static gboolean less(Eval *ev, GError **error)
{
    return elementwise_compare(ev, &less_fn, error);
}

static gboolean less_legacy(Eval *ev, GError **error)
{
    return elementwise_compare_legacy(ev, &less_fn, error);
}

#define REST .signature = "A:T, B:T -> C:bool", .bound = bound_decided
OPERATOR_DEFINE(less, "Less", "",
    { .since = 1, .types = "T: floats1", .attributes = "axis:int, broadcast:int=0", .kernel = less_legacy, REST },
    { .since = 7, .types = "T: floats1", .kernel = less, REST },
    { .since = 9, .types = "T: numeric1", .kernel = less, REST },
    { .since = 13, .types = "T: numeric13", .kernel = less, REST })
