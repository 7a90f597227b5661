/* Float formats against first principles: every code of every format of 16 bits or fewer. */
#include "reference/tensor/convert.h"
#include "reference/tensor/float_format.h"
#include "reference/tensor/packing.h"
#include "reference/tensor/tensor.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

static const FloatFormat *const formats[] = {
    &float_format_float16,        &float_format_bfloat16,       &float_format_float8e4m3fn, &float_format_float8e4m3fnuz,
    &float_format_float8e5m2,     &float_format_float8e5m2fnuz, &float_format_float4e2m1,
};

static uint64_t codes_of(const FloatFormat *f)
{
    return UINT64_C(1) << (1 + f->exponent_bits + f->mantissa_bits);
}

Test(formats, every_code_reads_back)
{
    for (gsize i = 0; i < G_N_ELEMENTS(formats); i++)
        for (uint64_t code = 0; code < codes_of(formats[i]); code++) {
            const double value = float_decode(formats[i], code);
            if (isnan(value))
                continue; /* several codes are one NaN */
            cr_assert_eq(float_encode(formats[i], value, OVERFLOW_NATURAL), code, "%s code 0x%x", formats[i]->name,
                         (unsigned)code);
        }
}

/* Between neighbours a < b, everything below the middle gives a, above gives b, and the middle the even code. */
Test(formats, rounding_is_to_nearest_even)
{
    for (gsize i = 0; i < G_N_ELEMENTS(formats); i++) {
        const FloatFormat *f = formats[i];
        for (double a = float_next(f, -float_max(f), TRUE); a < float_max(f); a = float_next(f, a, TRUE)) {
            const double b = float_next(f, a, TRUE), middle = a / 2 + b / 2;
            cr_assert_lt(a, b, "%s after %g", f->name, a);
            const double low = float_decode(f, float_encode(f, nextafter(middle, -INFINITY), OVERFLOW_NATURAL));
            const double high = float_decode(f, float_encode(f, nextafter(middle, INFINITY), OVERFLOW_NATURAL));
            cr_assert_eq(low, a, "%s below the middle of %g and %g", f->name, a, b);
            cr_assert_eq(high, b, "%s above the middle of %g and %g", f->name, a, b);
            const uint64_t tie = float_encode(f, middle, OVERFLOW_NATURAL);
            cr_assert_eq(tie & 1, 0, "%s tie between %g and %g", f->name, a, b);
        }
    }
}

Test(formats, published_limits)
{
    cr_expect_eq(float_max(&float_format_float8e4m3fn), 448);
    cr_expect_eq(float_max(&float_format_float8e4m3fnuz), 240);
    cr_expect_eq(float_max(&float_format_float8e5m2), 57344);
    cr_expect_eq(float_max(&float_format_float8e5m2fnuz), 57344);
    cr_expect_eq(float_max(&float_format_float4e2m1), 6);
    cr_expect_eq(float_min(&float_format_float8e4m3fn), 0x1p-9);
    cr_expect_eq(float_min(&float_format_float8e4m3fnuz), 0x1p-10);
    cr_expect_eq(float_min(&float_format_float8e5m2), 0x1p-16);
    cr_expect_eq(float_min(&float_format_float8e5m2fnuz), 0x1p-17);
    cr_expect_eq(float_max(&float_format_float16), 65504);
}

Test(formats, overflow)
{
    cr_expect_eq(float_encode(&float_format_float8e4m3fn, 464, OVERFLOW_NATURAL), 0x7E, "the tie goes to 448");
    cr_expect_eq(float_encode(&float_format_float8e4m3fn, nextafter(464, 500), OVERFLOW_NATURAL), 0x7F);
    cr_expect_eq(float_encode(&float_format_float8e4m3fn, -1e9, OVERFLOW_NATURAL), 0xFF);
    cr_expect_eq(float_encode(&float_format_float8e4m3fn, -INFINITY, OVERFLOW_SATURATE), 0xFE);
    cr_expect_eq(float_encode(&float_format_float8e5m2, 61440, OVERFLOW_NATURAL), 0x7C);
    cr_expect_eq(float_encode(&float_format_float8e5m2, nextafter(61440, 0), OVERFLOW_NATURAL), 0x7B);
    cr_expect_eq(float_encode(&float_format_float8e4m3fnuz, 248, OVERFLOW_NATURAL), 0x80);
    cr_expect_eq(float_encode(&float_format_float8e4m3fnuz, -0.0, OVERFLOW_NATURAL), 0, "no negative zero");
    cr_expect_eq(float_encode(&float_format_float8e4m3fnuz, -1e-9, OVERFLOW_NATURAL), 0);
    cr_expect_eq(float_encode(&float_format_float4e2m1, 1e9, OVERFLOW_NATURAL), 7, "float4e2m1 has nothing else");
    cr_expect_eq(float_encode(&float_format_float16, 65520, OVERFLOW_NATURAL), 0x7C00);
    cr_expect_eq(float_encode(&float_format_float16, nextafter(65520, 0), OVERFLOW_NATURAL), 0x7BFF);
}

