/* Operators that give elements another place or shape: reference/ops/shape. */
#include "reference/ops/tests/expect.h"

#include <criterion/criterion.h>

#define SIX "int32[2,3] x = {1, 2, 3, 4, 5, 6}"

Test(reshape, zero_copies_and_minus_one_takes_the_rest)
{
    expect_holds("g () => (int32[2,1,3] y) <" SIX ", int64[3] s = {0, 1, -1}, int32[2,1,3] want_y = {1, 2, 3, 4, 5, 6}>"
                 "{ y = Reshape(x, s) }", 13);
    expect_holds("g () => (int32[0,4] y) <int32[4,0] x = {}, int64[2] s = {0, 4}, int32[0,4] want_y = {}>"
                 "{ y = Reshape <allowzero = 1> (x, s) }", 14);
    expect_holds("g () => (float[3] y) <float[1,3] x = {1.0, 2.0, 3.0}, float[3] want_y = {1.0, 2.0, 3.0}>"
                 "{ y = Reshape <shape = [-1]> (x) }", 1);
    expect_holds("g () => (int32 y) <int32[1,1] x = {7}, int64[0] s = {}, int32 want_y = {7}> { y = Reshape(x, s) }", 13);
}

Test(reshape, refuses_what_does_not_fit)
{
    expect_fails("g () => (int32[2,2] y) <" SIX ", int64[2] s = {2, 2}> { y = Reshape(x, s) }", 13, "element counts differ");
    expect_fails("g () => (int32[2,2] y) <" SIX ", int64[2] s = {-1, -1}> { y = Reshape(x, s) }", 13, "both -1");
    expect_fails("g () => (int32[2,2] y) <" SIX ", int64[2] s = {4, -1}> { y = Reshape(x, s) }", 13, "no dim for the -1");
    expect_fails("g () => (int32[2,2] y) <" SIX ", int64[3] s = {2, 3, 0}> { y = Reshape(x, s) }", 13, "copies a dim");
    expect_fails("g () => (int32[2,2] y) <" SIX ", int64[1] s = {-2}> { y = Reshape(x, s) }", 13, "-2");
    expect_fails("g () => (int32 y) <int32[0] x = {}, int64[2] s = {0, -1}> { y = Reshape <allowzero = 1> (x, s) }", 14,
                 "both 0 and -1");
    expect_fails("g () => (int32 y) <" SIX ", int64[3] s = {4611686018427387904, 4, 2}> { y = Reshape(x, s) }", 13, "2^63");
}

Test(squeeze, axes_as_attribute_and_as_input)
{
    expect_holds("g () => (int32[3] y) <int32[1,3,1] x = {1, 2, 3}, int32[3] want_y = {1, 2, 3}> { y = Squeeze(x) }", 13);
    expect_holds("g () => (int32[1,3] y) <int32[1,3,1] x = {1, 2, 3}, int64[1] a = {-1}, int32[1,3] want_y = {1, 2, 3}>"
                 "{ y = Squeeze(x, a) }", 13);
    expect_holds("g () => (int32[1,1] y) <int32[1,1] x = {4}, int64[0] a = {}, int32[1,1] want_y = {4}> { y = Squeeze(x, a) }",
                 13);
    expect_holds("g () => (int32[3,1] y) <int32[1,3,1] x = {1, 2, 3}, int32[3,1] want_y = {1, 2, 3}>"
                 "{ y = Squeeze <axes = [0]> (x) }", 11);
    expect_fails("g () => (int32[3,1] y) <int32[1,3,1] x = {1, 2, 3}, int64[1] a = {1}> { y = Squeeze(x, a) }", 13,
                 "expected 1");
}

