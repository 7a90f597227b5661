/* Softmax, its logarithm, and the logarithm of a sum of exponentials: correctly rounded, with the maximum m taken out.
 *
 * With d_j = m - x_j and t the sum of e^-d_i over all but one i with d_i = 0:
 *     softmax_j = e^-d_j / (1 + t), log_softmax_j = -(d_j + log1p(t)), log_sum_exp = m + log1p(t).
 * A NaN in x is in every result. Where m is infinite, differences are NaN and so are softmax and its logarithm, as in
 * the body that the operators publish; log_sum_exp is then m. Results are doubles still to be rounded to dtype. */
#ifndef ASSAY_OPS_SHARED_SOFTMAX_H
#define ASSAY_OPS_SHARED_SOFTMAX_H

#include "reference/tensor/dtype.h"

/* LineFn (reference/ops/shared/lines.h): y may not be x. */
void softmax_line(const double *x, gsize n, DType dtype, double *y);
void log_softmax_line(const double *x, gsize n, DType dtype, double *y);

/* Of no numbers: -infinity. */
double log_sum_exp(const double *x, gsize n, DType dtype);

#endif
