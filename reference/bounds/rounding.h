/* From a real number and a bound on its error to the interval of the output's dtype: "round/monotone".
 *
 * A backend that holds any y with |y - s| <= E before it rounds to the output type o returns a value in
 * [RN_o(s - E), RN_o(s + E)], because rounding is monotone. The last rounding is charged nothing, so most elements of
 * narrow types have one right bit pattern. Where a backend may keep an intermediate result unrounded (a fused function),
 * the ends are rounded outwards instead, and the interval holds the unrounded value too.
 *
 * u, the unit roundoff, is that of the computing type: of the strict profile float64 for float64, float32 for all
 * narrower types. Every E is computed in binary64 and inflated by 2^-40 of itself. Thread-safe, no allocation. */
#ifndef ASSAY_BOUNDS_ROUNDING_H
#define ASSAY_BOUNDS_ROUNDING_H

#include "reference/tensor/dtype.h"

typedef struct {
    double low, high;
} Range;

/* The type in which the strict profile computes results of dtype. */
DType bounds_compute_type(DType dtype);

/* Of the computing type: unit roundoff 2^-p, precision p, smallest subnormal, largest finite number. */
double bounds_unit(DType dtype);
int    bounds_precision(DType dtype);
double bounds_tiny(DType dtype); /* two smallest normal numbers where the profile flushes subnormals */
double bounds_huge(DType dtype);

/* The distance of neighbours in the computing type around x; of its smallest subnormal for 0. */
double bounds_ulp(DType dtype, double x);

/* Whether x, and every number of that precision near it, is a value of the computing type. */
gboolean bounds_computes_exactly(DType dtype, double x);

/* x in dtype: to nearest, towards -infinity, towards +infinity. NaN stays. */
double bounds_nearest(DType dtype, double x);
double bounds_down(DType dtype, double x);
double bounds_up(DType dtype, double x);

/* The interval of dtype for values in [s - error, s + error]; a point for error 0. `fused`: ends rounded outwards. */
Range bounds_store(DType dtype, double s, double error, gboolean fused);

/* The exponent of the lowest set bit: x = odd * 2^e. INT_MAX for 0, INT_MIN for infinities and NaN. */
int bounds_lowest_bit(double x);

#endif
