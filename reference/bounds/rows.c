#include "reference/bounds/rows.h"

#include "reference/bounds/derivation.h"
#include "reference/bounds/relaxation.h"
#include "reference/bounds/sums.h"

#include <limits.h>
#include <math.h>
#include <sleef.h>

static double radius_at(const double *radius, gsize k)
{
    return radius ? radius[k] : 0;
}

gboolean bounds_product(DType dtype, const double *x, const double *radius, gsize n, double *value, double *error)
{
    const double most = ilogb(bounds_huge(dtype)), least = ilogb(bounds_tiny(dtype)) + bounds_precision(dtype);
    double product = 1, wide = 1, up = 0, down = 0, odd = 1, factors = 0;
    for (gsize k = 0; k < n; k++) {
        const double magnitude = fabs(x[k]) + radius_at(radius, k);
        if (!isfinite(magnitude))
            return FALSE;
        product *= x[k];
        wide *= magnitude;
        factors += x[k] != 1 || magnitude != 1;
        if (magnitude > 0) {
            up += MAX(ilogb(magnitude) + 1, 0);
            down += MIN(ilogb(magnitude), 0);
        }
        odd = x[k] == 0 ? odd : odd * ldexp(fabs(x[k]), -bounds_lowest_bit(x[k]));
    }
    if (up > most || down < least)
        return FALSE;
    *value = product;
    *error = 0;
    if (wide == 0 || (!radius && odd <= ldexp(1, bounds_precision(dtype))))
        return TRUE;
    *error = (wide - fabs(product)) + wide * (bounds_gamma(dtype, MAX(factors - 1, 0)) + factors * 0x1p-52);
    derivation_note("product/any-order", dtype, factors, *error);
    return isfinite(*error);
}

gboolean bounds_norm(DType dtype, const double *x, const double *radius, gsize n, double *value, double *error)
{
    double sum = 0, spread = 0, terms = 0;
    int lowest = INT_MAX;
    for (gsize k = 0; k < n; k++) {
        const double r = radius_at(radius, k);
        sum += x[k] * x[k];
        spread += r * r;
        terms += x[k] != 0 || r != 0;
        lowest = MIN(lowest, bounds_lowest_bit(x[k]));
    }
    const double s = sqrt(sum), wide = s + sqrt(spread);
    if (!(wide * wide <= bounds_huge(dtype)))
        return FALSE;
    *value = s;
    *error = 0;
    if (terms == 0 || (spread == 0 && lowest > INT_MIN / 2 && bounds_sum_exact(dtype, sum, 2 * lowest)))
        return TRUE;
    *error = sqrt(spread) * (1 + 0x1p-50) + (terms / 2 + 1) * (bounds_unit(dtype) + 0x1p-52) * wide +
             (sqrt(wide * wide + terms * bounds_tiny(dtype)) - wide);
    derivation_note("norm/any-order", dtype, terms, *error);
    return TRUE;
}

gboolean bounds_log_sum(DType dtype, const double *x, const double *radius, gsize n, double *value, double *error)
{
    double sum = 0, total = 0, spread = 0, terms = 0;
    int lowest = INT_MAX;
    for (gsize k = 0; k < n; k++) {
        const double r = radius_at(radius, k);
        sum += x[k];
        total += fabs(x[k]) + r;
        spread += r;
        terms += x[k] != 0 || r != 0;
        lowest = MIN(lowest, bounds_lowest_bit(x[k]));
    }
    if (!(sum > 0) || !(total <= bounds_huge(dtype)))
        return FALSE;
    const gboolean exact = spread == 0 && bounds_sum_exact(dtype, total, lowest);
    const double delta = exact ? 0 : (spread + bounds_sum(dtype, terms, total) + terms * 0x1p-52 * total) / sum;
    *value = Sleef_cinz_logd1_u10purec(sum);
    *error = 0;
    if (exact && sum == 1)
        return TRUE;
    *error = -Sleef_cinz_log1pd1_u10purec(-delta) + (2 * relaxation_functions(dtype) * bounds_unit(dtype) + 0x1p-50) * fabs(*value);
    derivation_note("log-sum/any-order", dtype, terms, *error);
    return delta < 0.25;
}
