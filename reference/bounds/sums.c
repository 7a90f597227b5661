#include "reference/bounds/sums.h"

#include "reference/bounds/derivation.h"
#include "reference/bounds/relaxation.h"

#include <limits.h>
#include <math.h>

double bounds_sum(DType dtype, double terms, double magnitude)
{
    const double error = MAX(terms - 1, 0) * bounds_unit(dtype) * magnitude;
    derivation_note("sum/any-order", dtype, terms, error);
    return error;
}

gboolean bounds_products_exact(DType dtype)
{
    return relaxation_in_force()->unfused && dtype != DTYPE_DOUBLE;
}

double bounds_dot(DType dtype, double terms, double magnitude)
{
    const double rounded = bounds_products_exact(dtype) ? MAX(terms - 1, 0) : terms;
    const double strict = rounded * (bounds_unit(dtype) * magnitude + bounds_tiny(dtype) / 2);
    const double error = strict + relaxation_dot_excess(dtype, terms, magnitude, strict);
    derivation_note("dot/any-order", dtype, terms, error);
    return error;
}

double bounds_gamma(DType dtype, double roundings)
{
    const double nu = roundings * bounds_unit(dtype);
    const double error = nu < 0.5 ? nu / (1 - nu) : INFINITY;
    derivation_note("gamma (relative)", dtype, roundings, error);
    return error;
}

double bounds_sum_limit(DType dtype, int lowest_bit)
{
    if (lowest_bit == INT_MAX)
        return INFINITY;
    if (lowest_bit < ilogb(bounds_tiny(dtype)))
        return 0;
    return MIN(ldexp(1.0, relaxation_precision(dtype, bounds_precision(dtype)) + lowest_bit), bounds_huge(dtype));
}

gboolean bounds_sum_exact(DType dtype, double magnitude, int lowest_bit)
{
    if (magnitude == 0 || lowest_bit == INT_MAX)
        return TRUE;
    const gboolean exact = magnitude <= bounds_sum_limit(dtype, lowest_bit);
    if (exact)
        derivation_note("sum/exact", dtype, 0, 0);
    return exact;
}
