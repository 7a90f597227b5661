/* The bound rule of pooling by p-norms: for p = 1 the sum of magnitudes (linear_bound.h), for p = 2
 *
 *   "norm/any-order"  rho + (n/2 + 3) u (s + rho) + sqrt((s + rho)^2 + n tiny) - s - rho
 *
 * with rho the norm of the radii: of reference/bounds/rows.h, with 2 u more where squares and root come from a power
 * function of 1 ulp. 0 where the sum of squares is exact: then the root is the only rounding. No certificate for any
 * other p. */
#ifndef ASSAY_OPS_SHARED_POOLING_BOUND_H
#define ASSAY_OPS_SHARED_POOLING_BOUND_H

#include "reference/eval/certify.h"

gboolean pooling_norm_bound(Eval *ev, double p, GError **error);

#endif
