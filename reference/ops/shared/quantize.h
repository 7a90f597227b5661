/* Linear quantisation and its reverse: the arithmetic of every operator of that kind.
 *
 * Source: QuantizeLinear-10 to 25, DequantizeLinear-10 to 25 (block-qdq/R11 to R21); where their artefacts disagree, the text's rule:
 *   - to integers y = clamp(RNE(x / s) + z): the quotient is rounded once to the precision, then to an integer, and only
 *     then the zero point is added, in a sum that cannot wrap. Whatever lies beyond the range saturates, infinities too;
 *   - x and s are first brought to the precision: the attribute's, else the scale's type. A float8e8m0 scale divides in
 *     float; an int32 scale divides exactly;
 *   - to floats y = cast(x / s + z) with one rounding after the division; saturate as in Cast;
 *   - back y = (x - z) * s, rounded once to the output type. */
#ifndef ASSAY_OPS_SHARED_QUANTIZE_H
#define ASSAY_OPS_SHARED_QUANTIZE_H

#include "reference/eval/certify.h"
#include "reference/ops/shared/scale_grid.h"
#include "reference/tensor/float_format.h"

typedef struct {
    const Tensor      *x, *scale, *zero_point; /* zero_point NULL: none */
    ScaleGrid          grid;
    DType              target;    /* of the output */
    const FloatFormat *precision; /* quantising: of the division, NULL: binary64 */
    gboolean           saturate;  /* quantising to float8 */
} Quantization;

/* Inputs 0 to 2 and the attributes output_dtype, precision and saturate, where the version has them; the grid is left to
 * the caller. Checks types, not shapes. */
gboolean quantization_begin(const Eval *ev, Quantization *q, GError **error);
gboolean dequantization_begin(const Eval *ev, Quantization *q, GError **error);

/* Sets output 0. */
gboolean quantize(Eval *ev, const Quantization *q, GError **error);
gboolean dequantize(Eval *ev, const Quantization *q, GError **error);

/* One value to an integer range, for operators that requantise: clamp(RNE(value) + zero_point); NaN counts as 0. */
double quantize_to_range(double value, double zero_point, double low, double high);

/* Rounds to a format; NULL leaves a double as it is. */
double quantize_round(const FloatFormat *format, double value);

/* Sets the interval of output 0 (quantize_bound.c):
 * quantising, a step of one is granted only where the quotient is inexact and so near a tie that another correct way to
 * divide (in a wider precision, or by multiplying with the rounded operands) may fall on its other side; a quotient that
 * is NaN has no defined integer and admits every one. Dequantising, the one correctly rounded product, and the product of
 * operands that were first rounded to the output type. */
gboolean quantize_bound(Eval *ev, const Quantization *q, GError **error);
gboolean dequantize_bound(Eval *ev, const Quantization *q, GError **error);

/* The interval of one integer target's element for x with a known scale and zero point. */
void quantize_element_range(const Quantization *q, double x, double scale, double zero_point, double *low, double *high);

/* The value before the last rounding (to the integer or float target), for one element. */
double quantize_quotient(const Quantization *q, double x, double scale);

/* The product (x - z) * s rounded to odd. */
double dequantize_product(double x, double zero_point, double scale);

#endif
