/* Operators that pick elements by index, or by what they are: reference/ops/gather. */
#include "reference/ops/tests/expect.h"

#include <criterion/criterion.h>

#define SIX "int32[2,3] x = {1, 2, 3, 4, 5, 6}"

Test(gather, indices_replace_an_axis)
{
    expect_holds("g () => (int32[2,1,2] y, int32[3] z) <" SIX ", int64[1,2] i = {-1, 0}, int32 r = {1},"
                 " int32[2,1,2] want_y = {3, 1, 6, 4}, int32[3] want_z = {4, 5, 6}>"
                 "{ y = Gather <axis = 1> (x, i) z = Gather(x, r) }", 13);
    expect_holds("g () => (string[2] y) <string[2] x = {\"a\", \"b\"}, int64[2] i = {1, 1}, string[2] want_y = {\"b\", \"b\"}>"
                 "{ y = Gather(x, i) }", 1);
    expect_fails("g () => (int32[3] y) <" SIX ", int64 i = {2}> { y = Gather(x, i) }", 13, "outside [-2, 2)");
    expect_fails("g () => (int32[1] y) <int32[0] x = {}, int64[1] i = {0}> { y = Gather(x, i) }", 13, "outside");
    expect_fails("g () => (int32 y) <int32 x = {1}, int64 i = {0}> { y = Gather(x, i) }", 13, "axis");
}

Test(gather_elements, index_replaces_a_coordinate)
{
    expect_holds("g () => (int32[1,3] y, int32[2,1] z) <" SIX ", int64[1,3] i = {1, 0, -1}, int32[2,1] j = {2, 0},"
                 " int32[1,3] want_y = {4, 2, 6}, int32[2,1] want_z = {3, 4}>"
                 "{ y = GatherElements(x, i) z = GatherElements <axis = -1> (x, j) }", 13);
    expect_fails("g () => (int32[2] y) <" SIX ", int64[2] i = {0, 0}> { y = GatherElements(x, i) }", 13, "rank 1");
    expect_fails("g () => (int32[1,4] y) <" SIX ", int64[1,4] i = {0, 0, 0, 0}> { y = GatherElements(x, i) }", 13, "beyond");
}

Test(gather_nd, tuples_and_batches)
{
    expect_holds("g () => (int32[2] y, int32[1,3] z, int32[2] b) <" SIX ", int64[2,2] i = {0, 0, -1, -1}, int64[1,1] j = {1},"
                 " int64[2,1] k = {2, 0}, int32[2] want_y = {1, 6}, int32[1,3] want_z = {4, 5, 6}, int32[2] want_b = {3, 4}>"
                 "{ y = GatherND(x, i) z = GatherND(x, j) b = GatherND <batch_dims = 1> (x, k) }", 13);
    expect_holds("g () => (int32[2,2,3] y) <" SIX ", int64[2,0] i = {}, int32[2,2,3] want_y = {1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6}>"
                 "{ y = GatherND(x, i) }", 11);
    expect_fails("g () => (int32[2] y) <" SIX ", int64[1,3] i = {0, 0, 0}> { y = GatherND(x, i) }", 13, "3 entries");
    expect_fails("g () => (int32[2] y) <" SIX ", int64[1,1] i = {0}> { y = GatherND <batch_dims = 1> (x, i) }", 13, "batch dim 0");
    expect_fails("g () => (int32[2] y) <" SIX ", int64[1,2] i = {0, 3}> { y = GatherND(x, i) }", 13, "outside");
}

