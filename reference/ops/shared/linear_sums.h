/* The rule of linear_bound.h for large products, its numbers gathered where the kernel has the operands at hand: for
 * sums of products of two inputs that are known exactly and are finite, exact in binary64 and summed there (GEMM_NARROW
 * of gemm.h), plus perhaps a third input. The sums are those of which the result is the rounding: of n terms, in
 * binary64 as they stand, so that (n + 4) 2^-52 S is their own error, that of S included.
 *
 * The kernel opens, hands over every element once, and linear_bound() closes. */
#ifndef ASSAY_OPS_SHARED_LINEAR_SUMS_H
#define ASSAY_OPS_SHARED_LINEAR_SUMS_H

#include "reference/eval/operator.h"

typedef struct LinearSums LinearSums;

/* For kernels, after output 0 is made. `dense`: terms of every sum if no input holds a zero; 0: that depends on the
 * element. NULL if no certificate is wanted, or this is not the way to it: nothing need be done then. Owned by ev. */
LinearSums *linear_sums_open(Eval *ev, double dense);
/* Whether terms must be counted, and whether input `factor` has no zero. */
gboolean linear_sums_counts(const LinearSums *sums);
gboolean linear_sums_dense(const LinearSums *sums, gsize factor);

/* Elements [first, first + n) of output 0, which are set: sums before they are rounded, sums of magnitudes, numbers of
 * terms that are not zero (NULL if not counted). Called from several threads for different elements. */
void linear_sums_take(LinearSums *sums, int64_t first, int64_t n, const double *values, const double *magnitudes,
                      const double *terms);

/* For the rule: sets the interval of output 0, and *done unless the kernel opened nothing. */
gboolean linear_sums_close(Eval *ev, gboolean *done, GError **error);

#endif
