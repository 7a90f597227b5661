/* Cast, CastLike and BitCast: every code of the small types against their definitions, roundings, undefined values. */
#include "reference/ops/shared/cast.h"
#include "reference/ops/tests/expect.h"
#include "reference/tensor/convert.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

static const CastOptions saturating = { TRUE, E8M0_UP }, natural = { FALSE, E8M0_UP };

/* ---- the small float types, from the table of their definitions --------------------------------------------------------- */

typedef struct {
    DType    dtype;
    int      exponent_bits, mantissa_bits, bias;
    unsigned largest;            /* code of the largest finite value */
    gboolean infinities, fnuz;   /* all other codes above `largest` are NaN; fnuz: the one NaN is the sign bit alone */
} Definition;

static const Definition definitions[] = {
    { DTYPE_FLOAT8E4M3FN, 4, 3, 7, 0x7E, FALSE, FALSE }, { DTYPE_FLOAT8E4M3FNUZ, 4, 3, 8, 0x7F, FALSE, TRUE },
    { DTYPE_FLOAT8E5M2, 5, 2, 15, 0x7B, TRUE, FALSE },   { DTYPE_FLOAT8E5M2FNUZ, 5, 2, 16, 0x7F, FALSE, TRUE },
    { DTYPE_FLOAT4E2M1, 2, 1, 1, 0x7, FALSE, FALSE },
};

/* The value of a non-negative code up to the largest, by the formula of the type's table. */
static double value_of(const Definition *d, unsigned code)
{
    const unsigned exponent = code >> d->mantissa_bits, mantissa = code & ((1u << d->mantissa_bits) - 1);
    const double fraction = (double)mantissa / (double)(1u << d->mantissa_bits);
    return exponent == 0 ? fraction * exp2(1 - d->bias) : (1 + fraction) * exp2((int)exponent - d->bias);
}

static unsigned sign_bit(const Definition *d)
{
    return 1u << (d->exponent_bits + d->mantissa_bits);
}

static Tensor *vector(DType dtype, const void *elements, int64_t n)
{
    const Shape shape = SHAPE(n);
    return tensor_from_data(dtype, &shape, elements, NULL);
}

static uint64_t code_of(double value, DType to, const CastOptions *options)
{
    g_autoptr(Tensor) x = vector(DTYPE_DOUBLE, &value, 1);
    g_autoptr(Tensor) y = cast_tensor(x, to, options, NULL);
    return tensor_get_bits(y, 0);
}

Test(cast, every_code_of_the_small_floats_widens_exactly)
{
    for (gsize t = 0; t < G_N_ELEMENTS(definitions); t++) {
        const Definition *d = &definitions[t];
        for (unsigned code = 0; code < 2 * sign_bit(d); code++) {
            const uint8_t byte = (uint8_t)code;
            const unsigned magnitude = code & (sign_bit(d) - 1);
            const double sign = code & sign_bit(d) ? -1 : 1;
            g_autoptr(Tensor) x = vector(d->dtype, &byte, 1);
            const DType wide[] = { DTYPE_FLOAT, DTYPE_DOUBLE, DTYPE_BFLOAT16 };
            for (gsize w = 0; w < G_N_ELEMENTS(wide); w++) {
                g_autoptr(Tensor) y = cast_tensor(x, wide[w], &saturating, NULL);
                const double found = tensor_get_double(y, 0);
                if (d->fnuz && code == sign_bit(d))
                    cr_assert(isnan(found));
                else if (magnitude <= d->largest)
                    cr_assert(found == sign * value_of(d, magnitude) && !signbit(found) == (sign > 0), "%s 0x%02x is %a",
                              dtype_name(d->dtype), code, found);
                else
                    cr_assert(d->infinities && magnitude == d->largest + 1 ? found == sign * INFINITY : isnan(found));
            }
        }
    }
}

/* Every value, every midpoint and the doubles next to it: the nearer neighbour, of two the one with an even code. */
Test(cast, rounds_to_nearest_even_at_every_midpoint)
{
    for (gsize t = 0; t < G_N_ELEMENTS(definitions); t++) {
        const Definition *d = &definitions[t];
        for (unsigned code = 0; code < d->largest; code++)
            for (int negative = 0; negative < 2; negative++) {
                const double low = value_of(d, code), high = value_of(d, code + 1), middle = (low + high) / 2;
                const double sign = negative ? -1 : 1;
                const unsigned even = code & 1 ? code + 1 : code;
                const unsigned s = negative ? sign_bit(d) : 0, zero_sign = d->fnuz ? 0 : s;
                const unsigned of_low = code ? s | code : zero_sign, of_even = even ? s | even : zero_sign;
                cr_assert_eq(code_of(sign * low, d->dtype, &saturating), of_low);
                cr_assert_eq(code_of(sign * nextafter(middle, 0), d->dtype, &saturating), of_low);
                cr_assert_eq(code_of(sign * middle, d->dtype, &saturating), of_even, "%s %a", dtype_name(d->dtype), middle);
                cr_assert_eq(code_of(sign * nextafter(middle, INFINITY), d->dtype, &saturating), s | (code + 1));
                cr_assert_eq(code_of(sign * middle, d->dtype, &natural), of_even);
            }
    }
}