Test(scatter_elements, reductions)
{
    expect_holds("g () => (float[3] n, float[3] a, float[3] m) <float[3] x = {1.0, 2.0, 3.0}, int64[2] i = {1, -2}, float[2] u = {5.0, 7.0},"
                 " float[3] want_n = {1.0, 7.0, 3.0}, float[3] want_a = {1.0, 14.0, 3.0}, float[3] want_m = {1.0, 7.0, 3.0}>"
                 "{ n = ScatterElements(x, i, u) a = ScatterElements <reduction = \"add\"> (x, i, u)"
                 "  m = ScatterElements <reduction = \"max\"> (x, i, u) }", 18);
    expect_holds("g () => (string[2] y) <string[2] x = {\"a\", \"b\"}, int64[1] i = {0}, string[1] u = {\"c\"},"
                 " string[2] want_y = {\"c\", \"b\"}> { y = Scatter(x, i, u) }", 9);
    expect_fails("g () => (float[1] y) <float[1] x = {1.0}, int64[1] i = {0}> { y = ScatterElements <reduction = \"max\"> (x, i, x) }",
                 16, "reduction is 'max'");
    expect_fails("g () => (float[1] y) <float[1] x = {1.0}, int64[1] i = {0}, float[2] u = {1.0, 2.0}> { y = ScatterElements(x, i, u) }",
                 18, "do not go together");
    expect_fails("g () => (string[1] y) <string[1] x = {\"a\"}, int64[1] i = {0}> { y = ScatterElements <reduction = \"add\"> (x, i, x) }",
                 18, "no reduction");
}

Test(scatter_elements, one_rounding_and_wrap)
{
    /* 2048 + 1 + 1 in float16: rounding after each step would stay at 2048. */
    expect_holds("g () => (float16[1] y, int8[1] z) <float16[1] x = {2048.0}, int64[2] i = {0, 0}, float16[2] u = {1.0, 1.0},"
                 " int8[1] b = {100}, int8[2] v = {100, 100}, float16[1] want_y = {2050.0}, int8[1] want_z = {44}>"
                 "{ y = ScatterElements <reduction = \"add\"> (x, i, u) z = ScatterElements <reduction = \"add\"> (b, i, v) }", 18);
}

Test(scatter_elements, untouched_elements_keep_their_bits)
{
    expect_holds("g () => (float[2] y) <float[2] x = {0x7FC12345, 1.0}, int64[1] i = {1}, float[1] u = {1.0},"
                 " float[2] want_y = {0x7FC12345, 2.0}> { y = ScatterElements <reduction = \"add\"> (x, i, u) }", 18);
}

Test(scatter_nd, slices)
{
    expect_holds("g () => (int32[2,3] y, int32[2,3] z) <" SIX ", int64[1,1] i = {-1}, int32[1,3] u = {7, 8, 9}, int64[2,2] j ="
                 " {0, 0, 0, 0}, int32[2] v = {3, 4}, int32[2,3] want_y = {1, 2, 3, 7, 8, 9}, int32[2,3] want_z = {12, 2, 3, 4, 5, 6}>"
                 "{ y = ScatterND(x, i, u) z = ScatterND <reduction = \"mul\"> (x, j, v) }", 18);
    expect_fails("g () => (int32[2,3] y) <" SIX ", int64[1,1] i = {0}, int32[1,2] u = {7, 8}> { y = ScatterND(x, i, u) }", 18,
                 "do not go together");
    expect_fails("g () => (int32[2,3] y) <" SIX ", int64[1,1] i = {2}, int32[1,3] u = {7, 8, 9}> { y = ScatterND(x, i, u) }", 18,
                 "outside");
}

