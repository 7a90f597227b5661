/* Sums with twice the precision of a double and a bound on what is still missing; decided sums are correctly rounded.
 *
 *     WideSum s = WIDE_SUM_INIT;
 *     for (...) wide_sum_add(&s, x[i]);
 *     if (!wide_sum_decided(&s, n, dtype, &value)) value = ... again, exactly (exact_sum below)
 *
 * Every rounding error of `high` is itself exact (TwoSum, and TwoProduct by fma) and goes to `low`; `lost` bounds what
 * the sum of these errors loses. Infinities, NaNs and overflow leave a sum undecided. Thread-safe, no allocation. */
#ifndef ASSAY_OPS_SHARED_WIDE_SUM_H
#define ASSAY_OPS_SHARED_WIDE_SUM_H

#include "reference/tensor/dtype.h"

#include <math.h>
#include <mpfr.h>

typedef struct {
    double high, low; /* the sum is high + low */
    double errors;    /* the sum of the magnitudes of the errors; 0: the sum is exact */
} WideSum;

/* -0 is the neutral element: a sum of negative zeros alone is -0. */
#define WIDE_SUM_INIT ((WideSum){ -0.0, 0.0, 0.0 })

static inline void wide_sum_add(WideSum *s, double x)
{
    const double sum = s->high + x, part = sum - s->high;
    const double error = (s->high - (sum - part)) + (x - part);
    s->high = sum;
    s->low += error;
    s->errors += fabs(error);
}

static inline void wide_sum_add_product(WideSum *s, double a, double b)
{
    const double product = a * b, error = fma(a, b, -product);
    wide_sum_add(s, product);
    s->low += error;
    s->errors += fabs(error);
}

/* Bound on the distance of high + low from the true sum of `terms` numbers or products. Products below 2^-960 may
 * lose bits to underflow, which the constant covers. */
static inline double wide_sum_lost(const WideSum *s, gsize terms)
{
    return s->errors == 0 ? 0 : ((double)terms + 2) * (s->errors * 0x1p-51 + 0x1p-1073);
}

/* The sum as a double still to be rounded to dtype (as real_value's); FALSE if the bound leaves the rounding open. */
gboolean wide_sum_decided(const WideSum *s, gsize terms, DType dtype, double *value);

/* Exact sums: wide enough for the sum of any number of products of two doubles. Free with mpfr_clear. */
void exact_sum_init(mpfr_ptr sum);
void exact_sum_add(mpfr_ptr sum, double x);
void exact_sum_add_product(mpfr_ptr sum, double a, double b);

#endif
