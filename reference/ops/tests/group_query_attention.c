/* com.microsoft GroupQueryAttention. Queries of 0 give every visible key the same weight, so that outputs are means of
 * the visible values; values are powers of two, so that a mean names the keys it is of. */
#include "reference/ops/tests/expect.h"

#include <criterion/criterion.h>

#define HEADS                  "num_heads = 1, kv_num_heads = 1"
#define PROMPT                 "float[1,3,1] q = {0.0, 0.0, 0.0}, float[1,3,1] k = {3.0, 4.0, 5.0}, float[1,3,1] v = {1.0, 2.0, 6.0}"
#define COUNTS(seqlens, total) ", int32[1] n = {" seqlens "}, int32 t = {" total "}"

static void prompt(const char *attributes, const char *more_data, const char *more_inputs, const char *wanted)
{
    g_autofree char *text = g_strdup_printf(
        "g () => (float[1,3,1] y) <" PROMPT COUNTS("2", "3") "%s, float[1,3,1] want_y = {%s}>"
                                                             "{ y = com.microsoft.GroupQueryAttention<" HEADS
                                                             "%s>(q, k, v, \"\", \"\", n, t%s) }",
        more_data, wanted, attributes, more_inputs);
    expect_holds(text, 20);
}

Test(group_query_attention, what_a_query_sees)
{
    prompt("", "", "", "1.0, 1.5, 3.0");
    prompt(", causal = 0", "", "", "3.0, 3.0, 3.0");
    prompt(", local_window_size = 1", "", "", "1.0, 2.0, 6.0");
    prompt(", local_window_size = 2", "", "", "1.0, 1.5, 4.0");
    prompt("", ", float[1,1,3,3] b = {0, 0, 0, -inf, 0, 0, -inf, -inf, 0}", ", \"\", \"\", \"\", b", "1.0, 2.0, 6.0");
}

/* A sink of weight 1 beside one, two and three keys of weight 1. */
Test(group_query_attention, sinks)
{
    prompt(", smooth_softmax = 1", "", "", "0.5, 1.0, 2.25");
    prompt("", ", float[1] s = {0.0}", ", \"\", \"\", \"\", \"\", s", "0.5, 1.0, 2.25");
    prompt("", ", float[1] s = {-inf}", ", \"\", \"\", \"\", \"\", s", "1.0, 1.5, 3.0");
}

Test(group_query_attention, packed_heads_share_keys_in_runs)
{
    /* Two query heads for each of two key heads: 4 + 2 + 2 channels. */
    expect_holds("g () => (float[1,1,4] y, float[1,2,1,1] pk, float[1,2,1,1] pv) <float[1,1,8] q = {0, 0, 0, 0, 5, 6, "
                 "7, 8}" COUNTS("0", "1") ", float[1,1,4] want_y = {7, 7, 8, 8}, float[1,2,1,1] want_pk = {5, 6},"
                                          " float[1,2,1,1] want_pv = {7, 8}>"
                                          "{ y, pk, pv = com.microsoft.GroupQueryAttention<num_heads = 4, kv_num_heads "
                                          "= 2>(q, \"\", \"\", \"\", \"\", n, t) }",
                 20);
}

/* The first entry has two tokens cached and the second one; both add one. Rows behind are zero. */
Test(group_query_attention, cache_of_each_entry)
{
    expect_holds(
        "g () => (float[2,1,1] y, float[2,1,3,1] pk, float[2,1,3,1] pv) <float[2,1,1] q = {0, 0}, float[2,1,1] k = {8, "
        "9},"
        " float[2,1,1] v = {6, 4}, float[2,1,3,1] a = {1, 2, 77, 3, 77, 77}, float[2,1,3,1] b = {1, 2, 77, 2, 77, 77},"
        " int32[2] n = {2, 1}, int32 t = {3}, float[2,1,1] want_y = {3, 3}, float[2,1,3,1] want_pk = {1, 2, 8, 3, 9, "
        "0},"
        " float[2,1,3,1] want_pv = {1, 2, 6, 2, 4, 0}>"
        "{ y, pk, pv = com.microsoft.GroupQueryAttention<" HEADS ">(q, k, v, a, b, n, t) }",
        20);
}