Test(cast, overflow_of_the_small_floats)
{
    const double first_out[] = { 464, 248, 61440, 61440, 1e9 }; /* E4M3FN: 464 itself still rounds to 448 */
    const unsigned positive[] = { 0x7F, 0x80, 0x7C, 0x80, 0x07 }, negative[] = { 0xFF, 0x80, 0xFC, 0x80, 0x0F };
    for (gsize t = 0; t < G_N_ELEMENTS(definitions); t++) {
        const Definition *d = &definitions[t];
        const unsigned s = sign_bit(d);
        const double last_in = t == 0 ? 464 : nextafter(first_out[t], 0), out = t == 0 ? nextafter(464, 465) : first_out[t];
        cr_assert_eq(code_of(last_in, d->dtype, &natural), d->largest, "%s", dtype_name(d->dtype));
        cr_assert_eq(code_of(-last_in, d->dtype, &natural), s | d->largest);
        const double beyond[] = { out, 1e300, INFINITY };
        for (gsize i = 0; i < G_N_ELEMENTS(beyond); i++) {
            cr_assert_eq(code_of(beyond[i], d->dtype, &natural), positive[t], "%s %g", dtype_name(d->dtype), beyond[i]);
            cr_assert_eq(code_of(-beyond[i], d->dtype, &natural), negative[t]);
            cr_assert_eq(code_of(beyond[i], d->dtype, &saturating), d->largest);
            cr_assert_eq(code_of(-beyond[i], d->dtype, &saturating), s | d->largest);
        }
    }
    const unsigned nan_codes[] = { 0x7F, 0x80, 0x7E, 0x80, 0x08 };
    for (gsize t = 0; t < G_N_ELEMENTS(definitions); t++) {
        cr_assert_eq(code_of(NAN, definitions[t].dtype, &saturating), nan_codes[t]);
        cr_assert_eq(code_of(NAN, definitions[t].dtype, &natural), nan_codes[t]);
    }
}

Test(cast, zeros_and_underflow_keep_their_sign_where_there_is_one)
{
    const unsigned negative_zero[] = { 0x80, 0x00, 0x80, 0x00, 0x08 };
    for (gsize t = 0; t < G_N_ELEMENTS(definitions); t++) {
        const DType dtype = definitions[t].dtype;
        cr_assert_eq(code_of(-0.0, dtype, &saturating), negative_zero[t]);
        cr_assert_eq(code_of(-1e-30, dtype, &saturating), negative_zero[t]);
        cr_assert_eq(code_of(-0x1p-1074, dtype, &natural), negative_zero[t]);
        cr_assert_eq(code_of(1e-30, dtype, &saturating), 0);
    }
}

