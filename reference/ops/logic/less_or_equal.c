/* The published body is Less or Equal; for a NaN both are false, as here. */
#include "reference/ops/shared/elementwise.h"

COMPARE_BLOCK(less_or_equal_f, double, a <= b)
COMPARE_BLOCK(less_or_equal_i, int64_t, a <= b)
COMPARE_BLOCK(less_or_equal_u, uint64_t, a <= b)
static const CompareFn less_or_equal_fn = { less_or_equal_f, less_or_equal_i, less_or_equal_u };

static gboolean less_or_equal(Eval *ev, GError **error)
{
    return elementwise_compare(ev, &less_or_equal_fn, error);
}

static const char body[] =
    "<domain: \"\", opset_import: [\"\" : 16]> LessOrEqual (A, B) => (C) {\n"
    "    less = Less (A, B)\n"
    "    equal = Equal (A, B)\n"
    "    C = Or (less, equal)\n"
    "}";

#define REST .signature = "A:T, B:T -> C:bool", .bound = bound_decided
OPERATOR_DEFINE(less_or_equal, "LessOrEqual", "",
    { .since = 12, .types = "T: numeric1", .kernel = less_or_equal, REST },
    { .since = 16, .body = body, .types = "T: numeric13", .kernel = less_or_equal, REST })
