/* The rule of linear_bound.h for large products, its numbers gathered where the kernel has the operands at hand: for
 * sums of products of two inputs that are finite, exact in binary64 and summed there (GEMM_NARROW of gemm.h), plus perhaps
 * a third input. The sums are those of which the result is the rounding: of n terms, in binary64 as they stand, so that
 * (n + 4) 2^-52 S is their own error, that of S included.
 *
 * One of the two factors may be known to an interval, if results are float32. What its elements may move by, r, is reckoned
 * from the value itself, and all of the error, n (u S + tiny / 2) + sum |w| r with S = sum |w| (|x| + r), comes of one more
 * product: that of |w| and the reach n u (|x| + r) + r. Zeros are not counted then, so that n is the same for all elements:
 * the interval is that of the rule or a little wider.
 *
 * The kernel opens, hands over every element once, and linear_bound() closes. */
#ifndef ASSAY_OPS_SHARED_LINEAR_SUMS_H
#define ASSAY_OPS_SHARED_LINEAR_SUMS_H

#include "reference/eval/operator.h"

typedef struct LinearSums LinearSums;

/* For kernels, after output 0 is made. `most`: terms of a sum if no input holds a zero; of the longest if that `varies` from
 * element to element. NULL if no certificate is wanted, or this is not the way to it: nothing need be done then. Owned by ev. */
LinearSums *linear_sums_open(Eval *ev, double most, gboolean varies);

/* The reach of factor `factor`, float32 and of its shape, to be read in its place for the sums of magnitudes; NULL if it is
 * known exactly. What is added counts in those sums with `share` of its magnitude: 1 if both factors are known exactly. */
const Tensor *linear_sums_reach(const LinearSums *sums, gsize factor);
double linear_sums_share(const LinearSums *sums);
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
