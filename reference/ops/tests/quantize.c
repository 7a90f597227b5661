/* QuantizeLinear, DequantizeLinear, DynamicQuantizeLinear and the integer products: granularities, ties, certificates. */
#include "reference/ops/tests/expect.h"

#include "reference/tensor/dtype.h"

#include <criterion/criterion.h>

/* k / 2 rounded to the nearest integer, ties to even, in integers. */
static int64_t half_to_even(int64_t k)
{
    const int64_t below = (k - (k & 1)) / 2;
    return below + ((k & 1) && (below & 1));
}

/* Every multiple of a half over and beyond the range of a type, and the floats next to the ties. */
static void check_integer_target(DType target, int64_t zero_point, int64_t from, int64_t to)
{
    g_autoptr(GString) x = g_string_new(NULL), want = g_string_new(NULL);
    const int64_t low = dtype_min(target), high = (int64_t)dtype_max(target);
    int n = 0;
    for (int64_t k = from; k <= to; k++, n++) {
        const char *comma = n ? ", " : "";
        g_string_append_printf(x, "%s%" G_GINT64_FORMAT ".0", comma, k); /* the scale is 2 */
        g_string_append_printf(want, "%s%" G_GINT64_FORMAT, comma, CLAMP(half_to_even(k) + zero_point, low, high));
    }
    g_autofree char *graph = g_strdup_printf(
        "g () => (%s[%d] y) <float[%d] x = {%s}, float s = {2.0}, %s z = {%" G_GINT64_FORMAT "}, %s[%d] want_y = {%s}>"
        "{ y = QuantizeLinear(x, s, z) }",
        dtype_name(target), n, n, x->str, dtype_name(target), zero_point, dtype_name(target), n, want->str);
    expect_holds(graph, 25);
}

Test(quantize, every_tie_of_every_integer_type_with_even_and_odd_zero_points)
{
    const DType small[] = { DTYPE_UINT2, DTYPE_INT2, DTYPE_UINT4, DTYPE_INT4, DTYPE_UINT8, DTYPE_INT8 };
    for (gsize t = 0; t < G_N_ELEMENTS(small); t++)
        for (int64_t z = 0; z < 2; z++)
            check_integer_target(small[t], z, -600, 600);
    check_integer_target(DTYPE_INT8, -127, -600, 600);
    check_integer_target(DTYPE_UINT16, 3, -20, 20);
    check_integer_target(DTYPE_UINT16, 3, 131040, 131090);
    check_integer_target(DTYPE_INT16, -7, -65600, -65500);
    check_integer_target(DTYPE_INT16, -7, 65500, 65600);
}

Test(quantize, beyond_the_range_saturates_whatever_the_quotient)
{
    expect_holds("g () => (uint8[5] y) <float[5] x = {inf, -inf, 3e9, -3e9, 3e38}, float s = {1.0}, uint8 z = {5},"
                 " uint8[5] want_y = {255, 0, 255, 0, 255}> { y = QuantizeLinear(x, s, z) }", 13);
    expect_holds("g () => (int8[3] y) <float[3] x = {inf, -inf, 1.0}, float s = {1.0}, int8 z = {-5},"
                 " int8[3] want_y = {127, -128, -4}> { y = QuantizeLinear(x, s, z) }", 13);
    expect_holds("g () => (uint8[2] y) <float[2] x = {1.0, -1.0}, float s = {0.0}, uint8[2] want_y = {255, 0}>"
                 "{ y = QuantizeLinear(x, s) }", 13);
    expect_holds("g () => (int8[1] y) <float[1] x = {6.0}, float s = {-2.0}, int8 z = {0}, int8[1] want_y = {-3}>"
                 "{ y = QuantizeLinear(x, s, z) }", 13);
}

