/* Attention, FlexAttention, RotaryEmbedding, LinearAttention, CausalConvWithState. */
#include "reference/ops/shared/attention_spread.h"
#include "reference/ops/tests/expect.h"

#include <criterion/criterion.h>
#include <math.h>

/* q = 0 makes every visible key weigh the same, so that outputs are means of the visible values 1, 2, 4, 8. */
#define KEYS4 "float[1,1,4,1] k = {0.0, 0.0, 0.0, 0.0}, float[1,1,4,1] v = {1.0, 2.0, 4.0, 8.0}"
#define GRAPH(q_shape, q_data, more, wanted) \
    "g () => (float" q_shape " y) <float" q_shape " q = {" q_data "}, " KEYS4 more ", float" q_shape " want_y = {" wanted "}>"

Test(attention, causal_frontier_starts_at_the_first_key)
{
    expect_holds(GRAPH("[1,1,4,1]", "0.0, 0.0, 0.0, 0.0", "", "1.0, 1.5, 2.33333325, 3.75")
                 "{ y = Attention<is_causal = 1>(q, k, v) }", 23);
}

Test(attention, causal_frontier_moves_with_the_past)
{
    expect_holds("g () => (float[1,1,2,1] y, float[1,1,4,1] pk, float[1,1,4,1] pv) <float[1,1,2,1] q = {0.0, 0.0},"
                 " float[1,1,2,1] k = {3.0, 4.0}, float[1,1,2,1] v = {4.0, 8.0}, float[1,1,2,1] a = {1.0, 2.0}, float[1,1,2,1] b = {1.0, 2.0},"
                 " float[1,1,2,1] want_y = {2.33333325, 3.75}, float[1,1,4,1] want_pk = {1.0, 2.0, 3.0, 4.0},"
                 " float[1,1,4,1] want_pv = {1.0, 2.0, 4.0, 8.0}> { y, pk, pv = Attention<is_causal = 1>(q, k, v, , a, b) }", 23);
}

Test(attention, external_cache_masks_and_shifts_by_its_length)
{
    /* Three keys valid, two queries: the first sees 1, 2 and the second 1, 2, 4. */
    expect_holds(GRAPH("[1,1,2,1]", "0.0, 0.0", ", int64[1] n = {3}", "1.5, 2.33333325")
                 "{ y = Attention<is_causal = 1>(q, k, v, , , , n) }", 24);
    /* More queries than keys: the first lies before every key, and a wholly masked row is zero. */
    expect_holds(GRAPH("[1,1,2,1]", "0.0, 0.0", ", int64[1] n = {1}", "0.0, 1.0")
                 "{ y = Attention<is_causal = 1>(q, k, v, , , , n) }", 24);
}

Test(attention, windows_of_opset_25)
{
    expect_holds(GRAPH("[1,1,4,1]", "0.0, 0.0, 0.0, 0.0", "", "1.5, 2.33333325, 4.66666651, 6.0")
                 "{ y = Attention<left_window_size = 1, right_window_size = 1>(q, k, v) }", 25);
    expect_holds(GRAPH("[1,1,4,1]", "0.0, 0.0, 0.0, 0.0", "", "1.0, 2.0, 4.0, 8.0")
                 "{ y = Attention<left_window_size = 0, right_window_size = 0>(q, k, v) }", 25);
    expect_fails(GRAPH("[1,1,1,1]", "0.0", "", "0.0") "{ y = Attention<left_window_size = -2>(q, k, v) }", 25, "window sizes");
}

Test(attention, masks)
{
    /* A mask with one query row broadcasts before the frontier applies (D1). */
    expect_holds(GRAPH("[1,1,2,1]", "0.0, 0.0", ", bool[1,4] m = {1, 1, 0, 1}", "1.0, 1.5")
                 "{ y = Attention<is_causal = 1>(q, k, v, m) }", 23);
    /* From 24 on a short mask is padded with masked keys, 23 broadcasts a last dim of 1. */
    expect_holds(GRAPH("[1,1,1,1]", "0.0", ", bool[1,2] m = {1, 1}", "1.5") "{ y = Attention(q, k, v, m) }", 24);
    expect_holds(GRAPH("[1,1,1,1]", "0.0", ", bool[1,1] m = {1}", "1.0") "{ y = Attention(q, k, v, m) }", 24);
    expect_holds(GRAPH("[1,1,1,1]", "0.0", ", bool[1,1] m = {1}", "3.75") "{ y = Attention(q, k, v, m) }", 23);
    expect_fails(GRAPH("[1,1,1,1]", "0.0", ", bool[1,5] m = {1, 1, 1, 1, 1}", "0.0") "{ y = Attention(q, k, v, m) }", 24,
                 "attn_mask has shape [1,5]"); /* D3 */
    expect_holds(GRAPH("[1,1,1,1]", "0.0", ", float[4] m = {-inf, 0.0, -inf, -inf}", "2.0") "{ y = Attention(q, k, v, m) }", 23);
    expect_holds(GRAPH("[1,1,1,1]", "0.0", ", bool[4] m = {0, 0, 0, 0}", "0.0") "{ y = Attention(q, k, v, m) }", 23);
}

