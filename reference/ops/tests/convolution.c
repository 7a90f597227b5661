/* Conv, ConvTranspose, DeformConv. */
#include "reference/ops/tests/expect.h"

#include <criterion/criterion.h>

Test(conv, correlates_with_pads_strides_and_dilations)
{
    expect_holds("g () => (float[1,1,3] y) <float[1,1,3] x = {1.0, 2.0, 3.0}, float[1,1,2] w = {10.0, 1.0}, float[1] b = {0.5},"
                 " float[1,1,3] want_y = {1.5, 12.5, 23.5}> { y = Conv<pads = [1, 0]>(x, w, b) }", 11);
    expect_holds("g () => (float[1,1,2] y) <float[1,1,7] x = {1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0}, float[1,1,2] w = {1.0, 10.0},"
                 " float[1,1,2] want_y = {41.0, 74.0}> { y = Conv<dilations = [3], strides = [3]>(x, w) }", 11);
}

Test(conv, groups_take_their_own_channels)
{
    expect_holds("g () => (float[1,2,1,1] y) <float[1,4,1,1] x = {1.0, 2.0, 3.0, 4.0}, float[2,2,1,1] w = {1.0, 10.0, 1.0, 10.0},"
                 " float[1,2,1,1] want_y = {21.0, 43.0}> { y = Conv<group = 2>(x, w) }", 22);
}

Test(conv, same_pads_the_odd_one_at_the_end_or_the_beginning)
{
    const char *graph = "g () => (float[1,1,3] y) <float[1,1,3] x = {1.0, 2.0, 3.0}, float[1,1,2] w = {1.0, 10.0},"
                        " float[1,1,3] want_y = {%s}> { y = Conv<auto_pad = \"%s\">(x, w) }";
    g_autofree char *upper = g_strdup_printf(graph, "21.0, 32.0, 3.0", "SAME_UPPER");
    g_autofree char *lower = g_strdup_printf(graph, "10.0, 21.0, 32.0", "SAME_LOWER");
    expect_holds(upper, 11);
    expect_holds(lower, 11);
}

Test(conv, one_rounding_after_the_bias)
{
    /* 2^24 + 1 - 2^24 */
    expect_holds("g () => (float[1,1,1] y) <float[1,2,1] x = {4096.0, 1.0}, float[1,2,1] w = {4096.0, 1.0}, float[1] b = {-16777216.0},"
                 " float[1,1,1] want_y = {1.0}> { y = Conv(x, w, b) }", 11);
    expect_holds("g () => (double[1,1,1] y) <double[1,2,1] x = {0x1p+60, 1.0}, double[1,2,1] w = {1.0, 1.0}, double[1] b = {-0x1p+60},"
                 " double[1,1,1] want_y = {1.0}> { y = Conv(x, w, b) }", 11);
}

Test(conv, empty_batch)
{
    expect_holds("g () => (float[0,1,1] y) <float[0,1,2] x = {}, float[1,1,2] w = {1.0, 1.0}, float[0,1,1] want_y = {}> { y = Conv(x, w) }",
                 11);
}

Test(conv, refuses)
{
    const char *graph = "g () => (float y) <float[1,2,3] x = {1.0, 2.0, 3.0, 4.0, 5.0, 6.0}, float[2,%s] w = {1.0, 2.0, 3.0, 4.0}>"
                        "{ y = Conv<%s>(x, w) }";
    static const char *const cases[][3] = {
        { "1,2", "group = 1", "input channels a group" },
        { "1,2", "group = 3", "divisor" },
        { "2,1", "kernel_shape = [2]", "kernel_shape has 2" },
        { "2,1", "strides = [0]", "strides has the entry 0" },
        { "2,1", "strides = [1, 1]", "strides has 2 entries, expected 1" },
        { "2,1", "pads = [-1, 0]", "pads has the entry -1" },
        { "2,1", "auto_pad = \"SAME\"", "auto_pad is 'SAME'" },
        { "1,2", "group = 2, dilations = [9]", "spans 10 in spatial dim 0, but input and pads only 3" },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text = g_strdup_printf(graph, cases[i][0], cases[i][1]);
        expect_fails(text, 11, cases[i][2]);
    }
}

