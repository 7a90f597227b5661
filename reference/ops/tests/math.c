#include "reference/ops/tests/expect.h"

#include <criterion/criterion.h>

Test(math, arithmetic_broadcasts_and_wraps)
{
    expect_holds("g () => (int8[2,2] y) <int8[2,1] a = {100, -128}, int8[2] b = {-100, 1}, int8[2,2] want_y = {-56, 99, -28, 127}>"
                 "{ y = Sub (a, b) }", 14);
    expect_holds("g () => (uint8[2] y) <uint8[2] a = {200, 3}, uint8 b = {2}, uint8[2] want_y = {144, 6}> { y = Mul (a, b) }", 14);
    expect_holds("g () => (float[0] y) <float[0] a = {}, float[1] b = {1}, float[0] want_y = {}> { y = Mul (a, b) }", 14);
    expect_fails("g () => (float[2] y) <float[2] a = {1, 2}, float[3] b = {1, 2, 3}> { y = Sub (a, b) }", 14, "do not broadcast");
    expect_fails("g () => (int8[1] y) <int8[1] a = {1}, int8[1] b = {1}> { y = Sub (a, b) }", 13, "int8");
}

Test(math, arithmetic_of_opset_6_broadcasts_from_an_axis)
{
    expect_holds("g () => (float[2,3] y) <float[2,3] a = {1, 2, 3, 4, 5, 6}, float[2] b = {1, 2},"
                 "float[2,3] want_y = {0, 1, 2, 2, 3, 4}> { y = Sub <broadcast = 1, axis = 0> (a, b) }", 6);
    expect_holds("g () => (float[2,2] y) <float[2,2] a = {1, 2, 3, 4}, float[2] b = {1, 2},"
                 "float[2,2] want_y = {1, 4, 3, 8}> { y = Mul <broadcast = 1> (a, b) }", 6);
    expect_fails("g () => (float[2,2] y) <float[2,2] a = {1, 2, 3, 4}, float[2] b = {1, 2}> { y = Mul (a, b) }", 6,
                 "do not broadcast");
}

Test(math, integer_division_truncates_and_never_traps)
{
    expect_holds("g () => (int32[6] y) <int32[6] a = {7, -7, 7, -7, 5, -2147483648}, int32[6] b = {2, 2, -2, -2, 0, -1},"
                 "int32[6] want_y = {3, -3, -3, 3, 0, -2147483648}> { y = Div (a, b) }", 14);
    expect_holds("g () => (int64[2] y) <int64[2] a = {-9223372036854775808, -9223372036854775808}, int64[2] b = {-1, 3},"
                 "int64[2] want_y = {-9223372036854775808, -3074457345618258602}> { y = Div (a, b) }", 14);
    expect_holds("g () => (uint64[2] y) <uint64[2] a = {18446744073709551615, 1}, uint64[2] b = {2, 0},"
                 "uint64[2] want_y = {9223372036854775807, 0}> { y = Div (a, b) }", 14);
    expect_holds("g () => (float[3] y) <float[3] a = {1, -1, 1}, float[3] b = {0.0, 0.0, 3}, float[3] want_y = {inf, -inf, 0x1.555556p-2}>"
                 "{ y = Div (a, b) }", 14);
}

Test(math, modulo_takes_the_sign_of_the_divisor_and_fmod_that_of_the_dividend)
{
    const char *graph = "g () => (int8[7] y) <int8[7] a = {7, -7, 7, -7, -128, 5, 6}, int8[7] b = {3, 3, -3, -3, -1, 0, 3},"
                        "int8[7] want_y = {%s}> { y = Mod %s (a, b) }";
    g_autofree char *floored = g_strdup_printf(graph, "1, 2, -2, -1, 0, 0, 0", "");
    g_autofree char *truncated = g_strdup_printf(graph, "1, -1, 1, -1, 0, 0, 0", "<fmod = 1>");
    expect_holds(floored, 13);
    expect_holds(truncated, 13);
    expect_holds("g () => (float[4] y) <float[4] a = {5.5, -5.5, 1.0, -0.0}, float[4] b = {2.0, 2.0, inf, 2.0},"
                 "float[4] want_y = {1.5, -1.5, 1.0, -0.0}> { y = Mod <fmod = 1> (a, b) }", 13);
    expect_fails("g () => (float y) <float a = {1}, float b = {1}> { y = Mod (a, b) }", 13, "fmod is 0 for float");
    expect_fails("g () => (int8 y) <int8 a = {1}, int8 b = {1}> { y = Mod <fmod = 2> (a, b) }", 13, "fmod is 2");
}