Test(unsqueeze, axes_count_in_the_output)
{
    expect_holds("g () => (int32[1,3,1] y) <int32[3] x = {1, 2, 3}, int64[2] a = {-1, 0}, int32[1,3,1] want_y = {1, 2, 3}>"
                 "{ y = Unsqueeze(x, a) }", 13);
    expect_holds("g () => (int32[1,1] y) <int32 x = {1}, int32[1,1] want_y = {1}> { y = Unsqueeze <axes = [0, 1]> (x) }", 1);
    expect_fails("g () => (int32 y) <int32[3] x = {1, 2, 3}, int64[2] a = {0, -3}> { y = Unsqueeze(x, a) }", 13, "twice");
    expect_fails("g () => (int32 y) <int32[3] x = {1, 2, 3}, int64[1] a = {2}> { y = Unsqueeze(x, a) }", 13, "outside");
    expect_fails("g () => (int32 y) <int32[1] x = {1}, int64[1] n = {32}, int64[1] z = {0}> { a = Expand(z, n)"
                 " y = Unsqueeze(x, a) }", 13, "limit");
}

Test(flatten, axis_may_be_the_rank)
{
    expect_holds("g () => (int32[6,1] y) <" SIX ", int32[6,1] want_y = {1, 2, 3, 4, 5, 6}> { y = Flatten <axis = 2> (x) }", 13);
    expect_holds("g () => (int32[1,6] y) <" SIX ", int32[1,6] want_y = {1, 2, 3, 4, 5, 6}> { y = Flatten <axis = -2> (x) }", 13);
    expect_holds("g () => (int32[1,1] y) <int32 x = {9}, int32[1,1] want_y = {9}> { y = Flatten <axis = 0> (x) }", 13);
    expect_fails("g () => (int32[1,6] y) <" SIX "> { y = Flatten <axis = 3> (x) }", 13, "outside");
}

Test(expand, broadcasts_both_ways)
{
    expect_holds("g () => (int32[2,2,1] y) <int32[2,1] x = {1, 2}, int64[3] s = {2, 1, 1}, int32[2,2,1] want_y = {1, 2, 1, 2}>"
                 "{ y = Expand(x, s) }", 13);
    expect_holds("g () => (string[2] y) <string x = {\"ab\"}, int64[1] s = {2}, string[2] want_y = {\"ab\", \"ab\"}>"
                 "{ y = Expand(x, s) }", 8);
    expect_fails("g () => (int32[2,2] y) <" SIX ", int64[1] s = {2}> { y = Expand(x, s) }", 13, "does not broadcast");
}

Test(shape, start_and_end_are_clamped)
{
    expect_holds("g () => (int64[1] y, int64[0] z, int64[3] w) <float[2,3,4] x = {0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0,"
                 " 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0},"
                 " int64[1] want_y = {3}, int64[0] want_z = {}, int64[3] want_w = {2, 3, 4}>"
                 "{ y = Shape <start = -2, end = 2> (x) z = Shape <start = 2, end = 1> (x)"
                 "  w = Shape <start = -10, end = 10> (x) }", 15);
    expect_holds("g () => (int64[0] y, int64 n) <int4 x = {1}, int64[0] want_y = {}, int64 want_n = {1}>"
                 "{ y = Shape(x) n = Size(x) }", 21);
}

Test(concat, joins_along_any_axis)
{
    expect_holds("g () => (int32[2,4] y) <" SIX ", int32[2,1] z = {7, 8}, int32[2,4] want_y = {1, 2, 3, 7, 4, 5, 6, 8}>"
                 "{ y = Concat <axis = -1> (x, z) }", 13);
    expect_holds("g () => (string[3] y) <string[1] a = {\"p\"}, string[0] b = {}, string[2] c = {\"q\", \"\"},"
                 " string[3] want_y = {\"p\", \"q\", \"\"}> { y = Concat <axis = 0> (a, b, c) }", 4);
    expect_holds("g () => (float[1,2] y) <float[1,1] a = {1.0}, float[1,1] b = {2.0}, float[1,2] want_y = {1.0, 2.0}>"
                 "{ y = Concat(a, b) }", 1);
    expect_fails("g () => (int32[2,4] y) <" SIX ", int32[1,1] z = {7}> { y = Concat <axis = 1> (x, z) }", 13, "like item 0");
    expect_fails("g () => (int32 y) <int32 x = {1}> { y = Concat <axis = 0> (x, x) }", 13, "outside");
    expect_fails("g () => (int32[2] y) <int32[1] x = {1}, float[1] z = {1.0}> { y = Concat <axis = 0> (x, z) }", 13, "one type");
}

