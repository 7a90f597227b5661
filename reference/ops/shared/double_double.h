/* Sums and products in twice the precision of binary64: an unevaluated sum of two doubles, error below 2^-100 relative
 * for what is used here. Source: the error-free transformations of Knuth and Dekker. */
#ifndef ASSAY_OPS_SHARED_DOUBLE_DOUBLE_H
#define ASSAY_OPS_SHARED_DOUBLE_DOUBLE_H

#include <math.h>

typedef struct {
    double high, low;
} DD;

static inline DD dd_two_sum(double a, double b)
{
    const double sum = a + b, virtual_b = sum - a;
    return (DD){ sum, (a - (sum - virtual_b)) + (b - virtual_b) };
}

static inline DD dd_normal(double high, double low) /* |low| at most |high| */
{
    const double sum = high + low;
    return (DD){ sum, low - (sum - high) };
}

static inline DD dd_add(DD a, DD b)
{
    const DD high = dd_two_sum(a.high, b.high), low = dd_two_sum(a.low, b.low);
    const DD half = dd_normal(high.high, high.low + low.high);
    return dd_normal(half.high, half.low + low.low);
}

static inline DD dd_mul(DD a, DD b)
{
    const double product = a.high * b.high;
    return dd_normal(product, fma(a.high, b.high, -product) + (a.high * b.low + a.low * b.high));
}

static inline DD dd_neg(DD a)
{
    return (DD){ -a.high, -a.low };
}

static inline DD dd_from(double value)
{
    return (DD){ value, 0 };
}

/* a / b for b not zero, one step of refinement. */
static inline DD dd_div(DD a, DD b)
{
    const double first = a.high / b.high;
    const DD rest = dd_add(a, dd_neg(dd_mul(b, dd_from(first))));
    return dd_normal(first, rest.high / b.high);
}

#endif