Test(formats, e8m0_modes)
{
    cr_expect_eq(float_encode_e8m0(1.0, E8M0_UP, TRUE), 127);
    cr_expect_eq(float_encode_e8m0(1.25, E8M0_UP, TRUE), 128);
    cr_expect_eq(float_encode_e8m0(1.25, E8M0_DOWN, TRUE), 127);
    cr_expect_eq(float_encode_e8m0(1.25, E8M0_NEAREST, TRUE), 127);
    cr_expect_eq(float_encode_e8m0(1.5, E8M0_NEAREST, TRUE), 128, "ties go up");
    cr_expect_eq(float_encode_e8m0(0, E8M0_UP, TRUE), 0);
    cr_expect_eq(float_encode_e8m0(0, E8M0_UP, FALSE), 0xFF);
    cr_expect_eq(float_encode_e8m0(INFINITY, E8M0_UP, TRUE), 0xFE);
    cr_expect_eq(float_encode_e8m0(NAN, E8M0_UP, TRUE), 0xFF);
}

/* A sum held as high + low rounds once through round-to-odd, where rounding high alone would round twice. */
Test(formats, round_to_odd_saves_the_second_rounding)
{
    const double half_step = 1 + 0x1p-11; /* the middle of 1 and its float16 successor */
    cr_expect_eq(float_encode(&float_format_float16, half_step, OVERFLOW_NATURAL), 0x3C00);
    cr_expect_eq(float_encode(&float_format_float16, float_round_to_odd(half_step, 0x1p-80), OVERFLOW_NATURAL), 0x3C01);
    cr_expect_eq(float_encode(&float_format_float16, float_round_to_odd(half_step, -0x1p-80), OVERFLOW_NATURAL), 0x3C00);
}

Test(formats, integers_round_once)
{
    const int64_t value = (INT64_C(1) << 62) + (INT64_C(1) << 38) + 1; /* just above a float tie, lost in a double */
    float narrow;
    convert_from_int64(DTYPE_FLOAT, &value, &narrow, 1);
    cr_expect_eq(narrow, 0x1p62f + 0x1p39f);
    const uint64_t most = UINT64_MAX;
    convert_from_uint64(DTYPE_FLOAT, &most, &narrow, 1);
    cr_expect_eq(narrow, 0x1p64f);
}

Test(packing, low_bits_first)
{
    const uint8_t four[] = { 0x1, 0x2, 0xF }, two[] = { 3, 0, 1, 2, 1 }, three[] = { 1, 2, 3, 4, 5, 6, 7, 0, 5 };
    uint8_t out[4];
    packing_pack(DTYPE_INT4, four, 3, out);
    cr_expect_arr_eq(out, ((uint8_t[]){ 0x21, 0x0F }), 2);
    packing_pack(DTYPE_UINT2, two, 5, out);
    cr_expect_arr_eq(out, ((uint8_t[]){ 0x93, 0x01 }), 2);
    packing_pack(DTYPE_UINT3, three, 9, out);
    cr_expect_arr_eq(out, ((uint8_t[]){ 0xD1, 0x58, 0x1F, 0x05 }), 4);
}

Test(packing, round_trip_and_ignored_tail)
{
    static const DType types[] = { DTYPE_UINT2, DTYPE_INT2, DTYPE_UINT3, DTYPE_INT4, DTYPE_FLOAT4E2M1, DTYPE_UINT8, DTYPE_INT64 };
    for (gsize t = 0; t < G_N_ELEMENTS(types); t++)
        for (int64_t n = 0; n < 40; n++) {
            const DTypeInfo *info = dtype_info(types[t]);
            uint8_t elements[40 * 8] = { 0 }, back[40 * 8] = { 0 }, packed[40 * 8 + 1];
            for (int64_t i = 0; i < n; i++)
                elements[i * info->width] = (uint8_t)((i * 7 + 3) & (info->bits < 8 ? (1 << info->bits) - 1 : 0xFF));
            memset(packed, 0xAA, sizeof packed);
            packing_pack(types[t], elements, n, packed);
            const gsize size = packing_size(types[t], n);
            cr_assert_eq(packed[size], 0xAA, "%s x %d writes too far", info->name, (int)n);
            if (info->bits < 8 && n * info->bits % 8)
                packed[size - 1] |= (uint8_t)(0xFF << (n * info->bits % 8)); /* unused bits do not matter to a reader */
            packing_unpack(types[t], packed, n, back);
            cr_assert_arr_eq(back, elements, (gsize)n * (gsize)info->width, "%s x %d", info->name, (int)n);
        }
}
