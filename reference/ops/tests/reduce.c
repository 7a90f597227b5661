#include "reference/ops/tests/expect.h"

#include <criterion/criterion.h>

#define X "float[2,3] x = {1, 2, 3, 4, 5, 6}, "

Test(reduce, axes_come_as_attribute_or_input)
{
    expect_holds("g () => (float[1,3] y) <" X "float[1,3] want_y = {5, 7, 9}> { y = ReduceSum <axes = [-2]> (x) }", 11);
    expect_holds("g () => (float[3] y) <" X "int64[1] axes = {0}, float[3] want_y = {5, 7, 9}>"
                 "{ y = ReduceSum <keepdims = 0> (x, axes) }", 13);
    expect_holds("g () => (float[2] y) <" X "int64[1] axes = {-1}, float[2] want_y = {2, 5}>"
                 "{ y = ReduceMean <keepdims = 0> (x, axes) }", 18);
    expect_holds("g () => (float[1,1] y) <" X "float[1,1] want_y = {21}> { y = ReduceSum (x) }", 13);
    expect_holds("g () => (float y) <" X "int64[2] axes = {1, 0}, float want_y = {6}> { y = ReduceMax <keepdims = 0> (x, axes) }", 18);
    expect_holds("g () => (float y) <float x = {3}, float want_y = {9}> { y = ReduceSumSquare (x) }", 18);
    expect_fails("g () => (float y) <" X "int64[1] axes = {2}> { y = ReduceSum (x, axes) }", 13, "axis 2 is outside [-2, 2)");
    expect_fails("g () => (float y) <" X "int64[2] axes = {0, -2}> { y = ReduceSum (x, axes) }", 13, "listed twice");
    expect_fails("g () => (float y) <" X "int64[1] axes = {0}> { y = ReduceMean (x, axes) }", 13, "inputs");
}

Test(reduce, middle_axes)
{
    expect_holds("g () => (float[2,2] y) <float[2,2,2] x = {1, 2, 3, 4, 5, 6, 7, 8}, float[2,2] want_y = {3, 8, 35, 48}>"
                 "{ y = ReduceProd <axes = [1], keepdims = 0> (x) }", 13);
    expect_holds("g () => (float[2] y) <float[2,2,2] x = {1, 2, 3, 4, 5, 6, 7, 8}, float[2] want_y = {16, 20}>"
                 "{ y = ReduceSum <axes = [0, 1], keepdims = 0> (x) }", 11);
}

Test(reduce, without_axes_the_other_steps_still_happen)
{
    expect_holds("g () => (float[3] y, float[3] z, float[3] w) <float[3] x = {-2, 1, 3}, int64[0] axes = {}, float[3] want_y = {-2, 1, 3},"
                 "float[3] want_z = {4, 1, 9}, float[3] want_w = {2, 1, 3}>"
                 "{ y = ReduceSum <noop_with_empty_axes = 1> (x, axes) z = ReduceSumSquare <noop_with_empty_axes = 1> (x)"
                 "  w = ReduceL1 <noop_with_empty_axes = 1> (x, axes) }", 18);
}

Test(reduce, nothing_reduces_to_the_neutral_element)
{
    expect_holds("g () => (float[2] a, float[2] b, float[2] c, float[2] d, float[2] e, float[2] f)"
                 "<float[2,0] x = {}, int64[1] axes = {1}, float[2] want_a = {0, 0}, float[2] want_b = {1, 1}, float[2] want_c = {-inf, -inf},"
                 "float[2] want_d = {inf, inf}, float[2] want_e = {-inf, -inf}, float[2] want_f = {-inf, -inf}> {"
                 "a = ReduceSum <keepdims = 0> (x, axes) b = ReduceProd <keepdims = 0> (x, axes) c = ReduceMax <keepdims = 0> (x, axes)"
                 "d = ReduceMin <keepdims = 0> (x, axes) e = ReduceLogSum <keepdims = 0> (x, axes)"
                 "f = ReduceLogSumExp <keepdims = 0> (x, axes) }", 20);
    expect_holds("g () => (int8 a, uint8 b, bool c, bool d) <int8[0] x = {}, uint8[0] y = {}, bool[0] z = {}, int8 want_a = {-128},"
                 "uint8 want_b = {255}, bool want_c = {0}, bool want_d = {1}> { a = ReduceMax <keepdims = 0> (x)"
                 "b = ReduceMin <keepdims = 0> (y) c = ReduceMax <keepdims = 0> (z) d = ReduceMin <keepdims = 0> (z) }", 20);
    expect_holds("g () => (float[0,1] y) <float[0,3] x = {}, int64[1] axes = {1}, float[0,1] want_y = {}> { y = ReduceSum (x, axes) }", 13);
}