Test(math, powers)
{
    expect_holds("g () => (int32[7] y) <int32[7] x = {2, -2, 3, 0, -1, 1, 2}, int64[7] p = {31, 3, 0, 0, -3, -9, -1},"
                 "int32[7] want_y = {-2147483648, -8, 1, 1, -1, 1, 0}> { y = Pow (x, p) }", 15);
    expect_holds("g () => (int32[4] y) <int32[4] x = {27, 2, 10, -8}, float[4] p = {0.333333343267440796, 0.5, 20.0, 0.5},"
                 "int32[4] want_y = {3, 1, 2147483647, 0}> { y = Pow (x, p) }", 15);
    expect_holds("g () => (int64[1] y) <int64[1] x = {3}, uint64[1] p = {18446744073709551615},"
                 "int64[1] want_y = {-6148914691236517205}> { y = Pow (x, p) }", 15); /* 1/3 modulo 2^64 */
    expect_holds("g () => (float[3] y) <float[3] x = {-1.0, -1.0, -8.0}, int64[3] p = {9007199254740993, 9007199254740994, 2},"
                 "float[3] want_y = {-1.0, 1.0, 64.0}> { y = Pow (x, p) }", 15);
    expect_holds("g () => (float[4] y) <float[4] x = {0.0, -0.0, 2.0, 0x1.000002p+0}, float[4] p = {0.0, -1.0, -149.0, 2.0},"
                 "float[4] want_y = {1.0, -inf, 0x1p-149, 0x1.000004p+0}> { y = Pow (x, p) }", 7);
    expect_holds("g () => (float[2,2] y) <float[2,2] x = {1, 2, 3, 4}, float[2] p = {1, 2}, float[2,2] want_y = {1, 2, 9, 16}>"
                 "{ y = Pow <broadcast = 1, axis = 0> (x, p) }", 1);
}

Test(math, unary_edges)
{
    expect_holds("g () => (int8[3] y, int8[3] z) <int8[3] x = {-128, 0, 5}, int8[3] want_y = {-128, 0, -5}, int8[3] want_z = {-128, 0, 5}>"
                 "{ y = Neg (x) z = Abs (x) }", 13);
    expect_holds("g () => (float[6] y) <float[6] x = {0.5, 1.5, 2.5, -0.5, -1.5, inf}, float[6] want_y = {0.0, 2.0, 2.0, -0.0, -2.0, inf}>"
                 "{ y = Round (x) }", 22);
    expect_holds("g () => (float16[3] y) <float16[3] x = {-0.5, 0.0, 3.0}, float16[3] want_y = {-1.0, 0.0, 1.0}> { y = Sign (x) }", 13);
    expect_holds("g () => (uint8[2] y) <uint8[2] x = {0, 200}, uint8[2] want_y = {0, 1}> { y = Sign (x) }", 13);
    expect_holds("g () => (int32[2] y) <int32[2] x = {-3, 3}, int32[2] want_y = {0, 3}> { y = Relu (x) }", 14);
    expect_holds("g () => (float[7] y) <float[7] x = {-1.5, -0.0, 0.0, 2.5, -inf, inf, nan},"
                 " float[7] want_y = {0.0, -0.0, 0.0, 2.5, 0.0, inf, nan}> { y = Relu (x) }", 14);
    expect_holds("g () => (double[7] y) <double[7] x = {-1.5, -0.0, 0.0, 2.5, -inf, inf, nan},"
                 " double[7] want_y = {0.0, -0.0, 0.0, 2.5, 0.0, inf, nan}> { y = Relu (x) }", 14);
    expect_holds("g () => (int32[3] y) <int32[3] x = {-30, 0, 30}, int32[3] want_y = {0, 0, 0}> { y = Erf (x) }", 9);
}

/* 1 + 2^-12 is where exp's float16 result lies between two numbers: x = 2^-12 gives 1 + 2^-12 + 2^-25, below the middle
 * 1 + 2^-11 of 1 and its neighbour. */
Test(math, exponentials_of_narrow_types_round_once)
{
    expect_holds("g () => (float16[3] y) <float16[3] x = {0x1p-12, 0x1p-11, 12.0}, float16[3] want_y = {1.0, 0x1.004p+0, inf}>"
                 "{ y = Exp (x) }", 13);
    expect_holds("g () => (double[2] y) <double[2] x = {1.0, 0.0}, double[2] want_y = {0x1.5bf0a8b145769p+1, 1.0}> { y = Exp (x) }", 13);
}

