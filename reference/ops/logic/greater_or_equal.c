/* The published body is Greater or Equal; for a NaN both are false, as here. */
#include "reference/ops/shared/elementwise.h"

COMPARE_BLOCK(greater_or_equal_f, double, a >= b)
COMPARE_BLOCK(greater_or_equal_i, int64_t, a >= b)
COMPARE_BLOCK(greater_or_equal_u, uint64_t, a >= b)
static const CompareFn greater_or_equal_fn = { greater_or_equal_f, greater_or_equal_i, greater_or_equal_u };

static gboolean greater_or_equal(Eval *ev, GError **error)
{
    return elementwise_compare(ev, &greater_or_equal_fn, error);
}

static const char body[] =
    "<domain: \"\", opset_import: [\"\" : 16]> GreaterOrEqual (A, B) => (C) {\n"
    "    greater = Greater (A, B)\n"
    "    equal = Equal (A, B)\n"
    "    C = Or (greater, equal)\n"
    "}";

#define REST .signature = "A:T, B:T -> C:bool", .bound = bound_decided
OPERATOR_DEFINE(greater_or_equal, "GreaterOrEqual", "",
    { .since = 12, .types = "T: numeric1", .kernel = greater_or_equal, REST },
    { .since = 16, .body = body, .types = "T: numeric13", .kernel = greater_or_equal, REST })
