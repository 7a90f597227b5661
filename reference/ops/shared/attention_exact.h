/* When attention has one right answer. The data of attention cases is designed for it: rows that put all weight on one key
 * or equal weight on 2^n keys, values that sum exactly. */
#ifndef ASSAY_OPS_SHARED_ATTENTION_EXACT_H
#define ASSAY_OPS_SHARED_ATTENTION_EXACT_H

#include "reference/tensor/dtype.h"

#include <glib.h>

/* exp(-x) is 0 in float64, and so in every narrower type, from here on. */
#define ATTENTION_UNDERFLOW_GAP 746.0

/* Whether softmax of scores between low and high is the same in every float type: NaN all over, one score that leads by
 * so much that the others underflow, or equal weights on 2^n of them. */
gboolean attention_row_is_decided(const double *low, const double *high, int64_t n);

/* The sum of p[j] * values[j * stride] in dtype: 0 if exact in every order, else the bound for any order. */
double attention_mix_error(DType dtype, const double *p, const double *values, int64_t stride, int64_t n);

#endif
