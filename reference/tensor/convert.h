/* Runs of elements between their dtype and the domain in which kernels compute. Thread-safe, no allocation.
 *
 * Widening is exact (uint64 and int64 to double round to nearest). Narrowing rounds once: floats to nearest-even with
 * natural overflow, integers keep the low bits. */
#ifndef ASSAY_TENSOR_CONVERT_H
#define ASSAY_TENSOR_CONVERT_H

#include "reference/tensor/dtype.h"

/* `data` points to elements in memory layout; every non-complex, non-string dtype (bool reads as 0 or 1). */
void convert_to_double(DType dtype, const void *data, double *out, gsize count);
void convert_from_double(DType dtype, const double *in, void *data, gsize count);
void convert_to_int64(DType dtype, const void *data, int64_t *out, gsize count);  /* floats truncate, saturating; NaN 0 */
void convert_from_int64(DType dtype, const int64_t *in, void *data, gsize count);
void convert_to_uint64(DType dtype, const void *data, uint64_t *out, gsize count);
void convert_from_uint64(DType dtype, const uint64_t *in, void *data, gsize count);

/* Sign-extends or masks the low `bits` of a code. */
int64_t  convert_sign_extend(uint64_t code, int bits);
uint64_t convert_low_bits(uint64_t value, int bits);

#endif