Test(cast, float8e8m0)
{
    const CastOptions up = { TRUE, E8M0_UP }, down = { TRUE, E8M0_DOWN }, near = { TRUE, E8M0_NEAREST };
    const CastOptions near_open = { FALSE, E8M0_NEAREST };
    for (int e = -127; e <= 127; e++) {
        const double power = exp2(e);
        const uint64_t code = (uint64_t)(e + 127), next = MIN(code + 1, 0xFE);
        cr_assert_eq(code_of(power, DTYPE_FLOAT8E8M0, &up), code);
        cr_assert_eq(code_of(power, DTYPE_FLOAT8E8M0, &down), code);
        cr_assert_eq(code_of(power, DTYPE_FLOAT8E8M0, &near_open), code);
        cr_assert_eq(code_of(nextafter(power, INFINITY), DTYPE_FLOAT8E8M0, &up), next);
        cr_assert_eq(code_of(power * 1.99, DTYPE_FLOAT8E8M0, &down), code);
        cr_assert_eq(code_of(nextafter(power * 1.5, 0), DTYPE_FLOAT8E8M0, &near), e == 127 ? 0xFE : code);
        cr_assert_eq(code_of(power * 1.5, DTYPE_FLOAT8E8M0, &near), next);
    }
    cr_assert_eq(code_of(0.0, DTYPE_FLOAT8E8M0, &up), 0x00);
    cr_assert_eq(code_of(0.0, DTYPE_FLOAT8E8M0, &near_open), 0xFF);
    cr_assert_eq(code_of(INFINITY, DTYPE_FLOAT8E8M0, &up), 0xFE);
    cr_assert_eq(code_of(INFINITY, DTYPE_FLOAT8E8M0, &near_open), 0xFF);
    cr_assert_eq(code_of(NAN, DTYPE_FLOAT8E8M0, &up), 0xFF);
    const uint8_t codes[] = { 0, 127, 254, 255 };
    g_autoptr(Tensor) x = vector(DTYPE_FLOAT8E8M0, codes, 4);
    g_autoptr(Tensor) half = cast_tensor(x, DTYPE_FLOAT16, &up, NULL), wide = cast_tensor(x, DTYPE_FLOAT, &up, NULL);
    cr_assert(tensor_get_double(wide, 0) == 0x1p-127 && tensor_get_double(wide, 2) == 0x1p127);
    cr_assert(tensor_get_double(half, 0) == 0 && tensor_get_double(half, 1) == 1 && isinf(tensor_get_double(half, 2)));
    cr_assert(isnan(tensor_get_double(half, 3)) && isnan(tensor_get_double(wide, 3)));
}

/* ---- one rounding ------------------------------------------------------------------------------------------------------- */

Test(cast, rounds_once_from_double_and_from_64_bit_integers)
{
    cr_assert_eq(code_of(1 + 0x1p-8 + 0x1p-40, DTYPE_BFLOAT16, &natural), 0x3F81);
    cr_assert_eq(code_of(1 + 0x1p-4 + 0x1p-40, DTYPE_FLOAT8E4M3FN, &natural), 0x39);
    cr_assert_eq(code_of(1 + 0x1p-11 + 0x1p-40, DTYPE_FLOAT16, &natural), 0x3C01);
    cr_assert_eq(code_of(65520, DTYPE_FLOAT16, &natural), 0x7C00);
    cr_assert_eq(code_of(nextafter(65520, 0), DTYPE_FLOAT16, &saturating), 0x7BFF);

    /* Just above the midpoint of two floats, by less than a double at 2^62 can tell. */
    expect_holds("g () => (float[4] y) <int64[4] x = {4611686293305294849, 4611686293305294848, -4611686293305294849, -1},"
                 " float[4] want_y = {0x1.000002p+62, 0x1.000000p+62, -0x1.000002p+62, -1.0}> { y = Cast<to = 1>(x) }", 13);
    expect_holds("g () => (float[2] y) <uint64[2] x = {18446744073709551615, 9223372586610589697},"
                 " float[2] want_y = {0x1p+64, 0x1.000002p+63}> { y = Cast<to = 1>(x) }", 13);
    expect_holds("g () => (float8e8m0[2] y) <int64[2] x = {1152921504606846977, 1152921504606846976},"
                 " float8e8m0[2] want_y = {188, 187}> { y = Cast<to = 24>(x) }", 24);
}

/* ---- integers ----------------------------------------------------------------------------------------------------------- */

Test(cast, floats_truncate_and_saturate)
{
    expect_holds("g () => (int8[9] y) <float[9] x = {0.9, -0.9, 127.9, 128.0, -128.9, -129.0, inf, -inf, nan},"
                 " int8[9] want_y = {0, 0, 127, 127, -128, -128, 127, -128, 0}> { y = Cast<to = 3>(x) }", 13);
    expect_holds("g () => (uint8[5] y) <float[5] x = {-0.9, -1.0, 255.9, 256.0, 1e30}, uint8[5] want_y = {0, 0, 255, 255, 255}>"
                 "{ y = Cast<to = 2>(x) }", 13);
    expect_holds("g () => (int64[4] y) <double[4] x = {0x1p+63, -0x1p+63, 0x1.fffffffffffffp+62, -1e300},"
                 " int64[4] want_y = {9223372036854775807, -9223372036854775808, 9223372036854774784, -9223372036854775808}>"
                 "{ y = Cast<to = 7>(x) }", 13);
    expect_holds("g () => (uint64[3] y) <double[3] x = {0x1p+64, 0x1p+63, -5.0},"
                 " uint64[3] want_y = {18446744073709551615, 9223372036854775808, 0}> { y = Cast<to = 13>(x) }", 13);
}

