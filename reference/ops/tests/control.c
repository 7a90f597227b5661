/* If, Loop and Scan. */
#include "reference/ops/tests/expect.h"

#include <criterion/criterion.h>

#define BRANCHES(THEN, ELSE)                                                                       \
    " <then_branch = t () => (int32 a) { " THEN " }, else_branch = e () => (int32 b) { " ELSE " }>"

Test(if, only_the_branch_taken_runs)
{
    /* The other branch would fail: it takes an element that is not there. */
    expect_holds("g () => (int32 y, int32 z) <bool yes = {1}, bool[1] no = {0}, int32[1] x = {4}, int64 i = {0}, int64 j = {5},"
                 " int32 want_y = {4}, int32 want_z = {4}> {"
                 " y = If (yes)" BRANCHES("a = Gather(x, i)", "b = Gather(x, j)")
                 " z = If (no)" BRANCHES("a = Gather(x, j)", "b = Gather(x, i)") " }", 13);
    expect_fails("g () => (int32 y) <bool[2] c = {1, 0}, int32 x = {1}> { y = If (c)"
                 BRANCHES("a = Identity(x)", "b = Identity(x)") " }", 13, "cond has 2");
    expect_fails("g () => (int32 y, int32 z) <bool c = {1}, int32 x = {1}> { y, z = If (c)"
                 BRANCHES("a = Identity(x)", "b = Identity(x)") " }", 13, "1 outputs");
}

/* Adds x, from outside, to the state and scans the state; goes on while the state is below 10. */
#define COUNTING                                                                                           \
    " <body = b (int64 i, bool c, int32 s) => (bool again, int32 next, int32 seen)"                        \
    " <int32 ten = {10}> { next = Add(s, x) seen = Identity(s) again = Less(next, ten) }>"
#define COUNT(inputs, wanted, scanned)                                                                     \
    "g () => (int32 y, int32[N] z) <int64 m = {3}, int64 none = {0}, int64 many = {1000}, bool yes = {1}, bool no = {0},"   \
    " int32 zero = {0}, int32 x = {4}, int32 want_y = {" wanted "}, " scanned "> { y, z = Loop (" inputs ", zero)"  \
    COUNTING " }"

Test(loop, trip_count_and_condition)
{
    expect_holds(COUNT("m, yes", "12", "int32[3] want_z = {0, 4, 8}"), 13);
    expect_holds(COUNT("many, yes", "12", "int32[3] want_z = {0, 4, 8}"), 13);
    expect_holds(COUNT(", yes", "12", "int32[3] want_z = {0, 4, 8}"), 13);
}

Test(loop, without_a_condition_the_bodys_is_ignored)
{
    expect_holds("g () => (int32 y) <int64 m = {5}, int32 zero = {0}, int32 x = {4}, int32 want_y = {20}> {"
                 " y, z = Loop (m, , zero)" COUNTING " }", 13);
}

Test(loop, zero_iterations_give_empty_scans)
{
    expect_holds(COUNT("none, yes", "0", "int32[0] want_z = {}"), 13);
    expect_holds(COUNT("m, no", "0", "int32[0] want_z = {}"), 13);
    expect_holds("g () => (float[0,2,0] z) <int64 m = {0}, float[2,1] v = {1.0, 2.0}, float[0,2,0] want_z = {}> {"
                 " z = Loop (m, ) <body = b (int64 i, bool c) => (bool again, float[2,N] seen)"
                 " { again = Identity(c) seen = Identity(v) }> }", 13);
}

Test(loop, counts_iterations_as_declared)
{
    /* The body asks for a tensor of shape [1]; states of different types go round together. */
    expect_holds("g () => (int64[1] y, string s) <int64 m = {3}, int64[1] a = {9}, string t = {\"t\"}, int64[1] want_y = {2},"
                 " string want_s = {\"t\"}> {"
                 " y, s = Loop (m, , a, t) <body = b (int64[1] i, bool c, int64[1] u, string v) => (bool d, int64[1] w, string x)"
                 " { d = Identity(c) w = Identity(i) x = Identity(v) }> }", 13);
}

Test(loop, refuses)
{
    expect_fails("g () => (int32 y) <int64 m = {3}, int32 zero = {0}> { y = Loop (m, , zero) <body = b (int64 i, bool c, int32 s)"
                 " => (int32 again, int32 next) { again = Identity(s) next = Identity(s) }> }", 13, "expected one bool");
    expect_fails("g () => (int32 y) <int64 m = {3}, int32 zero = {0}, float f = {1.0}> { y = Loop (m, , zero)"
                 " <body = b (int64 i, bool c, int32 s) => (bool again, float next)"
                 " { again = Identity(c) next = Identity(f) }> }", 13, "became");
    expect_fails("g () => (int32 y) <int64 m = {3}, int32 zero = {0}> { y = Loop (m, , zero) <body = b (int64 i, bool c)"
                 " => (bool again) { again = Identity(c) }> }", 13, "body has 2 inputs");
    expect_fails("g () => (int32[N] y) <int64 m = {3}> { y = Loop (m, ) <body = b (int64 i, bool c) => (bool again, int64[M] s)"
                 " { again = Identity(c) k = Unsqueeze <axes = [0]> (i)"
                 "   s = ConstantOfShape <value = int64[1] {1}> (k) }> }", 11, "like item 0");
}

