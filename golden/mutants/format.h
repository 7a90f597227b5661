/* Number formats, a second time and naively: the table of every value that a format has, in the order of its codes, and a
 * search in it. Nothing here shares code with reference/tensor/float_format.h; both follow the same texts (ONNX's notes on
 * float8 and float4, Cast-25, IEEE 754 for float16, OCP MX for float8e8m0), which is the point. */
#ifndef ASSAY_GOLDEN_MUTANTS_FORMAT_H
#define ASSAY_GOLDEN_MUTANTS_FORMAT_H

#include "golden/mutants/mutant.h"
#include "reference/tensor/dtype.h"

/* How a number between two neighbours of the format is decided. */
typedef enum { NEAREST_EVEN, NEAREST_AWAY, TOWARD_ZERO } FormatRounding;

/* The value of a code; for every float type. */
double format_decode(DType dtype, uint64_t code);

/* The code of the value for float16, bfloat16, float, double, the float8 with mantissa and float4e2m1. Beyond the largest
 * finite value: `saturate` gives that, else infinity where there is one, else NaN; float4e2m1 always saturates. Ties are
 * decided by the number as given, so one rounding from a double is one rounding. */
uint64_t format_encode(DType dtype, double value, FormatRounding rounding, gboolean saturate);

/* value rounded to nearest even in the format, as a double; infinity beyond it. */
double format_round(DType dtype, double value);

/* The code of float8e8m0. mode: 'u', 'd' or 'n' (ties up); out of range without saturate: NaN. */
uint8_t format_encode_scale(double value, char mode, gboolean saturate);

/* Integers: sign-extended or not, as their type says. */
int64_t  format_int_decode(DType dtype, uint64_t code);
uint64_t format_int_encode(DType dtype, int64_t value); /* keeps the low bits */
int64_t  format_int_min(DType dtype);
int64_t  format_int_max(DType dtype); /* of uint64: that of int64 */
gboolean format_is_float(DType dtype);
gboolean format_is_int(DType dtype);  /* bool excluded */

#endif
