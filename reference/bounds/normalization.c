#include "reference/bounds/normalization.h"

#include "reference/bounds/derivation.h"
#include "reference/bounds/relaxation.h"
#include "reference/bounds/sums.h"

#include <limits.h>
#include <math.h>

typedef struct {
    double sum, magnitude, squares, spread; /* of x, |x|, x^2, radius */
    int    lowest;
} Sums;

static Sums sums_of(const double *x, const double *radius, gsize n)
{
    Sums s = { .lowest = INT_MAX };
    for (gsize i = 0; i < n; i++) {
        s.sum += x[i];
        s.magnitude += fabs(x[i]) + radius[i];
        s.squares += x[i] * x[i];
        s.spread += radius[i];
        s.lowest = MIN(s.lowest, bounds_lowest_bit(x[i]));
    }
    return s;
}

/* Whether means of numbers and of squares come out exactly, however they are computed. */
static gboolean exact_means(DType dtype, const Sums *s, gsize n)
{
    return s->spread == 0 && (n & (n - 1)) == 0 && s->lowest > INT_MIN / 2 &&
           bounds_sum_exact(dtype, s->magnitude, s->lowest) &&
           bounds_sum_exact(dtype, s->squares, s->lowest == INT_MAX ? INT_MAX : 2 * s->lowest);
}

/* The square of the mean, and its difference from the mean square, have to be exact too. */
static gboolean exact_variance(DType dtype, const Sums *s, gsize n)
{
    const double count = (double)n, mean = s->sum / count, square = mean * mean;
    return bounds_computes_exactly(dtype, square) && fma(mean, mean, -square) == 0 &&
           bounds_computes_exactly(dtype, s->squares / count - square);
}

gboolean bounds_normalization(DType dtype, const double *x, const double *radius, gsize n, gboolean uncentred, double epsilon,
                              double root_epsilon, NormBound *b)
{
    const Sums s = sums_of(x, radius, n);
    const double count = (double)n, u = bounds_unit(dtype), spread = s.spread / count;
    const gboolean exact = exact_means(dtype, &s, n);
    if (n == 0 || !isfinite(s.squares) || s.squares > bounds_huge(dtype))
        return FALSE;
    b->mean = uncentred ? 0 : s.sum / count;
    b->mean_error = uncentred ? 0 : exact ? 0 : ((count + 1) * u + count * 0x1p-52) * s.magnitude / count + spread;
    double variance = 0, moved = 0;
    for (gsize i = 0; i < n; i++) {
        const double d = x[i] - b->mean, e = radius[i] > 0 || spread > 0 ? radius[i] + (uncentred ? 0 : spread) : 0;
        variance += d * d / count;
        moved += (2 * fabs(d) * e + e * e) / count;
    }
    const double mu = fabs(b->mean), e_mu = b->mean_error, root = sqrt(variance + epsilon);
    double error = moved + (count + 4) * u * variance + e_mu * e_mu;
    if (!uncentred)
        error = MAX(error, moved + (count + 2) * u * s.squares / count + 2 * mu * e_mu + 2 * u * mu * mu + u * variance);
    if (exact && (uncentred || exact_variance(dtype, &s, n)))
        error = 0;
    else
        error += count * 0x1p-50 * s.squares / count;
    const double relative = error == 0 ? 0 : error / (variance + epsilon);
    if (!(relative < 0.5) || !(root + root_epsilon > 0))
        return FALSE;
    b->scale = 1 / (root + root_epsilon);
    derivation_note("norm/mean", dtype, count, b->mean_error);
    derivation_note("norm/variance (relative)", dtype, count, relative);
    b->scale_relative = relative / 2 / (1 - relative) + (5 + relaxation_functions(dtype)) * u + 0x1p-50;
    return TRUE;
}

void bounds_normalized(DType dtype, const NormBound *b, double x, double radius, double *value, double *error)
{
    const double u = bounds_unit(dtype), d = x - b->mean;
    *value = d * b->scale;
    const gboolean exact = b->mean_error == 0 && radius == 0 && bounds_computes_exactly(dtype, d);
    const double moved = b->mean_error + radius + (exact ? 0 : u * fabs(d));
    *error = b->scale * moved * (1 + b->scale_relative) + fabs(*value) * b->scale_relative;
    derivation_note("norm/element", dtype, 0, *error);
}
