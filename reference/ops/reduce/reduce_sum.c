/* The exact sum, rounded once; integers wrap. The sum of nothing is 0. */
#include "reference/ops/shared/linear_bound.h"
#include "reference/ops/shared/reduce.h"

static gboolean reduce_sum_row(const Tensor *x, int64_t first, int64_t n, Tensor *y, int64_t at)
{
    sum_elements(x, first, n, (SumKind){ TERM_ITSELF, FINISH_NONE }, y, at);
    return TRUE;
}

static gboolean reduce_sum(Eval *ev, GError **error)
{
    return reduce_rows(ev, reduce_sum_row, error);
}

static gboolean reduce_sum_bound(Eval *ev, GError **error)
{
    return linear_bound(ev, &(LinearRule){ .factors = 1, .pure = TRUE }, error);
}

#define REST .kernel = reduce_sum, .bound = reduce_sum_bound
OPERATOR_DEFINE(reduce_sum, "ReduceSum", "",
    { .since = 1, REDUCE_AXES_ATTRIBUTE, .types = REDUCE_TYPES1, REST },
    { .since = 11, REDUCE_AXES_ATTRIBUTE, .types = REDUCE_TYPES1, REST },
    { .since = 13, REDUCE_AXES_INPUT, .types = REDUCE_TYPES13, REST })
