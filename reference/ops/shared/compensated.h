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

/* ---- numbers of twice the precision -----------------------------------------------------------------------------------------
 *
 * The same pair as a number of its own, |rest| <= ulp(sum) / 2, for results in float64 that are to be rounded right. Each
 * operation errs by less than COMPENSATED_UNIT of its result, where neither that nor what goes in is below COMPENSATED_LEAST:
 * rests of smaller numbers may be lost. */
#define COMPENSATED_UNIT  0x1p-100
#define COMPENSATED_LEAST 0x1p-400

static inline Compensated compensated_number(double sum, double rest)
{
    const double total = sum + rest;
    return (Compensated){ total, isfinite(total) ? rest - (total - sum) : 0 };
}

static inline Compensated compensated_plus(Compensated a, Compensated b)
{
    Compensated s = a;
    compensated_add(&s, b.sum);
    return compensated_number(s.sum, s.rest + b.rest);
}

static inline Compensated compensated_times(Compensated a, Compensated b)
{
    const double product = a.sum * b.sum;
    return compensated_number(product, fma(a.sum, b.sum, -product) + (a.sum * b.rest + a.rest * b.sum));
}

static inline Compensated compensated_over(Compensated a, Compensated b)
{
    const double q = a.sum / b.sum;
    return compensated_number(q, (fma(-q, b.sum, a.sum) + (a.rest - q * b.rest)) / b.sum);
}

/* Of a number above 0. */
static inline Compensated compensated_root(Compensated a)
{
    const double root = sqrt(a.sum);
    return compensated_number(root, (fma(-root, root, a.sum) + a.rest) / (2 * root));
}

/* The number in float64; *open becomes 1 if an error of this size could have changed the rounding (the test of Ziv). */
static inline double compensated_decide(Compensated a, double error, int *open)
{
    *open |= a.sum != 0 && fabs(a.sum) < COMPENSATED_LEAST;
    *open |= !(a.sum + (a.rest - error) == a.sum + (a.rest + error));
    return a.sum + a.rest;
}

#endif