Test(quantize, the_quotient_is_rounded_to_the_precision_first)
{
    /* 0.35f / 0.1f is 3.4999999 as a real number and 3.5 as a float. */
    expect_holds("g () => (int8[1] y) <float[1] x = {0.35}, float s = {0.1}, int8 z = {0}, int8[1] want_y = {4}>"
                 "{ y = QuantizeLinear(x, s, z) }", 13);
    expect_holds("g () => (int8[1] y) <float[1] x = {0.35}, float s = {0.1}, int8 z = {0}, int8[1] want_y = {3}>"
                 "{ y = QuantizeLinear<precision = 11>(x, s, z) }", 23);
    expect_holds("g () => (int8[1] y) <float[1] x = {6.546875}, float s = {0.1}, int8 z = {0}, int8[1] want_y = {65}>"
                 "{ y = QuantizeLinear(x, s, z) }", 23);
    expect_holds("g () => (int8[1] y) <float[1] x = {6.546875}, float s = {0.1}, int8 z = {0}, int8[1] want_y = {66}>"
                 "{ y = QuantizeLinear<precision = 10>(x, s, z) }", 23);
    /* Without the attribute the scale's type decides, to which x is brought as well: 2049 is no float16. */
    expect_holds("g () => (int16[1] y) <float[1] x = {2049.0}, float16 s = {1.0}, int16 z = {0}, int16[1] want_y = {2048}>"
                 "{ y = QuantizeLinear(x, s, z) }", 23);
    expect_holds("g () => (int16[1] y) <float[1] x = {2049.0}, float16 s = {1.0}, int16 z = {0}, int16[1] want_y = {2049}>"
                 "{ y = QuantizeLinear<precision = 1>(x, s, z) }", 23);
    /* A float8e8m0 scale divides in float; integers divide as real numbers. */
    expect_holds("g () => (int8[2] y) <float[2] x = {3.0, 5.0}, float8e8m0 s = {128}, int8 z = {0}, int8[2] want_y = {2, 2}>"
                 "{ y = QuantizeLinear(x, s, z) }", 24);
    expect_holds("g () => (uint8[3] y) <int32[3] x = {7, 5, -1}, int32 s = {2}, uint8[3] want_y = {4, 2, 0}>"
                 "{ y = QuantizeLinear(x, s) }", 21);
    expect_fails("g () => (uint8[1] y) <float[1] x = {1.0}, float s = {1.0}> { y = QuantizeLinear<precision = 3>(x, s) }", 23,
                 "precision is 3");
}

Test(quantize, float_targets)
{
    expect_holds("g () => (float8e4m3fn[5] y) <float[5] x = {0.0, 1.0, 2.0, 100000.0, 200.0}, float s = {2.0},"
                 " float8e4m3fn[1] z = {0}, float8e4m3fn[5] want_y = {0, 48, 56, 126, 108}> { y = QuantizeLinear(x, s, z) }", 19);
    expect_holds("g () => (float8e5m2[2] y) <float[2] x = {1e9, -1e9}, float s = {1.0}, float8e5m2[1] z = {0},"
                 " float8e5m2[2] want_y = {124, 252}> { y = QuantizeLinear<saturate = 0>(x, s, z) }", 19);
    /* -0 + 0 is 0; without a zero point the sign stays, and so it does where the rounding makes the zero. */
    expect_holds("g () => (float4e2m1[3] y) <float[3] x = {-0.0, -0.1, 5.0}, float s = {1.0}, float4e2m1 z = {0},"
                 " float4e2m1[3] want_y = {0, 8, 6}> { y = QuantizeLinear(x, s, z) }", 23);
    expect_holds("g () => (float4e2m1[3] y) <float[3] x = {-0.0, -0.1, 100.0}, float s = {1.0}, float4e2m1[3] want_y = {8, 8, 7}>"
                 "{ y = QuantizeLinear<output_dtype = 23>(x, s) }", 23);
}

