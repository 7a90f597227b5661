#include "reference/ops/shared/router.h"

#include "reference/ops/shared/softmax.h"

#include <math.h>

#define U 0x1p-24 /* unit roundoff of float32 */

/* ---- choosing ---------------------------------------------------------------------------------------------------- */

static gint by_score(gconstpointer a, gconstpointer b, gpointer data)
{
    const double *scores = data;
    const int64_t i = *(const int64_t *)a, j = *(const int64_t *)b;
    const double x = isnan(scores[i]) ? -INFINITY : scores[i], y = isnan(scores[j]) ? -INFINITY : scores[j];
    return x > y ? -1 : x < y ? 1 : i < j ? -1 : i > j;
}

/* All indices in descending order of score, the lower index first among equals; free with g_free. */
static int64_t *order_of(double *scores, int64_t n)
{
    int64_t *order = g_new(int64_t, (gsize)n + 1);
    for (int64_t i = 0; i < n; i++)
        order[i] = i;
    g_qsort_with_data(order, (gint)n, sizeof *order, by_score, scores);
    return order;
}

/* ---- softmax ----------------------------------------------------------------------------------------------------- */

/* e^-d is 1 or 0 in every implementation: no error. */
static gboolean exponential_exact(double distance)
{
    return distance == 0 || distance > 150;
}

/* Every relative error on the way to element j: exponential (4 units, 3 more a unit of distance for the subtraction and
 * a base-2 argument), those of the sum weighted by p, the sum's additions, the quotient. */
static void softmax_ends(const double *x, int64_t n, Span *p)
{
    double top = -INFINITY, common = 0;
    int64_t ones = 0;
    gboolean exact = TRUE;
    for (int64_t i = 0; i < n; i++)
        top = MAX(top, x[i]);
    for (int64_t i = 0; i < n; i++) {
        const double d = top - x[i];
        ones += d == 0;
        exact = exact && exponential_exact(d);
        if (!exponential_exact(d))
            common += p[i].value * (4 + 3 * d);
    }
    if (exact && (ones & (ones - 1)) == 0)
        return;
    const double shared = exact ? 0 : common + (double)n + 1;
    for (int64_t i = 0; i < n; i++) {
        const double d = top - x[i], own = exponential_exact(d) ? 0 : 4 + 3 * d;
        const double relative = U * (own + shared + 3) / (1 - U * (own + shared + 3));
        if (p[i].value > 0 || (d > 0 && d <= 150))
            p[i] = span_widened(p[i], p[i].value * relative + (d > 80 ? 0x1p-126 : 0));
    }
}

static void softmax(const Router *r, const double *x, int64_t n, Span *p)
{
    g_autofree double *values = g_new(double, (gsize)n + 1);
    softmax_line(x, (gsize)n, DTYPE_FLOAT, values);
    for (int64_t i = 0; i < n; i++)
        p[i] = span_point(span_nearest(DTYPE_FLOAT, values[i]));
    if (r->certify)
        softmax_ends(x, n, p);
}

/* Whether an expert that is left out might have been chosen. Equal logits give equal weights everywhere; others must be
 * apart whatever the rounding. */
static gboolean unsure(const Router *r, const double *logits, const Span *p, const int64_t *order)
{
    for (int64_t j = 0; j < r->k; j++)
        for (int64_t i = r->k; i < r->experts; i++)
            if (logits[order[i]] != logits[order[j]] && p[order[i]].high >= p[order[j]].low && p[order[i]].high > 0)
                return TRUE;
    return FALSE;
}

void route_softmax_top(Router *r, double *logits, int64_t *indices, Span *weights)
{
    g_autofree Span *p = g_new(Span, (gsize)r->experts + 1);
    g_autofree double *scores = g_new(double, (gsize)r->experts + 1);
    softmax(r, logits, r->experts, p);
    for (int64_t i = 0; i < r->experts; i++)
        scores[i] = p[i].value;
    g_autofree int64_t *order = order_of(scores, r->experts);
    for (int64_t j = 0; j < r->k; j++) {
        indices[j] = order[j];
        weights[j] = p[order[j]];
    }
    r->uncertain = r->uncertain || (r->certify && unsure(r, logits, p, order));
}

void route_top_softmax(Router *r, double *logits, int64_t *indices, Span *weights)
{
    g_autofree double *chosen = g_new(double, (gsize)r->k + 1);
    g_autofree int64_t *order = order_of(logits, r->experts);
    for (int64_t j = 0; j < r->k; j++) {
        indices[j] = order[j];
        chosen[j] = logits[order[j]];
    }
    softmax(r, chosen, r->k, weights);
}

void route_top_given(Router *r, double *logits, const double *given, int64_t *indices, Span *weights)
{
    g_autofree int64_t *order = order_of(logits, r->experts);
    for (int64_t j = 0; j < r->k; j++) {
        indices[j] = order[j];
        weights[j] = span_point(given[order[j]]);
    }
}

/* ---- sparse mixer ------------------------------------------------------------------------------------------------ */

#define NEAR 0.02 /* twice the jitter of 0.01 that the routing was trained with */

/* One round: `left` holds the scores still in play, -inf for those that are not. */
static int64_t mixer_round(Router *r, const double *scores, double *left, Span *p, Span *weight)
{
    int64_t best = 0;
    for (int64_t i = 1; i < r->experts; i++)
        if (left[i] > left[best])
            best = i;
    const double top = left[best];
    g_autofree double *kept = g_new(double, (gsize)r->experts + 1);
    for (int64_t i = 0; i < r->experts; i++) {
        const double ratio = (top - scores[i]) / MAX(fabs(scores[i]), top);
        if (fabs(ratio - NEAR) < 1e-4 * NEAR)
            r->uncertain = TRUE;
        kept[i] = span_nearest(DTYPE_FLOAT, ratio) > span_nearest(DTYPE_FLOAT, NEAR) ? -INFINITY : left[i];
    }
    softmax(r, kept, r->experts, p);
    *weight = p[best];
    return best;
}

void route_sparse_mixer(Router *r, double *logits, int64_t *indices, Span *weights)
{
    g_autofree Span *p = g_new(Span, (gsize)r->experts + 1);
    g_autofree double *left = g_memdup2(logits, (gsize)r->experts * sizeof *logits);
    for (int64_t j = 0; j < 2; j++) {
        indices[j] = mixer_round(r, logits, left, p, &weights[j]);
        left[indices[j]] = -INFINITY;
    }
}

/* ---- normalising ------------------------------------------------------------------------------------------------- */

void route_normalize(const Router *r, gboolean zero_sum_is_zero, Span *weights)
{
    const Span sum = span_sum(DTYPE_FLOAT, weights, r->k);
    for (int64_t j = 0; j < r->k; j++) {
        if (sum.value == 0 && zero_sum_is_zero)
            weights[j] = span_point(0);
        else
            weights[j] = span_quotient(DTYPE_FLOAT, weights[j], sum);
        if (!r->certify)
            weights[j] = span_point(weights[j].value);
    }
}