Test(attention, query_heads_share_key_heads_in_runs)
{
    expect_holds("g () => (float[1,4,1,1] y) <float[1,4,1,1] q = {0.0, 0.0, 0.0, 0.0}, float[1,2,1,1] k = {0.0, 0.0},"
                 " float[1,2,1,1] v = {1.0, 2.0}, float[1,4,1,1] want_y = {1.0, 1.0, 2.0, 2.0}> { y = Attention(q, k, v) }", 23);
    expect_holds("g () => (float[1,1,4] y) <float[1,1,4] q = {0.0, 0.0, 0.0, 0.0}, float[1,1,2] k = {0.0, 0.0}, float[1,1,2] v = {1.0, 2.0},"
                 " float[1,1,4] want_y = {1.0, 1.0, 2.0, 2.0}> { y = Attention<q_num_heads = 4, kv_num_heads = 2>(q, k, v) }", 23);
}

Test(attention, scores_at_each_stage)
{
    const char *graph = "g () => (float[1,1,1,1] y, float[1,1,1,2] s) <float[1,1,1,1] q = {2.0}, float[1,1,2,1] k = {1.0, 3.0},"
                        " float[1,1,2,1] v = {5.0, 5.0}, float[1,1,2] m = {1.0, -inf}, float[1,1,1,1] want_y = {5.0},"
                        " float[1,1,1,2] want_s = {%s}>"
                        "{ y, , , s = Attention<scale = 0.5, softcap = 1e-30, qk_matmul_output_mode = %d>(q, k, v, m) }";
    /* The cap is so low that capped scores are the cap itself. */
    static const char *const wanted[] = { "1.0, 3.0", "1e-30, 1e-30", "1.0, -inf", "1.0, 0.0" };
    for (int mode = 0; mode < 4; mode++) {
        g_autofree char *text = g_strdup_printf(graph, wanted[mode], mode);
        expect_holds(text, 23);
    }
}

Test(attention, no_keys_give_zero)
{
    expect_holds("g () => (float[1,1,1,2] y) <float[1,1,1,1] q = {1.0}, float[1,1,0,1] k = {}, float[1,1,0,2] v = {},"
                 " float[1,1,1,2] want_y = {0.0, 0.0}> { y = Attention(q, k, v) }", 23); /* D4 */
}

Test(attention, refuses)
{
    static const char *const cases[][3] = {
        { "", "(q, k, v, , k)", "go together" },
        { "", "(q, k, v, , k, v, n)", "there is past_key" },
        { "<softmax_precision = 7>", "(q, k, v)", "softmax_precision is 7" },
        { "<qk_matmul_output_mode = 4>", "(q, k, v)", "mode is 4" },
        { "<q_num_heads = 1, kv_num_heads = 1>", "(q, k, v)", "these have rank 4" },
        { "", "(q, k, v, , , , n)", "entry 9" },
        { "", "(q, q, v)", "do not go together" },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text = g_strdup_printf("g () => (float y) <float[1,1,1,1] q = {0.0}, " KEYS4 ", int64[1] n = {9}>"
                                                "{ y = Attention%s%s }", cases[i][0], cases[i][1]);
        expect_fails(text, 25, cases[i][2]);
    }
}

#define FLEX "g () => (float[1,2,1,1] y) <float[1,2,1,1] q = {0.0, 0.0}, float[1,1,3,1] k = {1.0, 2.0, 3.0}," \
             " float[1,1,3,1] v = {1.0, 2.0, 6.0}, float[1,2,1,1] want_y = {%s}> { y = ai.onnx.preview.FlexAttention%s(q, k, v) }"