Test(quantize, granularities)
{
    expect_holds("g () => (uint8[2,3] y) <float[2,3] x = {2.0, 4.0, 8.0, 2.0, 4.0, 8.0}, float[3] s = {1.0, 2.0, 4.0},"
                 " uint8[3] z = {0, 1, 2}, uint8[2,3] want_y = {2, 3, 4, 2, 3, 4}> { y = QuantizeLinear(x, s, z) }", 13);
    expect_holds("g () => (uint8[2,2] y) <float[2,2] x = {2.0, 4.0, 2.0, 4.0}, float[2] s = {1.0, 2.0},"
                 " uint8[2,2] want_y = {2, 4, 1, 2}> { y = QuantizeLinear<axis = -2>(x, s) }", 13);
    /* Blocks of two along five: the last is short. */
    expect_holds("g () => (int4[1,5] y) <float[1,5] x = {1.0, 2.0, 4.0, 6.0, 7.0}, float[1,3] s = {1.0, 2.0, 7.0},"
                 " int4[1,3] z = {0, 1, -1}, int4[1,5] want_y = {1, 2, 3, 4, 0}>"
                 "{ y = QuantizeLinear<axis = 1, block_size = 2>(x, s, z) }", 21);
    expect_holds("g () => (int8[3,2] y) <float[3,2] x = {1.0, 2.0, 3.0, 4.0, 5.0, 6.0}, float[2,2] s = {1.0, 2.0, 5.0, 3.0},"
                 " int8[3,2] want_y = {1, 1, 3, 2, 1, 2}> { y = QuantizeLinear<axis = 0, block_size = 2, output_dtype = 3>(x, s) }",
                 21);
    expect_holds("g () => (uint8[2] y) <float[2] x = {2.0, 4.0}, float[2] s = {1.0, 2.0}, uint8[2] want_y = {2, 2}>"
                 "{ y = QuantizeLinear<axis = 0>(x, s) }", 13);
    expect_holds("g () => (uint8[0,3] y) <float[0,3] x = {}, float[3] s = {1.0, 2.0, 3.0}, uint8[0,3] want_y = {}>"
                 "{ y = QuantizeLinear(x, s) }", 13);
    expect_holds("g () => (int4[1] y) <float[1] x = {3.0}, float[1] s = {1.0}, int4 z = {1}, int4[1] want_y = {4}>"
                 "{ y = QuantizeLinear(x, s, z) }", 21);
}

#define X4 "float[1,4] x = {1.0, 2.0, 3.0, 4.0}"
Test(quantize, refuses)
{
    expect_fails("g () => (uint8[1,4] y) <" X4 ", float[1,2] s = {1.0, 1.0}> { y = QuantizeLinear<block_size = 8>(x, s) }", 21,
                 "expected 1 blocks of 8");
    expect_fails("g () => (uint8[1,4] y) <" X4 ", float[1,2] s = {1.0, 1.0}> { y = QuantizeLinear<block_size = 1>(x, s) }", 21,
                 "expected 4 blocks of 1");
    expect_fails("g () => (uint8[1,4] y) <" X4 ", float[1,2] s = {1.0, 1.0}> { y = QuantizeLinear<block_size = -2>(x, s) }", 21,
                 "block_size is -2");
    expect_fails("g () => (uint8[1,4] y) <" X4 ", float[1,2] s = {1.0, 1.0}> { y = QuantizeLinear(x, s) }", 21, "shape [1,2]");
    expect_fails("g () => (uint8[1,4] y) <" X4 ", float[3] s = {1.0, 1.0, 1.0}> { y = QuantizeLinear(x, s) }", 13, "[4]");
    expect_fails("g () => (uint8[1,4] y) <" X4 ", float[4] s = {1.0, 1.0, 1.0, 1.0}> { y = QuantizeLinear<axis = 2>(x, s) }", 13,
                 "axis 2");
    expect_fails("g () => (uint8[1,4] y) <" X4 ", float[4] s = {1.0, 1.0, 1.0, 1.0}> { y = QuantizeLinear(x, s) }", 10,
                 "no axis before opset 13");
    expect_fails("g () => (uint8[2] y) <float[2] x = {2.0, 4.0}, float[2] s = {1.0, 2.0}> { y = QuantizeLinear(x, s) }", 13,
                 "axis 1 is not in");
    expect_fails("g () => (uint8[1,4] y) <" X4 ", float s = {1.0}, uint8[1,1] z = {0}> { y = QuantizeLinear(x, s, z) }", 13,
                 "zero point has shape [1,1]");
    expect_fails("g () => (uint8[1,4] y) <" X4 ", float s = {1.0}, uint8 z = {0}> { y = QuantizeLinear<output_dtype = 3>(x, s, z) }",
                 21, "expected uint8 like the zero point");
    expect_fails("g () => (uint8[1,4] y) <" X4 ", float s = {1.0}> { y = QuantizeLinear<output_dtype = 27>(x, s) }", 21,
                 "output_dtype is 27");
    expect_fails("g () => (uint8[1,4] y) <" X4 ", float s = {1.0}> { y = QuantizeLinear<output_dtype = 1>(x, s) }", 21,
                 "expected a quantised type");
    expect_fails("g () => (uint8[1,4] y) <" X4 ", float s = {1.0}> { y = QuantizeLinear<output_dtype = 25>(x, s) }", 24,
                 "expected one of");
}