/* A chunk of three rows, one of them valid, behind one cached token; then an idle entry. */
Test(group_query_attention, padded_chunks)
{
    static const char *const wanted[2][3] = { { "2, 0, 0", "7, 3, 0, 0", "3, 1, 0, 0" },
                                              { "0, 0, 0", "7, 0, 0, 0", "3, 0, 0, 0" } };
    for (int valid = 1; valid >= 0; valid--) {
        const char *const *want = wanted[1 - valid];
        g_autofree char *text = g_strdup_printf(
            "g () => (float[1,3,1] y, float[1,1,4,1] pk, float[1,1,4,1] pv) <" PROMPT
            ", float[1,1,4,1] a = {7, 0, 0, 0}, float[1,1,4,1] b = {3, 0, 0, 0}, int32[1] n = {%d}, int32 t = {4}, "
            "int32[1] c = {%d},"
            " float[1,3,1] want_y = {%s}, float[1,1,4,1] want_pk = {%s}, float[1,1,4,1] want_pv = {%s}>"
            "{ y, pk, pv = com.microsoft.GroupQueryAttention<" HEADS ">(q, k, v, a, b, n, t, %s, c) }",
            valid, valid, want[0], want[1], want[2], "\"\", \"\", \"\", \"\", \"\", \"\", \"\", \"\", \"\"");
        expect_holds(text, 20);
    }
}

/* Capacity 3, window 2: the fourth token evicts two, so that L(4) = 4 - 2 = 2. */
Test(group_query_attention, a_window_sized_cache_evicts)
{
    expect_holds(
        "g () => (float[1,1,1] y, float[1,1,3,1] pk, float[1,1,3,1] pv) <float[1,1,1] q = {0}, float[1,1,1] k = {4},"
        " float[1,1,1] v = {8}, float[1,1,3,1] a = {1, 2, 3}, float[1,1,3,1] b = {1, 2, 4}" COUNTS(
            "3",
            "4") ", float[1,1,1] want_y = {6}, float[1,1,3,1] want_pk = {3, 4, 0}, float[1,1,3,1] want_pv = {4, 8, 0}>"
                 "{ y, pk, pv = com.microsoft.GroupQueryAttention<" HEADS
                 ", local_window_size = 2, sliding_window_cache = 1>"
                 "(q, k, v, a, b, n, t) }",
        20);
}

/* Position 1 turns by a quarter: (x, y) becomes (-y, x). The value is not turned. */
Test(group_query_attention, rotation)
{
    static const char *const turned[2] = { "-3, -4, 1, 2", "-2, 1, -4, 3" };
    for (int interleaved = 0; interleaved < 2; interleaved++) {
        g_autofree char *text = g_strdup_printf(
            "g () => (float[1,1,4] y, float[1,1,2,4] pk, float[1,1,2,4] pv) <float[1,1,4] q = {0, 0, 0, 0}, "
            "float[1,1,4] k = {1, 2, 3, 4},"
            " float[1,1,4] v = {1, 2, 3, 4}, float[1,1,1,4] a = {9, 9, 9, 9}, float[2,2] c = {1, 1, 0, 0}, float[2,2] "
            "s = {0, 0, 1, 1}" COUNTS(
                "1", "2") ", float[1,1,4] want_y = {5, 5.5, 6, 6.5}, float[1,1,2,4] want_pk = {9, 9, 9, 9, %s},"
                          " float[1,1,2,4] want_pv = {9, 9, 9, 9, 1, 2, 3, 4}>"
                          "{ y, pk, pv = com.microsoft.GroupQueryAttention<" HEADS
                          ", do_rotary = 1, rotary_interleaved = %d>(q, k, v, a, a, n, t, c, s) }",
            turned[interleaved], interleaved);
        expect_holds(text, 20);
    }
}

