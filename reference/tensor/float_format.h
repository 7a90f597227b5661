/* Binary floating-point formats narrower than a double: exact decoding, and encoding with exactly one rounding.
 *
 * The rounding of a real number into a format happens here and nowhere else. Numbers arrive as a double, or as a
 * double that was already rounded to odd from something wider (float_round_to_odd), which makes the one rounding here
 * correct for every format of up to 51 significant bits. Thread-safe, no allocation.
 *
 * Sources: ONNX technical notes on float8, float4 and bfloat16; Cast-25's tables; OCP MX for float8e8m0. */
#ifndef ASSAY_TENSOR_FLOAT_FORMAT_H
#define ASSAY_TENSOR_FLOAT_FORMAT_H

#include "reference/tensor/dtype.h"

/* What a format does with what it cannot hold. */
typedef enum {
    SPECIALS_IEEE, /* infinities and many NaNs: float16, bfloat16, float8e5m2 */
    SPECIALS_FN,   /* no infinity, NaN is all ones: float8e4m3fn */
    SPECIALS_FNUZ, /* no infinity, no negative zero, the one NaN is the sign bit alone */
    SPECIALS_NONE  /* neither infinity nor NaN: float4e2m1 */
} FloatSpecials;

struct FloatFormat {
    const char   *name;
    int           exponent_bits;
    int           mantissa_bits; /* explicit ones */
    int           bias;
    FloatSpecials specials;
};

/* Where a finite number that rounds beyond the largest finite one goes, and an infinity. */
typedef enum {
    OVERFLOW_NATURAL,  /* infinity where the format has one, else NaN; float4e2m1 always clamps (Cast-23) */
    OVERFLOW_SATURATE  /* the largest finite number of that sign (Cast-19 saturate=1) */
} FloatOverflow;

/* Rounding of float8e8m0 (Cast-24 round_mode); the others always round to nearest, ties to even. */
typedef enum { E8M0_UP, E8M0_DOWN, E8M0_NEAREST } E8m0Rounding;

extern const FloatFormat float_format_float16, float_format_bfloat16, float_format_float32, float_format_float64,
    float_format_float8e4m3fn, float_format_float8e4m3fnuz, float_format_float8e5m2, float_format_float8e5m2fnuz,
    float_format_float4e2m1, float_format_float8e8m0;

/* The value of a bit pattern, exactly. */
double float_decode(const FloatFormat *format, uint64_t bits);

/* The bit pattern nearest to value, ties to even, one rounding. NaN: the format's quiet NaN with value's sign; for
 * float4e2m1, which has none, the code 0x8 (published Cast data for a positive NaN). Not for float8e8m0. */
uint64_t float_encode(const FloatFormat *format, double value, FloatOverflow overflow);

/* The float8e8m0 code. Cast-24's table: NaN gives 0xFF; with saturate, what is above 2^127 gives 0xFE and what is
 * below 2^-127 (zero too) gives 0x00; without, both give 0xFF. The sign is ignored. */
uint8_t float_encode_e8m0(double value, E8m0Rounding rounding, gboolean saturate);

/* high + low, |low| at most half an ulp of high, rounded to odd: a later rounding to 51 bits or fewer is then correct. */
double float_round_to_odd(double high, double low);

/* The largest finite value, and the smallest positive one (a subnormal where the format has them). */
double float_max(const FloatFormat *format);
double float_min(const FloatFormat *format);

/* The neighbour of a value of the format in the direction of +infinity or -infinity; the value itself at the end. */
double float_next(const FloatFormat *format, double value, gboolean up);

#endif
