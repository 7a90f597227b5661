#include "reference/ops/shared/arg.h"

#include "reference/ops/shared/order.h"

static int64_t winner(const uint64_t *keys, int64_t n, gboolean greatest, gboolean last)
{
    int64_t best = 0;
    for (int64_t i = 1; i < n; i++) {
        const gboolean better = greatest ? keys[i] > keys[best] : keys[i] < keys[best];
        if (better || (last && keys[i] == keys[best]))
            best = i;
    }
    return best;
}

/* For the least element a NaN goes below everything: every other key moves up by one, which none is too high for. */
static void nan_first(uint64_t *keys, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        keys[i]++;
}

gboolean arg_reduce(Eval *ev, gboolean greatest, GError **error)
{
    const Tensor *x = eval_input(ev, 0);
    const int rank = x->shape.rank, axis = shape_axis(eval_int(ev, "axis"), rank);
    const gboolean keep = eval_int(ev, "keepdims") != 0, last = eval_int(ev, "select_last_index") != 0;
    if (axis < 0)
        return eval_fail(error, "axis %" G_GINT64_FORMAT " is outside [-%d, %d)", eval_int(ev, "axis"), rank, rank);
    const int64_t dim = x->shape.dims[axis], inner = shape_span(&x->shape, axis + 1, rank);
    Shape shape = SHAPE0;
    for (int d = 0; d < rank; d++)
        if (d != axis || keep)
            shape.dims[shape.rank++] = d == axis ? 1 : x->shape.dims[d];
    Tensor *y = eval_output(ev, 0, DTYPE_INT64, &shape, error);
    if (!y || y->count == 0)
        return y != NULL;
    if (dim == 0)
        return eval_fail(error, "axis %d has no elements to choose from", axis);
    g_autofree uint64_t *keys = g_try_new(uint64_t, (gsize)dim);
    if (!keys)
        return eval_fail(error, "no memory for %" G_GINT64_FORMAT " elements", dim);
    int64_t *to = y->data;
    for (int64_t i = 0; i < y->count; i++) {
        order_keys(x, i / inner * dim * inner + i % inner, inner, dim, keys);
        if (!greatest && dtype_is_float(x->dtype))
            nan_first(keys, dim);
        to[i] = winner(keys, dim, greatest, last);
    }
    return TRUE;
}

static gboolean apart(const Interval *x, gboolean greatest, int64_t a, int64_t b)
{
    return greatest ? tensor_get_double(x->lower, a) > tensor_get_double(x->upper, b)
                    : tensor_get_double(x->upper, a) < tensor_get_double(x->lower, b);
}

gboolean arg_bound(Eval *ev, gboolean greatest, GError **error)
{
    Interval x;
    if (!eval_input_interval(ev, 0, &x) || !x.lower)
        return bound_exact(ev, error);
    const Tensor *y = eval_output_tensor(ev, 0);
    const Shape *shape = &eval_input(ev, 0)->shape;
    const int axis = shape_axis(eval_int(ev, "axis"), shape->rank);
    const int64_t dim = shape->dims[axis], inner = shape_span(shape, axis + 1, shape->rank);
    gboolean decided = TRUE;
    for (int64_t i = 0; i < y->count && decided; i++) {
        const int64_t from = i / inner * dim * inner + i % inner, chosen = tensor_get_int(y, i);
        for (int64_t k = 0; k < dim && decided; k++)
            decided = k == chosen || apart(&x, greatest, from + chosen * inner, from + k * inner);
    }
    if (!decided)
        eval_set_uncertified(ev, 0);
    return TRUE;
}
