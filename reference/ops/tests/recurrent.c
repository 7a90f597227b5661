/* RNN, GRU, LSTM with activations that make values countable by hand. */
#include "reference/ops/tests/expect.h"

#include <criterion/criterion.h>

Test(rnn, directions_lengths_and_layouts)
{
    /* h = x + 10 h */
    expect_holds("g () => (float[3,1,1,1] y, float[1,1,1] h) <float[3,1,1] x = {1.0, 2.0, 3.0}, float[1,1,1] w = {1.0}, float[1,1,1] r = {10.0},"
                 " float[3,1,1,1] want_y = {1.0, 12.0, 123.0}, float[1,1,1] want_h = {123.0}> { y, h = RNN<activations = [\"Relu\"]>(x, w, r) }", 14);
    expect_holds("g () => (float[3,2,1,1] y, float[2,1,1] h) <float[3,1,1] x = {1.0, 2.0, 3.0}, float[2,1,1] w = {1.0, 1.0}, float[2,1,1] r = {10.0, 10.0},"
                 " int32[1] n = {2}, float[3,2,1,1] want_y = {1.0, 21.0, 12.0, 2.0, 0.0, 0.0}, float[2,1,1] want_h = {12.0, 21.0}>"
                 "{ y, h = RNN<direction = \"bidirectional\", activations = [\"Relu\", \"Relu\"]>(x, w, r, , n) }", 14);
    expect_holds("g () => (float[2,2,1,1] y, float[2,1,1] h) <float[2,2,1] x = {1.0, 2.0, 3.0, 4.0}, float[1,1,1] w = {1.0}, float[1,1,1] r = {10.0},"
                 " float[2,2,1,1] want_y = {1.0, 12.0, 3.0, 34.0}, float[2,1,1] want_h = {12.0, 34.0}>"
                 "{ y, h = RNN<layout = 1, activations = [\"Relu\"]>(x, w, r) }", 14);
}

Test(rnn, clips_what_enters_an_activation)
{
    expect_holds("g () => (float[1,1,1] h) <float[1,1,1] x = {9.0}, float[1,1,1] w = {1.0}, float[1,1,1] r = {0.0}, float[1,1,1] want_h = {7.0}>"
                 "{ , h = RNN<clip = 3.0, activations = [\"Affine\"], activation_alpha = [2.0], activation_beta = [1.0]>(x, w, r) }", 7);
}

Test(rnn, refuses)
{
    static const char *const cases[][2] = {
        { "direction = \"foward\"", "direction is 'foward'" },
        { "activations = [\"Relu\", \"Relu\"]", "activations has 2 entries, expected 1" },
        { "activations = [\"Gelu\"]", "'Gelu' is no activation" },
        { "hidden_size = 2", "hidden_size is 2, R is for 1" },
        { "direction = \"bidirectional\"", "W has shape [1,1,1], expected [2,1,1]" },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text = g_strdup_printf("g () => (float y) <float[1,1,1] x = {1.0}, float[1,1,1] w = {1.0}> { y = RNN<%s>(x, w, w) }", cases[i][0]);
        expect_fails(text, 14, cases[i][1]);
    }
    expect_fails("g () => (float y) <float[1,1,1] x = {1.0}, float[1,1,1] w = {1.0}, int32[1] n = {2}> { y = RNN(x, w, w, , n) }", 14,
                 "sequence_lens has the entry 2");
}

Test(gru, reset_acts_before_or_after_the_product)
{
    /* Gates are affine identities: z = 0, r = 2 (bias), hidden = x + ... with Rh = 10, Rbh = 1, h0 = 3: 10 * (2 * 3) + 1 or 2 * (10 * 3 + 1). */
    const char *graph = "g () => (float[1,1,1] h) <float[1,1,1] x = {5.0}, float[1,3,1] w = {0.0, 0.0, 1.0}, float[1,3,1] r = {0.0, 0.0, 10.0},"
                        " float[1,6] b = {0.0, 2.0, 0.0, 0.0, 0.0, 1.0}, float[1,1,1] h0 = {3.0}, float[1,1,1] want_h = {%s}>"
                        "{ , h = GRU<activations = [\"Affine\", \"Relu\"], linear_before_reset = %d>(x, w, r, b, , h0) }";
    g_autofree char *before = g_strdup_printf(graph, "66.0", 0), *after = g_strdup_printf(graph, "67.0", 1);
    expect_holds(before, 7);
    expect_holds(after, 7);
}

Test(lstm, gates_peepholes_and_coupling)
{
    /* Order iofc, identities throughout. i = 2 + Pi c = 2 + 10 * 3, f = 4, c~ = 5, C = 4 * 3 + 32 * 5, o = 1 + Po C, H = o C. */
    const char *graph = "g () => (float[1,1,1] h, float[1,1,1] c) <float[1,1,1] x = {1.0}, float[1,4,1] w = {2.0, 1.0, 4.0, 5.0}, float[1,4,1] r = {0.0, 0.0, 0.0, 0.0},"
                        " float[1,1,1] h0 = {0.0}, float[1,1,1] c0 = {3.0}, float[1,3] p = {10.0, 1.0, 0.0}, float[1,1,1] want_h = {%s}, float[1,1,1] want_c = {%s}>"
                        "{ , h, c = LSTM<activations = [\"Affine\", \"Affine\", \"Affine\"], input_forget = %d>(x, w, r, , , h0, c0, p) }";
    g_autofree char *apart = g_strdup_printf(graph, "29756.0", "172.0", 0);
    /* Coupled: f = 1 - 32, C = -93 + 160 = 67. */
    g_autofree char *coupled = g_strdup_printf(graph, "4556.0", "67.0", 1);
    expect_holds(apart, 7);
    expect_holds(coupled, 7);
}

Test(lstm, an_empty_sequence_keeps_its_initial_state)
{
    expect_holds("g () => (float[1,1,1,1] y, float[1,1,1] h, float[1,1,1] c) <float[1,1,1] x = {1.0}, float[1,4,1] w = {1.0, 1.0, 1.0, 1.0}, int32[1] n = {0},"
                 " float[1,1,1] h0 = {2.0}, float[1,1,1] c0 = {3.0}, float[1,1,1,1] want_y = {0.0}, float[1,1,1] want_h = {2.0}, float[1,1,1] want_c = {3.0}>"
                 "{ y, h, c = LSTM(x, w, w, , n, h0, c0) }", 14);
}