Test(reduce, extrema)
{
    expect_holds("g () => (float a, float b) <float[3] x = {1, nan, 3}, float want_a = {nan}, float want_b = {nan}>"
                 "{ a = ReduceMax <keepdims = 0> (x) b = ReduceMin <keepdims = 0> (x) }", 13);
    expect_holds("g () => (bool[2] a, bool[2] b) <bool[2,2] x = {0, 1, 0, 0}, int64[1] axes = {1}, bool[2] want_a = {1, 0},"
                 "bool[2] want_b = {0, 0}> { a = ReduceMax <keepdims = 0> (x, axes) b = ReduceMin <keepdims = 0> (x, axes) }", 20);
    expect_fails("g () => (bool y) <bool[1] x = {0}> { y = ReduceMax (x) }", 18, "bool");
    expect_holds("g () => (uint64 y) <uint64[2] x = {18446744073709551615, 1}, uint64 want_y = {18446744073709551615}>"
                 "{ y = ReduceMax <keepdims = 0> (x) }", 13);
}

/* Sums that binary64, or rounding at each step, would get wrong. */
Test(reduce, sums_are_exact)
{
    expect_holds("g () => (float y) <float[4] x = {0x1p+100, 1, -0x1p+100, 1}, float want_y = {2}> { y = ReduceSum <keepdims = 0> (x) }", 13);
    expect_holds("g () => (double y) <double[3] x = {1e308, 1e308, -1e308}, double want_y = {1e308}> { y = ReduceSum <keepdims = 0> (x) }", 13);
    /* 1 + 2^-24 is a tie and goes to 1; 2^-80 more and it goes up. */
    expect_holds("g () => (float y, float z) <float[2] a = {1, 0x1p-24}, float[3] b = {1, 0x1p-24, 0x1p-80}, float want_y = {1},"
                 "float want_z = {0x1.000002p+0}> { y = ReduceSum <keepdims = 0> (a) z = ReduceSum <keepdims = 0> (b) }", 13);
    expect_holds("g () => (float y) <float[3] x = {inf, -inf, 1}, float want_y = {nan}> { y = ReduceSum <keepdims = 0> (x) }", 13);
    expect_holds("g () => (float y) <float[2] x = {0x1.8p+126, 0x1p+127}, float want_y = {0x1.4p+127}> { y = ReduceL2 <keepdims = 0> (x) }", 13);
    expect_holds("g () => (double y) <double[2] x = {0x1.8p+667, 0x1p+668}, double want_y = {0x1.4p+668}> { y = ReduceL2 <keepdims = 0> (x) }", 13);
    expect_holds("g () => (double y) <double[4] x = {0x1p+1000, 0x1p+1000, 0x1p-1000, 0x1.8p-1000}, double want_y = {1.5}> { y = ReduceProd <keepdims = 0> (x) }", 13);
}

Test(reduce, integers_wrap_or_truncate)
{
    expect_holds("g () => (int32 a, int32 b, int32 c, int32 d) <int32[3] x = {2147483647, 1, 3}, int32[2] m = {-3, -4}, int32 want_a = {-2147483645},"
                 "int32 want_b = {-3}, int32 want_c = {5}, int32 want_d = {1}> { a = ReduceSum <keepdims = 0> (x)"
                 "b = ReduceMean <keepdims = 0> (m) c = ReduceL2 <keepdims = 0> (m) s = ReduceL1 <keepdims = 0> (m) d = ReduceLogSum <keepdims = 0> (s) }", 13);
    expect_holds("g () => (int64 y) <int64[2] x = {9223372036854775807, 9223372036854775807}, int64 want_y = {9223372036854775807}>"
                 "{ y = ReduceMean <keepdims = 0> (x) }", 13);
    /* log(e^-5 + e^-5) = -5 + 0.69 and log(3 e^0) = 1.09 truncate towards zero. */
    expect_holds("g () => (int32 a, uint32 b) <int32[2] x = {-5, -5}, uint32[3] y = {0, 0, 0}, int32 want_a = {-4}, uint32 want_b = {1}>"
                 "{ a = ReduceLogSumExp <keepdims = 0> (x) b = ReduceLogSumExp <keepdims = 0> (y) }", 13);
}

