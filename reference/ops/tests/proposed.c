/* Operators of the proposals: blocks along several axes, sub-byte layouts. */
#include "reference/ops/tests/expect.h"

#include <criterion/criterion.h>
#include <string.h>

/* ---- assay.block_qdq ------------------------------------------------------------------------------------------------------ */

#define X35 "int8[3,5] x = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}"

Test(block_qdq, ragged_blocks_along_both_axes)
{
    expect_holds("g () => (float[3,5] y) <" X35 ", float[2,3] s = {1.0, 2.0, 4.0, 8.0, 16.0, 32.0}, int8[2,3] z = {0, 1, 0, 0, 0, 1},"
                 " float[3,5] want_y = {1.0, 2.0, 4.0, 6.0, 20.0, 6.0, 7.0, 14.0, 16.0, 40.0, 88.0, 96.0, 208.0, 224.0, 448.0}>"
                 "{ y = assay.block_qdq.DequantizeLinear<block_shape = [2, 2]>(x, s, z) }", 25);
    expect_holds("g () => (int8[2,3] y) <float[2,3] x = {1.0, 2.0, 3.0, 4.0, 5.0, 6.0}, float[1,2] s = {1.0, 2.0},"
                 " int8[2,3] want_y = {1, 2, 2, 4, 5, 3}>"
                 "{ y = assay.block_qdq.QuantizeLinear<block_shape = [7, 2], output_dtype = 3>(x, s) }", 25);
}

/* The standard granularities are special block shapes. */
Test(block_qdq, degenerate_shapes)
{
    const struct {
        const char *standard, *scale, *block, *same_scale;
    } rows[] = {
        { "", "float s = {3.0}", "block_shape = [-1, -1]", "float[1,1] t = {3.0}" },
        { "<axis = 0>", "float[3] s = {1.0, 2.0, 3.0}", "block_shape = [1, -1]", "float[3,1] t = {1.0, 2.0, 3.0}" },
        { "<axis = 1>", "float[5] s = {1.0, 2.0, 3.0, 4.0, 5.0}", "block_shape = [-1, 1]",
          "float[1,5] t = {1.0, 2.0, 3.0, 4.0, 5.0}" },
        { "<axis = 1, block_size = 3>", "float[3,2] s = {1.0, 2.0, 3.0, 4.0, 5.0, 6.0}", "block_shape = [1, 3]",
          "float[3,2] t = {1.0, 2.0, 3.0, 4.0, 5.0, 6.0}" },
        { "<axis = 0>", "float[3] s = {1.0, 2.0, 3.0}", "axes = [1], block_sizes = [-1]", "float[3,1] t = {1.0, 2.0, 3.0}" },
        { "<axis = 0>", "float[3] s = {1.0, 2.0, 3.0}", "block_shape = [1, -1], squeeze_whole = 1",
          "float[3] t = {1.0, 2.0, 3.0}" },
        { "<axis = 0>", "float[3] s = {1.0, 2.0, 3.0}", "axis = 0", "float[3] t = {1.0, 2.0, 3.0}" },
        { "<axis = 1, block_size = 3>", "float[3,2] s = {1.0, 2.0, 3.0, 4.0, 5.0, 6.0}", "axes = [-1], block_sizes = [3]",
          "float[3,2] t = {1.0, 2.0, 3.0, 4.0, 5.0, 6.0}" },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *graph = g_strdup_printf(
            "g () => (float[3,5] y, float[3,5] w) <" X35 ", %s, %s> { y = DequantizeLinear%s(x, s)"
            " w = assay.block_qdq.DequantizeLinear<%s>(x, t) }",
            rows[i].scale, rows[i].same_scale, rows[i].standard, rows[i].block);
        g_autofree Tensor **found = expect_outputs(graph, 25);
        cr_assert(tensor_equal(found[0], found[1]), "%s", graph);
        tensor_unref(found[0]);
        tensor_unref(found[1]);
    }
}

Test(block_qdq, empty_axes_and_scalars)
{
    expect_holds("g () => (float[0,3] y) <int8[0,3] x = {}, float[0,2] s = {}, float[0,3] want_y = {}>"
                 "{ y = assay.block_qdq.DequantizeLinear<block_shape = [4, 2]>(x, s) }", 25);
    expect_holds("g () => (float[0,3] y) <int8[0,3] x = {}, float[1,2] s = {1.0, 1.0}, float[0,3] want_y = {}>"
                 "{ y = assay.block_qdq.DequantizeLinear<block_shape = [-1, 2]>(x, s) }", 25);
    expect_holds("g () => (float y) <int8 x = {4}, float s = {0.5}, float want_y = {2.0}>"
                 "{ y = assay.block_qdq.DequantizeLinear<block_shape: ints = []>(x, s) }", 25);
}

