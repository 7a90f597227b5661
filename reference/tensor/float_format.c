#include "reference/tensor/float_format.h"

#include <math.h>
#include <string.h>

const FloatFormat float_format_float16 = { "float16", 5, 10, 15, SPECIALS_IEEE };
const FloatFormat float_format_bfloat16 = { "bfloat16", 8, 7, 127, SPECIALS_IEEE };
const FloatFormat float_format_float32 = { "float", 8, 23, 127, SPECIALS_IEEE };
const FloatFormat float_format_float64 = { "double", 11, 52, 1023, SPECIALS_IEEE };
const FloatFormat float_format_float8e4m3fn = { "float8e4m3fn", 4, 3, 7, SPECIALS_FN };
const FloatFormat float_format_float8e4m3fnuz = { "float8e4m3fnuz", 4, 3, 8, SPECIALS_FNUZ };
const FloatFormat float_format_float8e5m2 = { "float8e5m2", 5, 2, 15, SPECIALS_IEEE };
const FloatFormat float_format_float8e5m2fnuz = { "float8e5m2fnuz", 5, 2, 16, SPECIALS_FNUZ };
const FloatFormat float_format_float4e2m1 = { "float4e2m1", 2, 1, 1, SPECIALS_NONE };
const FloatFormat float_format_float8e8m0 = { "float8e8m0", 8, 0, 127, SPECIALS_NONE };

#define DOUBLE_MANTISSA 52
#define DOUBLE_BIAS 1023