Test(split, sizes_from_attribute_input_and_count)
{
    expect_holds("g () => (int32[2,1] y, int32[2,2] z) <" SIX ", int32[2,1] want_y = {1, 4}, int32[2,2] want_z = {2, 3, 5, 6}>"
                 "{ y, z = Split <axis = 1, split = [1, 2]> (x) }", 11);
    expect_holds("g () => (int32[2,0] y, int32[2,3] z) <" SIX ", int64[2] s = {0, 3}, int32[2,0] want_y = {},"
                 " int32[2,3] want_z = {1, 2, 3, 4, 5, 6}> { y, z = Split <axis = -1> (x, s) }", 13);
    expect_holds("g () => (int32[2] y, int32[1] z) <int32[3] x = {1, 2, 3}, int32[2] want_y = {1, 2}, int32[1] want_z = {3}>"
                 "{ y, z = Split <num_outputs = 2> (x) }", 18);
    expect_fails("g () => (int32[2] y, int32[1] z) <int32[3] x = {1, 2, 3}> { y, z = Split(x) }", 13, "equal parts");
    expect_fails("g () => (int32[2] y, int32[1] z) <int32[3] x = {1, 2, 3}> { y, z = Split(x) }", 18, "either");
    expect_fails("g () => (int32[2] y, int32[1] z) <int32[3] x = {1, 2, 3}, int64[2] s = {2, 2}> { y, z = Split(x, s) }", 13,
                 "split[1] is 2");
    expect_fails("g () => (int32[2] y, int32[1] z) <int32[3] x = {1, 2, 3}, int64[2] s = {2, 0}> { y, z = Split(x, s) }", 13,
                 "over");
    expect_fails("g () => (int32[2] y, int32[1] z) <int32[3] x = {1, 2, 3}, int64[1] s = {3}> { y, z = Split(x, s) }", 13,
                 "2 outputs");
}

Test(slice, clamps_and_counts_from_the_end)
{
    expect_holds("g () => (int32[1,2] y) <" SIX ", int64[2] b = {1, -3}, int64[2] e = {1000, 2}, int32[1,2] want_y = {4, 5}>"
                 "{ y = Slice(x, b, e) }", 13);
    expect_holds("g () => (int32[2,3] y) <" SIX ", int32[2] b = {-1, -1}, int32[2] e = {-10, -10}, int32[2] a = {1, 0},"
                 " int32[2] s = {-1, -1}, int32[2,3] want_y = {6, 5, 4, 3, 2, 1}> { y = Slice(x, b, e, a, s) }", 13);
    expect_holds("g () => (int32[2,1] y) <" SIX ", int32[2,1] want_y = {2, 5}>"
                 "{ y = Slice <axes = [1], starts = [1], ends = [-1]> (x) }", 1);
    expect_holds("g () => (int32[2,0] y) <" SIX ", int64[1] b = {5}, int64[1] e = {9}, int64[1] a = {1}, int32[2,0] want_y = {}>"
                 "{ y = Slice(x, b, e, a) }", 10);
}

Test(slice, extreme_steps)
{
    expect_holds("g () => (int32[1] y, int32[1] z) <int32[3] x = {1, 2, 3}, int64[1] b = {0}, int64[1] l = {2},"
                 " int64[1] e = {9223372036854775807}, int64[1] m = {-9223372036854775808}, int64[1] a = {0},"
                 " int32[1] want_y = {1}, int32[1] want_z = {3}> { y = Slice(x, b, e, a, e) z = Slice(x, l, m, a, m) }", 13);
    expect_fails("g () => (int32[1] y) <int32[3] x = {1, 2, 3}, int64[1] z = {0}, int64[1] e = {3}> { y = Slice(x, z, e, z, z) }",
                 13, "step");
    expect_fails("g () => (int32[1] y) <int32[3] x = {1, 2, 3}, int64[1] z = {0}, int64[2] e = {3, 3}> { y = Slice(x, z, e) }",
                 13, "ends has 2");
    expect_fails("g () => (int32[1] y) <" SIX ", int64[2] z = {0, 0}, int64[2] a = {1, -1}> { y = Slice(x, z, z, a) }", 13,
                 "twice");
}