#define SUM                                                                                                \
    "body = b (int32 s, int32 e) => (int32 t, int32 seen) { t = Add(s, e) seen = Identity(t) }"

Test(scan, directions)
{
    expect_holds("g () => (int32 y, int32[3] z, int32[3] w) <int32 o = {0}, int32[3] x = {1, 2, 4}, int32 want_y = {7},"
                 " int32[3] want_z = {1, 3, 7}, int32[3] want_w = {7, 6, 4}> {"
                 " y, z = Scan <num_scan_inputs = 1, " SUM "> (o, x)"
                 " v, w = Scan <num_scan_inputs = 1, scan_input_directions = [1], scan_output_directions = [1], " SUM "> (o, x) }", 16);
}

Test(scan, axes)
{
    expect_holds("g () => (int32[2,3] y) <int32[2,3] x = {1, 2, 3, 4, 5, 6}, int32[2,3] want_y = {1, 2, 3, 4, 5, 6}> {"
                 " y = Scan <num_scan_inputs = 1, scan_input_axes = [-1], scan_output_axes = [1],"
                 " body = b (int32[2] e) => (int32[2] f) { f = Identity(e) }> (x) }", 11);
    expect_fails("g () => (int32[2,3] y) <int32[2,3] x = {1, 2, 3, 4, 5, 6}> { y = Scan <num_scan_inputs = 1,"
                 " scan_input_axes = [2], body = b (int32[2] e) => (int32[2] f) { f = Identity(e) }> (x) }", 11, "outside");
    expect_fails("g () => (int32[2,3] y) <int32[2,3] x = {1, 2, 3, 4, 5, 6}> { y = Scan <num_scan_inputs = 1,"
                 " scan_output_axes = [2], body = b (int32[3] e) => (int32[3] f) { f = Identity(e) }> (x) }", 11, "outside");
}

Test(scan, lengths_and_numbers_must_agree)
{
    expect_holds("g () => (int32[0,2] y) <int32[0] x = {}, int32[2] c = {1, 2}, int32[0,2] want_y = {}> { y = Scan"
                 " <num_scan_inputs = 1, body = b (int32 e) => (int32[2] f) { f = Add(c, e) }> (x) }", 16);
    expect_fails("g () => (int32[2] y) <int32[2] x = {1, 2}, int32[3] z = {1, 2, 3}> { y = Scan <num_scan_inputs = 2,"
                 " body = b (int32 e, int32 f) => (int32 h) { h = Add(e, f) }> (x, z) }", 16, "has length 3");
    expect_fails("g () => (int32[2] y) <int32[2] x = {1, 2}> { y = Scan <num_scan_inputs = 2,"
                 " body = b (int32 e) => (int32 h) { h = Identity(e) }> (x) }", 16, "expected 1 to 1");
}

Test(scan, batches_of_version_8)
{
    expect_holds("g () => (float[2] y, float[2,3] z) <int64[2] l = {2, 3}, float[2] o = {0.0, 10.0},"
                 " float[2,3] x = {1.0, 2.0, 4.0, 1.0, 2.0, 4.0}, float[2] want_y = {3.0, 17.0},"
                 " float[2,3] want_z = {1.0, 3.0, 0.0, 11.0, 13.0, 17.0}> { y, z = Scan <num_scan_inputs = 1,"
                 " body = b (float s, float e) => (float t, float u) { t = Add(s, e) u = Identity(t) }> (l, o, x) }", 8);
    expect_fails("g () => (float[2] y) <int64[1] l = {4}, float[1,3] x = {1.0, 2.0, 4.0}> { y = Scan <num_scan_inputs = 1,"
                 " body = b (float e) => (float u) { u = Identity(e) }> (l, x) }", 8, "expected 0 to 3");
}

/* No node of the outer graph uses `w`. */
Test(if, a_branch_alone_uses_an_outer_initializer)
{
    expect_holds("g () => (float[2] y) <bool c = {1}, float[2] w = {3.0, 4.0}, float[2] want_y = {3.0, 4.0}> {"
                 "  y = If (c) <then_branch = t () => (a) { a = Identity (w) }, else_branch = e () => (b) { b = Neg (w) }> }",
                 25);
}