Test(flex_attention, modifiers_see_scores_and_probabilities)
{
    static const char *const cases[][2] = {
        { "3.0, 3.0", "" },
        { "1.0, 1.0", "<score_mod = f (float[B,H,L,S] s) => (float[B,H,L,S] t) <float[3] m = {0.0, -inf, -inf}> { t = Add(s, m) }>" },
        { "6.0, 6.0", "<prob_mod = f (float[B,H,L,S] p) => (float[B,H,L,S] t) { t = Add(p, p) }>" },
        { "nan, nan", "<score_mod = f (float[B,H,L,S] s) => (float[B,H,L,S] t) <float m = {-inf}> { t = Add(s, m) }>" },
        { "nan, nan", "<scale = -1.0>" },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text = g_strdup_printf(FLEX, cases[i][0], cases[i][1]);
        expect_holds(text, 23);
    }
}

Test(flex_attention, refuses)
{
    static const char *const cases[][2] = {
        { "<score_mod = f (float[B,H,L,S] s, float z) => (float[B,H,L,S] t) { t = Add(s, z) }>", "has 2 inputs" },
        { "<prob_mod = f (float[B,H,L,S] s) => (float[S,L,H,B] t) { t = Transpose(s) }>", "expected the same type and shape" },
        { "<softmax_precision = 2>", "softmax_precision is 2" },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text = g_strdup_printf(FLEX, "0.0, 0.0", cases[i][0]);
        expect_fails(text, 23, cases[i][1]);
    }
}

Test(rotary_embedding, halves_pairs_and_the_rest)
{
    /* Position 1 turns by 90 degrees: (x, y) becomes (-y, x). */
    const char *graph = "g () => (float[1,1,1,5] y) <float[1,1,1,5] x = {1.0, 2.0, 3.0, 4.0, 5.0}, float[2,2] c = {1.0, 1.0, 0.0, 0.0},"
                        " float[2,2] s = {0.0, 0.0, 1.0, 1.0}, int64[1,1] p = {%d}, float[1,1,1,5] want_y = {%s}>"
                        "{ y = RotaryEmbedding<rotary_embedding_dim = 4, interleaved = %d>(x, c, s, p) }";
    g_autofree char *halves = g_strdup_printf(graph, 1, "-3.0, -4.0, 1.0, 2.0, 5.0", 0);
    g_autofree char *pairs = g_strdup_printf(graph, 1, "-2.0, 1.0, -4.0, 3.0, 5.0", 1);
    g_autofree char *beyond = g_strdup_printf(graph, 2, "0.0, 0.0, 0.0, 0.0, 0.0", 0);
    expect_holds(halves, 23);
    expect_holds(pairs, 23);
    expect_fails(beyond, 23, "the caches have 2 rows");
    expect_fails("g () => (float y) <float[1,1,3] x = {1.0, 2.0, 3.0}, float[1,1] c = {1.0}> { y = RotaryEmbedding<num_heads = 1>(x, c, c) }",
                 23, "even number");
}

Test(linear_attention, rules)
{
    /* One head, dk = dv = 1, scale 1: S after each token, times q. */
    const char *graph = "g () => (float[1,2,1] y, float[1,1,1,1] p) <float[1,2,1] q = {1.0, 10.0}, float[1,2,1] k = {2.0, 3.0},"
                        " float[1,2,1] v = {5.0, 7.0}, float[1,1,1,1] s = {1.0}, float[1,2,1] g = {0.0, -inf}, float[1,2,1] b = {0.5, 1.0},"
                        " float[1,2,1] want_y = {%s}, float[1,1,1,1] want_p = {%s}>"
                        "{ y, p = LinearAttention<q_num_heads = 1, kv_num_heads = 1, scale = 1.0, update_rule = \"%s\">(q, k, v, s%s) }";
    static const char *const cases[][4] = {
        { "11.0, 320.0", "32.0", "linear", "" },
        { "11.0, 210.0", "21.0", "gated", ", g" },
        { "4.0, -110.0", "-11.0", "delta", ", , b" }, /* 1 + 2 * 0.5 * (5 - 2) = 4; 4 + 3 * (7 - 12) */
        { "4.0, 210.0", "21.0", "gated_delta", ", g, b" },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text = g_strdup_printf(graph, cases[i][0], cases[i][1], cases[i][2], cases[i][3]);
        expect_holds(text, 27);
    }
    g_autofree char *without = g_strdup_printf(graph, "0.0, 0.0", "0.0", "delta", ""), *with = g_strdup_printf(graph, "0.0, 0.0", "0.0", "linear", ", g");
    expect_fails(without, 27, "needs beta");
    expect_fails(with, 27, "has no decay");
}

