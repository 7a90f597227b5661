/* The logarithm of the exact sum, rounded once; of nothing, that of 0. */
#include "reference/bounds/rows.h"
#include "reference/ops/shared/reduce.h"
#include "reference/ops/shared/reduce_bound.h"

static gboolean reduce_log_sum_row(const Tensor *x, int64_t first, int64_t n, Tensor *y, int64_t at)
{
    sum_elements(x, first, n, (SumKind){ TERM_ITSELF, FINISH_LOG }, y, at);
    return TRUE;
}

static gboolean reduce_log_sum(Eval *ev, GError **error)
{
    return reduce_rows(ev, reduce_log_sum_row, error);
}

static const char body[] =
    "<domain: \"\", opset_import: [\"\" : 18]> ReduceLogSum <keepdims, noop_with_empty_axes>"
    " (data, axes) => (reduced) {\n"
    "    sum = ReduceSum <keepdims: int = @keepdims,"
    " noop_with_empty_axes: int = @noop_with_empty_axes> (data, axes)\n"
    "    reduced = Log (sum)\n"
    "}";

static gboolean reduce_log_sum_bound(Eval *ev, GError **error)
{
    return reduce_bound(ev, bounds_log_sum, error);
}

#define REST .kernel = reduce_log_sum, .bound = reduce_log_sum_bound
OPERATOR_DEFINE(reduce_log_sum, "ReduceLogSum", "",
    { .since = 1, REDUCE_AXES_ATTRIBUTE, .types = REDUCE_TYPES1, REST },
    { .since = 11, REDUCE_AXES_ATTRIBUTE, .types = REDUCE_TYPES1, REST },
    { .since = 13, REDUCE_AXES_ATTRIBUTE, .types = REDUCE_TYPES13, REST },
    { .since = 18, .body = body, REDUCE_AXES_INPUT, .types = REDUCE_TYPES13, REST })
