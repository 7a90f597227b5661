#include "reference/ops/shared/span.h"

#include "reference/bounds/relaxation.h"
#include "reference/bounds/sums.h"
#include "reference/ops/shared/sum_terms.h"

#include <math.h>


double span_nearest(DType dtype, double x)
{
    return bounds_nearest(dtype, x);
}

static Span settled(Span s)
{
    if (!isfinite(s.value) || isnan(s.low) || isnan(s.high))
        return span_point(isnan(s.value) ? (double)NAN : s.value);
    return s;
}

Span span_rounded(DType dtype, Span s)
{
    const double low = span_nearest(dtype, s.low), high = span_nearest(dtype, s.high);
    return settled((Span){ span_nearest(dtype, s.value), MIN(s.low, low), MAX(s.high, high) });
}

Span span_widened(Span s, double error)
{
    return settled((Span){ s.value, s.low - error, s.high + error });
}

/* ---- sums of products -------------------------------------------------------------------------------------------- */

typedef struct {
    double low, high, magnitude, terms;
    int lowest_bit;
    gboolean points;
} Sum;

static void sum_add(Sum *sum, double low, double high)
{
    if (low == 0 && high == 0)
        return;
    sum->low += low;
    sum->high += high;
    sum->magnitude += MAX(fabs(low), fabs(high));
    sum->terms++;
    sum->points = sum->points && low == high;
    sum->lowest_bit = MIN(sum->lowest_bit, bounds_lowest_bit(low));
}

/* How far any order of additions may end from the true sum; binary64 sums of the ends err far less than the margin. */
static double sum_error(const Sum *sum)
{
    if (sum->terms == 0 || (sum->points && bounds_sum_exact(DTYPE_FLOAT, sum->magnitude, sum->lowest_bit)))
        return 0;
    return bounds_dot(DTYPE_FLOAT, sum->terms + 1, sum->magnitude);
}

#define SUM_INIT ((Sum){ .lowest_bit = G_MAXINT, .points = TRUE })

Span span_dot_value(DType dtype, const Span *x, const double *w, int64_t n, const double *bias)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++)
        sum += x[i].value * w[i];
    sum = span_nearest(dtype, sum);
    if (bias)
        sum = span_nearest(dtype, sum + *bias);
    return span_point(isnan(sum) ? (double)NAN : sum);
}

/* How far a profile that moves operands moves the product of x and w. */
static double moved_product(double x, double w, double of_x)
{
    const double of_w = relaxation_demotion(DTYPE_FLOAT, w);
    return fabs(x) * of_w + fabs(w) * of_x + of_x * of_w;
}

Span span_dot(DType dtype, const Span *x, const double *w, int64_t n, const double *bias)
{
    Span y = span_dot_value(dtype, x, w, n, bias);
    Sum sum = SUM_INIT;
    for (int64_t i = 0; i < n; i++) {
        const double a = x[i].low * w[i], b = x[i].high * w[i];
        const double moved = moved_product(MAX(fabs(x[i].low), fabs(x[i].high)), w[i], relaxation_demotion(DTYPE_FLOAT, x[i].value));
        sum_add(&sum, MIN(a, b) - moved, MAX(a, b) + moved);
    }
    if (bias)
        sum_add(&sum, *bias, *bias);
    const double without = bias ? *bias : 0;
    /* The product may be rounded to dtype before the bias is added, and the sum after that. */
    y.low = sum.low - without;
    y.high = sum.high - without;
    y = span_rounded(dtype, span_widened(y, sum_error(&sum)));
    y.low += without;
    y.high += without;
    y.value = span_dot_value(dtype, x, w, n, bias).value;
    return span_rounded(dtype, y);
}

Span span_product(DType dtype, Span a, Span b)
{
    if (span_is_point(a) && span_is_point(b))
        return span_rounded(dtype, span_point(a.value * b.value));
    const double p[4] = { a.low * b.low, a.low * b.high, a.high * b.low, a.high * b.high };
    const double low = MIN(MIN(p[0], p[1]), MIN(p[2], p[3])), high = MAX(MAX(p[0], p[1]), MAX(p[2], p[3]));
    return span_rounded(dtype, settled((Span){ a.value * b.value, low, high }));
}

Span span_sum(DType dtype, const Span *terms, int64_t n)
{
    g_autofree double *values = g_new(double, (gsize)n + 1);
    Sum sum = SUM_INIT;
    for (int64_t i = 0; i < n; i++) {
        values[i] = terms[i].value;
        sum_add(&sum, terms[i].low, terms[i].high);
    }
    const Span y = { sum_terms(values, (gsize)n, SUM_PLAIN, dtype), sum.low, sum.high };
    return span_rounded(dtype, span_widened(y, sum_error(&sum)));
}

Span span_quotient(DType dtype, Span a, Span b)
{
    const double q = a.value / b.value;
    if (span_is_point(a) && span_is_point(b)) {
        const Span y = span_point(q);
        return span_rounded(dtype, fma(q, b.value, -a.value) == 0 ? y : span_widened(y, fabs(q) * 3 * bounds_unit(DTYPE_FLOAT)));
    }
    const double p[4] = { a.low / b.low, a.low / b.high, a.high / b.low, a.high / b.high };
    const double low = MIN(MIN(p[0], p[1]), MIN(p[2], p[3])), high = MAX(MAX(p[0], p[1]), MAX(p[2], p[3]));
    const Span y = { q, low, high };
    return span_rounded(dtype, span_widened(settled(y), MAX(fabs(low), fabs(high)) * 3 * bounds_unit(DTYPE_FLOAT)));
}

/* ---- tensors ----------------------------------------------------------------------------------------------------- */

void span_load(const Tensor *tensor, const Interval *interval, int64_t first, int64_t n, Span *out)
{
    for (int64_t i = 0; i < n; i++) {
        out[i] = span_point(tensor_get_double(tensor, first + i));
        if (interval && interval->lower) {
            out[i].low = tensor_get_double(interval->lower, first + i);
            out[i].high = tensor_get_double(interval->upper, first + i);
        }
    }
}

static gboolean ends_make(SpanEnds *ends, const Tensor *y, GError **error)
{
    g_autoptr(Tensor) lower = tensor_copy(y, error), upper = lower ? tensor_copy(y, error) : NULL;
    if (!upper)
        return FALSE;
    ends->lower = g_steal_pointer(&lower);
    ends->upper = g_steal_pointer(&upper);
    return TRUE;
}

void span_store(Tensor *y, int64_t first, int64_t n, const Span *spans)
{
    for (int64_t i = 0; i < n; i++)
        tensor_set_double(y, first + i, spans[i].value);
}

gboolean span_ends(SpanEnds *ends, const Tensor *y, int64_t first, int64_t n, const Span *spans, GError **error)
{
    for (int64_t i = 0; i < n; i++) {
        const double value = tensor_get_double(y, first + i);
        if (!isfinite(spans[i].value) ||
            (span_nearest(y->dtype, spans[i].low) == value && span_nearest(y->dtype, spans[i].high) == value))
            continue;
        if (!ends->lower && !ends_make(ends, y, error))
            return FALSE;
        tensor_set_double(ends->lower, first + i, spans[i].low);
        tensor_set_double(ends->upper, first + i, spans[i].high);
    }
    return TRUE;
}