/* Position ids count for each token, but a first prompt reads only the first. */
Test(group_query_attention, positions)
{
    expect_holds(
        "g () => (float[1,2,2] y, float[1,1,2,2] pk) <float[1,2,2] q = {0, 0, 0, 0}, float[1,2,2] k = {1, 2, 1, 2},"
        " float[3,1] c = {1, 0, -1}, float[3,1] s = {0, 1, 0}, int64[1,2] i = {1, 0}" COUNTS(
            "1", "2") ", float[1,2,2] want_y = {1, 2, 1, 2}, float[1,1,2,2] want_pk = {-2, 1, -1, -2}>"
                      "{ y, pk = com.microsoft.GroupQueryAttention<" HEADS
                      ", do_rotary = 1>(q, k, k, \"\", \"\", n, t, c, s, i) }",
        20);
    expect_holds(
        "g () => (float[1,1,2] y, float[1,1,2,2] pk) <float[1,1,2] q = {0, 0}, float[1,1,2] k = {1, 2},"
        " float[1,1,1,2] a = {1, 2}, float[3,1] c = {1, 0, -1}, float[3,1] s = {0, 1, 0}, int64[1,1] i = {2}" COUNTS(
            "1", "2") ", float[1,1,2] want_y = {1, 2}, float[1,1,2,2] want_pk = {1, 2, -1, -2}>"
                      "{ y, pk = com.microsoft.GroupQueryAttention<" HEADS
                      ", do_rotary = 1>(q, k, k, a, a, n, t, c, s, i) }",
        20);
}

/* (3, 4) has the mean square 12.5; epsilon makes it 16. */
Test(group_query_attention, normalised_heads)
{
    expect_holds("g () => (float[1,1,2] y, float[1,1,1,2] pk) <float[1,1,2] q = {3, 4}, float[2] w = {1, 2}" COUNTS(
                     "0", "1") ", float[1,1,2] want_y = {3, 4}, float[1,1,1,2] want_pk = {0.75, 2}>"
                               "{ y, pk = com.microsoft.GroupQueryAttention<" HEADS
                               ", k_norm_epsilon = 3.5>(q, q, q, \"\", \"\", n, t, \"\", \"\", \"\","
                               " \"\", \"\", \"\", \"\", w, w) }",
                 20);
}

/* 0.25 is half a code, and goes to the even one; 100 saturates. The past's codes stay as they are. */
Test(group_query_attention, quantized_cache)
{
    expect_holds("g () => (float[1,1,2] y, int8[1,1,2,2] pk, int8[1,1,2,2] pv) <float[1,1,2] q = {0, 0}, float[1,1,2] "
                 "k = {0.25, 100},"
                 " float[1,1,2] v = {2, -3}, int8[1,1,1,2] a = {-128, 5}, float[1] s = {0.5}" COUNTS(
                     "1", "2") ", float[1,1,2] want_y = {-31, -0.25}, int8[1,1,2,2] want_pk = {-128, 5, 0, 127}, "
                               "int8[1,1,2,2] want_pv = {-128, 5, 4, -6}>"
                               "{ y, pk, pv = com.microsoft.GroupQueryAttention<" HEADS
                               ", k_quant_type = \"PER_TENSOR\", v_quant_type = \"PER_TENSOR\">"
                               "(q, k, v, a, a, n, t, \"\", \"\", \"\", \"\", \"\", s, s) }",
                 20);
    /* Codes of 4 bits are kept plus 8: 0 and 7 give 0xf8; with a scale for each channel -2 and 3 give 0xb6. */
    expect_holds(
        "g () => (float[1,1,2] y, uint8[1,1,2,1] pk, uint8[1,1,2,1] pv) <float[1,1,2] q = {0, 0}, float[1,1,2] k = "
        "{0.25, 100},"
        " float[1,1,2] v = {-2, 6}, uint8[1,1,1,1] a = {168}, float[1] s = {0.5}, float[1,1,1,2] r = {1, 2}" COUNTS(
            "1", "2") ", float[1,1,2] want_y = {-1, 5}, uint8[1,1,2,1] want_pk = {168, 248}, uint8[1,1,2,1] want_pv = "
                      "{168, 182}>"
                      "{ y, pk, pv = com.microsoft.GroupQueryAttention<" HEADS
                      ", k_quant_type = \"PER_TENSOR\", v_quant_type = \"PER_CHANNEL\","
                      " kv_cache_bit_width = 4>(q, k, v, a, a, n, t, \"\", \"\", \"\", \"\", \"\", s, r) }",
        20);
}

