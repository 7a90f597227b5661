#include "reference/bounds/sums.h"

#include <limits.h>
#include <math.h>

double bounds_sum(DType dtype, double terms, double magnitude)
{
    return MAX(terms - 1, 0) * bounds_unit(dtype) * magnitude;
}

double bounds_dot(DType dtype, double terms, double magnitude)
{
    return terms * (bounds_unit(dtype) * magnitude + bounds_tiny(dtype) / 2);
}

double bounds_gamma(DType dtype, double roundings)
{
    const double nu = roundings * bounds_unit(dtype);
    return nu < 0.5 ? nu / (1 - nu) : INFINITY;
}

gboolean bounds_sum_exact(DType dtype, double magnitude, int lowest_bit)
{
    if (magnitude == 0 || lowest_bit == INT_MAX)
        return TRUE;
    if (lowest_bit == INT_MIN || magnitude > bounds_huge(dtype) || lowest_bit < ilogb(bounds_tiny(dtype)))
        return FALSE;
    return magnitude <= ldexp(1.0, bounds_precision(dtype) + lowest_bit);
}
