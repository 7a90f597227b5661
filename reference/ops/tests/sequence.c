/* Sequences and optionals. */
#include "reference/ops/tests/expect.h"

#include <criterion/criterion.h>

#define ABC "int32 a = {1}, int32 b = {2}, int32 c = {3}, int64 first = {0}, int64 last = {-1}, int64 second = {1}"

Test(sequence, insert_erase_at_and_length)
{
    expect_holds("g () => (int32 x, int32 y, int32 z, int64 n) <" ABC ", int32 want_x = {3}, int32 want_y = {1}, int32 want_z = {2},"
                 " int64 want_n = {3}> { s = SequenceConstruct(a, b) t = SequenceInsert(s, c, first) n = SequenceLength(t)"
                 " x = SequenceAt(t, first) u = SequenceErase(t) y = SequenceAt(u, last) v = SequenceErase(t, second)"
                 " z = SequenceAt(v, last) }", 11);
    expect_holds("g () => (int32 x, int64 n) <" ABC ", int32 want_x = {1}, int64 want_n = {0}> { e = SequenceEmpty <dtype = 6> ()"
                 " n = SequenceLength(e) s = SequenceInsert(e, a) t = SequenceInsert(s, b) x = SequenceAt(t, first) }", 11);
}

Test(sequence, places_that_are_not_there)
{
    expect_fails("g () => (int32 x) <" ABC "> { s = SequenceConstruct(a) x = SequenceAt(s, second) }", 11, "outside [-1, 1)");
    expect_fails("g () => (int64 n) { s = SequenceEmpty() t = SequenceErase(s) n = SequenceLength(t) }", 11, "sequence of 0");
    expect_fails("g () => (int64 n) <" ABC ", int64 p = {-2}> { s = SequenceConstruct(a) t = SequenceInsert(s, b, p)"
                 " n = SequenceLength(t) }", 11, "outside");
    expect_fails("g () => (int64 n) <" ABC ", float f = {1.0}> { s = SequenceConstruct(a) t = SequenceInsert(s, f)"
                 " n = SequenceLength(t) }", 11, "the sequence holds int32");
    expect_fails("g () => (int64 n) <" ABC "> { n = SequenceLength(a) }", 11, "expected one of: seq");
}

Test(split_to_sequence, sizes_even_and_listed)
{
    expect_holds("g () => (int32[2] x, int32[1] y, int32 z, int32[0] w) <int32[3] v = {1, 2, 3}, int64 two = {2}, int64[2] l = {3, 0},"
                 " int64 last = {-1}, int64 first = {0}, int32[2] want_x = {1, 2}, int32[1] want_y = {3}, int32 want_z = {3},"
                 " int32[0] want_w = {}> { s = SplitToSequence(v, two) x = SequenceAt(s, first) y = SequenceAt(s, last)"
                 " t = SplitToSequence <keepdims = 0> (v) z = SequenceAt(t, last) u = SplitToSequence(v, l) w = SequenceAt(u, last) }", 11);
    expect_fails("g () => (int64 n) <int32[3] v = {1, 2, 3}, int64[1] l = {2}> { s = SplitToSequence(v, l)"
                 " n = SequenceLength(s) }", 11, "adds up to 2");
    expect_fails("g () => (int64 n) <int32[3] v = {1, 2, 3}, int64 z = {0}> { s = SplitToSequence(v, z)"
                 " n = SequenceLength(s) }", 11, "expected 1 or more");
}

Test(concat_from_sequence, along_an_old_or_a_new_axis)
{
    expect_holds("g () => (int32[4] x, int32[2,2] y) <int32[2] a = {1, 2}, int32[2] b = {3, 4}, int32[4] want_x = {1, 2, 3, 4},"
                 " int32[2,2] want_y = {1, 3, 2, 4}> { s = SequenceConstruct(a, b) x = ConcatFromSequence <axis = 0> (s)"
                 " y = ConcatFromSequence <axis = -1, new_axis = 1> (s) }", 11);
    expect_fails("g () => (int32[2] x) { s = SequenceEmpty() x = ConcatFromSequence <axis = 0> (s) }", 11, "is empty");
    expect_fails("g () => (int32[2] x) <int32[2] a = {1, 2}, int32[1] b = {3}> { s = SequenceConstruct(a, b)"
                 " x = ConcatFromSequence <axis = 0, new_axis = 1> (s) }", 11, "item 1");
}

Test(sequence_map, items_and_tensors)
{
    expect_holds("g () => (int32[2] y) <int32 a = {1}, int32 b = {2}, int32 t = {10}, int32[2] want_y = {11, 12}> {"
                 " s = SequenceConstruct(a, b) m = SequenceMap <body = f (int32 e, int32 u) => (int32 v) { v = Add(e, u) }> (s, t)"
                 " y = ConcatFromSequence <axis = 0, new_axis = 1> (m) }", 17);
    expect_fails("g () => (int64 n) <int32 a = {1}> { s = SequenceConstruct(a) r = SequenceConstruct(a, a)"
                 " m = SequenceMap <body = f (int32 e, int32 u) => (int32 v) { v = Add(e, u) }> (s, r) n = SequenceLength(m) }", 17,
                 "2 items, expected 1");
}

Test(optional, full_and_empty)
{
    expect_holds("g () => (int32 x, bool h, bool e, bool n) <int32 a = {5}, int32 want_x = {5}, bool want_h = {1}, bool want_e = {0},"
                 " bool want_n = {0}> { o = Optional(a) x = OptionalGetElement(o) h = OptionalHasElement(o)"
                 " q = Optional <type = seq(int32)> () e = OptionalHasElement(q) n = OptionalHasElement() }", 18);
    expect_fails("g () => (int32 x) { q = Optional <type = float[2]> () x = OptionalGetElement(q) }", 15, "is empty");
    expect_fails("g () => (bool x) { q = Optional() x = OptionalHasElement(q) }", 15, "'type'");
    expect_fails("g () => (bool x) <int32 a = {5}> { x = OptionalHasElement(a) }", 15, "expected one of: opt");
}