Test(quantize, a_step_is_granted_only_next_to_ties_of_inexact_quotients)
{
    expect_interval("g () => (int8[3] y) <float[3] x = {0.35, 0.31, 0.39}, float s = {0.1}, int8 z = {0},"
                    " int8[3] low_y = {3, 3, 4}, int8[3] high_y = {4, 3, 4}> { y = QuantizeLinear(x, s, z) }", 13);
    expect_interval("g () => (int8[4] y) <float[4] x = {0.5, 1.5, 300.0, 0.75}, float s = {1.0}, int8 z = {1}>"
                    "{ y = QuantizeLinear(x, s, z) }", 13);
    expect_interval("g () => (int8[2] y) <float[2] x = {nan, 1.0}, float s = {1.0}, int8 z = {1}, int8[2] low_y = {-128, 2},"
                    " int8[2] high_y = {127, 2}> { y = QuantizeLinear(x, s, z) }", 13);
    /* 1.0625 is a tie of float8e4m3fn; 0.10625f / 0.1f lies within a float's rounding of it. */
    expect_interval("g () => (float8e4m3fn[1] y) <float[1] x = {0.10625}, float s = {0.1}, float8e4m3fn[1] low_y = {56},"
                    " float8e4m3fn[1] high_y = {57}> { y = QuantizeLinear<output_dtype = 17>(x, s) }", 21);
}

/* ---- back ---------------------------------------------------------------------------------------------------------------- */

Test(dequantize, granularities_and_types)
{
    expect_holds("g () => (float[2,3] y) <int8[2,3] x = {-128, 0, 127, 1, 2, 3}, float[2] s = {0.5, -2.0}, int8[2] z = {-1, 3},"
                 " float[2,3] want_y = {-63.5, 0.5, 64.0, 4.0, 2.0, -0.0}> { y = DequantizeLinear<axis = 0>(x, s, z) }", 13);
    expect_holds("g () => (float16[1,5] y) <uint4[1,5] x = {15, 1, 2, 3, 4}, float16[1,2] s = {0.5, 4.0}, uint4[1,2] z = {1, 0},"
                 " float16[1,5] want_y = {7.0, 0.0, 0.5, 12.0, 16.0}> { y = DequantizeLinear<block_size = 3>(x, s, z) }", 21);
    expect_holds("g () => (float[2] y) <float4e2m1[2] x = {7, 9}, float8e8m0 s = {129}, float[2] want_y = {24.0, -2.0}>"
                 "{ y = DequantizeLinear<output_dtype = 1>(x, s) }", 24);
    expect_holds("g () => (float16[2] y) <int8[2] x = {3, -3}, float s = {0.333251953125}, float16[2] want_y = {1.0, -1.0}>"
                 "{ y = DequantizeLinear<output_dtype = 10>(x, s) }", 23);
    expect_holds("g () => (float[0] y) <int2[0] x = {}, float s = {2.0}, float[0] want_y = {}> { y = DequantizeLinear(x, s) }", 25);
}

Test(dequantize, one_rounding_even_of_int32)
{
    /* The product has 55 bits: a float's tie plus 1. Rounding to binary64 on the way would lose the 1. */
    expect_holds("g () => (float[1] y) <int32[1] x = {2146928457}, float s = {8395513.0}, float[1] want_y = {0x1.0024fep+54}>"
                 "{ y = DequantizeLinear(x, s) }", 10);
}

Test(dequantize, refuses)
{
    expect_fails("g () => (float8e8m0[1] y) <int8[1] x = {3}, float8e8m0 s = {128}> { y = DequantizeLinear(x, s) }", 24,
                 "no output_dtype");
    expect_fails("g () => (float[1] y) <int32[1] x = {3}, float s = {1.0}, int32 z = {1}> { y = DequantizeLinear(x, s, z) }", 13,
                 "zero point of an int32 tensor is 1");
    expect_fails("g () => (float[1] y) <int8[1] x = {3}, float s = {1.0}, uint8 z = {1}> { y = DequantizeLinear(x, s, z) }", 13,
                 "both must be of one type");
    expect_fails("g () => (float[1] y) <int8[1] x = {3}, float s = {1.0}> { y = DequantizeLinear<output_dtype = 11>(x, s) }", 23,
                 "the output type is double");
    expect_fails("g () => (float[4] y) <int8[4] x = {1, 2, 3, 4}, float[2] s = {1.0, 1.0}>"
                 "{ y = DequantizeLinear<axis = 0, block_size = 1>(x, s) }", 21, "expected 4 blocks of 1");
}

