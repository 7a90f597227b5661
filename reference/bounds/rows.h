/* One number from a row of n: product, norm, logarithm of the sum. x: middles, radius: NULL if exact; *value receives the
 * result in binary64 (its own error is covered), *error the bound. FALSE if the rule is void for such a row.
 *
 *   "product/any-order"  gamma(n - 1) |s|; 0 if the odd parts multiply to at most 2^p. Void where some partial product
 *                        may leave the normal numbers of the computing type.
 *   "norm/any-order"     (n/2 + 1) u s + sqrt(s^2 + n tiny) - s; 0 if the sum of squares is exact (sums.h): the root is
 *                        then the only rounding. Void where that sum may overflow.
 *   "log-sum/any-order"  -log1p(-delta) + 2 u |s| with delta the relative error of the sum; void from delta = 1/4 on. */
#ifndef ASSAY_BOUNDS_ROWS_H
#define ASSAY_BOUNDS_ROWS_H

#include "reference/bounds/rounding.h"

gboolean bounds_product(DType dtype, const double *x, const double *radius, gsize n, double *value, double *error);
gboolean bounds_norm(DType dtype, const double *x, const double *radius, gsize n, double *value, double *error);
gboolean bounds_log_sum(DType dtype, const double *x, const double *radius, gsize n, double *value, double *error);

#endif
