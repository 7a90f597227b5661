/* The exact mean, rounded once; of integers, truncated towards zero. */
#include "reference/ops/shared/reduce.h"

static gboolean reduce_mean_row(const Tensor *x, int64_t first, int64_t n, Tensor *y, int64_t at)
{
    sum_elements(x, first, n, (SumKind){ TERM_ITSELF, FINISH_MEAN }, y, at);
    return TRUE;
}

static gboolean reduce_mean(Eval *ev, GError **error)
{
    return reduce_rows(ev, reduce_mean_row, error);
}

#define REST .kernel = reduce_mean
OPERATOR_DEFINE(reduce_mean, "ReduceMean", "",
    { .since = 1, REDUCE_AXES_ATTRIBUTE, .types = REDUCE_TYPES1, REST },
    { .since = 11, REDUCE_AXES_ATTRIBUTE, .types = REDUCE_TYPES1, REST },
    { .since = 13, REDUCE_AXES_ATTRIBUTE, .types = REDUCE_TYPES13, REST },
    { .since = 18, REDUCE_AXES_INPUT, .types = REDUCE_TYPES13, REST })
