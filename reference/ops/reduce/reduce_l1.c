/* The exact sum of magnitudes, rounded once; integers wrap. */
#include "reference/ops/shared/reduce.h"

static gboolean reduce_l1_row(const Tensor *x, int64_t first, int64_t n, Tensor *y, int64_t at)
{
    sum_elements(x, first, n, (SumKind){ TERM_ABSOLUTE, FINISH_NONE }, y, at);
    return TRUE;
}

static gboolean reduce_l1(Eval *ev, GError **error)
{
    return reduce_rows(ev, reduce_l1_row, error);
}

#define REST .kernel = reduce_l1
OPERATOR_DEFINE(reduce_l1, "ReduceL1", "",
    { .since = 1, REDUCE_AXES_ATTRIBUTE, .types = REDUCE_TYPES1, REST },
    { .since = 11, REDUCE_AXES_ATTRIBUTE, .types = REDUCE_TYPES1, REST },
    { .since = 13, REDUCE_AXES_ATTRIBUTE, .types = REDUCE_TYPES13, REST },
    { .since = 18, REDUCE_AXES_INPUT, .types = REDUCE_TYPES13, REST })
