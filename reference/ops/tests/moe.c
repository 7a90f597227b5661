/* Mixture-of-experts operators, the vendor's and the proposed ones, and the packed weights they share. */
#include "reference/ops/tests/expect.h"

#include <criterion/criterion.h>

/* ---- com.microsoft::MoE ------------------------------------------------------------------------------------------ */

/* Two experts on one feature: the first doubles, the second triples and adds 1. */
#define EXPERTS                                                                                                        \
    "float[2,1,1] a = {2.0, 3.0}, float[2,1] b = {0.0, 1.0}, float[2,1,1] c = {1.0, 1.0}, float[3,1] x = {1.0, -1.0, " \
    "10.0}"

Test(moe, each_token_has_its_experts)
{
    expect_holds("g () => (float[3,1] y) <" EXPERTS ", float[3,2] r = {0.0, -200.0, 0.0, 0.0, -200.0, 0.0},"
                 " float[3,1] want_y = {2.0, -1.0, 31.0}> { y = com.microsoft.MoE<activation_type = \"identity\">(x, "
                 "r, a, b, c) }",
                 20);
    expect_holds("g () => (float[3,1] y) <" EXPERTS ", float[3,2] r = {0.0, 0.0, 0.0, 0.0, 0.0, 0.0},"
                 " float[3,1] want_y = {3.0, 0.0, 25.5}> { y = com.microsoft.MoE<k = 2>(x, r, a, b, c) }",
                 20);
    expect_holds("g () => (float[3,1] y) <" EXPERTS ", float[3,2] r = {0.0, 0.0, 0.0, 0.0, 0.0, 0.0},"
                 " float[3,1] want_y = {2.0, 0.0, 20.0}>"
                 "{ y = com.microsoft.MoE<k = 1, normalize_routing_weights = 1>(x, r, a, b, c) }",
                 20);
}

Test(moe, an_expert_without_weight_is_not_read)
{
    expect_holds(
        "g () => (float[1,1] y) <float[2,1,1] a = {2.0, nan}, float[2,1,1] c = {1.0, nan}, float[1,1] x = {3.0},"
        " float[1,2] r = {0.0, -200.0}, float[1,1] want_y = {6.0}> { y = com.microsoft.MoE<k = 2>(x, r, a, \"\", c) }",
        20);
}

/* The gate stands before the linear part: 128 * sigmoid(128) * (3 + 1) against 3 * sigmoid(3) * 129. */
Test(moe, gate_layouts)
{
    static const char *const layouts[] = { "{128.0, 3.0, 256.0, 5.0}", "{128.0, 256.0, 3.0, 5.0}" };
    for (int fusion = 1; fusion <= 2; fusion++) {
        g_autofree char *graph = g_strdup_printf(
            "g () => (float[1,2] y) <float[1,4,2] a = {0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0}, float[1,4] b = %s,"
            " float[1,2,2] c = {1.0, 0.0, 0.0, 1.0}, float[1,2] x = {1.0, 1.0}, float[1,1] r = {0.0},"
            " float[1,2] want_y = {512.0, 1536.0}>"
            "{ y = com.microsoft.MoE<activation_type = \"swiglu\", swiglu_fusion = %d, activation_beta = 1.0>(x, r, a, "
            "b, c) }",
            layouts[fusion - 1], fusion);
        expect_holds(graph, 20);
    }
}

Test(moe, refusals)
{
    expect_fails("g () => (float[3,1] y) <" EXPERTS ", float[3,2] r = {0.0, 0.0, 0.0, 0.0, 0.0, 0.0}>"
                 "{ y = com.microsoft.MoE<k = 3>(x, r, a, b, c) }",
                 20, "k is 3, expected 1 to 2");
    expect_fails("g () => (float[3,1] y) <" EXPERTS ", float[2,2] r = {0.0, 0.0, 0.0, 0.0}>"
                 "{ y = com.microsoft.MoE(x, r, a, b, c) }",
                 20, "router_probs has shape [2,2], expected [3");
    expect_fails("g () => (float[3,1] y) <" EXPERTS ", float[3,2] r = {0.0, 0.0, 0.0, 0.0, 0.0, 0.0}>"
                 "{ y = com.microsoft.MoE<activation_type = \"tanh\">(x, r, a, b, c) }",
                 20, "activation_type is 'tanh'");
    expect_fails(
        "g () => (float[0,0] y) <float[0,0] x = {}, float[0,0] r = {}, float[0,0,0] a = {}, float[0,0,0] c = {}>"
        "{ y = com.microsoft.MoE<k = 4611686018427387904>(x, r, a, \"\", c) }",
        20, "expected 1 to 0");
}

/* ---- packed weights ---------------------------------------------------------------------------------------------- */

/* Codes 0 to 15 in a row, low half first, minus 8: the sum of all is -8; with the packed zero point 7 it is 8. */
#define ROW  "uint8[1,1,8] b = {16, 50, 84, 118, 152, 186, 220, 254}"
#define ONES "float[1,16] x = {1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0}"