Test(pad, every_mode)
{
    expect_holds("g () => (int32[7] c, int32[7] r, int32[7] e, int32[7] w) <int32[3] x = {1, 2, 3}, int64[2] p = {2, 2},"
                 " int32 v = {9}, int32[7] want_c = {9, 9, 1, 2, 3, 9, 9}, int32[7] want_r = {3, 2, 1, 2, 3, 2, 1},"
                 " int32[7] want_e = {1, 1, 1, 2, 3, 3, 3}, int32[7] want_w = {2, 3, 1, 2, 3, 1, 2}>"
                 "{ c = Pad(x, p, v) r = Pad <mode = \"reflect\"> (x, p) e = Pad <mode = \"edge\"> (x, p)"
                 "  w = Pad <mode = \"wrap\"> (x, p) }", 19);
}

Test(pad, reflection_goes_on_beyond_the_tensor)
{
    expect_holds("g () => (int32[8] y) <int32[2] x = {1, 2}, int64[2] p = {3, 3}, int32[8] want_y = {2, 1, 2, 1, 2, 1, 2, 1}>"
                 "{ y = Pad <mode = \"reflect\"> (x, p) }", 13);
}

Test(pad, negative_pads_axes_and_versions)
{
    expect_holds("g () => (int32[2,3] y) <" SIX ", int64[2] p = {-1, 1}, int32[1] a = {-1}, int32[2,3] want_y = {2, 3, 0, 5, 6, 0}>"
                 "{ y = Pad(x, p, , a) }", 18);
    expect_holds("g () => (float[3] y) <float[1] x = {1.0}, float[3] want_y = {2.5, 1.0, 2.5}>"
                 "{ y = Pad <pads = [1, 1], value = 2.5> (x) }", 2);
    expect_holds("g () => (float[2] y) <float[1] x = {1.0}, float[2] want_y = {0.0, 1.0}> { y = Pad <paddings = [1, 0]> (x) }", 1);
    expect_holds("g () => (string[2] y) <string[1] x = {\"a\"}, int64[2] p = {1, 0}, string[2] want_y = {\"\", \"a\"}>"
                 "{ y = Pad(x, p) }", 13);
}

Test(pad, refuses)
{
    expect_fails("g () => (int32[2] y) <int32[1] x = {1}, int64[2] p = {-2, 3}> { y = Pad(x, p) }", 13, "do not fit");
    expect_fails("g () => (int32[2] y) <int32[0] x = {}, int64[2] p = {1, 1}> { y = Pad <mode = \"edge\"> (x, p) }", 13,
                 "no elements");
    expect_fails("g () => (int32[2] y) <int32[1] x = {1}, int64[2] p = {1, 1}> { y = Pad <mode = \"wrap\"> (x, p) }", 18,
                 "mode is 'wrap'");
    expect_fails("g () => (int32[2] y) <int32[1] x = {1}, int64[3] p = {1, 1, 1}> { y = Pad(x, p) }", 13, "expected 2");
    expect_fails("g () => (int32[2] y) <int32[1] x = {1}, int64[2] p = {9223372036854775807, 1}> { y = Pad(x, p) }", 13,
                 "do not fit");
}

Test(tile, repeats_every_axis)
{
    expect_holds("g () => (int32[2,4] y) <int32[1,2] x = {1, 2}, int64[2] r = {2, 2}, int32[2,4] want_y = {1, 2, 1, 2, 1, 2, 1, 2}>"
                 "{ y = Tile(x, r) }", 13);
    expect_holds("g () => (int32[0,2] y) <int32[1,2] x = {1, 2}, int64[2] r = {0, 1}, int32[0,2] want_y = {}>"
                 "{ y = Tile(x, r) }", 6);
    expect_holds("g () => (float[1,4] y) <float[1,2] x = {1.0, 2.0}, float[1] t = {2.0}, float[1] a = {1.0},"
                 " float[1,4] want_y = {1.0, 2.0, 1.0, 2.0}> { y = Tile(x, t, a) }", 1);
    expect_fails("g () => (int32[1] y) <int32[2] x = {1, 2}, int64[1] r = {9223372036854775807}> { y = Tile(x, r) }", 13,
                 "cannot be repeated");
}