Test(block_qdq, refuses)
{
    const struct {
        const char *scale, *attributes, *message;
    } rows[] = {
        { "float[1,1] s = {1.0}", "block_shape = [2]", "block_shape has 1 entries" },
        { "float[1,1] s = {1.0}", "block_shape = [0, -1]", "block_shape[0] is 0" },
        { "float[1,1] s = {1.0}", "block_shape = [-2, -1]", "block_shape[0] is -2" },
        { "float[2,2] s = {1.0, 1.0, 1.0, 1.0}", "block_shape = [2, 2]", "expected [2,3]" },
        { "float[3] s = {1.0, 1.0, 1.0}", "block_shape = [1, -1]", "expected [3,1]" },
        { "float s = {1.0}", "block_shape = [-1, -1]", "expected [1,1]" },
        { "float[3,1] s = {1.0, 1.0, 1.0}", "block_shape = [1, -1], squeeze_whole = 1", "expected [3]" },
        { "float[1,1] s = {1.0}", "block_shape = [-1, -1], axis = 1", "more than one of" },
        { "float[1,1] s = {1.0}", "block_shape = [-1, -1], block_size = 0", "more than one of" },
        { "float[1,1] s = {1.0}", "block_shape = [-1, -1], axes = [0], block_sizes = [1]", "more than one of" },
        { "float[1,1] s = {1.0}", "axes = [0, 1], block_sizes = [-1]", "expected as many" },
        { "float[1,1] s = {1.0}", "axes = [0, -2], block_sizes = [-1, -1]", "distinct axes" },
        { "float[1,1] s = {1.0}", "axes = [2], block_sizes = [-1]", "distinct axes" },
        { "float s = {1.0}", "squeeze_whole = 1", "without block_shape or axes" },
        { "float[1,1] s = {1.0}, int8[1] z = {0}", "block_shape = [-1, -1]", "zero point has shape [1]" },
        { "float[1,1] s = {1.0}, uint8[1,1] z = {0}", "block_shape = [-1, -1]", "both must be of one type" },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *graph =
            g_strdup_printf("g () => (float[3,5] y) <" X35 ", %s> { y = assay.block_qdq.DequantizeLinear<%s>(x, s%s) }",
                            rows[i].scale, rows[i].attributes, strstr(rows[i].scale, " z =") ? ", z" : "");
        expect_fails(graph, 25, rows[i].message);
    }
}

/* Sub-blocks with scales and minima that are quantised themselves: y = q * DQ(sub_q, d) - DQ(sub_m, dmin). */
Test(block_qdq, two_levels_are_nested_nodes)
{
    expect_holds("g () => (float[1,4] y) <uint4[1,4] q = {15, 1, 2, 3}, uint8[1,2] scales = {2, 3}, uint8[1,2] minima = {1, 4},"
                 " float16[1,1] d = {0.5}, float16[1,1] dmin = {0.25}, int8[1,4] ones = {1, 1, 1, 1},"
                 " float[1,4] want_y = {14.75, 0.75, 2.0, 3.5}> {"
                 "  s = DequantizeLinear<axis = 1, block_size = 2, output_dtype = 1>(scales, d)"
                 "  m = DequantizeLinear<axis = 1, block_size = 2, output_dtype = 1>(minima, dmin)"
                 "  p = DequantizeLinear<axis = 1, block_size = 2>(q, s)"
                 "  wide = DequantizeLinear<axis = 1, block_size = 2>(ones, m)"
                 "  y = Sub(p, wide) }", 25);
}

/* ---- assay.subbyte -------------------------------------------------------------------------------------------------------- */

static const struct {
    const char *type, *packing;
    int         low, high;
} layouts[] = {
    { "uint3", "dense", 0, 7 },  { "int3", "dense", -4, 3 },       { "uint3", "nibble", 0, 7 },   { "int3", "nibble", -4, 3 },
    { "uint3", "word", 0, 7 },   { "int3", "word", -4, 3 },        { "uint3", "planes", 0, 7 },   { "int3", "planes", -4, 3 },
    { "int3", "offset_rows", -4, 3 }, { "ternary", "base3", -1, 1 },
};

