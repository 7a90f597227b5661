/* Sums, dot products and products of many numbers, in any order of evaluation.
 *
 *   "sum/any-order"   |y - s| <= (n - 1) u S            n terms that are not zero, S = sum of |terms|
 *   "dot/any-order"   |y - s| <= n u S + n tiny / 2     n products that are not zero, fused or not, bias terms included
 *   "product/any-order" |y - s| <= gamma(n - 1) |s|     void where a partial product may leave the computing type's range
 *   "sum/exact"       0 if every partial sum is a value of the computing type
 *
 * For round to nearest these need no 1 / (1 - n u) (Jeannerod and Rump, "Improved error bounds for inner products in
 * floating-point arithmetic"); they are attained, so no smaller constant is sound. Any tree of additions is covered:
 * sequential, lanes, pairwise, split and merged, atomics. Units and computing type as in rounding.h. */
#ifndef ASSAY_BOUNDS_SUMS_H
#define ASSAY_BOUNDS_SUMS_H

#include "reference/bounds/rounding.h"

double bounds_sum(DType dtype, double terms, double magnitude);
double bounds_dot(DType dtype, double terms, double magnitude);

/* Whether products of two numbers of this type are exact in the reference's own arithmetic, if that is in force: binary64
 * holds those of two float32. A dot product then has a rounding less. */
gboolean bounds_products_exact(DType dtype);

/* Relative error of n roundings in a row: n u / (1 - n u); INFINITY from n u = 1/2 on. */
double bounds_gamma(DType dtype, double roundings);

/* "sum/exact": all terms are multiples of 2^lowest_bit and their magnitudes sum to `magnitude`. Every partial sum in every
 * order is then a multiple too and no larger: it is a value of the computing type if magnitude <= 2^(p + lowest_bit). */
/* The largest such magnitude; INFINITY where nothing is summed, 0 where only zeros are exact. */
double   bounds_sum_limit(DType dtype, int lowest_bit);
gboolean bounds_sum_exact(DType dtype, double magnitude, int lowest_bit);

#endif
