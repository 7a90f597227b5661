#include "reference/ops/tests/expect.h"

#include <criterion/criterion.h>

Test(logic, truth_tables)
{
    expect_holds("g () => (bool[2,2] y, bool[2,2] z, bool[2,2] w, bool[2] n)"
                 "<bool[2,1] a = {0, 1}, bool[2] b = {0, 1}, bool[2,2] want_y = {0, 0, 0, 1}, bool[2,2] want_z = {0, 1, 1, 1},"
                 "bool[2,2] want_w = {0, 1, 1, 0}, bool[2] want_n = {1, 0}> { y = And (a, b) z = Or (a, b) w = Xor (a, b) n = Not (b) }", 7);
    expect_holds("g () => (bool[2,2] y) <bool[2,2] a = {1, 1, 0, 1}, bool[2] b = {1, 0}, bool[2,2] want_y = {1, 1, 0, 0}>"
                 "{ y = And <broadcast = 1, axis = 0> (a, b) }", 1);
}

Test(logic, comparisons)
{
    expect_holds("g () => (bool[3] y, bool[3] z, bool[3] w) <float[3] a = {nan, 0.0, 1.0}, float[3] b = {nan, -0.0, 2.0},"
                 "bool[3] want_y = {0, 1, 0}, bool[3] want_z = {0, 1, 1}, bool[3] want_w = {0, 1, 0}>"
                 "{ y = Equal (a, b) z = LessOrEqual (a, b) w = GreaterOrEqual (a, b) }", 16);
    expect_holds("g () => (bool[2] y) <uint64[2] a = {18446744073709551615, 0}, uint64[1] b = {9223372036854775808}, bool[2] want_y = {1, 0}>"
                 "{ y = Greater (a, b) }", 13);
    /* Both become 2^53 as doubles. */
    expect_holds("g () => (bool[1] y) <int64[1] a = {9007199254740993}, int64[1] b = {9007199254740992}, bool[1] want_y = {0}>"
                 "{ y = Equal (a, b) }", 7);
    expect_fails("g () => (bool y) <float a = {1}, float b = {1}> { y = Equal (a, b) }", 7, "float");
    expect_fails("g () => (bool[2] y) <int32[2] a = {1, 2}, int32[3] b = {1, 2, 3}> { y = Less (a, b) }", 9, "do not broadcast");
}

Test(logic, strings_are_equal_byte_for_byte)
{
    expect_holds("g () => (bool[2,2] y) <string[2,1] a = {\"a\", \"\"}, string[2] b = {\"a\", \"a\\x00\"}, bool[2,2] want_y = {1, 0, 0, 0}>"
                 "{ y = Equal (a, b) }", 19);
    expect_fails("g () => (bool[2] y) <string[2] a = {\"a\", \"b\"}, string[3] b = {\"a\", \"b\", \"c\"}> { y = Equal (a, b) }", 19,
                 "do not broadcast");
}

Test(logic, bits)
{
    expect_holds("g () => (int8[2] y, int8[2] z, int8[2] w, int8[2] n) <int8[2] a = {-1, 12}, int8[2] b = {5, 10},"
                 "int8[2] want_y = {5, 8}, int8[2] want_z = {-1, 14}, int8[2] want_w = {-6, 6}, int8[2] want_n = {0, -13}>"
                 "{ y = BitwiseAnd (a, b) z = BitwiseOr (a, b) w = BitwiseXor (a, b) n = BitwiseNot (a) }", 18);
    expect_holds("g () => (uint8[4] y, uint8[4] z) <uint8[4] x = {255, 129, 1, 7}, uint8[4] s = {1, 7, 8, 200},"
                 "uint8[4] want_y = {254, 128, 0, 0}, uint8[4] want_z = {127, 1, 0, 0}>"
                 "{ y = BitShift <direction = \"LEFT\"> (x, s) z = BitShift <direction = \"RIGHT\"> (x, s) }", 11);
    expect_holds("g () => (uint64[2] y) <uint64[2] x = {1, 1}, uint64[2] s = {63, 64}, uint64[2] want_y = {9223372036854775808, 0}>"
                 "{ y = BitShift <direction = \"LEFT\"> (x, s) }", 11);
    expect_fails("g () => (uint8 y) <uint8 x = {1}, uint8 s = {1}> { y = BitShift <direction = \"Left\"> (x, s) }", 11,
                 "direction is 'Left'");
}
