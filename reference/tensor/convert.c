#include "reference/tensor/convert.h"

#include "reference/tensor/clones.h"
#include "reference/tensor/float_format.h"

#include <math.h>
#include <string.h>

int64_t convert_sign_extend(uint64_t code, int bits)
{
    const int shift = 64 - bits;
    return (int64_t)(code << shift) >> shift;
}

uint64_t convert_low_bits(uint64_t value, int bits)
{
    return bits >= 64 ? value : value & ((UINT64_C(1) << bits) - 1);
}

/* Decoding tables for the 8-bit and narrower formats, filled once. */
static const double *small_float_table(const FloatFormat *format)
{
    static double tables[6][256];
    static const FloatFormat *const formats[6] = {
        &float_format_float8e4m3fn, &float_format_float8e4m3fnuz, &float_format_float8e5m2,
        &float_format_float8e5m2fnuz, &float_format_float4e2m1, &float_format_float8e8m0,
    };
    static gsize ready;
    if (g_once_init_enter(&ready)) {
        for (gsize t = 0; t < G_N_ELEMENTS(formats); t++)
            for (unsigned code = 0; code < 256; code++)
                tables[t][code] = float_decode(formats[t], code);
        g_once_init_leave(&ready, 1);
    }
    for (gsize t = 0; t < G_N_ELEMENTS(formats); t++)
        if (formats[t] == format)
            return tables[t];
    g_assert_not_reached();
}

static double half_to_double(uint16_t bits)
{
    const unsigned exponent = bits >> 10 & 31, mantissa = bits & 1023;
    if (exponent == 0 || exponent == 31)
        return float_decode(&float_format_float16, bits);
    const uint64_t wide = (uint64_t)(bits >> 15) << 63 | (uint64_t)(exponent + 1023 - 15) << 52 | (uint64_t)mantissa << 42;
    double value;
    memcpy(&value, &wide, sizeof value);
    return value;
}

static double bfloat_to_double(uint16_t bits)
{
    const uint32_t wide = (uint32_t)bits << 16;
    float value;
    memcpy(&value, &wide, sizeof value);
    return value;
}

/* float, the type of most elements, with the widest vectors there are. */
CLONES static void widen_floats(const float *restrict in, double *restrict out, gsize count)
{
    for (gsize i = 0; i < count; i++)
        out[i] = (double)in[i];
}

CLONES static void narrow_to_floats(const double *restrict in, float *restrict out, gsize count)
{
    for (gsize i = 0; i < count; i++)
        out[i] = (float)in[i];
}

#define WIDEN(TYPE, expression)                      \
    do {                                             \
        const TYPE *in = data;                       \
        for (gsize i = 0; i < count; i++)            \
            out[i] = (expression);                   \
    } while (0)

/* Integers of every width to an integer or float type `T`; sub-byte codes are sign-extended. */
#define WIDEN_INTEGERS(T)                                                                     \
    case DTYPE_BOOL:                                                                          \
        WIDEN(uint8_t, (T)(in[i] != 0));                                                      \
        return;                                                                               \
    case DTYPE_UINT8:                                                                         \
    case DTYPE_UINT2:                                                                         \
    case DTYPE_UINT3:                                                                         \
    case DTYPE_UINT4:                                                                         \
        WIDEN(uint8_t, (T)in[i]);                                                             \
        return;                                                                               \
    case DTYPE_UINT16:                                                                        \
        WIDEN(uint16_t, (T)in[i]);                                                            \
        return;                                                                               \
    case DTYPE_UINT32:                                                                        \
        WIDEN(uint32_t, (T)in[i]);                                                            \
        return;                                                                               \
    case DTYPE_UINT64:                                                                        \
        WIDEN(uint64_t, (T)in[i]);                                                            \
        return;                                                                               \
    case DTYPE_INT2:                                                                          \
    case DTYPE_TERNARY:                                                                       \
        WIDEN(uint8_t, (T)convert_sign_extend(in[i], 2));                                     \
        return;                                                                               \
    case DTYPE_INT3:                                                                          \
        WIDEN(uint8_t, (T)convert_sign_extend(in[i], 3));                                     \
        return;                                                                               \
    case DTYPE_INT4:                                                                          \
        WIDEN(uint8_t, (T)convert_sign_extend(in[i], 4));                                     \
        return;                                                                               \
    case DTYPE_INT8:                                                                          \
        WIDEN(int8_t, (T)in[i]);                                                              \
        return;                                                                               \
    case DTYPE_INT16:                                                                         \
        WIDEN(int16_t, (T)in[i]);                                                             \
        return;                                                                               \
    case DTYPE_INT32:                                                                         \
        WIDEN(int32_t, (T)in[i]);                                                             \
        return;                                                                               \
    case DTYPE_INT64:                                                                         \
        WIDEN(int64_t, (T)in[i]);                                                             \
        return