Test(cast, fractions_to_four_and_two_bits_round_and_wrap)
{
    expect_holds("g () => (int4[9] y) <float[9] x = {0.75, 1.5, 2.5, -1.5, 7.6, -9.0, 8.0, 100.0, -0.5},"
                 " int4[9] want_y = {1, 2, 2, -2, -8, 7, -8, 4, 0}> { y = Cast<to = 22>(x) }", 21);
    expect_holds("g () => (uint4[4] y) <float16[4] x = {-1.0, 16.0, 15.5, 14.5}, uint4[4] want_y = {15, 0, 0, 14}>"
                 "{ y = Cast<to = 21>(x) }", 21);
    expect_holds("g () => (int2[5] y) <float[5] x = {-3.0, 2.0, 1.0, -2.0, 1.5}, int2[5] want_y = {1, -2, 1, -2, -2}>"
                 "{ y = Cast<to = 26>(x) }", 25);
}

Test(cast, integers_keep_their_low_bits)
{
    expect_holds("g () => (int8[3] y) <int16[3] x = {200, -129, 127}, int8[3] want_y = {-56, 127, 127}> { y = Cast<to = 3>(x) }",
                 6);
    expect_holds("g () => (int4[3] y) <int8[3] x = {9, -9, 7}, int4[3] want_y = {-7, 7, 7}> { y = Cast<to = 22>(x) }", 21);
    expect_holds("g () => (uint64[2] y) <int4[2] x = {-1, 3}, uint64[2] want_y = {18446744073709551615, 3}>"
                 "{ y = Cast<to = 13>(x) }", 21);
    expect_holds("g () => (uint2[2] y) <uint64[2] x = {18446744073709551614, 5}, uint2[2] want_y = {2, 1}>"
                 "{ y = Cast<to = 25>(x) }", 25);
}

Test(cast, bool_both_ways)
{
    expect_holds("g () => (bool[5] y) <float[5] x = {0.0, -0.0, 1e-45, nan, -inf}, bool[5] want_y = {0, 0, 1, 1, 1}>"
                 "{ y = Cast<to = 9>(x) }", 9);
    expect_holds("g () => (float8e4m3fn[2] y) <bool[2] x = {0, 1}, float8e4m3fn[2] want_y = {0, 56}> { y = Cast<to = 17>(x) }",
                 19);
    expect_holds("g () => (bool[2] y) <int64[2] x = {256, 0}, bool[2] want_y = {1, 0}> { y = Cast<to = 9>(x) }", 9);
}

/* ---- strings ------------------------------------------------------------------------------------------------------------- */

Test(cast, strings_to_numbers)
{
    expect_holds("g () => (float[9] y) <string[9] x = {\"3.14\", \"1000\", \"1e-5\", \"1E8\", \"+INF\", \"inf\", \"-Inf\", \"-.5\","
                 " \"5.\"}, float[9] want_y = {3.14, 1000.0, 1e-5, 1e8, inf, inf, -inf, -0.5, 5.0}> { y = Cast<to = 1>(x) }", 9);
    /* 1 + 2^-11 + 1e-30 to float16: rounding to a double on the way would lose the tail. */
    expect_holds("g () => (float16[2] y) <string[2] x = {\"1.000488281250000000000000000001\", \"1.00048828125\"},"
                 " float16[2] want_y = {15361, 15360}> { y = Cast<to = 10>(x) }", 9);
    expect_holds("g () => (int64[3] y) <string[3] x = {\"9223372036854775807\", \"-9223372036854775808\", \"100.5\"},"
                 " int64[3] want_y = {9223372036854775807, -9223372036854775808, 100}> { y = Cast<to = 7>(x) }", 9);
    expect_holds("g () => (uint64[2] y) <string[2] x = {\"18446744073709551615\", \"1e99999999999999999999\"},"
                 " uint64[2] want_y = {18446744073709551615, 18446744073709551615}> { y = Cast<to = 13>(x) }", 9);
    const char *const bad[] = { "Hello World!", "", "1e", ".", "0x10", "1 ", " 1", "--1", "infinity", "1..2", "nan(1)" };
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autofree char *graph = g_strdup_printf("g () => (float[1] y) <string[1] x = {\"%s\"}> { y = Cast<to = 1>(x) }", bad[i]);
        expect_fails(graph, 9, "expected a number");
    }
}

/* The one NaN without sign and payload, also where the machine's own NaN has a sign. */
Test(cast, the_text_nan_is_the_same_bits_everywhere)
{
    expect_holds("g () => (int32[2] y) <string[2] x = {\"NaN\", \"nan\"}, int32[2] want_y = {2143289344, 2143289344}>"
                 " { t = Cast<to = 1>(x) y = BitCast<to = 6>(t) }", 26);
}

