#include "reference/ops/shared/wide_sum.h"

#include "reference/ops/shared/transcendental.h"
#include "reference/tensor/float_format.h"

/* high + low as one double: the nearest, or rounded to odd for all types but float64. */
static double collapse(double high, double low, DType dtype)
{
    const double sum = high + low, part = sum - high;
    const double rest = (high - (sum - part)) + (low - part);
    return dtype == DTYPE_DOUBLE ? sum : float_round_to_odd(sum, rest);
}

gboolean wide_sum_decided(const WideSum *s, gsize terms, DType dtype, double *value)
{
    if (!isfinite(s->high) || !isfinite(s->low) || fabs(s->high) > 0x1p1020)
        return FALSE;
    const double lost = wide_sum_lost(s, terms);
    *value = s->low == 0 ? s->high : collapse(s->high, s->low, dtype); /* keeps the sign of a zero */
    if (lost == 0)
        return TRUE;
    const double margin = lost + fabs(s->low) * 0x1p-51;
    return real_same(dtype, collapse(s->high, s->low - margin, dtype), collapse(s->high, s->low + margin, dtype));
}

/* Bits of a product of two doubles range from 2^-2148 to 2^2047; 64 more for the carries of 2^64 terms. */
#define EXACT_PRECISION 4288

void exact_sum_init(mpfr_ptr sum)
{
    mpfr_init2(sum, EXACT_PRECISION);
    mpfr_set_zero(sum, 1);
}

void exact_sum_add(mpfr_ptr sum, double x)
{
    mpfr_add_d(sum, sum, x, MPFR_RNDN);
}

void exact_sum_add_product(mpfr_ptr sum, double a, double b)
{
    mpfr_t x, y;
    mpfr_init2(x, 53);
    mpfr_init2(y, 106);
    mpfr_set_d(x, a, MPFR_RNDN);
    mpfr_set_d(y, b, MPFR_RNDN);
    mpfr_mul(y, y, x, MPFR_RNDN);
    mpfr_add(sum, sum, y, MPFR_RNDN);
    mpfr_clear(x);
    mpfr_clear(y);
}
