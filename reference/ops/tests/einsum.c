#include "reference/ops/tests/expect.h"

#include <criterion/criterion.h>

#define MATRICES "int32[2,2] a = {1, 2, 3, 4}, int32[2,2] b = {1, 10, 100, 1000}"

Test(einsum, equations)
{
    static const char *const cases[][4] = {
        { "ij,jk->ik", "a, b", "[2,2]", "201, 2010, 403, 4030" },
        { "ij,jk", "a, b", "[2,2]", "201, 2010, 403, 4030" },
        { "ba", "a", "[2,2]", "1, 3, 2, 4" },           /* implicit outputs are alphabetical */
        { "ii->i", "a", "[2]", "1, 4" },
        { "ii", "a", "", "5" },
        { "ij->", "a", "", "10" },
        { "ij,ij->i", "a, b", "[2]", "21, 4300" },
        { "i j , k l -> l", "a, b", "[2]", "1010, 10100" },
        { "...j->...", "a", "[2]", "3, 7" },
        { "...i,...i", "a, b", "[2]", "21, 4300" },
        { "bi,bj->bij", "a, b", "[2,2,2]", "1, 10, 2, 20, 300, 3000, 400, 4000" },
        { "ij,kl->k", "a, b", "[2]", "110, 11000" }, /* every product, summed over indices of one operand only */
        { "ij,i->ji", "a, r", "[2,2]", "5, 21, 10, 28" },
        { "ij,ik->jk", "a, o", "[2,1]", "28, 42" }, /* o has one row for both */
        { "ij,kj->ik", "n, n", "[2,2]", "0, 0, 0, 0" }, /* no terms */
        { "...->...", "a", "[2,2]", "1, 2, 3, 4" },
        { "ij,j,i->ij", "a, r, r", "[2,2]", "25, 70, 105, 196" },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text = g_strdup_printf("g () => (int32%s y) <" MATRICES ", int32[2] r = {5, 7}, int32[1,1] o = {7}, int32[2,0] n = {}, int32%s want_y = {%s}>"
                                                "{ y = Einsum<equation = \"%s\">(%s) }", cases[i][2], cases[i][2], cases[i][3], cases[i][0], cases[i][1]);
        expect_holds(text, 12);
    }
}

Test(einsum, refuses)
{
    static const char *const cases[][2] = {
        { "ij->k", "is in no input" }, { "ij->ii", "is repeated" }, { "i", "has 1 indices, the operand has rank 2" }, { "ij,jk->ik", "2 terms for 1 operands" },
        { "i1->i", "character '\\x31'" }, { "ij->i->j", "more than one '->'" }, { "......", "more than one ellipsis" },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text = g_strdup_printf("g () => (int32 y) <" MATRICES "> { y = Einsum<equation = \"%s\">(a) }", cases[i][0]);
        expect_fails(text, 12, cases[i][1]);
    }
    expect_fails("g () => (int32 y) <int32[2] a = {1, 2}, int32[3] b = {1, 2, 3}> { y = Einsum<equation = \"i,i\">(a, b) }", 12, "its index 2 elsewhere");
}