static int bytes_of(const char *packing, int n)
{
    if (strcmp(packing, "nibble") == 0)
        return (n + 1) / 2;
    if (strcmp(packing, "word") == 0)
        return (n + 9) / 10 * 4;
    if (strcmp(packing, "planes") == 0)
        return (n + 3) / 4 + (n + 7) / 8;
    return strcmp(packing, "base3") == 0 ? (n + 4) / 5 : (3 * n + 7) / 8;
}

Test(subbyte, round_trip_of_every_length)
{
    for (gsize l = 0; l < G_N_ELEMENTS(layouts); l++)
        for (int n = 0; n <= 33; n++) {
            const int span = layouts[l].high - layouts[l].low + 1;
            const char *carrier = layouts[l].low < 0 ? "int8" : "uint8";
            g_autoptr(GString) values = g_string_new(NULL);
            for (int i = 0; i < n; i++)
                g_string_append_printf(values, "%s%d", i ? ", " : "", layouts[l].low + (i * 5 + i / 7) % span);
            g_autofree char *graph = g_strdup_printf(
                "g () => (%s[%d] y, uint8[%d] c) <%s[%d] x = {%s}> { c = assay.subbyte.Pack<type = \"%s\", packing = \"%s\">(x)"
                " y = assay.subbyte.Unpack<type = \"%s\", packing = \"%s\", shape = [%d]>(c) }",
                carrier, n, bytes_of(layouts[l].packing, n), carrier, n, values->str, layouts[l].type, layouts[l].packing,
                layouts[l].type, layouts[l].packing, n);
            g_autofree char *plain = g_strdup_printf("g () => (%s[%d] y) <%s[%d] x = {%s}> { y = Identity(x) }", carrier, n, carrier,
                                                     n, values->str);
            g_autofree Tensor **found = expect_outputs(graph, 25), **wanted = expect_outputs(plain, 25);
            cr_assert(tensor_equal(found[0], wanted[0]), "%s %s %d", layouts[l].type, layouts[l].packing, n);
            tensor_unref(found[0]);
            tensor_unref(found[1]);
            tensor_unref(wanted[0]);
        }
}

#define PACK(type, packing, values, bytes) \
    "g () => (uint8[" bytes "] y) <" values "> { y = assay.subbyte.Pack<type = \"" type "\", packing = \"" packing "\">(x) }"

Test(subbyte, codes_by_hand)
{
    /* 0 to 7: 0x88 0xC6 0xFA, whether unsigned or offset by four. */
    expect_holds(PACK("uint3", "dense", "uint8[8] x = {0, 1, 2, 3, 4, 5, 6, 7}, uint8[3] want_y = {136, 198, 250}", "3"), 25);
    expect_holds(PACK("int3", "offset_rows", "int8[8] x = {-4, -3, -2, -1, 0, 1, 2, 3}, uint8[3] want_y = {136, 198, 250}", "3"), 25);
    expect_holds(PACK("int3", "offset_rows", "int8[3] x = {-4, 0, 3}, uint8[2] want_y = {224, 1}", "2"), 25);
    expect_holds(PACK("int3", "offset_rows", "int8[8] x = {0, 0, 0, 0, 0, 0, 0, 0}, uint8[3] want_y = {36, 73, 146}", "3"), 25);
    expect_holds(PACK("int3", "offset_rows", "int8[2,3] x = {-4, 0, 3, -4, 0, 3}, uint8[2,2] want_y = {224, 1, 224, 1}", "2,2"), 25);
    /* Two's complement in the others: -4 is 100, -1 is 111. */
    expect_holds(PACK("int3", "dense", "int8[3] x = {-4, -1, 3}, uint8[2] want_y = {252, 0}", "2"), 25);
    expect_holds(PACK("int3", "nibble", "int8[3] x = {-4, -1, 3}, uint8[2] want_y = {252, 3}", "2"), 25);
    expect_holds(PACK("uint3", "nibble", "uint8[3] x = {4, 7, 3}, uint8[2] want_y = {116, 3}", "2"), 25);
    expect_holds(PACK("uint3", "word", "uint8[11] x = {7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 5},"
                      " uint8[8] want_y = {255, 255, 255, 63, 5, 0, 0, 0}", "8"), 25);
    expect_holds(PACK("uint3", "planes", "uint8[5] x = {1, 2, 7, 4, 6}, uint8[3] want_y = {57, 2, 28}", "3"), 25);
    /* Digits 2, 2, 1, 0, 2 with the first least significant: 2 + 6 + 9 + 0 + 162. */
    expect_holds(PACK("ternary", "base3", "int8[5] x = {1, 1, 0, -1, 1}, uint8[1] want_y = {179}", "1"), 25);
    /* The missing digits stand for 0: 2 + 3 * (1 + 3 + 9 + 27). */
    expect_holds(PACK("ternary", "base3", "int8[1] x = {1}, uint8[1] want_y = {122}", "1"), 25);
}

