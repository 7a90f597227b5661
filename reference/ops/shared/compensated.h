/* Sums that carry their rounding errors along: as if in twice the precision of binary64 (Ogita, Rump and Oishi's Sum2 and
 * Dot2). Plain values; deterministic on every IEEE machine. */
#ifndef ASSAY_OPS_SHARED_COMPENSATED_H
#define ASSAY_OPS_SHARED_COMPENSATED_H

#include <math.h>

typedef struct {
    double sum, rest; /* the value is sum + rest */
} Compensated;

static inline void compensated_add(Compensated *s, double x)
{
    const double total = s->sum + x, part = total - s->sum;
    s->rest += (s->sum - (total - part)) + (x - part);
    s->sum = total;
}

static inline void compensated_add_product(Compensated *s, double x, double y)
{
    const double product = x * y;
    compensated_add(s, product);
    s->rest += fma(x, y, -product);
}

/* Where the sum overflowed or met a NaN, its errors mean nothing. NaNs become the positive quiet one: which one an
 * operation makes depends on the machine. */
static inline Compensated compensated_settle(Compensated s)
{
    if (isnan(s.sum))
        s.sum = (double)NAN;
    if (!isfinite(s.sum) || !isfinite(s.rest))
        s.rest = 0;
    return s;
}

static inline double compensated_value(Compensated s)
{
    s = compensated_settle(s);
    return s.sum + s.rest;
}

/* s / d with one rounding in effect. */
static inline double compensated_divide(Compensated s, double d)
{
    s = compensated_settle(s);
    const double q = s.sum / d;
    return isfinite(q) ? q + (fma(-q, d, s.sum) + s.rest) / d : isnan(q) ? (double)NAN : q;
}

/* The square root of a sum that is not negative. */
static inline double compensated_sqrt(Compensated s)
{
    s = compensated_settle(s);
    const double root = sqrt(s.sum);
    return isfinite(root) && root > 0 ? root + (fma(-root, root, s.sum) + s.rest) / (2 * root) : root;
}

#endif