void convert_to_double(DType dtype, const void *data, double *out, gsize count)
{
    switch (dtype) {
        WIDEN_INTEGERS(double);
    case DTYPE_FLOAT:
        widen_floats(data, out, count);
        return;
    case DTYPE_DOUBLE:
        memcpy(out, data, count * sizeof(double));
        return;
    case DTYPE_FLOAT16:
        WIDEN(uint16_t, half_to_double(in[i]));
        return;
    case DTYPE_BFLOAT16:
        WIDEN(uint16_t, bfloat_to_double(in[i]));
        return;
    default: {
        const double *table = small_float_table(dtype_info(dtype)->format);
        WIDEN(uint8_t, table[in[i]]);
    }
    }
}

/* C leaves out-of-range conversions undefined; here they saturate, and NaN gives 0. */
static int64_t double_to_int64(double value)
{
    if (isnan(value))
        return 0;
    if (value >= 0x1p63)
        return INT64_MAX;
    return value < -0x1p63 ? INT64_MIN : (int64_t)value;
}

static uint64_t double_to_uint64(double value)
{
    if (isnan(value))
        return 0;
    if (value >= 0x1p64)
        return UINT64_MAX;
    return value >= 0x1p63 ? (uint64_t)value : (uint64_t)double_to_int64(value);
}

#define BLOCK 256

#define FLOATS_THROUGH_DOUBLE(convert)                                                \
    do {                                                                              \
        const uint8_t *bytes = data;                                                  \
        const gsize width = (gsize)dtype_info(dtype)->width;                          \
        double block[BLOCK];                                                          \
        for (gsize done = 0; done < count; done += BLOCK) {                           \
            const gsize n = MIN(count - done, (gsize)BLOCK);                          \
            convert_to_double(dtype, bytes + done * width, block, n);                 \
            for (gsize i = 0; i < n; i++)                                             \
                out[done + i] = convert(block[i]);                                    \
        }                                                                             \
    } while (0)

void convert_to_int64(DType dtype, const void *data, int64_t *out, gsize count)
{
    switch (dtype) {
        WIDEN_INTEGERS(int64_t);
    default:
        FLOATS_THROUGH_DOUBLE(double_to_int64);
    }
}

void convert_to_uint64(DType dtype, const void *data, uint64_t *out, gsize count)
{
    switch (dtype) {
        WIDEN_INTEGERS(uint64_t);
    default:
        FLOATS_THROUGH_DOUBLE(double_to_uint64);
    }
}

#define NARROW(TYPE, expression)                     \
    do {                                             \
        TYPE *out = data;                            \
        for (gsize i = 0; i < count; i++)            \
            out[i] = (TYPE)(expression);             \
    } while (0)

