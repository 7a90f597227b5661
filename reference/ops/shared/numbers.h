/* Whole tensors of any numeric type as doubles, complex numbers as pairs of them, for kernels that interpolate.
 *
 * Storing rounds once; integers truncate towards zero and saturate ("computed as floating point and cast to integer at
 * the end", with the cast made total), NaN gives 0, and bool is whether the value is not zero. */
#ifndef ASSAY_OPS_SHARED_NUMBERS_H
#define ASSAY_OPS_SHARED_NUMBERS_H

#include "reference/eval/operator.h"

/* Doubles per element: 2 for complex types, else 1. */
int64_t numbers_parts(DType dtype);

/* count * parts doubles; NULL with an error for strings or when memory is short. Free with g_free. */
double *numbers_load(const Tensor *x, GError **error);

/* Element i of a tensor that is not complex. */
void numbers_store(Tensor *y, int64_t i, double value);
/* All count * parts values; `values` is overwritten. */
void numbers_store_all(Tensor *y, double *values);

#endif