Test(dequantize, certificates_admit_operands_in_the_output_type)
{
    expect_interval("g () => (float[3] y) <int8[3] x = {-128, 3, 127}, float s = {0.1}> { y = DequantizeLinear(x, s) }", 13);
    /* 2049 is no float16: exactly 6147, to 2048 first 6144. */
    expect_interval("g () => (float16[1] y) <int16[1] x = {2049}, float16 s = {3.0}, float16[1] low_y = {6144.0},"
                    " float16[1] high_y = {6148.0}> { y = DequantizeLinear(x, s) }", 21);
}

/* ---- from the data's range ------------------------------------------------------------------------------------------------ */

Test(dynamic_quantize, range_scale_and_zero_point)
{
    expect_holds("g () => (uint8[3] y, float s, uint8 z) <float[3] x = {-1.0, 0.0, 254.0}, uint8[3] want_y = {0, 1, 255},"
                 " float want_s = {1.0}, uint8 want_z = {1}> { y, s, z = DynamicQuantizeLinear(x) }", 11);
    expect_holds("g () => (uint8[2] y, float s, uint8 z) <float[2] x = {255.0, 510.0}, uint8[2] want_y = {128, 255},"
                 " float want_s = {2.0}, uint8 want_z = {0}> { y, s, z = DynamicQuantizeLinear(x) }", 11);
    expect_holds("g () => (uint8[2] y, float s, uint8 z) <float[2] x = {0.0, 0.0}, uint8[2] want_y = {0, 0},"
                 " float want_s = {0.0}, uint8 want_z = {0}> { y, s, z = DynamicQuantizeLinear(x) }", 11);
    expect_body_agrees("g () => (uint8[5] y, float s, uint8 z) <float[5] x = {-1.7, 0.3, 2.2, 0.0, -0.9}>"
                       "{ y, s, z = DynamicQuantizeLinear(x) }", 11);
    expect_interval("g () => (uint8[3] y, float s, uint8 z) <float[3] x = {-1.0, 0.5, 254.0}>"
                    "{ y, s, z = DynamicQuantizeLinear(x) }", 11);
}

/* ---- integer products ----------------------------------------------------------------------------------------------------- */

Test(integer_products, matmul_with_zero_points_per_line)
{
    expect_holds("g () => (int32[2,2] y) <uint8[2,2] a = {1, 2, 3, 4}, int8[2,2] b = {1, -1, 2, -2}, uint8[2] za = {1, 2},"
                 " int8[2] zb = {0, -1}, int32[2,2] want_y = {2, -1, 5, -2}> { y = MatMulInteger(a, b, za, zb) }", 10);
    expect_holds("g () => (int32 y) <uint8[1] a = {0}, uint8[1] b = {0}, uint8 z = {255}, int32 want_y = {65025}>"
                 "{ y = MatMulInteger(a, b, z, z) }", 10);
    expect_holds("g () => (int32[2,1,1] y) <uint8[2,1,1] a = {5, 6}, uint8[1,1] b = {3}, uint8[2,1,1] za = {1, 2},"
                 " int32[2,1,1] want_y = {12, 12}> { y = MatMulInteger(a, b, za) }", 10);
    expect_fails("g () => (int32[1,1] y) <uint8[1,2] a = {1, 2}, uint8[2,1] b = {1, 2}, uint8[2] z = {0, 0}>"
                 "{ y = MatMulInteger(a, b, z) }", 10, "zero point of the left operand has shape [2]");
}