Test(math, activations_at_their_corners)
{
    expect_holds("g () => (float[4] y) <float[4] x = {-inf, -2.0, 0.0, nan}, float[4] slope = {2.0, 0.5, 3.0, 1.0},"
                 "float[4] want_y = {-inf, -1.0, 0.0, nan}> { y = PRelu (x, slope) }", 16);
    expect_holds("g () => (float[1,2,2] y) <float[1,2,2] x = {-1, 1, -1, 1}, float[2] s = {2, 3},"
                 "float[1,2,2] want_y = {-2, 1, -3, 1}> { y = PRelu (x, s) }", 6);
    expect_fails("g () => (float[2] y) <float[2] x = {1, 2}, float[2,2] s = {1, 2, 3, 4}> { y = PRelu (x, s) }", 16, "slope");
    expect_holds("g () => (float[4] y) <float[4] x = {-4.0, -3.0, 3.0, 1.5}, float[4] want_y = {-0.0, -0.0, 3.0, 1.125}>"
                 "{ y = HardSwish (x) }", 14);
    expect_holds("g () => (float[3] y) <float[3] x = {-9.0, 0.0, 9.0}, float[3] want_y = {0.0, 0.5, 1.0}> { y = HardSigmoid (x) }", 6);
    expect_holds("g () => (float[3] y) <float[3] x = {1.0, 1.5, nan}, float[3] want_y = {0.0, 1.5, 0.0}> { y = ThresholdedRelu (x) }", 10);
    expect_holds("g () => (float[2] y) <float[2] x = {3.0, -inf}, float[2] want_y = {3.0, -2.0}> { y = Celu <alpha = 2.0> (x) }", 12);
    expect_holds("g () => (int8[4] y) <int8[4] x = {-2, -1, 1, 127}, int8[4] want_y = {0, 0, 0, 125}>"
                 "{ y = Shrink <bias = 1.5, lambd = 1.5> (x) }", 9); /* -2 + 1.5 and 127 - 1.5 truncate */
    expect_fails("g () => (float y) <float x = {1}> { y = Gelu <approximate = \"erf\"> (x) }", 20, "approximate is 'erf'");
    expect_holds("g () => (float[2] y) <float[2] a = {0.0, 64.0}, float[2] b = {5.0, 2.0}, float[2] want_y = {0.0, 128.0}>"
                 "{ y = SwiGLU (a, b) }", 28);
    expect_fails("g () => (float[2] y) <float[2] a = {1, 2}, float[1] b = {1}> { y = SwiGLU (a, b) }", 28, "do not broadcast");
}

/* x86's own NaN is negative, aarch64's is not. */
Test(math, a_nan_made_of_numbers_has_no_sign)
{
    expect_holds("g () => (float[3] y) <float[3] a = {inf, 0.0, -nan}, float[3] b = {-inf, 0.0, 1.0}, float[3] want_y = {nan, nan, -nan}>"
                 "{ y = Div (a, b) }", 14);
    expect_holds("g () => (double[2] y) <double[2] x = {-1.0, -nan}, double[2] want_y = {nan, -nan}> { y = Sqrt (x) }", 13);
}

Test(math, clip)
{
    expect_holds("g () => (float[4] y) <float[4] x = {-5.0, 0.0, nan, inf}, float lo = {2.0}, float hi = {1.0},"
                 "float[4] want_y = {1.0, 1.0, nan, 1.0}> { y = Clip (x, lo, hi) }", 13);
    expect_holds("g () => (int8[3] y) <int8[3] x = {-5, 0, 5}, int8 hi = {1}, int8[3] want_y = {-5, 0, 1}> { y = Clip (x, , hi) }", 12);
    expect_holds("g () => (float[2] y) <float[2] x = {-5.0, 5.0}, float[2] want_y = {-1.0, 5.0}> { y = Clip <min = -1.0> (x) }", 6);
    expect_fails("g () => (float[1] y) <float[1] x = {1}, float[1] lo = {1}> { y = Clip (x, lo) }", 13, "min has shape [1]");
}

Test(math, extrema_and_sums_are_variadic)
{
    expect_holds("g () => (float[3] y, float[3] z) <float[3] a = {1.0, nan, -0.0}, float b = {0.0}, float[1] c = {0.5},"
                 "float[3] want_y = {1.0, nan, 0.5}, float[3] want_z = {0.0, nan, -0.0}> { y = Max (a, b, c) z = Min (a, b, c) }", 13);
    expect_holds("g () => (uint64[1] y) <uint64[1] a = {18446744073709551615}, uint64[1] b = {1},"
                 "uint64[1] want_y = {18446744073709551615}> { y = Max (a, b) }", 12);
    expect_holds("g () => (float[1] y) <float[1] a = {-0.0}, float[1] want_y = {-0.0}> { y = Sum (a) }", 13);
    /* 1e8 + 1 - 1e8: folding in float32 loses the one. */
    expect_holds("g () => (float[2] y) <float[2] a = {100000000.0, 1.0}, float b = {1.0}, float[2] c = {-100000000.0, 1.0},"
                 "float[2] want_y = {1.0, 3.0}> { y = Sum (a, b, c) }", 13);
    expect_holds("g () => (double[2] y) <double[2] a = {1e308, 1.0}, double[2] b = {1e308, 2.0}, double[2] want_y = {1e308, 1.5}>"
                 "{ y = Mean (a, b) }", 13);
    expect_fails("g () => (float[2] y) <float[2] a = {1, 2}, float b = {1}> { y = Sum (a, b) }", 6, "do not broadcast");
    expect_fails("g () => (float[2] y) <float[2] a = {1, 2}, float b = {1}> { y = Max (a, b) }", 7, "do not broadcast");
}

