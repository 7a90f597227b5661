#include "reference/bounds/softmax.h"

#include "reference/bounds/derivation.h"
#include "reference/bounds/expm1.h"
#include "reference/bounds/relaxation.h"

#include <math.h>
#include <sleef.h>

#define EXP_ULPS 1
/* Of weights, sums and quotients as they are computed here, in binary64. */
#define OWN 0x1p-45

double bounds_exp_vanishes(DType dtype)
{
    return bounds_compute_type(dtype) == DTYPE_DOUBLE ? 746 : 104;
}

/* An ulp is up to 2 u of the number; d counts for the rounding of the difference and for the factor log2 e of an
 * exponential that is built from 2^x. */
WeightRule bounds_weight_rule(DType dtype, gsize n)
{
    const double ulps = EXP_ULPS * relaxation_functions(dtype);
    return (WeightRule){ bounds_unit(dtype), 2 * ulps, (2 * ulps + 1) * (double)((n + 15) / 16) };
}

static double weight_error(DType dtype, double d, double radius, gsize n)
{
    const WeightRule rule = bounds_weight_rule(dtype, n);
    const double rounding = d == 0 && radius == 0 ? 0 : rule.unit * (rule.base + 3 * d + rule.blocks);
    return bounds_expm1(radius + rounding);
}

typedef struct {
    double m, sum;     /* the maximum, and the sum of e^-d */
    double widest;     /* the largest radius */
    double wander;     /* sum p_i w_i + n u: of the sum, relatively */
    gsize  maxima;
    gboolean exact;    /* all weights are 1 or 0 and there is no radius */
} Line;

static double radius_at(const double *radius, gsize j)
{
    return radius ? radius[j] : 0;
}

static gboolean line_read(Line *l, DType dtype, const double *x, const double *radius, gsize n)
{
    *l = (Line){ .m = -INFINITY, .exact = TRUE };
    for (gsize j = 0; j < n; j++) {
        if (isnan(x[j]))
            return FALSE;
        l->m = MAX(l->m, x[j]);
    }
    if (!isfinite(l->m))
        return FALSE;
    double terms = 0;
    for (gsize j = 0; j < n; j++) {
        const double d = l->m - x[j], e = Sleef_cinz_expd1_u10purec(-d), r = radius_at(radius, j);
        if (isinf(d))
            continue;
        const gboolean vanishes = d > bounds_exp_vanishes(dtype) + 2 * r;
        l->exact &= r == 0 && (d == 0 || vanishes);
        l->maxima += d == 0;
        l->widest = MAX(l->widest, r);
        l->sum += e;
        l->wander += e > 0 ? e * weight_error(dtype, d, r, n) : 0; /* the weight's error may be infinite */
        terms += vanishes ? 0 : 1;
    }
    l->wander = l->wander / l->sum + (l->exact ? 0 : terms * bounds_unit(dtype)) + (l->exact ? 0 : OWN);
    return TRUE;
}

static gboolean is_power_of_two(gsize n)
{
    return (n & (n - 1)) == 0;
}

gboolean bounds_softmax(DType dtype, const double *x, const double *radius, gsize n, double *p, double *error)
{
    Line l;
    if (!line_read(&l, dtype, x, radius, n))
        return FALSE;
    const double u = bounds_unit(dtype), divided = 2 * u * (1 + relaxation_quotient(dtype));
    const gboolean exact = l.exact && is_power_of_two(l.maxima);
    for (gsize j = 0; j < n; j++) {
        const double d = l.m - x[j], r = radius_at(radius, j);
        p[j] = isinf(d) || (exact && d > 0) ? 0 : Sleef_cinz_expd1_u10purec(-d) / l.sum;
        error[j] = 0;
        if (isinf(d) || exact)
            continue;
        const double relative = p[j] > 0 ? weight_error(dtype, d, r, n) + l.wander + divided + OWN : 0;
        if (l.wander < 1) {
            error[j] = p[j] * relative / (1 - l.wander) + bounds_tiny(dtype);
            derivation_note("softmax/shifted", dtype, (double)n, error[j]);
        } else {
            error[j] = MAX(p[j], 1 - p[j] + (double)(n + 1) * divided);
            derivation_note("softmax/range", dtype, (double)n, error[j]);
        }
    }
    if (exact)
        derivation_note("softmax/exact", dtype, (double)n, 0);
    return TRUE;
}

gboolean bounds_weights(DType dtype, const double *x, const double *radius, gsize n, double *p, double *w, gboolean *exact)
{
    Line l;
    if (!line_read(&l, dtype, x, radius, n))
        return FALSE;
    *exact = l.exact && is_power_of_two(l.maxima);
    for (gsize j = 0; j < n; j++) {
        const double d = l.m - x[j];
        p[j] = isinf(d) || (l.exact && d > 0) ? 0 : Sleef_cinz_expd1_u10purec(-d) / l.sum;
        w[j] = p[j] > 0 ? weight_error(dtype, d, radius_at(radius, j), n) : 0;
    }
    derivation_note(*exact ? "softmax/exact" : "softmax/shifted", dtype, (double)n, *exact ? 0 : l.wander);
    return TRUE;
}

/* L - m, and the error of its computation. */
static double log_of_sum(const Line *l, DType dtype, double *error)
{
    const double log = Sleef_cinz_logd1_u10purec(l->sum);
    *error = l->maxima == 1 && l->exact ? 0 : INFINITY; /* log 1 is 0 */
    if (*error != 0 && l->wander < 1)
        *error = -Sleef_cinz_log1pd1_u10purec(-l->wander) + 2 * relaxation_functions(dtype) * bounds_unit(dtype) * fabs(log) + OWN;
    return log;
}

gboolean bounds_log_softmax(DType dtype, const double *x, const double *radius, gsize n, double *value, double *error)
{
    Line l;
    if (!line_read(&l, dtype, x, radius, n))
        return FALSE;
    double log_error;
    const double u = bounds_unit(dtype), log = log_of_sum(&l, dtype, &log_error);
    for (gsize j = 0; j < n; j++) {
        const double d = l.m - x[j], shift = l.m + log;
        value[j] = -d - log;
        error[j] = radius_at(radius, j) + log_error;
        if (isinf(d))
            error[j] = 0;
        else if (!(log == 0 && log_error == 0 && bounds_computes_exactly(dtype, d)))
            /* x - (m + log sum), or (x - m) - log sum: the difference that is rounded first */
            error[j] += u * (MAX(d, fabs(shift)) + fabs(value[j])) + fabs(value[j]) * 0x1p-50;
        derivation_note("log-softmax/shifted", dtype, (double)n, error[j]);
    }
    return TRUE;
}

gboolean bounds_log_sum_exp(DType dtype, const double *x, const double *radius, gsize n, double *value, double *error)
{
    Line l;
    if (!line_read(&l, dtype, x, radius, n))
        return FALSE;
    const double log = log_of_sum(&l, dtype, error);
    *value = l.m + log;
    *error += l.widest;
    if (*error > 0)
        *error += bounds_unit(dtype) * fabs(*value) + fabs(*value) * 0x1p-50;
    derivation_note("log-sum-exp/shifted", dtype, (double)n, *error);
    return TRUE;
}