Test(reduce, log_sum_exp_neither_overflows_nor_loses_infinities)
{
    expect_holds("g () => (float a, float b, float c) <float[2] x = {1000, 1000}, float[2] y = {inf, 0}, float[2] z = {-inf, -inf},"
                 "float want_a = {0x1.f458bap+9}, float want_b = {inf}, float want_c = {-inf}> { a = ReduceLogSumExp <keepdims = 0> (x)"
                 "b = ReduceLogSumExp <keepdims = 0> (y) c = ReduceLogSumExp <keepdims = 0> (z) }", 13);
}

Test(reduce, softmax_coerces_to_a_matrix_before_13)
{
    const char *graph = "g () => (float[1,2,2] y) <float[1,2,2] x = {0, 0, 0, 0}, float[1,2,2] want_y = {%s}> { y = Softmax (x) }";
    g_autofree char *coerced = g_strdup_printf(graph, "0.25, 0.25, 0.25, 0.25");
    g_autofree char *along = g_strdup_printf(graph, "0.5, 0.5, 0.5, 0.5");
    expect_holds(coerced, 11);
    expect_holds(along, 13);
    expect_holds("g () => (float[3] y) <float[3] x = {1000, 1000, -inf}, float[3] want_y = {0.5, 0.5, 0}> { y = Softmax (x) }", 13);
    expect_holds("g () => (float[2] y) <float[2] x = {-inf, -inf}, float[2] want_y = {nan, nan}> { y = Softmax (x) }", 13);
    expect_holds("g () => (float[2,1] y) <float[2,1] x = {7, -7}, float[2,1] want_y = {0, 0}> { y = LogSoftmax (x) }", 13);
    expect_holds("g () => (float[0] y) <float[0] x = {}, float[0] want_y = {}> { y = Softmax (x) }", 13);
    expect_fails("g () => (float[1] y) <float[1] x = {1}> { y = Softmax <axis = 1> (x) }", 13, "axis 1 is outside [-1, 1)");
}

Test(reduce, hardmax_takes_the_first_maximum)
{
    expect_holds("g () => (float[2,3] y) <float[2,3] x = {1, 3, 3, nan, 9, nan}, float[2,3] want_y = {0, 1, 0, 1, 0, 0}> { y = Hardmax (x) }", 13);
    expect_holds("g () => (float[2,2] y) <float[2,2] x = {1, 2, 3, 0}, float[2,2] want_y = {0, 1, 1, 0}> { y = Hardmax <axis = 0> (x) }", 13);
    expect_holds("g () => (float[2,2] y) <float[2,2] x = {1, 2, 3, 0}, float[2,2] want_y = {0, 0, 1, 0}> { y = Hardmax <axis = 0> (x) }", 11);
}

Test(reduce, lp_normalization)
{
    expect_holds("g () => (float[2,2] y) <float[2,2] x = {3, 4, -6, 8}, float[2,2] want_y = {0.6, 0.8, -0.6, 0.8}> { y = LpNormalization (x) }", 1);
    expect_holds("g () => (float[2,2] y) <float[2,2] x = {1, 2, -3, 6}, float[2,2] want_y = {0.25, 0.25, -0.75, 0.75}>"
                 "{ y = LpNormalization <p = 1, axis = 0> (x) }", 22);
    expect_holds("g () => (float[2] y) <float[2] x = {0x1.8p+101, 0x1p+102}, float[2] want_y = {0.6, 0.8}> { y = LpNormalization (x) }", 22);
    expect_holds("g () => (float[2,2] y) <float[2,2] x = {0, -0.0, 0, 2}, float[2,2] want_y = {0, 0, 0, 1}>"
                 "{ y = LpNormalization (x) }", 22);
    expect_holds("g () => (double[2] y) <double[2] x = {3e-200, 4e-200}, double[2] want_y = {0.6, 0.8}>"
                 "{ y = LpNormalization (x) }", 1);
    expect_fails("g () => (float[1] y) <float[1] x = {1}> { y = LpNormalization <p = 3> (x) }", 22, "p is 3");
}