Test(tensor_scatter, linear_and_circular)
{
    /* Two batches in a cache of two places: the batch must not wrap with the place. */
    expect_holds("g () => (int32[2,2,1] y, int32[3,2,1] c) <int32[2,2,1] p = {1, 2, 3, 4}, int32[2,1,1] u = {8, 9}, int64[2] w = {1, 0},"
                 " int32[3,2,1] q = {1, 2, 3, 4, 5, 6}, int32[3,2,1] v = {11, 12, 13, 14, 15, 16}, int64[3] k = {3, 0, 1},"
                 " int32[2,2,1] want_y = {1, 8, 9, 4}, int32[3,2,1] want_c = {12, 11, 13, 14, 16, 15}>"
                 "{ y = TensorScatter(p, u, w) c = TensorScatter <mode = \"circular\"> (q, v, k) }", 24);
    expect_fails("g () => (int32[1,2,1] y) <int32[1,2,1] p = {1, 2}, int64[1] w = {1}> { y = TensorScatter(p, p, w) }", 24,
                 "do not fit");
    expect_fails("g () => (int32[1,2,1] y) <int32[1,2,1] p = {1, 2}> { y = TensorScatter <axis = 0> (p, p) }", 24, "batch");
    expect_fails("g () => (int32[1,2,1] y) <int32[1,2,1] p = {1, 2}, int64[1] w = {-1}> { y = TensorScatter"
                 " <mode = \"circular\"> (p, p, w) }", 24, "do not fit");
    expect_fails("g () => (int32[1,2,1] y) <int32[1,2,1] p = {1, 2}, int32[1,3,1] u = {1, 2, 3}> { y = TensorScatter"
                 " <mode = \"circular\"> (p, u) }", 24, "or less in axis 1");
}

Test(where, broadcasts_three_ways)
{
    expect_holds("g () => (int32[2,2] y) <bool[2,1] c = {1, 0}, int32[2] a = {1, 2}, int32 b = {9}, int32[2,2] want_y = {1, 2, 9, 9}>"
                 "{ y = Where(c, a, b) }", 16);
    expect_holds("g () => (string[2] y) <bool[2] c = {1, 0}, string a = {\"p\"}, string b = {\"q\"}, string[2] want_y = {\"p\", \"q\"}>"
                 "{ y = Where(c, a, b) }", 9);
    expect_fails("g () => (int32[2] y) <bool[3] c = {1, 0, 1}, int32[2] a = {1, 2}> { y = Where(c, a, a) }", 16, "broadcast");
}

Test(compress, short_conditions_discard_the_rest)
{
    expect_holds("g () => (int32[2,1] y, int32[2] z) <" SIX ", bool[2] c = {0, 1}, bool[4] f = {1, 0, 0, 1}, int32[2,1] want_y = {2, 5},"
                 " int32[2] want_z = {1, 4}> { y = Compress <axis = 1> (x, c) z = Compress(x, f) }", 11);
    expect_fails("g () => (int32[2,1] y) <" SIX ", bool[4] c = {0, 1, 0, 0}> { y = Compress <axis = 1> (x, c) }", 11, "at most");
}

Test(non_zero, coordinates_by_axis)
{
    expect_holds("g () => (int64[2,3] y, int64[0,1] s, int64[1,2] f) <int32[2,2] x = {1, 0, 2, 3}, float q = {1.0},"
                 " float[3] p = {-0.0, nan, 1.0}, int64[2,3] want_y = {0, 1, 1, 0, 0, 1}, int64[0,1] want_s = {},"
                 " int64[1,2] want_f = {1, 2}> { y = NonZero(x) s = NonZero(q) f = NonZero(p) }", 13);
}

Test(one_hot, out_of_range_is_all_off)
{
    expect_holds("g () => (int32[3,2] y, int32[2,3] a) <float[3] i = {1.0, -1.0, 5.0}, int64 d = {2}, int32[2] v = {0, 7},"
                 " int32[3,2] want_y = {0, 7, 0, 7, 0, 0}, int32[2,3] want_a = {0, 0, 0, 7, 7, 0}>"
                 "{ y = OneHot(i, d, v) a = OneHot <axis = 0> (i, d, v) }", 11);
    expect_holds("g () => (int32[1,2] y) <int64[1] i = {-1}, int64 d = {2}, int32[2] v = {0, 7}, int32[1,2] want_y = {0, 0}>"
                 "{ y = OneHot(i, d, v) }", 9);
    expect_fails("g () => (int32[1,2] y) <int64[1] i = {0}, int64 d = {-2}, int32[2] v = {0, 7}> { y = OneHot(i, d, v) }", 11,
                 "-2");
}

