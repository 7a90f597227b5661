#include "reference/bounds/rounding.h"

#include "reference/bounds/derivation.h"
#include "reference/bounds/relaxation.h"
#include "reference/tensor/convert.h"
#include "reference/tensor/float_format.h"

#include <float.h>
#include <limits.h>
#include <math.h>

DType bounds_compute_type(DType dtype)
{
    const DType relaxed = relaxation_in_force()->computing;
    return dtype == DTYPE_DOUBLE ? DTYPE_DOUBLE : relaxed ? relaxed : DTYPE_FLOAT;
}

static const FloatFormat *computing(DType dtype)
{
    return dtype_info(bounds_compute_type(dtype))->format;
}

/* Rules ask for these once an element: float32 and float64 answer without a decoder. */
double bounds_unit(DType dtype)
{
    const DType type = bounds_compute_type(dtype);
    return type == DTYPE_FLOAT ? 0x1p-24 : type == DTYPE_DOUBLE ? 0x1p-53 : ldexp(1.0, -bounds_precision(dtype));
}

static double smallest(DType dtype)
{
    return dtype == DTYPE_FLOAT ? 0x1p-149 : dtype == DTYPE_DOUBLE ? 0x1p-1074 : float_min(dtype_info(dtype)->format);
}

int bounds_precision(DType dtype)
{
    return computing(dtype)->mantissa_bits + 1;
}

/* Half of it is charged for each rounding: a whole smallest normal number where subnormals are flushed. */
double bounds_tiny(DType dtype)
{
    const DType type = bounds_compute_type(dtype);
    return MAX(smallest(type), 2 * relaxation_flushed(type));
}

double bounds_huge(DType dtype)
{
    const DType type = bounds_compute_type(dtype);
    return type == DTYPE_FLOAT ? (double)FLT_MAX : type == DTYPE_DOUBLE ? DBL_MAX : float_max(computing(dtype));
}

double bounds_ulp(DType dtype, double x)
{
    if (x == 0 || !isfinite(x))
        return bounds_tiny(dtype);
    return MAX(ldexp(1.0, ilogb(x) + 1 - bounds_precision(dtype)), bounds_tiny(dtype));
}

gboolean bounds_computes_exactly(DType dtype, double x)
{
    return bounds_nearest(bounds_compute_type(dtype), x) == x;
}

double bounds_nearest(DType dtype, double x)
{
    uint64_t code = 0;
    double rounded;
    if (dtype == DTYPE_FLOAT)
        return (double)(float)x;
    convert_from_double(dtype, &x, &code, 1);
    convert_to_double(dtype, &code, &rounded, 1);
    return rounded;
}

double bounds_down(DType dtype, double x)
{
    const double y = bounds_nearest(dtype, x);
    return y > x ? float_next(dtype_info(dtype)->format, y, FALSE) : y;
}

double bounds_up(DType dtype, double x)
{
    const double y = bounds_nearest(dtype, x);
    return y < x ? float_next(dtype_info(dtype)->format, y, TRUE) : y;
}

Range bounds_store(DType dtype, double s, double error, gboolean fused)
{
    const double e = error * (1 + 0x1p-40);
    derivation_note(fused ? "round/outwards" : "round/monotone", dtype, 0, error);
    const double low = e > 0 ? nextafter(s - e, -INFINITY) : s, high = e > 0 ? nextafter(s + e, INFINITY) : s;
    Range range = { fused ? bounds_down(dtype, low) : bounds_nearest(dtype, low),
                    fused ? bounds_up(dtype, high) : bounds_nearest(dtype, high) };
    const double flushed = relaxation_flushed(dtype);
    if (range.low < flushed && range.low > 0)
        range.low = 0;
    if (range.high > -flushed && range.high < 0)
        range.high = -0.0;
    return range;
}

int bounds_lowest_bit(double x)
{
    if (x == 0)
        return INT_MAX;
    if (!isfinite(x))
        return INT_MIN;
    int exponent;
    const int64_t odd = (int64_t)ldexp(frexp(fabs(x), &exponent), 53);
    return exponent - 53 + __builtin_ctzll((uint64_t)odd);
}
