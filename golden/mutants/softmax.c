/* Softmax. Text: exp(x) / ReduceSum(exp(x)) along the axis; before opset 13 over all axes from `axis` on. */
#include "golden/mutants/softmax.h"

#include <math.h>

MUTANT_DEFINE(softmax_no_max, "softmax-no-max", MUST_DIE, 39, "softmax does not subtract the maximum")
MUTANT_DEFINE(softmax_f16, "softmax-f16-logits", MUST_DIE, 29, "softmax rounds the logits to float16")
MUTANT_DEFINE(softmax_bf16_weights, "softmax-bf16-exponentials", MUST_DIE, 29, "softmax rounds the exponentials to bfloat16 before they are summed")
MUTANT_DEFINE(softmax_finite, "softmax-finite-minus-infinity", MUST_DIE, 40, "softmax takes -infinity for -10")
MUTANT_DEFINE(softmax_guard, "softmax-guards-empty-row", MUST_DIE, 41, "softmax of a row of -infinity gives zeros, not NaN")
MUTANT_DEFINE(softmax_axis, "softmax-first-axis", MUST_DIE, 0, "softmax of opset 13 and later ignores axis and takes the one before the last")
MUTANT_DEFINE(softmax_last_lost, "softmax-last-lost", MUST_DIE, 27, "softmax leaves the last element out of the sum")
MUTANT_DEFINE(softmax_base2, "softmax-base-2", MUST_DIE, 0, "softmax takes powers of 2")
MUTANT_DEFINE(softmax_online, "softmax-online", MUST_LIVE, 0, "softmax runs over blocks of 4 with a running maximum and a rescaled sum")
MUTANT_DEFINE(softmax_exp2, "softmax-exp2", MUST_LIVE, 0, "softmax takes exp2((x - max) * log2 e)")
MUTANT_DEFINE(softmax_reciprocal, "softmax-reciprocal", MUST_LIVE, 0, "softmax multiplies by the reciprocal of the sum")
MUTANT_DEFINE(softmax_backwards, "softmax-sum-reversed", MUST_LIVE, 0, "softmax sums from the last element to the first")

static double power(DType type, double d)
{
    if (type == DTYPE_DOUBLE)
        return exp(d);
    if (mutant(softmax_exp2))
        return (double)exp2f((float)d * 1.44269504088896341f);
    return (double)(mutant(softmax_base2) ? exp2f((float)d) : expf((float)d));
}

static double largest(const double *row, int64_t n)
{
    double m = -INFINITY;
    for (int64_t i = 0; i < n; i++)
        m = isnan(row[i]) || row[i] > m ? row[i] : m;
    return m;
}

/* Block by block: earlier exponentials are rescaled whenever the maximum grows. */
static void online(DType type, double *row, int64_t n)
{
    double m = -INFINITY, sum = 0;
    for (int64_t first = 0; first < n; first += 4) {
        const int64_t last = MIN(first + 4, n);
        const double own = largest(row + first, last - first), next = MAX(m, own);
        sum = m == -INFINITY ? 0 : format_round(type, sum * power(type, format_round(type, m - next)));
        for (int64_t i = first; i < last; i++)
            sum = format_round(type, sum + (next == -INFINITY ? 0 : power(type, format_round(type, row[i] - next))));
        m = next;
    }
    for (int64_t i = 0; i < n; i++)
        row[i] = format_round(type, power(type, format_round(type, row[i] - m)) / sum);
}

static gboolean all_finite_or_masked(const double *row, int64_t n)
{
    gboolean any = FALSE;
    for (int64_t i = 0; i < n; i++) {
        if (isnan(row[i]) || row[i] == INFINITY)
            return FALSE;
        any |= isfinite(row[i]);
    }
    return any;
}

static void prepare(double *row, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        if (mutant(softmax_f16))
            row[i] = format_round(DTYPE_FLOAT16, row[i]);
        if (mutant(softmax_finite) && row[i] == -INFINITY)
            row[i] = -10;
    }
}

void softmax_row(DType type, double *row, int64_t n)
{
    prepare(row, n);
    const double m = largest(row, n);
    if (m == -INFINITY && mutant(softmax_guard)) {
        for (int64_t i = 0; i < n; i++)
            row[i] = 0;
        return;
    }
    if (mutant(softmax_online) && all_finite_or_masked(row, n)) {
        online(type, row, n);
        return;
    }
    const gboolean raw = mutant(softmax_no_max), narrow = mutant(softmax_bf16_weights);
    for (int64_t i = 0; i < n; i++) {
        row[i] = power(type, raw ? row[i] : format_round(type, row[i] - m));
        row[i] = narrow ? format_round(DTYPE_BFLOAT16, row[i]) : format_round(type, row[i]);
    }
    double sum = 0;
    const gboolean backwards = mutant(softmax_backwards);
    const int64_t counted = n > 1 && mutant(softmax_last_lost) ? n - 1 : n;
    for (int64_t i = 0; i < counted; i++)
        sum = format_round(type, sum + row[backwards ? counted - 1 - i : i]);
    const double inverse = format_round(type, 1 / sum);
    const gboolean by_inverse = mutant(softmax_reciprocal) && isfinite(inverse);
    for (int64_t i = 0; i < n; i++)
        row[i] = format_round(type, by_inverse ? row[i] * inverse : row[i] / sum);
}

static gboolean softmax(Eval *ev, GError **error)
{
    const Tensor *x = eval_input(ev, 0);
    int axis = shape_axis(eval_int(ev, "axis"), x->shape.rank);
    if (axis < 0)
        return eval_own_kernel(ev, error);
    if (eval_version(ev) >= 13 && x->shape.rank > 1 && mutant(softmax_axis))
        axis = x->shape.rank - 2;
    const int64_t inner = eval_version(ev) < 13 ? 1 : naive_span(&x->shape, axis + 1, x->shape.rank);
    const int64_t n = eval_version(ev) < 13 ? naive_span(&x->shape, axis, x->shape.rank) : x->shape.dims[axis];
    g_autofree double *v = naive_read(x), *row = g_new(double, n + 1);
    for (int64_t line = 0; n > 0 && line < x->count / n; line++) {
        double *at = v + line / inner * n * inner + line % inner;
        for (int64_t i = 0; i < n; i++)
            row[i] = at[i * inner];
        softmax_row(naive_compute_type(x->dtype), row, n);
        for (int64_t i = 0; i < n; i++)
            at[i * inner] = row[i];
    }
    return naive_give(ev, 0, x->dtype, &x->shape, v, error);
}
NAIVE_DEFINE(softmax, "Softmax", "", softmax)
