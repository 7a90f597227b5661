/* The root of the exact sum of squares, rounded once; of integers, truncated. */
#include "reference/bounds/rows.h"
#include "reference/ops/shared/reduce.h"
#include "reference/ops/shared/reduce_bound.h"

static gboolean reduce_l2_row(const Tensor *x, int64_t first, int64_t n, Tensor *y, int64_t at)
{
    sum_elements(x, first, n, (SumKind){ TERM_SQUARE, FINISH_ROOT }, y, at);
    return TRUE;
}

static gboolean reduce_l2(Eval *ev, GError **error)
{
    return reduce_rows(ev, reduce_l2_row, error);
}

static const char body[] =
    "<domain: \"\", opset_import: [\"\" : 18]> ReduceL2 <keepdims, noop_with_empty_axes>"
    " (data, axes) => (reduced) {\n"
    "    square = Mul (data, data)\n"
    "    sum = ReduceSum <keepdims: int = @keepdims,"
    " noop_with_empty_axes: int = @noop_with_empty_axes> (square, axes)\n"
    "    wide = Cast <to = 11> (sum)\n"
    "    root = Sqrt (wide)\n"
    "    reduced = CastLike (root, data)\n"
    "}";

static gboolean reduce_l2_bound(Eval *ev, GError **error)
{
    return reduce_bound(ev, bounds_norm, error);
}

#define REST .kernel = reduce_l2, .bound = reduce_l2_bound
OPERATOR_DEFINE(reduce_l2, "ReduceL2", "",
    { .since = 1, REDUCE_AXES_ATTRIBUTE, .types = REDUCE_TYPES1, REST },
    { .since = 11, REDUCE_AXES_ATTRIBUTE, .types = REDUCE_TYPES1, REST },
    { .since = 13, REDUCE_AXES_ATTRIBUTE, .types = REDUCE_TYPES13, REST },
    { .since = 18, .body = body, REDUCE_AXES_INPUT, .types = REDUCE_TYPES13, REST })