Test(cast, numbers_to_strings_are_plain_and_short)
{
    expect_holds("g () => (string[9] y) <float[9] x = {314.15926, 1.0, -0.0, 1e-5, 1e16, 0.1, nan, -inf, 16777216.0},"
                 " string[9] want_y = {\"314.15927\", \"1.0\", \"-0.0\", \"0.00001\", \"10000000000000000.0\", \"0.1\", \"NaN\","
                 " \"-INF\", \"16777216.0\"}> { y = Cast<to = 8>(x) }", 9);
    expect_holds("g () => (string[2] y) <double[2] x = {0.1, 0.30000000000000004}, string[2] want_y = {\"0.1\","
                 " \"0.30000000000000004\"}> { y = Cast<to = 8>(x) }", 9);
    expect_holds("g () => (string[2] y) <float16[2] x = {0.1, 65504.0}, string[2] want_y = {\"0.1\", \"65500.0\"}>"
                 "{ y = Cast<to = 8>(x) }", 9);
    expect_holds("g () => (string[2] y) <uint64[2] x = {18446744073709551615, 0}, string[2] want_y = {\"18446744073709551615\","
                 " \"0\"}> { y = Cast<to = 8>(x) }", 9);
    expect_holds("g () => (string[2] y) <int4[2] x = {-8, 7}, string[2] want_y = {\"-8\", \"7\"}> { y = Cast<to = 8>(x) }", 21);
}

/* ---- versions and errors -------------------------------------------------------------------------------------------------- */

Test(cast, versions)
{
    expect_holds("g () => (int32 y) <float x = {2.5}, int32 want_y = {2}> { y = Cast<to = \"INT32\">(x) }", 1);
    expect_fails("g () => (int32 y) <float x = {2.5}> { y = Cast<to = \"int32\">(x) }", 1, "to is int32");
    expect_fails("g () => (string y) <float x = {2.5}> { y = Cast<to = 8>(x) }", 6, "expected one of");
    expect_fails("g () => (float y) <float x = {2.5}> { y = Cast<to = 27>(x) }", 25, "to is 27");
    expect_fails("g () => (float y) <float x = {2.5}> { y = Cast<to = 256>(x) }", 25, "to is 256");
    expect_fails("g () => (float y) <float x = {2.5}> { y = Cast<to = 14>(x) }", 25, "to is 14");
    expect_fails("g () => (float y) <float x = {2.5}> { y = Cast<to = 24, round_mode = \"odd\">(x) }", 25, "round_mode is 'odd'");
    expect_fails("g () => (float y) <float x = {2.5}> { y = Cast<to = 17, saturate = 0>(x) }", 13, "saturate");
}

Test(cast, like_another_tensor_with_its_attributes)
{
    expect_holds("g () => (float8e8m0[2] y) <float[2] x = {2.5, 3.5}, float8e8m0 t = {127}, float8e8m0[2] want_y = {128, 128}>"
                 "{ y = CastLike<round_mode = \"down\">(x, t) }", 24);
    expect_holds("g () => (float8e5m2[1] y) <float[1] x = {1e9}, float8e5m2[1] t = {0}, float8e5m2[1] want_y = {124}>"
                 "{ y = CastLike<saturate = 0>(x, t) }", 19);
    expect_body_agrees("g () => (float8e8m0[2] y) <float[2] x = {2.5, 3.5}, float8e8m0 t = {127}>"
                       "{ y = CastLike<round_mode = \"down\", saturate = 0>(x, t) }", 25);
    expect_body_agrees("g () => (int8[2] y) <float[2] x = {2.5, 300.0}, int8 t = {0}> { y = CastLike(x, t) }", 15);
}

Test(bit_cast, keeps_bits_and_refuses_other_widths)
{
    expect_holds("g () => (uint32[2] y) <float[2] x = {-0.0, 1.0}, uint32[2] want_y = {2147483648, 1065353216}>"
                 "{ y = BitCast<to = 12>(x) }", 26);
    expect_holds("g () => (int4[3] y) <uint4[3] x = {15, 7, 8}, int4[3] want_y = {-1, 7, -8}> { y = BitCast<to = 22>(x) }", 26);
    expect_fails("g () => (int4[1] y) <uint8[1] x = {15}> { y = BitCast<to = 22>(x) }", 26, "expected a type of 8 bits");
    expect_fails("g () => (string[1] y) <int64[1] x = {15}> { y = BitCast<to = 8>(x) }", 26, "other than string");
}