Test(depth_to_space, both_modes_and_back)
{
    expect_holds("g () => (int32[1,2,2,2] d, int32[1,2,2,2] c, int32[1,8,1,1] b) <int32[1,8,1,1] x = {0, 1, 2, 3, 4, 5, 6, 7},"
                 " int32[1,2,2,2] want_d = {0, 2, 4, 6, 1, 3, 5, 7}, int32[1,2,2,2] want_c = {0, 1, 2, 3, 4, 5, 6, 7},"
                 " int32[1,8,1,1] want_b = {0, 1, 2, 3, 4, 5, 6, 7}>"
                 "{ d = DepthToSpace <blocksize = 2> (x) c = DepthToSpace <blocksize = 2, mode = \"CRD\"> (x)"
                 "  b = SpaceToDepth <blocksize = 2> (d) }", 13);
    expect_fails("g () => (int32[1,2,2,2] y) <int32[1,3,1,1] x = {1, 2, 3}> { y = DepthToSpace <blocksize = 2> (x) }", 13,
                 "does not divide");
    expect_fails("g () => (int32[1,2,2,2] y) <int32[1,1,1,1] x = {1}> { y = SpaceToDepth <blocksize = 0> (x) }", 13, "blocksize");
}

Test(constant, one_attribute_of_many)
{
    expect_holds("g () => (float y, int64[2] z, string s) <float want_y = {1.5}, int64[2] want_z = {3, 4}, string want_s = {\"ab\"}>"
                 "{ y = Constant <value_float = 1.5> () z = Constant <value_ints = [3, 4]> ()"
                 "  s = Constant <value_string = \"ab\"> () }", 13);
    expect_fails("g () => (float y) { y = Constant() }", 13, "no value");
    expect_fails("g () => (float y) { y = Constant <value_float = 1.5, value_int = 1> () }", 13, "both given");
}

Test(constant_of_shape, default_is_a_float_zero)
{
    expect_holds("g () => (float[2] y, float s, int4[3] v) <int64[1] n = {2}, int64[0] o = {}, int64[1] t = {3},"
                 " float[2] want_y = {0.0, 0.0}, float want_s = {0.0}, int4[3] want_v = {-3, -3, -3}>"
                 "{ y = ConstantOfShape(n) s = ConstantOfShape(o) v = ConstantOfShape <value = int4[1] {-3}> (t) }", 21);
    expect_fails("g () => (float[2] y) <int64[1] n = {-1}> { y = ConstantOfShape(n) }", 13, "-1");
}

Test(range, counts_exactly)
{
    expect_holds("g () => (int32[3] y, int64[0] z, float[2] f) <int32 a = {10}, int32 b = {4}, int32 c = {-2}, int64 p = {1},"
                 " int64 q = {1}, int64 r = {1}, float s = {0.0}, float t = {1.0}, float u = {0.5}, int32[3] want_y = {10, 8, 6},"
                 " int64[0] want_z = {}, float[2] want_f = {0.0, 0.5}>"
                 "{ y = Range(a, b, c) z = Range(p, q, r) f = Range(s, t, u) }", 11);
    expect_holds("g () => (float16[3] y) <float16 a = {1.0}, float16 b = {0.25}, float16 c = {-0.25},"
                 " float16[3] want_y = {1.0, 0.75, 0.5}> { y = Range(a, b, c) }", 27);
    expect_fails("g () => (float16[3] y) <float16 a = {1.0}> { y = Range(a, a, a) }", 26, "expected one of");
    expect_fails("g () => (int32[3] y) <int32 a = {1}, int32 b = {2}, int32 z = {0}> { y = Range(a, b, z) }", 11, "delta");
    expect_fails("g () => (float[3] y) <float a = {1.0}, float b = {2.0}, float z = {nan}> { y = Range(a, b, z) }", 11, "no range");
    expect_fails("g () => (int64[3] y) <int64 a = {-9223372036854775808}, int64 b = {9223372036854775807}, int64 o = {1}>"
                 "{ y = Range(a, b, o) }", 11, "2^63-1");
}

