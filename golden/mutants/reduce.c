/* ReduceSum, ReduceMean, ReduceMax for floats, and TopK. Text of TopK: "Given two equivalent values, this operator uses the
 * indices along the axis as a tiebreaker. That is, the element with the lower index will appear first." */
#include "golden/mutants/sums.h"

#include <math.h>

MUTANT_DEFINE(reduce_mean_ddof, "reduce-mean-n-minus-1", MUST_DIE, 44, "ReduceMean divides by n - 1")
MUTANT_DEFINE(reduce_max_zero, "reduce-max-from-zero", MUST_DIE, 0, "ReduceMax starts from 0")
MUTANT_DEFINE(reduce_max_nan, "reduce-max-ignores-nan", MUST_LIVE, 10, "ReduceMax ignores NaN: the text gives NaN no place")
MUTANT_DEFINE(topk_ties, "topk-higher-index-first", MUST_DIE, 45, "TopK gives equal values in the order of falling indices")
MUTANT_DEFINE(topk_unsorted, "topk-unsorted", EQUIVALENT, 45, "TopK gives its choice in the order of indices although sorted = 1; of a choice of experts only the weighted sum over all of them is used")
MUTANT_DEFINE(topk_smallest, "topk-smallest", MUST_DIE, 45, "TopK gives the smallest values")
MUTANT_DEFINE(topk_magnitude, "topk-by-magnitude", MUST_DIE, 45, "TopK compares absolute values")

/* The axes of a reduction; FALSE: not of this form. */
static gboolean reduced_axes(const Eval *ev, const Shape *x, gboolean *reduced)
{
    const gboolean as_input = !eval_has(ev, "axes") && eval_input_count(ev) > 1;
    const Tensor *axes = as_input ? eval_input(ev, 1) : NULL;
    gsize n;
    const int64_t *given = eval_ints(ev, "axes", &n);
    const int64_t count = axes ? axes->count : (int64_t)n;
    if (count == 0 && eval_has(ev, "noop_with_empty_axes") && eval_int(ev, "noop_with_empty_axes"))
        return FALSE;
    for (int d = 0; d < x->rank; d++)
        reduced[d] = count == 0;
    for (int64_t i = 0; i < count; i++) {
        const int d = shape_axis(axes ? tensor_get_int(axes, i) : given[i], x->rank);
        if (d < 0)
            return FALSE;
        reduced[d] = TRUE;
    }
    return TRUE;
}

typedef double (*Reduction)(DType type, const double *v, int64_t n);

static double sum_of(DType type, const double *v, int64_t n)
{
    return sums_dot(type, v, 1, NULL, 0, n);
}

static double mean_of(DType type, const double *v, int64_t n)
{
    return format_round(type, sum_of(type, v, n) / (double)(n > 1 && mutant(reduce_mean_ddof) ? n - 1 : n));
}

static double max_of(G_GNUC_UNUSED DType type, const double *v, int64_t n)
{
    const gboolean ignores = mutant(reduce_max_nan);
    double m = mutant(reduce_max_zero) ? 0 : -INFINITY;
    for (int64_t i = 0; i < n; i++)
        if (isnan(v[i]) ? !ignores : v[i] > m)
            m = v[i];
    return m;
}

static gboolean reduce(Eval *ev, Reduction reduction, GError **error)
{
    const Tensor *x = eval_input(ev, 0);
    gboolean reduced[SHAPE_MAX_RANK];
    if (!format_is_float(x->dtype) || x->count == 0 || !reduced_axes(ev, &x->shape, reduced))
        return eval_own_kernel(ev, error);
    Shape kept = x->shape, shape = { .rank = 0 };
    for (int d = 0; d < x->shape.rank; d++) {
        kept.dims[d] = reduced[d] ? 1 : x->shape.dims[d];
        if (!reduced[d] || eval_int(ev, "keepdims"))
            shape.dims[shape.rank++] = kept.dims[d];
    }
    const int64_t count = shape_count(&kept), n = x->count / count;
    g_autofree double *v = naive_read(x), *lines = g_new(double, x->count + 1), *y = g_new(double, count + 1);
    g_autofree int64_t *filled = g_new0(int64_t, count + 1);
    for (int64_t i = 0; i < x->count; i++) {
        int64_t index[SHAPE_MAX_RANK];
        naive_unravel(&x->shape, i, index);
        const int64_t line = naive_broadcast(&kept, x->shape.rank, index);
        lines[line * n + filled[line]++] = v[i];
    }
    for (int64_t line = 0; line < count; line++)
        y[line] = reduction(naive_compute_type(x->dtype), lines + line * n, n);
    return naive_give(ev, 0, x->dtype, &shape, y, error);
}