Test(conv_transpose, spreads_what_conv_gathers)
{
    expect_holds("g () => (float[1,1,5] y) <float[1,1,2] x = {1.0, 2.0}, float[1,1,3] w = {1.0, 10.0, 100.0}, float[1] b = {0.5},"
                 " float[1,1,5] want_y = {1.5, 10.5, 102.5, 20.5, 200.5}> { y = ConvTranspose<strides = [2]>(x, w, b) }", 11);
    expect_holds("g () => (float[1,1,4] y) <float[1,1,2] x = {1.0, 2.0}, float[1,1,3] w = {1.0, 10.0, 100.0},"
                 " float[1,1,4] want_y = {10.0, 102.0, 20.0, 200.0}> { y = ConvTranspose<strides = [2], output_padding = [1],"
                 " pads = [1, 1]>(x, w) }", 11);
}

Test(conv_transpose, output_shape_decides_the_pads)
{
    const char *graph = "g () => (float[1,1,4] y) <float[1,1,2] x = {1.0, 2.0}, float[1,1,3] w = {1.0, 10.0, 100.0},"
                        " float[1,1,4] want_y = {%s}> { y = ConvTranspose<strides = [2], %s>(x, w) }";
    static const char *const cases[][2] = {
        { "10.0, 102.0, 20.0, 200.0", "output_shape = [4]" },
        { "1.0, 10.0, 102.0, 20.0", "output_shape = [4], auto_pad = \"SAME_UPPER\"" },
        { "10.0, 102.0, 20.0, 200.0", "auto_pad = \"SAME_LOWER\"" },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text = g_strdup_printf(graph, cases[i][0], cases[i][1]);
        expect_holds(text, 11);
    }
}

Test(conv_transpose, taps_that_do_not_meet_are_no_products)
{
    /* An infinite weight reaches only the outputs that its tap meets. */
    expect_holds("g () => (float[1,1,4] y) <float[1,1,2] x = {1.0, 2.0}, float[1,1,2] w = {1.0, inf},"
                 " float[1,1,4] want_y = {1.0, inf, 2.0, inf}> { y = ConvTranspose<strides = [2]>(x, w) }", 11);
}

Test(conv_transpose, refuses)
{
    const char *graph = "g () => (float y) <float[1,2,2] x = {1.0, 2.0, 3.0, 4.0}, float[2,1,1] w = {1.0, 2.0}, float[2] b = {0.0, 0.0}>"
                        "{ y = ConvTranspose<%s>(x, w%s) }";
    static const char *const cases[][3] = {
        { "output_padding = [1]", "", "output_padding has 1" },
        { "pads = [2, 2]", "", "would have -2 elements" },
        { "group = 3", "", "divisor of 2 channels" },
        { "group = 1", ", b", "rank 1 with 1 elements" },
        { "output_shape = [-1]", "", "entry -1" },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text = g_strdup_printf(graph, cases[i][0], cases[i][1]);
        expect_fails(text, 11, cases[i][2]);
    }
}

Test(deform_conv, samples_between_pixels_and_outside)
{
    /* Offsets (row, column): halfway between four pixels, halfway over the edge, far outside. */
    expect_holds("g () => (float[1,1,1,3] y) <float[1,1,2,3] x = {1.0, 2.0, 3.0, 5.0, 6.0, 7.0}, float[1,1,1,1] w = {2.0},"
                 " float[1,2,1,3] o = {0.5, 0.0, -2.0, 0.5, -1.5, 0.0}, float[1] b = {1.0}, float[1,1,1,3] m = {1.0, 0.5, 1.0},"
                 " float[1,1,1,3] want_y = {8.0, 1.5, 1.0}> { y = DeformConv<strides = [2, 1]>(x, w, o, b, m) }", 19);
    expect_fails("g () => (float y) <float[1,1,2] x = {1.0, 2.0}, float[1,1,1] w = {2.0}, float[1,2,2] o = {0.0, 0.0, 0.0, 0.0}>"
                 "{ y = DeformConv(x, w, o) }", 19, "offset has shape [1,2,2], expected [1,1,2]");
}