Test(math, tests_of_numbers)
{
    expect_holds("g () => (bool[3] y, bool[3] z) <float[3] x = {nan, inf, -inf}, bool[3] want_y = {1, 0, 0}, bool[3] want_z = {0, 0, 1}>"
                 "{ y = IsNaN (x) z = IsInf <detect_positive = 0> (x) }", 20);
    expect_holds("g () => (bool[2] y) <float8e4m3fn[2] x = {127, 126}, bool[2] want_y = {1, 0}> { y = IsNaN (x) }", 20);
    expect_fails("g () => (bool y) <float16 x = {1.0}> { y = IsInf (x) }", 10, "float16");
}

Test(math, cumulation_runs_both_ways)
{
    const char *graph = "g () => (int32[2,3] y) <int32[2,3] x = {1, 2, 3, 4, 5, 6}, int32 axis = {-1}, int32[2,3] want_y = {%s}>"
                        "{ y = %s (x, axis) }";
    const struct {
        const char *want, *node;
    } cases[] = {
        { "1, 3, 6, 4, 9, 15", "CumSum" },
        { "0, 1, 3, 0, 4, 9", "CumSum <exclusive = 1>" },
        { "6, 5, 3, 15, 11, 6", "CumSum <reverse = 1>" },
        { "5, 3, 0, 11, 6, 0", "CumSum <exclusive = 1, reverse = 1>" },
        { "1, 2, 6, 4, 20, 120", "CumProd" },
        { "6, 3, 1, 30, 6, 1", "CumProd <exclusive = 1, reverse = 1>" },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text = g_strdup_printf(graph, cases[i].want, cases[i].node);
        expect_holds(text, 26);
    }
    expect_holds("g () => (float16[4] y) <float16[4] x = {2048.0, 1.0, 1.0, -2048.0}, int64 axis = {0},"
                 "float16[4] want_y = {2048.0, 2048.0, 2050.0, 2.0}> { y = CumSum (x, axis) }", 14);
    expect_holds("g () => (float[3] y) <float[3] x = {1e30, 1e30, 1e-30}, int64 axis = {0}, float[3] want_y = {1e30, inf, 1e30}>"
                 "{ y = CumProd (x, axis) }", 26);
    expect_holds("g () => (float[0,2] y) <float[0,2] x = {}, int64 axis = {1}, float[0,2] want_y = {}> { y = CumSum (x, axis) }", 14);
    expect_fails("g () => (float[1] y) <float[1] x = {1}, int64 axis = {1}> { y = CumSum (x, axis) }", 14, "axis 1 is outside [-1, 1)");
}

Test(math, determinants_are_exact)
{
    expect_holds("g () => (float[2] y) <float[2,2,2] x = {1, 2, 3, 4, 0, 1, 1, 0}, float[2] want_y = {-2.0, -1.0}> { y = Det (x) }", 11);
    /* (1 + 2^-12)^2 - (1 + 2^-11) = 2^-24, of which float32 elimination keeps nothing. */
    expect_holds("g () => (float y) <float[2,2] x = {0x1.001p+0, 1.0, 0x1.002p+0, 0x1.001p+0}, float want_y = {0x1p-24}> { y = Det (x) }", 22);
    expect_holds("g () => (double y) <double[3,3] x = {1, 2, 3, 4, 5, 6, 7, 8, 9}, double want_y = {0}> { y = Det (x) }", 11);
    expect_holds("g () => (float[1] y) <float[1,0,0] x = {}, float[1] want_y = {1.0}> { y = Det (x) }", 11);
    expect_holds("g () => (float y) <float[3,3] x = {0, 0, 2, 0, 3, 0, 5, 0, 0}, float want_y = {-30.0}> { y = Det (x) }", 11);
    expect_fails("g () => (float y) <float[1,2] x = {1, 2}> { y = Det (x) }", 11, "expected square matrices");
}