static gboolean reduce_sum(Eval *ev, GError **error)
{
    return reduce(ev, sum_of, error);
}

static gboolean reduce_mean(Eval *ev, GError **error)
{
    return reduce(ev, mean_of, error);
}

static gboolean reduce_max(Eval *ev, GError **error)
{
    return reduce(ev, max_of, error);
}

NAIVE_DEFINE(reduce_sum, "ReduceSum", "", reduce_sum)
NAIVE_DEFINE(reduce_mean, "ReduceMean", "", reduce_mean)
NAIVE_DEFINE(reduce_max, "ReduceMax", "", reduce_max)

/* ---- TopK --------------------------------------------------------------------------------------------------------------- */

/* Whether element a comes before b. */
static gboolean before(const double *v, int64_t a, int64_t b, gboolean largest)
{
    const gboolean magnitude = mutant(topk_magnitude);
    const double x = magnitude ? fabs(v[a]) : v[a], y = magnitude ? fabs(v[b]) : v[b];
    if (x != y)
        return (x > y) == largest;
    return mutant(topk_ties) ? a > b : a < b;
}

/* Selection, k times: the naive way. */
static void choose(const double *v, int64_t n, int64_t k, gboolean largest, int64_t *chosen, gboolean *taken)
{
    for (int64_t i = 0; i < n; i++)
        taken[i] = FALSE;
    for (int64_t j = 0; j < k; j++) {
        int64_t best = -1;
        for (int64_t i = 0; i < n; i++)
            if (!taken[i] && (best < 0 || before(v, i, best, largest)))
                best = i;
        taken[best] = TRUE;
        chosen[j] = best;
    }
    if (mutant(topk_unsorted))
        for (int64_t i = 0, j = 0; i < n; i++)
            if (taken[i])
                chosen[j++] = i;
}

static gboolean top_k(Eval *ev, GError **error)
{
    const Tensor *x = eval_input(ev, 0), *count = eval_input(ev, 1);
    const int axis = shape_axis(eval_int(ev, "axis"), x->shape.rank);
    if (eval_version(ev) < 11 || axis < 0 || !count || count->count != 1 || !format_is_float(x->dtype))
        return eval_own_kernel(ev, error);
    const int64_t k = tensor_get_int(count, 0), n = x->shape.dims[axis], inner = naive_span(&x->shape, axis + 1, x->shape.rank);
    g_autofree double *v = naive_read(x);
    for (int64_t i = 0; i < x->count; i++)
        if (isnan(v[i])) /* the text gives NaN no place */
            return eval_own_kernel(ev, error);
    if (k < 0 || k > n || x->count == 0)
        return eval_own_kernel(ev, error);
    Shape shape = x->shape;
    shape.dims[axis] = k;
    const gboolean largest = (eval_int(ev, "largest") != 0) != mutant(topk_smallest);
    g_autofree double *row = g_new(double, n + 1), *values = g_new(double, shape_count(&shape) + 1);
    g_autofree int64_t *chosen = g_new(int64_t, n + 1), *indices = g_new(int64_t, shape_count(&shape) + 1);
    g_autofree gboolean *taken = g_new(gboolean, n + 1);
    for (int64_t line = 0; line < x->count / n; line++) {
        for (int64_t i = 0; i < n; i++)
            row[i] = v[(line / inner * n + i) * inner + line % inner];
        choose(row, n, k, largest, chosen, taken);
        for (int64_t j = 0; j < k; j++) {
            values[(line / inner * k + j) * inner + line % inner] = row[chosen[j]];
            indices[(line / inner * k + j) * inner + line % inner] = chosen[j];
        }
    }
    return (!eval_wants(ev, 0) || naive_give(ev, 0, x->dtype, &shape, values, error)) &&
           (!eval_wants(ev, 1) || naive_give_ints(ev, 1, DTYPE_INT64, &shape, indices, error));
}
NAIVE_DEFINE(top_k, "TopK", "", top_k)