Test(subbyte, groups_begin_new_bytes)
{
    expect_holds("g () => (uint8[2] c, int8[8] y) <int8[8] x = {1, 0, -1, 1, 1, 1, 0, -1}, uint8[2] want_c = {140, 98},"
                 " int8[8] want_y = {1, 0, -1, 1, 1, 1, 0, -1}> {"
                 " c = assay.subbyte.Pack<type = \"ternary\", packing = \"base3\", group = 4>(x)"
                 " y = assay.subbyte.Unpack<type = \"ternary\", packing = \"base3\", group = 4, shape = [8]>(c) }", 25);
}

#define UNPACK(attributes, shape, codes) \
    "g () => (int8[" shape "] y) <" codes "> { y = assay.subbyte.Unpack<" attributes ", shape = [" shape "]>(c) }"

Test(subbyte, refuses)
{
    expect_fails(UNPACK("type = \"ternary\", packing = \"base3\"", "5", "uint8[1] c = {243}"), 25, "byte 0 is 243");
    expect_holds(UNPACK("type = \"ternary\", packing = \"base3\", strict = 0", "5",
                        "uint8[1] c = {243}, int8[5] want_y = {0, 0, 0, 0, 0}"), 25);
    expect_fails(UNPACK("type = \"int3\", packing = \"offset_rows\"", "3", "uint8[2] c = {224, 3}"), 25, "unused bits of 0");
    expect_fails(UNPACK("type = \"int3\", packing = \"offset_rows\", strict = 0", "3", "uint8[2] c = {224, 129}"), 25,
                 "unused bits of 0");
    expect_holds(UNPACK("type = \"int3\", packing = \"dense\"", "3", "uint8[2] c = {252, 254}, int8[3] want_y = {-4, -1, 3}"), 25);
    expect_fails(UNPACK("type = \"int3\", packing = \"nibble\"", "1", "uint8[1] c = {4}"), 25, "fourth bit of element 0 is 0");
    expect_holds(UNPACK("type = \"int3\", packing = \"nibble\", strict = 0", "1", "uint8[1] c = {4}, int8[1] want_y = {-4}"), 25);
    expect_fails(UNPACK("type = \"int3\", packing = \"word\"", "1", "uint8[4] c = {0, 0, 0, 64}"), 25, "two top bits");
    expect_fails(UNPACK("type = \"int3\", packing = \"dense\"", "3", "uint8[3] c = {0, 0, 0}"), 25, "has 3 bytes, expected 2");
    expect_fails(UNPACK("type = \"int3\", packing = \"dense\"", "9223372036854775807", "uint8[1] c = {0}"), 25, "has 1 bytes");
    expect_fails(UNPACK("type = \"int3\", packing = \"dense\"", "4294967296, 4294967296", "uint8[1] c = {0}"), 25, "");
    expect_fails(UNPACK("type = \"int3\", packing = \"base3\"", "1", "uint8[1] c = {0}"), 25, "does not hold int3");
    expect_fails(UNPACK("type = \"int5\", packing = \"dense\"", "1", "uint8[1] c = {0}"), 25, "type is 'int5'");
    expect_fails(UNPACK("type = \"int3\", packing = \"tight\"", "1", "uint8[1] c = {0}"), 25, "packing is 'tight'");
    expect_fails(UNPACK("type = \"int3\", packing = \"dense\", group = 3", "1", "uint8[1] c = {0}"), 25, "group is 3");
    expect_fails(PACK("uint3", "dense", "uint8[1] x = {8}", "1"), 25, "element 0 is 8, expected 0 to 7");
    expect_fails(PACK("int3", "dense", "int8[1] x = {-5}", "1"), 25, "element 0 is -5");
    expect_fails(PACK("ternary", "base3", "int8[1] x = {2}", "1"), 25, "expected -1 to 1");
    expect_fails(PACK("int3", "dense", "uint8[1] x = {1}", "1"), 25, "expected int8 for type int3");
}
