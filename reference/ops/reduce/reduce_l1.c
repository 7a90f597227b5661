/* The exact sum of magnitudes, rounded once; integers wrap. */
#include "reference/ops/shared/linear_bound.h"
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

static const char body[] =
    "<domain: \"\", opset_import: [\"\" : 18]> ReduceL1 <keepdims, noop_with_empty_axes>"
    " (data, axes) => (reduced) {\n"
    "    magnitude = Abs (data)\n"
    "    reduced = ReduceSum <keepdims: int = @keepdims,"
    " noop_with_empty_axes: int = @noop_with_empty_axes> (magnitude, axes)\n"
    "}";

static gboolean reduce_l1_bound(Eval *ev, GError **error)
{
    return linear_bound(ev, &(LinearRule){ .factors = 1, .pure = TRUE }, error);
}

#define REST .kernel = reduce_l1, .bound = reduce_l1_bound
OPERATOR_DEFINE(reduce_l1, "ReduceL1", "",
    { .since = 1, REDUCE_AXES_ATTRIBUTE, .types = REDUCE_TYPES1, REST },
    { .since = 11, REDUCE_AXES_ATTRIBUTE, .types = REDUCE_TYPES1, REST },
    { .since = 13, REDUCE_AXES_ATTRIBUTE, .types = REDUCE_TYPES13, REST },
    { .since = 18, .body = body, REDUCE_AXES_INPUT, .types = REDUCE_TYPES13, REST })
