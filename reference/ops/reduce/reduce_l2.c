/* The root of the exact sum of squares, rounded once; of integers, truncated. */
#include "reference/ops/shared/reduce.h"

static gboolean reduce_l2_row(const Tensor *x, int64_t first, int64_t n, Tensor *y, int64_t at)
{
    sum_elements(x, first, n, (SumKind){ TERM_SQUARE, FINISH_ROOT }, y, at);
    return TRUE;
}

static gboolean reduce_l2(Eval *ev, GError **error)
{
    return reduce_rows(ev, reduce_l2_row, error);
}

#define REST .kernel = reduce_l2
OPERATOR_DEFINE(reduce_l2, "ReduceL2", "",
    { .since = 1, REDUCE_AXES_ATTRIBUTE, .types = REDUCE_TYPES1, REST },
    { .since = 11, REDUCE_AXES_ATTRIBUTE, .types = REDUCE_TYPES1, REST },
    { .since = 13, REDUCE_AXES_ATTRIBUTE, .types = REDUCE_TYPES13, REST },
    { .since = 18, REDUCE_AXES_INPUT, .types = REDUCE_TYPES13, REST })
