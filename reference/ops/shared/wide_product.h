/* Products of many numbers without overflow or underflow on the way, correctly rounded at the end. Thread-safe. */
#ifndef ASSAY_OPS_SHARED_WIDE_PRODUCT_H
#define ASSAY_OPS_SHARED_WIDE_PRODUCT_H

#include "reference/tensor/tensor.h"

/* (high + low) * 2^exponent with high near 1; infinities, NaNs and zeros live in high. */
typedef struct {
    double   high, low;
    int64_t  exponent;
    gboolean inexact; /* low has been rounded */
} WideProduct;

#define WIDE_PRODUCT_INIT ((WideProduct){ 1.0, 0.0, 0, FALSE })

void wide_product_multiply(WideProduct *product, double x);

/* The product of `factors` numbers as a double still to be rounded to dtype (as real_value's); FALSE if the error left
 * by that many roundings leaves it open. */
gboolean wide_product_decided(const WideProduct *product, int64_t factors, DType dtype, double *value);

/* The same for elements first + k * step, k < factors, of a float tensor, in MPFR. */
double product_exactly(const Tensor *x, int64_t first, int64_t step, int64_t factors);

#endif
