/* The exact mean, rounded once; of integers, truncated towards zero. */
#include "reference/ops/shared/linear_bound.h"
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

static gboolean reduce_mean_bound(Eval *ev, GError **error)
{
    const int64_t rows = eval_output_tensor(ev, 0)->count;
    const double length = rows > 0 ? (double)(eval_input(ev, 0)->count / rows) : 1;
    return linear_bound(ev, &(LinearRule){ .factors = 1, .pure = TRUE, .divisor = length }, error);
}

#define REST .kernel = reduce_mean, .bound = reduce_mean_bound
OPERATOR_DEFINE(reduce_mean, "ReduceMean", "",
    { .since = 1, REDUCE_AXES_ATTRIBUTE, .types = REDUCE_TYPES1, REST },
    { .since = 11, REDUCE_AXES_ATTRIBUTE, .types = REDUCE_TYPES1, REST },
    { .since = 13, REDUCE_AXES_ATTRIBUTE, .types = REDUCE_TYPES13, REST },
    { .since = 18, REDUCE_AXES_INPUT, .types = REDUCE_TYPES13, REST })