/* Scores 1, 3 capped to the cap itself; a key that the query may not see has 0. */
Test(group_query_attention, scores)
{
    static const char *const wanted[2] = { "1e-30, 0, 1e-30, 1e-30", "1, 0, 0.5, 0.5" };
    for (int when = 1; when <= 2; when++) {
        g_autofree char *text = g_strdup_printf(
            "g () => (float[1,2,1] y, float[1,1,2,2] s) <float[1,2,1] q = {2, 2}, float[1,2,1] k = {1, 3}, "
            "float[1,2,1] v = {5, 5}" COUNTS("1", "2") ", float[1,2,1] want_y = {5, 5}, float[1,1,2,2] want_s = {%s}>"
                                                       "{ y, , , s = com.microsoft.GroupQueryAttention<" HEADS
                                                       ", scale = 0.5, softcap = 1e-30, qk_output = %d>"
                                                       "(q, k, v, \"\", \"\", n, t) }",
            wanted[when - 1], when);
        expect_holds(text, 20);
    }
}

static void refused(const char *attributes, const char *counts, const char *inputs, const char *message)
{
    g_autofree char *text = g_strdup_printf("g () => (float[1,3,1] y) <" PROMPT ", float[1,1,1,1] a = {0}%s>"
                                            "{ y = com.microsoft.GroupQueryAttention<%s>(%s) }",
                                            counts, attributes, inputs);
    expect_fails(text, 20, message);
}

Test(group_query_attention, refusals)
{
#define PLAIN "q, k, v, \"\", \"\", n, t"
    refused("num_heads = 3, kv_num_heads = 2", COUNTS("2", "3"), PLAIN, "num_heads is 3 and kv_num_heads 2");
    refused(HEADS ", causal = 0, local_window_size = 2", COUNTS("2", "3"), PLAIN, "local_window_size is 2");
    refused(HEADS, COUNTS("2", "2"), PLAIN, "total_sequence_length is 2, expected at least the 3 tokens");
    refused(HEADS, COUNTS("3", "3"), PLAIN, "seqlens_k has the entry 3, expected 0 to 2");
    refused(HEADS, COUNTS("-2147483648", "3"), PLAIN, "seqlens_k has the entry");
    refused(HEADS, COUNTS("5", "2147483647"), "q, k, v, a, a, n, t", "3 tokens came before, but the past has 1 rows");
    refused(HEADS, COUNTS("2", "3"), "q, k, v, a, \"\", n, t", "only one is given");
    refused(HEADS ", do_rotary = 1", COUNTS("2", "3"), PLAIN, "needs cos_cache");
    refused(HEADS ", k_quant_type = \"PER_TENSOR\"", COUNTS("2", "3"), PLAIN,
            "kv_cache_bit_width is 8 for a cache of float");
    refused(HEADS ", sliding_window_cache = 1, local_window_size = 2", COUNTS("3", "4"), "q, k, v, a, a, n, t",
            "the cache has 1 rows, expected at least local_window_size = 2");
}
