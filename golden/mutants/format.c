#include "golden/mutants/format.h"

#include <math.h>
#include <string.h>

MUTANT_DEFINE(format_fnuz_bias, "format-fnuz-bias", MUST_DIE, 8, "the UZ float8 types are read with the bias of their FN twins")
MUTANT_DEFINE(format_e8m0_bias, "format-e8m0-bias", MUST_DIE, 12, "float8e8m0 is read with bias 128 instead of 127")
MUTANT_DEFINE(format_signed_codes, "format-signed-codes", MUST_DIE, 19, "codes of uint4 and uint2 are read as signed")
MUTANT_DEFINE(format_unsigned_codes, "format-unsigned-codes", MUST_DIE, 19, "codes of int4 and int2 are read as unsigned")
MUTANT_DEFINE(format_f16_flush, "format-f16-flush", MUST_DIE, 5, "subnormal float16 values are written as zero")
MUTANT_DEFINE(format_f16_overflow, "format-f16-overflow", MUST_DIE, 7, "float16 saturates at 65504 instead of going to infinity")
MUTANT_DEFINE(format_bf16_truncates, "format-bf16-truncates", MUST_DIE, 1, "bfloat16 is the upper half of float, not rounded")
MUTANT_DEFINE(format_e5m2_double, "format-e5m2-double", MUST_DIE, 4, "float8e5m2 is reached by way of bfloat16: two roundings")
MUTANT_DEFINE(format_e4m3_double, "format-e4m3-double", MUST_DIE, 4, "float8e4m3fn is reached by way of float16: two roundings")
MUTANT_DEFINE(format_e2m1_away, "format-e2m1-away", MUST_DIE, 2, "float4e2m1 rounds ties away from zero")
MUTANT_DEFINE(format_f8_flush, "format-f8-flush", MUST_DIE, 5, "subnormal float8 values are read as zero")

typedef struct {
    DType dtype;
    int   exponent_bits, mantissa_bits, bias;
    enum { IEEE, FN, UZ, FINITE } specials;
} Layout;

static const Layout layouts[] = {
    { DTYPE_FLOAT16, 5, 10, 15, IEEE },       { DTYPE_BFLOAT16, 8, 7, 127, IEEE },  { DTYPE_FLOAT8E5M2, 5, 2, 15, IEEE },
    { DTYPE_FLOAT8E4M3FN, 4, 3, 7, FN },      { DTYPE_FLOAT8E4M3FNUZ, 4, 3, 8, UZ }, { DTYPE_FLOAT8E5M2FNUZ, 5, 2, 16, UZ },
    { DTYPE_FLOAT4E2M1, 2, 1, 1, FINITE },
};

static const Layout *layout_of(DType dtype)
{
    for (gsize i = 0; i < G_N_ELEMENTS(layouts); i++)
        if (layouts[i].dtype == dtype)
            return &layouts[i];
    return NULL;
}

/* ---- reading ---------------------------------------------------------------------------------------------------------- */

/* The magnitude of the code without its sign, as the formula says, infinities and NaNs not looked at. */
static double magnitude(const Layout *l, unsigned code, int bias)
{
    const int exponent = (int)(code >> l->mantissa_bits);
    const double fraction = (double)(code & ((1u << l->mantissa_bits) - 1)) / (double)(1u << l->mantissa_bits);
    return exponent == 0 ? ldexp(fraction, 1 - bias) : ldexp(1 + fraction, exponent - bias);
}

static unsigned sign_bit(const Layout *l)
{
    return 1u << (l->exponent_bits + l->mantissa_bits);
}

/* The largest code without sign that is a finite value. */
static unsigned last_finite(const Layout *l)
{
    switch (l->specials) {
    case IEEE:
        return (((1u << l->exponent_bits) - 1) << l->mantissa_bits) - 1;
    case FN:
        return sign_bit(l) - 2;
    default:
        return sign_bit(l) - 1;
    }
}

static double decode(const Layout *l, unsigned code, int bias)
{
    const unsigned sign = code & sign_bit(l), rest = code & (sign_bit(l) - 1);
    if (l->specials == UZ && sign && rest == 0)
        return NAN;
    if (rest > last_finite(l)) {
        if (l->specials == IEEE && rest == last_finite(l) + 1)
            return sign ? -INFINITY : INFINITY;
        return NAN;
    }
    const double m = magnitude(l, rest, bias);
    return sign ? -m : m;
}