Test(unique, sorted_or_as_they_come)
{
    expect_holds("g () => (float[3] y, int64[3] i, int64[4] v, int64[3] c) <float[4] x = {2.0, 1.0, 3.0, 1.0},"
                 " float[3] want_y = {1.0, 2.0, 3.0}, int64[3] want_i = {1, 0, 2}, int64[4] want_v = {1, 0, 2, 0},"
                 " int64[3] want_c = {2, 1, 1}> { y, i, v, c = Unique(x) }", 11);
    expect_holds("g () => (string[2] y, int64[2] i, int64[3] v, int64[2] c) <string[3] x = {\"b\", \"a\", \"b\"},"
                 " string[2] want_y = {\"b\", \"a\"}, int64[2] want_i = {0, 1}, int64[3] want_v = {0, 1, 0},"
                 " int64[2] want_c = {2, 1}> { y, i, v, c = Unique <sorted = 0> (x) }", 11);
    expect_holds("g () => (int32[2,2] y, int64[3] v) <int32[2,3] x = {2, 1, 2, 4, 3, 4}, int32[2,2] want_y = {1, 2, 3, 4},"
                 " int64[3] want_v = {1, 0, 1}> { y, i, v = Unique <axis = 1> (x) }", 11);
    expect_holds("g () => (int32[0] y) <int32[0] x = {}, int32[0] want_y = {}> { y = Unique(x) }", 11);
}

Test(top_k, ties_go_to_the_lower_index)
{
    expect_holds("g () => (float[3] y, int64[3] i) <float[4] x = {1.0, 2.0, 2.0, 0.0}, int64[1] k = {3}, float[3] want_y = {2.0, 2.0, 1.0},"
                 " int64[3] want_i = {1, 2, 0}> { y, i = TopK(x, k) }", 11);
    expect_holds("g () => (int8[2,1] y, int64[2,1] i) <int8[2,2] x = {5, -5, -128, 127}, int64[1] k = {1}, int8[2,1] want_y = {-5, -128},"
                 " int64[2,1] want_i = {1, 0}> { y, i = TopK <largest = 0> (x, k) }", 11);
    expect_holds("g () => (float[1,2] y, int64[1,2] i) <float[2,2] x = {1.0, 4.0, 3.0, 2.0}, float[1,2] want_y = {3.0, 4.0},"
                 " int64[1,2] want_i = {1, 0}> { y, i = TopK <axis = 0, k = 1> (x) }", 1);
}

Test(top_k, zeros_are_equal_and_nan_is_greatest)
{
    expect_holds("g () => (float[4] y, int64[4] i) <float[4] x = {-0.0, 0.0, nan, inf}, int64[1] k = {4},"
                 " float[4] want_y = {nan, inf, -0.0, 0.0}, int64[4] want_i = {2, 3, 0, 1}> { y, i = TopK(x, k) }", 11);
    expect_fails("g () => (float[3] y, int64[3] i) <float[2] x = {1.0, 2.0}, int64[1] k = {3}> { y, i = TopK(x, k) }", 11,
                 "expected 1 to 2");
}

Test(arg_max, ties_keepdims_and_nan)
{
    expect_holds("g () => (int64[1,3] y, int64[2] z, int64[2] n) <int32[2,3] x = {3, 1, 3, 2, 2, 9}, float[2,2] f = {1.0, nan, nan, nan},"
                 " int64[1,3] want_y = {0, 1, 1}, int64[2] want_z = {2, 2}, int64[2] want_n = {1, 0}>"
                 "{ y = ArgMax(x) z = ArgMax <axis = -1, keepdims = 0, select_last_index = 1> (x)"
                 "  n = ArgMin <axis = 1, keepdims = 0> (f) }", 13);
    expect_fails("g () => (int64[1] y) <int32[0] x = {}> { y = ArgMin(x) }", 13, "no elements");
}