Test(integer_products, qlinear_matmul_rounds_the_real_value_once_and_saturates)
{
    /* (3 - 1) * 5 * 0.25 is the tie 2.5; the odd zero point comes after. */
    expect_holds("g () => (int8[1,2] y) <int8[1,1] a = {3}, float sa = {0.5}, int8 za = {1}, int8[1,2] b = {5, -127},"
                 " float[2] sb = {0.5, 64.0}, int8[2] zb = {0, 0}, float sy = {1.0}, int8 zy = {1}, int8[1,2] want_y = {3, -128}>"
                 "{ y = QLinearMatMul(a, sa, za, b, sb, zb, sy, zy) }", 10);
    expect_interval("g () => (int8[1,1] y) <int8[1,1] a = {3}, float sa = {0.5}, int8 za = {1}, int8[1,1] b = {5},"
                    " float sb = {0.5}, int8 zb = {0}, float sy = {1.0}, int8 zy = {1}>"
                    "{ y = QLinearMatMul(a, sa, za, b, sb, zb, sy, zy) }", 10);
    /* 5 * 0.1f * 0.5: a hair above 0.25; over 0.1f it is the tie 2.5 of real numbers, which no rounding may move far. */
    expect_interval("g () => (int8[1,1] y) <int8[1,1] a = {5}, float sa = {0.1}, int8 za = {0}, int8[1,1] b = {1},"
                    " float sb = {0.5}, int8 zb = {0}, float sy = {0.1}, int8 zy = {0}, int8[1,1] low_y = {2}, int8[1,1] high_y = {3}>"
                    "{ y = QLinearMatMul(a, sa, za, b, sb, zb, sy, zy) }", 10);
    expect_holds("g () => (int8[1,1] y) <int8[1,1] a = {5}, float sa = {0.1}, int8 za = {0}, int8[1,1] b = {1},"
                 " float sb = {0.5}, int8 zb = {0}, float sy = {0.1}, int8 zy = {0}, int8[1,1] want_y = {2}>"
                 "{ y = QLinearMatMul(a, sa, za, b, sb, zb, sy, zy) }", 10);
    expect_holds("g () => (float8e4m3fn[1,1] y) <float8e4m3fn[1,2] a = {56, 64}, float s = {1.0}, float8e4m3fn z = {0},"
                 " float8e4m3fn[2,1] b = {64, 56}, float8e4m3fn[1,1] want_y = {72}>"
                 "{ y = QLinearMatMul(a, s, z, b, s, z, s, z) }", 21);
}

Test(integer_products, convolution_pads_with_the_zero_point)
{
    expect_holds("g () => (int32[1,1,3] y) <uint8[1,1,3] x = {2, 3, 4}, uint8[1,1,3] w = {1, 1, 1}, uint8 zx = {1},"
                 " int32[1,1,3] want_y = {3, 6, 5}> { y = ConvInteger<pads = [1, 1]>(x, w, zx) }", 10);
    expect_holds("g () => (int32[1,2,2] y) <int8[1,2,2] x = {1, 2, 3, 4}, int8[2,1,1] w = {10, -10}, int8 zx = {0},"
                 " int8[2] zw = {0, 1}, int32[1,2,2] want_y = {10, 20, -33, -44}> { y = ConvInteger<group = 2>(x, w, zx, zw) }", 10);
    expect_holds("g () => (int32[1,1,2] y) <uint8[1,1,4] x = {1, 2, 3, 4}, uint8[1,1,2] w = {1, 10},"
                 " int32[1,1,2] want_y = {31, 42}> { y = ConvInteger<dilations = [2]>(x, w) }", 10);
    expect_holds("g () => (int32[1,1,2] y) <uint8[1,1,3] x = {1, 2, 3}, uint8[1,1,2] w = {1, 10},"
                 " int32[1,1,2] want_y = {10, 32}> { y = ConvInteger<auto_pad = \"SAME_LOWER\", strides = [2]>(x, w) }", 10);
    expect_fails("g () => (int32[1,1,3] y) <uint8[1,1,3] x = {2, 3, 4}, uint8[1,1,3] w = {1, 1, 1}, uint8[2] zx = {1, 1}>"
                 "{ y = ConvInteger(x, w, zx) }", 10, "x_zero_point has shape [2]");
}

Test(integer_products, qlinear_conv_per_channel_with_bias)
{
    expect_holds("g () => (uint8[1,2,2] y) <uint8[1,1,2] x = {3, 5}, float sx = {0.5}, uint8 zx = {1}, int8[2,1,1] w = {2, -1},"
                 " float[2] sw = {0.5, 1.0}, int8[2] zw = {0, 1}, float sy = {0.5}, uint8 zy = {10}, int32[2] b = {1, -100},"
                 " uint8[1,2,2] want_y = {12, 14, 0, 0}> { y = QLinearConv(x, sx, zx, w, sw, zw, sy, zy, b) }", 10);
}