static double decode_wide(DType dtype, uint64_t code)
{
    if (dtype == DTYPE_DOUBLE) {
        double value;
        memcpy(&value, &code, sizeof value);
        return value;
    }
    const uint32_t bits = (uint32_t)code;
    float value;
    memcpy(&value, &bits, sizeof value);
    return (double)value;
}

double format_decode(DType dtype, uint64_t code)
{
    if (dtype == DTYPE_FLOAT8E8M0)
        return code == 0xFF ? NAN : ldexp(1, (int)code - (mutant(format_e8m0_bias) ? 128 : 127));
    const Layout *l = layout_of(dtype);
    if (!l)
        return decode_wide(dtype, code);
    int bias = l->bias;
    if (l->specials == UZ && mutant(format_fnuz_bias))
        bias--;
    const double value = decode(l, (unsigned)code, bias);
    const gboolean small = dtype != DTYPE_FLOAT16 && dtype != DTYPE_BFLOAT16 && dtype != DTYPE_FLOAT4E2M1;
    if (small && mutant(format_f8_flush) && fabs(value) < ldexp(1, 1 - bias))
        return value < 0 ? -0.0 : 0.0;
    return value;
}

/* ---- writing ---------------------------------------------------------------------------------------------------------- */

/* The largest code whose magnitude is at most x. */
static unsigned floor_code(const Layout *l, double x)
{
    unsigned low = 0, high = last_finite(l);
    while (low < high) {
        const unsigned middle = (low + high + 1) / 2;
        if (magnitude(l, middle, l->bias) <= x)
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

/* The code after the last finite one is taken for a value one step further on: what lies beyond half of that step has
 * overflowed. */
static unsigned nearest_code(const Layout *l, double x, FormatRounding rounding)
{
    const unsigned below = floor_code(l, x), above = below + 1;
    const double down = magnitude(l, below, l->bias), up = magnitude(l, above, l->bias);
    if (x == down || rounding == TOWARD_ZERO)
        return below;
    if (x - down != up - x) /* both exact: neighbours are near, or x is far above all */
        return x - down < up - x ? below : above;
    return rounding == NEAREST_AWAY || below % 2 ? above : below;
}

static uint64_t encode_layout(const Layout *l, double value, FormatRounding rounding, gboolean saturate)
{
    const unsigned sign = signbit(value) ? sign_bit(l) : 0;
    if (l->specials == FINITE && isnan(value))
        return sign_bit(l); /* ONNX's published data: 0x8 */
    const unsigned nan = l->specials == UZ ? sign_bit(l) : sign | (sign_bit(l) - 1);
    if (isnan(value))
        return nan;
    const unsigned code = isinf(value) ? last_finite(l) + 1 : nearest_code(l, fabs(value), rounding);
    if (code > last_finite(l)) {
        if (saturate || l->specials == FINITE)
            return sign | last_finite(l);
        return l->specials == IEEE ? sign | (last_finite(l) + 1) : nan;
    }
    return l->specials == UZ && code == 0 ? 0 : sign | code;
}

static uint64_t encode_wide(DType dtype, double value)
{
    uint64_t code = 0;
    if (dtype == DTYPE_DOUBLE) {
        memcpy(&code, &value, sizeof code);
        return code;
    }
    const float narrow = (float)value;
    uint32_t bits;
    memcpy(&bits, &narrow, sizeof bits);
    return bits;
}

uint64_t format_encode(DType dtype, double value, FormatRounding rounding, gboolean saturate)
{
    const Layout *l = layout_of(dtype);
    if (!l)
        return encode_wide(dtype, value);
    if (dtype == DTYPE_FLOAT16 && mutant(format_f16_flush) && fabs(value) < 0x1p-14)
        value = copysign(0, value);
    if (dtype == DTYPE_FLOAT16 && mutant(format_f16_overflow))
        saturate = TRUE;
    if (dtype == DTYPE_BFLOAT16 && mutant(format_bf16_truncates))
        rounding = TOWARD_ZERO;
    if (dtype == DTYPE_FLOAT4E2M1 && mutant(format_e2m1_away))
        rounding = NEAREST_AWAY;
    if (dtype == DTYPE_FLOAT8E5M2 && mutant(format_e5m2_double))
        value = format_round(DTYPE_BFLOAT16, value);
    if (dtype == DTYPE_FLOAT8E4M3FN && mutant(format_e4m3_double))
        value = format_round(DTYPE_FLOAT16, value);
    return encode_layout(l, value, rounding, saturate);
}

double format_round(DType dtype, double value)
{
    if (dtype == DTYPE_FLOAT)
        return (double)(float)value;
    if (dtype == DTYPE_DOUBLE)
        return value;
    return format_decode(dtype, format_encode(dtype, value, NEAREST_EVEN, FALSE));
}

uint8_t format_encode_scale(double value, char mode, gboolean saturate)
{
    if (isnan(value))
        return 0xFF;
    const double x = fabs(value);
    if (x < 0x1p-127 || x > 0x1p127)
        return !saturate ? 0xFF : x < 1 ? 0x00 : 0xFE;
    int code = 0; /* of the largest power of two that is at most x */
    while (code < 254 && ldexp(1, code + 1 - 127) <= x)
        code++;
    const double down = ldexp(1, code - 127);
    return (uint8_t)(code + (x > down && (mode == 'u' || (mode == 'n' && x >= 1.5 * down))));
}

/* ---- integers --------------------------------------------------------------------------------------------------------- */

static const struct {
    DType    dtype;
    int      bits;
    gboolean is_signed;
} integers[] = {
    { DTYPE_INT8, 8, TRUE },    { DTYPE_INT16, 16, TRUE },   { DTYPE_INT32, 32, TRUE },   { DTYPE_INT64, 64, TRUE },
    { DTYPE_UINT8, 8, FALSE },  { DTYPE_UINT16, 16, FALSE }, { DTYPE_UINT32, 32, FALSE }, { DTYPE_UINT64, 64, FALSE },
    { DTYPE_INT4, 4, TRUE },    { DTYPE_INT2, 2, TRUE },     { DTYPE_UINT4, 4, FALSE },   { DTYPE_UINT2, 2, FALSE },
};

static int integer_index(DType dtype)
{
    for (int i = 0; i < (int)G_N_ELEMENTS(integers); i++)
        if (integers[i].dtype == dtype)
            return i;
    return -1;
}

gboolean format_is_int(DType dtype)
{
    return integer_index(dtype) >= 0;
}

gboolean format_is_float(DType dtype)
{
    return dtype == DTYPE_FLOAT || dtype == DTYPE_DOUBLE || dtype == DTYPE_FLOAT8E8M0 || layout_of(dtype) != NULL;
}

static uint64_t mask(int bits)
{
    return bits == 64 ? ~UINT64_C(0) : (UINT64_C(1) << bits) - 1;
}

int64_t format_int_decode(DType dtype, uint64_t code)
{
    const int i = integer_index(dtype);
    if (i < 0) /* bool */
        return code != 0;
    const int bits = integers[i].bits;
    gboolean is_signed = integers[i].is_signed;
    code &= mask(bits);
    if (bits < 8 && (is_signed ? mutant(format_unsigned_codes) : mutant(format_signed_codes)))
        is_signed = !is_signed;
    if (is_signed && bits < 64 && code >> (bits - 1))
        return (int64_t)code - ((int64_t)1 << bits);
    return (int64_t)code;
}

uint64_t format_int_encode(DType dtype, int64_t value)
{
    const int i = integer_index(dtype);
    return i < 0 ? value != 0 : (uint64_t)value & mask(integers[i].bits);
}

int64_t format_int_min(DType dtype)
{
    const int i = integer_index(dtype);
    return i < 0 || !integers[i].is_signed ? 0 : integers[i].bits == 64 ? INT64_MIN : -((int64_t)1 << (integers[i].bits - 1));
}

int64_t format_int_max(DType dtype)
{
    const int i = integer_index(dtype);
    if (i < 0)
        return 1;
    const int bits = integers[i].bits - integers[i].is_signed;
    return bits >= 63 ? INT64_MAX : ((int64_t)1 << bits) - 1;
}