Test(mat_mul_n_bits, codes_scales_zero_points)
{
    expect_holds("g () => (float[1,1] y) <" ROW ", " ONES ", float[1,1] s = {0.5}, float[1,1] want_y = {-4.0}>"
                 "{ y = com.microsoft.MatMulNBits<K = 16, N = 1, block_size = 16>(x, b, s) }",
                 20);
    expect_holds("g () => (float[1,1] y) <" ROW ", " ONES
                 ", float[1,1] s = {0.5}, uint8[1,1] z = {7}, float[1] add = {100.0},"
                 " float[1,1] want_y = {104.0}>"
                 "{ y = com.microsoft.MatMulNBits<K = 16, N = 1, block_size = 16>(x, b, s, z, \"\", add) }",
                 20);
    expect_holds("g () => (float[1,1] y) <" ROW ", " ONES
                 ", float[1,1] s = {0.5}, float[1,1] z = {7.5}, float[1,1] want_y = {0.0}>"
                 "{ y = com.microsoft.MatMulNBits<K = 16, N = 1, block_size = 16>(x, b, s, z) }",
                 20);
}

/* K = 3 uses the first codes of a block only: 0, 1, 2 with two bits, low bits first, 228 = 11 10 01 00. */
Test(mat_mul_n_bits, ragged_and_two_bits)
{
    expect_holds("g () => (float[1,1] y) <uint8[1,1,4] b = {228, 0, 0, 0}, float[1,3] x = {1.0, 10.0, 100.0}, "
                 "float[1,1] s = {1.0},"
                 " float[1,1] want_y = {-12.0}> { y = com.microsoft.MatMulNBits<K = 3, N = 1, bits = 2, block_size = "
                 "16>(x, b, s) }",
                 20);
}

Test(mat_mul_n_bits, refusals)
{
    expect_fails("g () => (float[1,1] y) <" ROW ", " ONES ", float[1,1] s = {0.5}>"
                 "{ y = com.microsoft.MatMulNBits<K = 16, N = 1, block_size = 24>(x, b, s) }",
                 20, "block_size is 24");
    expect_fails("g () => (float[1,1] y) <" ROW ", " ONES ", float[1,2] s = {0.5, 0.5}>"
                 "{ y = com.microsoft.MatMulNBits<K = 16, N = 1, block_size = 16>(x, b, s) }",
                 20, "scales has shape [1,2]");
    expect_fails("g () => (float[1,1] y) <" ROW ", " ONES
                 ", float[1,1] s = {0.5}, int32[16] i = {0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,9}>"
                 "{ y = com.microsoft.MatMulNBits<K = 16, N = 1, block_size = 16>(x, b, s, \"\", i) }",
                 20, "group 9 of column 15");
}

/* Rows of 16 two-bit codes; an index outside the table gives zeros. */
Test(gather_block_quantized, rows_and_strangers)
{
    expect_holds(
        "g () => (float[3,16] y) <uint8[2,4] t = {228, 228, 228, 228, 170, 170, 170, 171}, float[2,1] s = {1.0, 0.5},"
        " int64[3] i = {1, -2, 5}, float[3,16] want_y = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0.5, 0, 0, 0,"
        " -2, -1, 0, 1, -2, -1, 0, 1, -2, -1, 0, 1, -2, -1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}>"
        "{ w = com.microsoft.GatherBlockQuantized<bits = 2, block_size = 16>(t, i, s) y = Identity(w) }",
        20);
}

/* ---- proposed ---------------------------------------------------------------------------------------------------- */

Test(grouped_mat_mul, negative_indices_and_ends)
{
    expect_holds(
        "g () => (float[2,2,1] y) <float[2,2] x = {1.0, 2.0, 3.0, 4.0}, float[2,2,1] w = {1.0, 10.0, 100.0, 1000.0},"
        " int64[2,2] i = {0, 1, -1, -2}, float[2,2,1] want_y = {21.0, 2100.0, 4300.0, 43.0}>"
        "{ y = assay.moe.GroupedMatMul(x, w, i) }",
        20);
    expect_interval(
        "g () => (float[2,2,1] y) <float[2,2] x = {1.0, 2.0, 3.0, 4.0}, float[2,2,1] w = {1.0, 10.0, 100.0, 1000.0},"
        " int64[2,2] i = {0, 1, -1, -2}> { y = assay.moe.GroupedMatMul(x, w, i) }",
        20);
    expect_fails("g () => (float[1,1,1] y) <float[1,1] x = {1.0}, float[1,1,1] w = {1.0}, int64[1,1] i = {1}>"
                 "{ y = assay.moe.GroupedMatMul(x, w, i) }",
                 20, "group index 1 at 0 is outside [-1, 1)");
}

Test(graph_moe, activation_sees_all_rows)
{
    expect_holds(
        "g () => (float[2,1] y) <float[2,1] x = {3.0, -5.0}, int64[2,1] i = {1, 0}, float[2,1] r = {0.5, -2.0},"
        " float[2,1,1] a = {2.0, -4.0}, float[2,1,1] c = {1.0, 10.0}, float[2,1] want_y = {60.0, -20.0}>"
        "{ y = assay.moe.GraphMoE<activation = act (float[2,1] g) => (float[2,1] h) { h = Abs(g) }>(x, i, r, a, \"\", "
        "c) }",
        20);
}