Test(eye_like, diagonals_inside_and_outside)
{
    expect_holds("g () => (int32[2,3] y, double[2,3] z) <" SIX ", int32[2,3] want_y = {0, 1, 0, 0, 0, 1},"
                 " double[2,3] want_z = {0.0, 0.0, 0.0, 0.0, 0.0, 0.0}>"
                 "{ y = EyeLike <k = 1> (x) z = EyeLike <dtype = 11, k = -9223372036854775807> (x) }", 9);
    expect_fails("g () => (int32[2,3] y) <" SIX "> { y = EyeLike <dtype = 8> (x) }", 9, "dtype");
}

Test(trilu, keeps_one_side)
{
    expect_holds("g () => (int32[2,3] u, int32[2,3] l, int32[2,3] n) <" SIX ", int64 m = {-1}, int64 h = {9223372036854775807},"
                 " int32[2,3] want_u = {1, 2, 3, 0, 5, 6}, int32[2,3] want_l = {0, 0, 0, 4, 0, 0},"
                 " int32[2,3] want_n = {0, 0, 0, 0, 0, 0}>"
                 "{ u = Trilu(x) l = Trilu <upper = 0> (x, m) n = Trilu(x, h) }", 14);
    expect_fails("g () => (int32[1] y) <int32[1] x = {1}> { y = Trilu(x) }", 14, "rank 1");
}

Test(reverse_sequence, either_axis_is_time)
{
    expect_holds("g () => (int32[2,3] y) <" SIX ", int64[2] l = {1, 3}, int32[2,3] want_y = {1, 2, 3, 6, 5, 4}>"
                 "{ y = ReverseSequence <batch_axis = 0, time_axis = 1> (x, l) }", 10);
    expect_holds("g () => (int32[2,3] y) <" SIX ", int64[3] l = {2, 0, 1}, int32[2,3] want_y = {4, 2, 3, 1, 5, 6}>"
                 "{ y = ReverseSequence(x, l) }", 10);
    expect_fails("g () => (int32[2,3] y) <" SIX ", int64[3] l = {2, 0, 3}> { y = ReverseSequence(x, l) }", 10, "expected 0 to 2");
}

Test(center_crop_pad, the_odd_element)
{
    expect_holds("g () => (int32[2,4] y, int32[1,2] z) <" SIX ", int64[1] p = {4}, int64[2] q = {1, 2},"
                 " int32[2,4] want_y = {1, 2, 3, 0, 4, 5, 6, 0}, int32[1,2] want_z = {1, 2}>"
                 "{ y = CenterCropPad <axes = [-1]> (x, p) z = CenterCropPad(x, q) }", 18);
}

Test(col2im, overlapping_blocks_add_up)
{
    expect_holds("g () => (float[1,1,1,3] y) <float[1,2,2] x = {1.0, 2.0, 10.0, 20.0}, int64[2] i = {1, 3}, int64[2] b = {1, 2},"
                 " float[1,1,1,3] want_y = {1.0, 12.0, 20.0}> { y = Col2Im(x, i, b) }", 18);
    expect_fails("g () => (float[1,1,1,3] y) <float[1,2,1] x = {1.0, 2.0}, int64[2] i = {1, 3}, int64[2] b = {1, 2}>"
                 "{ y = Col2Im(x, i, b) }", 18, "columns");
    expect_fails("g () => (float[1,1,1,3] y) <float[1,2,1] x = {1.0, 2.0}, int64[2] i = {1, 3},"
                 " int64[2] b = {4611686018427387904, 2}> { y = Col2Im <dilations = [4, 1]> (x, i, b) }", 18, "does not fit");
}

Test(upsample, nearest_and_linear)
{
    expect_holds("g () => (int32[4] y, float[4] z) <int32[2] x = {1, 2}, float[2] f = {1.0, 2.0}, float[1] s = {2.0},"
                 " int32[4] want_y = {1, 1, 2, 2}, float[4] want_z = {1.0, 1.5, 2.0, 2.0}>"
                 "{ y = Upsample(x, s) z = Upsample <mode = \"linear\"> (f, s) }", 9);
    expect_fails("g () => (int32[4] y) <int32[2] x = {1, 2}, float[1] s = {0.5}> { y = Upsample(x, s) }", 9, "scale");
    expect_fails("g () => (int32[4] y) <int32[2] x = {1, 2}, float[1] s = {2.0}> { y = Upsample(x, s) }", 10, "removed");
}