/* Its bound rule looks at inputs that such a node has not even omitted; the address sanitizer watches. */
Test(linear_attention, a_node_of_three_inputs_is_certified)
{
    expect_interval("g () => (float[1,2,1] y) <float[1,2,1] q = {1.0, 10.0}, float[1,2,1] k = {2.0, 3.0}, float[1,2,1] v = {5.0, 7.0}>"
                    "{ y, p = LinearAttention<q_num_heads = 1, kv_num_heads = 1, scale = 1.0, update_rule = \"linear\">(q, k, v) }", 27);
}

Test(causal_conv_with_state, carries_the_last_inputs)
{
    expect_holds("g () => (float[1,1,2] y, float[1,1,2] p) <float[1,1,2] x = {3.0, 4.0}, float[1,1,3] w = {100.0, 10.0, 1.0}, float[1] b = {0.5},"
                 " float[1,1,2] s = {1.0, 2.0}, float[1,1,2] want_y = {123.5, 234.5}, float[1,1,2] want_p = {3.0, 4.0}>"
                 "{ y, p = CausalConvWithState(x, w, b, s) }", 27);
    /* One input: the state keeps one of its own. */
    expect_holds("g () => (float[1,1,1] y, float[1,1,2] p) <float[1,1,1] x = {3.0}, float[1,1,3] w = {100.0, 10.0, 1.0},"
                 " float[1,1,2] s = {1.0, 2.0}, float[1,1,1] want_y = {123.0}, float[1,1,2] want_p = {2.0, 3.0}>"
                 "{ y, p = CausalConvWithState(x, w, , s) }", 27);
    expect_holds("g () => (float[1,1,2] y, float[1,1,0] p) <float[1,1,2] x = {0.0, -inf}, float[1,1,1] w = {1.0}, float[1,1,2] want_y = {0.0, -0.0},"
                 " float[1,1,0] want_p = {}> { y, p = CausalConvWithState<activation = \"silu\">(x, w) }", 27);
    expect_fails("g () => (float y) <float[1,1,1] x = {0.0}, float[1,1,1] w = {1.0}> { y, p = CausalConvWithState<activation = \"relu\">(x, w) }",
                 27, "activation is 'relu'");
}

Test(attention, any_number_of_empty_rows_takes_no_time)
{
    expect_holds("g () => (float[1,1,4611686018427387904,0] y) <float[1,1,4611686018427387904,0] q = {}, float[1,1,1,0] k = {},"
                 " float[1,1,4611686018427387904,0] want_y = {}> { y = Attention(q, k, k) }", 23);
    expect_holds("g () => (float[1,1,4611686018427387904,0] y) <float[1,1,4611686018427387904,0] q = {}, float[1,1,0,0] k = {},"
                 " float[1,1,4611686018427387904,0] want_y = {}> { y = ai.onnx.preview.FlexAttention(q, k, k) }", 23);
}

static double *numbers(gsize n, uint64_t *state, double least)
{
    double *x = g_new(double, n);
    for (gsize i = 0; i < n; i++) {
        *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        x[i] = MAX((double)(int64_t)*state * 0x1p-63, least);
    }
    return x;
}

/* More keys than are taken at a time, and rows and columns that no tile takes. */
Test(attention_spread, all_instruction_sets_add_in_the_same_order)
{
    enum { N = 11, TOTAL = 300, DEPTH = 37 };
    uint64_t state = 1;
    g_autofree double *weights = numbers(TOTAL * N, &state, 0), *errors = numbers(TOTAL * N, &state, 0);
    g_autofree double *values = numbers(TOTAL * DEPTH, &state, -1), *out = numbers(N * DEPTH, &state, -1);
    const AttentionSpread spread = { weights, errors, values, out, N, TOTAL, DEPTH };
    double moved[N * DEPTH], totals[N * DEPTH];
    gsize sets = 0;
    for (; attention_spread_nth(&spread, sets, moved, totals); sets++)
        for (int i = 0; i < N * DEPTH; i++) {
            double wanted_moved = 0, wanted_total = 0;
            for (int j = 0; j < TOTAL; j++) {
                const double value = values[j * DEPTH + i % DEPTH];
                wanted_moved = fma(errors[j * N + i / DEPTH], fabs(value - out[i]), wanted_moved);
                wanted_total = fma(weights[j * N + i / DEPTH], fabs(value), wanted_total);
            }
            cr_assert(moved[i] == wanted_moved && totals[i] == wanted_total, "set %zu, element %d: %a %a, expected %a %a", (size_t)sets, i,
                      moved[i], totals[i], wanted_moved, wanted_total);
        }
    cr_assert_gt(sets, 0);
}
