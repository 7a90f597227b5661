/* Values of a type in a row: how many steps from one value of the type to the next lie between two of them. */
#ifndef ASSAY_GOLDEN_COMPARE_PLACE_H
#define ASSAY_GOLDEN_COMPARE_PLACE_H

#include "reference/tensor/tensor.h"

/* The place of element i: both zeros have place 0, negative values negative places. For integers the value. 0 for strings,
 * complex numbers and what is not finite. */
static inline int64_t value_place(const Tensor *t, int64_t i)
{
    const DTypeInfo *info = dtype_info(t->dtype);
    if (info->domain == DOMAIN_STRING || info->domain == DOMAIN_COMPLEX)
        return 0;
    if (info->domain != DOMAIN_FLOAT)
        return tensor_get_int(t, i);
    const double x = tensor_get_double(t, i);
    const uint64_t bits = tensor_get_bits(t, i);
    if (x - x != 0) /* NaN or infinite */
        return 0;
    if (t->dtype == DTYPE_FLOAT8E8M0)
        return (int64_t)bits;
    const uint64_t sign = UINT64_C(1) << (info->bits - 1);
    return bits & sign ? -(int64_t)(bits & ~sign) : (int64_t)bits;
}

#endif
