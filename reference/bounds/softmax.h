/* Softmax and its relatives over one line x of n numbers, of which each is known up to a radius.
 *
 * d_j = m - x_j with m the maximum, p the exact softmax of the middles, c the budget of exp in ulp, u the unit roundoff:
 *
 *   "softmax/shifted"      w_j = expm1(rho_j + u (c + 3 d_j + 3 T)): what radius, subtraction, exponential and the rescaling
 *                          of T = ceil(n / 16) blocks do to weight j.
 *                          |y_j - p_j| <= p_j (w_j + sum_i p_i w_i + (n + 1) u) / (1 - sum_i p_i w_i - n u)
 *   "softmax/range"        where that denominator vanishes: y_j is one part of a sum of parts that are not negative, so that it is
 *                          at least 0 and at most 1 + 2 (n + 1) u: |y_j - p_j| <= max(p_j, 1 - p_j + 2 (n + 1) u)
 *   "log-softmax/shifted"  |y_j - (x_j - L)| <= rho_j + u (d_j + |x_j - L|) + E_L,  L - m = log sum e^-d_i,
 *                          E_L = -log1p(-(sum_i p_i w_i + n u)) + u c |L - m|
 *   "log-sum-exp/shifted"  |y - L| <= E_L + max rho + u |L|
 *   "softmax/exact"        0 where every x_j is the maximum or more than a hundred below it (its exponential is 0 in the
 *                          computing type) and the maxima number a power of two
 *
 * exp(0) counts as exact. Sums in any order; e may be built from 2^x; maxima may be found block by block with rescaling,
 * whose exponents telescope to d_j. An x of -infinity has weight zero in every respect. Where the denominator of a
 * logarithm's error vanishes, the error is infinite. */
#ifndef ASSAY_BOUNDS_SOFTMAX_H
#define ASSAY_BOUNDS_SOFTMAX_H

#include "reference/bounds/rounding.h"

/* x: middles, radius: NULL if exact; p: receives the softmax in binary64 (its own error is covered), error: |y_j - p_j|.
 * FALSE if x has no finite maximum; nothing is set then. */
gboolean bounds_softmax(DType dtype, const double *x, const double *radius, gsize n, double *p, double *error);

/* The same for x_j - L, and for L alone (*value, *error). */
gboolean bounds_log_softmax(DType dtype, const double *x, const double *radius, gsize n, double *value, double *error);
gboolean bounds_log_sum_exp(DType dtype, const double *x, const double *radius, gsize n, double *value, double *error);

/* The weights alone, before their sum divides: p as above, w: the relative error of each weight; *exact: "softmax/exact". */
gboolean bounds_weights(DType dtype, const double *x, const double *radius, gsize n, double *p, double *w, gboolean *exact);

/* That relative error, expm1(radius + rounding(d)): rounding is unit * ((base + 3 d) + blocks), 0 where d and the radius are. */
typedef struct {
    double unit, base, blocks;
} WeightRule;
WeightRule bounds_weight_rule(DType dtype, gsize n);

/* Beyond this distance from the maximum e^-d rounds to 0 in the computing type. */
double bounds_exp_vanishes(DType dtype);

#endif