static uint64_t double_bits(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static double double_from_bits(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static int total_bits(const FloatFormat *f)
{
    return 1 + f->exponent_bits + f->mantissa_bits;
}

/* Magnitude code (no sign) of the largest finite number. */
static uint64_t max_code(const FloatFormat *f)
{
    const uint64_t all_ones = (UINT64_C(1) << (f->exponent_bits + f->mantissa_bits)) - 1;
    switch (f->specials) {
    case SPECIALS_IEEE:
        return (((UINT64_C(1) << f->exponent_bits) - 1) << f->mantissa_bits) - 1;
    case SPECIALS_FN:
        return all_ones - 1;
    default:
        return all_ones;
    }
}

static double decode_e8m0(uint64_t code)
{
    return code == 0xFF ? NAN : ldexp(1.0, (int)code - 127);
}

double float_decode(const FloatFormat *f, uint64_t bits)
{
    if (f == &float_format_float64)
        return double_from_bits(bits);
    if (f == &float_format_float8e8m0)
        return decode_e8m0(bits & 0xFF);

    const uint64_t sign = bits >> (total_bits(f) - 1) & 1;
    const uint64_t code = bits & ((UINT64_C(1) << (total_bits(f) - 1)) - 1);
    const uint64_t mantissa = code & ((UINT64_C(1) << f->mantissa_bits) - 1);
    const int exponent = (int)(code >> f->mantissa_bits);

    if (f->specials == SPECIALS_FNUZ && sign && code == 0)
        return NAN;
    if (code > max_code(f)) {
        if (f->specials == SPECIALS_IEEE && mantissa == 0)
            return sign ? -INFINITY : INFINITY;
        /* Keep sign and payload, so that float -> double -> float is the identity on NaNs. */
        return double_from_bits(sign << 63 | UINT64_C(0x7FF) << 52 | mantissa << (DOUBLE_MANTISSA - f->mantissa_bits) |
                                UINT64_C(1) << 51);
    }
    const double magnitude = exponent == 0 ? ldexp((double)mantissa, 1 - f->bias - f->mantissa_bits)
                                           : ldexp((double)(mantissa | UINT64_C(1) << f->mantissa_bits),
                                                   exponent - f->bias - f->mantissa_bits);
    return sign ? -magnitude : magnitude;
}

/* The NaN of a format for a NaN double: sign and leading payload bits kept, quiet. */
static uint64_t encode_nan(const FloatFormat *f, uint64_t bits)
{
    const uint64_t sign = bits >> 63 << (total_bits(f) - 1);
    switch (f->specials) {
    case SPECIALS_IEEE: {
        const uint64_t payload = (bits & ((UINT64_C(1) << DOUBLE_MANTISSA) - 1)) >> (DOUBLE_MANTISSA - f->mantissa_bits);
        const uint64_t exponent = ((UINT64_C(1) << f->exponent_bits) - 1) << f->mantissa_bits;
        /* The published float8e5m2 NaN is 0x7E: the quiet bit alone. */
        return sign | exponent | payload | UINT64_C(1) << (f->mantissa_bits - 1);
    }
    case SPECIALS_FN:
        return sign | (max_code(f) + 1);
    case SPECIALS_FNUZ:
        return UINT64_C(1) << (total_bits(f) - 1);
    default:
        return UINT64_C(1) << (total_bits(f) - 1); /* float4e2m1: code 0x8, as the published Cast data has it */
    }
}

static uint64_t encode_overflow(const FloatFormat *f, uint64_t sign, FloatOverflow overflow)
{
    if (overflow == OVERFLOW_SATURATE || f->specials == SPECIALS_NONE)
        return sign | max_code(f);
    if (f->specials == SPECIALS_FNUZ)
        return UINT64_C(1) << (total_bits(f) - 1);
    return sign | (max_code(f) + 1); /* infinity, or float8e4m3fn's NaN */
}

uint64_t float_encode(const FloatFormat *f, double value, FloatOverflow overflow)
{
    const uint64_t bits = double_bits(value);
    if (f == &float_format_float64)
        return bits;

    const uint64_t sign = bits >> 63 << (total_bits(f) - 1);
    const uint64_t magnitude = bits & ~(UINT64_C(1) << 63);
    if (magnitude > UINT64_C(0x7FF) << DOUBLE_MANTISSA)
        return encode_nan(f, bits);
    if (magnitude == UINT64_C(0x7FF) << DOUBLE_MANTISSA)
        return encode_overflow(f, sign, overflow);

    /* significand * 2^(exponent - 52), the significand with its hidden bit (a double subnormal rounds to zero in every
     * format here but float64, so its missing hidden bit does not matter). */
    const int exponent = (int)(magnitude >> DOUBLE_MANTISSA) - DOUBLE_BIAS;
    const uint64_t significand = (magnitude & ((UINT64_C(1) << DOUBLE_MANTISSA) - 1)) | UINT64_C(1) << DOUBLE_MANTISSA;

    const int smallest = 1 - f->bias; /* exponent of the smallest normal number */
    const gboolean subnormal = exponent < smallest;
    int shift = DOUBLE_MANTISSA - f->mantissa_bits + (subnormal ? smallest - exponent : 0);
    if (shift > DOUBLE_MANTISSA + 2)
        shift = DOUBLE_MANTISSA + 2; /* far below half of the smallest subnormal: rounds to zero */
    const uint64_t kept = significand >> shift;
    const uint64_t rest = significand & ((UINT64_C(1) << shift) - 1);
    const uint64_t half = UINT64_C(1) << (shift - 1);
    const uint64_t rounded = kept + (rest > half || (rest == half && (kept & 1)));

    /* Adding the rounded significand to the exponent field lets a carry run into it. */
    uint64_t code = rounded;
    if (!subnormal) {
        const int64_t biased = (int64_t)exponent + f->bias - 1; /* the hidden bit in `rounded` adds the one */
        code = ((uint64_t)biased << f->mantissa_bits) + rounded;
    }
    if (code > max_code(f))
        return encode_overflow(f, sign, overflow);
    if (code == 0 && f->specials == SPECIALS_FNUZ)
        return 0;
    return sign | code;
}

uint8_t float_encode_e8m0(double value, E8m0Rounding rounding, gboolean saturate)
{
    if (isnan(value))
        return 0xFF;
    const double x = fabs(value);
    const double largest = ldexp(1.0, 127), smallest = ldexp(1.0, -127);
    if (x > largest)
        return saturate ? 0xFE : 0xFF;
    if (x < smallest)
        return saturate ? 0x00 : 0xFF;
    int exponent;
    const double fraction = frexp(x, &exponent); /* x = fraction * 2^exponent, fraction in [1/2, 1) */
    int power = exponent - 1;
    if ((rounding == E8M0_UP && fraction > 0.5) || (rounding == E8M0_NEAREST && fraction >= 0.75))
        power++;
    return (uint8_t)(power + 127); /* x <= 2^127, so power is at most 127 */
}

double float_round_to_odd(double high, double low)
{
    if (low == 0 || !isfinite(high))
        return high;
    uint64_t bits = double_bits(high);
    if (bits & 1)
        return high;
    if (high == 0)
        return low;
    /* The exact value lies strictly between high and its neighbour on low's side; the odd one of the two is taken. */
    bits += (low > 0) == (high > 0) ? 1 : (uint64_t)-1;
    return double_from_bits(bits);
}

double float_max(const FloatFormat *f)
{
    if (f == &float_format_float8e8m0)
        return ldexp(1.0, 127);
    return float_decode(f, max_code(f));
}

double float_min(const FloatFormat *f)
{
    if (f == &float_format_float8e8m0)
        return ldexp(1.0, -127);
    return float_decode(f, 1);
}

static uint64_t encode_exact(const FloatFormat *f, double value)
{
    if (f == &float_format_float8e8m0)
        return float_encode_e8m0(value, E8M0_NEAREST, TRUE);
    return float_encode(f, value, OVERFLOW_NATURAL);
}

double float_next(const FloatFormat *f, double value, gboolean up)
{
    if (isnan(value))
        return value;
    if (f == &float_format_float64)
        return nextafter(value, up ? INFINITY : -INFINITY);
    if (f == &float_format_float8e8m0) {
        const uint64_t code = encode_exact(f, value);
        return decode_e8m0(up ? MIN(code + 1, 0xFE) : MAX(code, 1) - 1);
    }
    const uint64_t sign_bit = UINT64_C(1) << (total_bits(f) - 1);
    const uint64_t bits = encode_exact(f, value);
    const uint64_t code = bits & (sign_bit - 1);
    const gboolean negative = value < 0;
    const uint64_t end = f->specials == SPECIALS_IEEE ? max_code(f) + 1 : max_code(f);
    if (code == 0)
        return up ? float_min(f) : -float_min(f);
    if (negative != up) /* away from zero */
        return code == end ? value : float_decode(f, (negative ? sign_bit : 0) | (code + 1));
    if (code == 1)
        return 0.0;
    return float_decode(f, (negative ? sign_bit : 0) | (code - 1));
}