void convert_from_double(DType dtype, const double *in, void *data, gsize count)
{
    switch (dtype) {
    case DTYPE_DOUBLE:
        memcpy(data, in, count * sizeof(double));
        return;
    case DTYPE_FLOAT:
        narrow_to_floats(in, data, count);
        return;
    case DTYPE_FLOAT16:
        NARROW(uint16_t, float_encode(&float_format_float16, in[i], OVERFLOW_NATURAL));
        return;
    case DTYPE_BFLOAT16:
        NARROW(uint16_t, float_encode(&float_format_bfloat16, in[i], OVERFLOW_NATURAL));
        return;
    case DTYPE_FLOAT8E8M0:
        NARROW(uint8_t, float_encode_e8m0(in[i], E8M0_UP, TRUE));
        return;
    case DTYPE_BOOL:
        NARROW(uint8_t, in[i] != 0);
        return;
    case DTYPE_UINT64:
        NARROW(uint64_t, double_to_uint64(in[i]));
        return;
    case DTYPE_INT64:
        NARROW(int64_t, double_to_int64(in[i]));
        return;
    default:
        break;
    }
    const DTypeInfo *info = dtype_info(dtype);
    if (info->domain == DOMAIN_FLOAT) {
        NARROW(uint8_t, float_encode(info->format, in[i], OVERFLOW_NATURAL));
        return;
    }
    int64_t block[BLOCK];
    uint8_t *bytes = data;
    for (gsize done = 0; done < count; done += BLOCK) {
        const gsize n = MIN(count - done, (gsize)BLOCK);
        for (gsize i = 0; i < n; i++)
            block[i] = double_to_int64(in[done + i]);
        convert_from_int64(dtype, block, bytes + done * (gsize)info->width, n);
    }
}

/* Integers keep their low bits; floats round once. */
#define NARROW_INTEGERS(T)                                                                        \
    const DTypeInfo *info = dtype_info(dtype);                                                    \
    if (info->domain == DOMAIN_FLOAT) {                                                           \
        double block[BLOCK];                                                                      \
        uint8_t *bytes = data;                                                                    \
        for (gsize done = 0; done < count; done += BLOCK) {                                       \
            const gsize n = MIN(count - done, (gsize)BLOCK);                                      \
            for (gsize i = 0; i < n; i++)                                                         \
                block[i] = integer_to_odd_double_##T(in[done + i]);                               \
            convert_from_double(dtype, block, bytes + done * (gsize)info->width, n);              \
        }                                                                                         \
        return;                                                                                   \
    }                                                                                             \
    if (dtype == DTYPE_BOOL) {                                                                    \
        NARROW(uint8_t, in[i] != 0);                                                              \
        return;                                                                                   \
    }                                                                                             \
    switch (info->width) {                                                                        \
    case 1: {                                                                                     \
        const uint8_t mask = (uint8_t)((1u << info->bits) - 1);                                   \
        NARROW(uint8_t, (uint8_t)in[i] & mask);                                                   \
        return;                                                                                   \
    }                                                                                             \
    case 2:                                                                                       \
        NARROW(uint16_t, in[i]);                                                                  \
        return;                                                                                   \
    case 4:                                                                                       \
        NARROW(uint32_t, in[i]);                                                                  \
        return;                                                                                   \
    default:                                                                                      \
        NARROW(uint64_t, in[i]);                                                                  \
    }

/* Integers beyond 2^53 are rounded to odd, so that rounding to a narrower float stays a single rounding; a double
 * output would then be off, so it rounds to nearest, which is what the plain conversion does. */
static double integer_to_odd_double_uint64_t(uint64_t value)
{
    const double nearest = (double)value;
    if (value < UINT64_C(1) << 53)
        return nearest;
    const int64_t residue = nearest >= 0x1p64 ? -(int64_t)(UINT64_MAX - value + 1) : (int64_t)(value - (uint64_t)nearest);
    return float_round_to_odd(nearest, (double)residue);
}

static double integer_to_odd_double_int64_t(int64_t value)
{
    return value < 0 ? -integer_to_odd_double_uint64_t(-(uint64_t)value) : integer_to_odd_double_uint64_t((uint64_t)value);
}

void convert_from_int64(DType dtype, const int64_t *in, void *data, gsize count)
{
    if (dtype == DTYPE_DOUBLE) {
        NARROW(double, in[i]);
        return;
    }
    NARROW_INTEGERS(int64_t)
}

void convert_from_uint64(DType dtype, const uint64_t *in, void *data, gsize count)
{
    if (dtype == DTYPE_DOUBLE) {
        NARROW(double, in[i]);
        return;
    }
    NARROW_INTEGERS(uint64_t)
}
