/* Other ways to say blocks on several axes, recorded so that they can be compared with block_shape. */
#include "generators/proposals/block_qdq_node.h"

/* axes and block_sizes: axes that are not listed have blocks of one element. */
static void paired(Generator *g)
{
    static const struct {
        const char *tag;
        Shape       shape;
        int64_t     axes[3], sizes[3], lengths[3];
        int         n;
    } pairs[] = {
        { "one", { 2, { 3, 7 } }, { 1 }, { 3 }, { 1, 3 }, 1 },
        { "both", { 2, { 5, 7 } }, { 0, 1 }, { 2, 3 }, { 2, 3 }, 2 },
        { "reversed", { 2, { 5, 7 } }, { 1, 0 }, { 3, 2 }, { 2, 3 }, 2 },
        { "negative", { 3, { 2, 5, 7 } }, { -1, -2 }, { 4, 2 }, { 1, 2, 4 }, 2 },
        { "whole", { 2, { 4, 6 } }, { 0, 1 }, { 4, 3 }, { 4, 3 }, 2 },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(pairs); i++) {
        const Blocks blocks = blocks_of(pairs[i].shape, pairs[i].lengths);
        const Shape scale = blocks_scale_shape(&blocks);
        Scenario *s = scenario_new(g, "dq-axes-%s", pairs[i].tag);
        scenario_about(s, "axes", "R60 R32", "axes and block_sizes of equal length say blocks on the listed axes.");
        scenario_input(s, "x", block_codes(DTYPE_INT8, &pairs[i].shape));
        scenario_input(s, "scale", block_scales(DTYPE_FLOAT, &scale, FALSE));
        Node *node = scenario_node(s, BLOCK_QDQ, "DequantizeLinear", NAMES("x", "scale"), NAMES("y"));
        scenario_set_ints(s, node, "axes", pairs[i].axes, (gsize)pairs[i].n);
        scenario_set_ints(s, node, "block_sizes", pairs[i].sizes, (gsize)pairs[i].n);
        meaning_of_dequantize(s, &(Meaning){ .domain = BLOCK_QDQ, .blocks = blocks, .target = DTYPE_FLOAT, .saturate = TRUE,
                                             .attributes = NAMES("axes", "block_sizes") });
        scenario_output(s, "y");
        scenario_emit(s);
    }
}

/* The scale's shape without the whole axes. */
static void squeezed(Generator *g)
{
    static const struct {
        const char *tag;
        Shape       shape, scale;
        int64_t     lengths[3];
    } forms[] = {
        { "rows", { 2, { 5, 3 } }, { 1, { 3 } }, { 2, -1 } },
        { "columns", { 2, { 3, 5 } }, { 1, { 3 } }, { -1, 2 } },
        { "square", { 2, { 4, 4 } }, { 1, { 4 } }, { -1, 1 } },
        { "tensor", { 2, { 3, 5 } }, { 0, { 0 } }, { -1, -1 } },
        { "middle", { 3, { 2, 5, 3 } }, { 2, { 2, 3 } }, { 1, 2, -1 } },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(forms); i++) {
        Scenario *s = scenario_new(g, "dq-squeezed-%s", forms[i].tag);
        scenario_about(s, "squeezed", "R61 R30", "Whole axes do not appear in the scale's shape.");
        scenario_input(s, "x", block_codes(DTYPE_UINT4, &forms[i].shape));
        scenario_input(s, "scale", block_scales(DTYPE_FLOAT, &forms[i].scale, FALSE));
        Node *node = scenario_node(s, BLOCK_QDQ, "DequantizeLinear", NAMES("x", "scale"), NAMES("y"));
        scenario_set_ints(s, node, "block_shape", forms[i].lengths, (gsize)forms[i].shape.rank);
        scenario_set_int(s, node, "squeeze_whole", 1);
        meaning_of_dequantize(s, &(Meaning){ .domain = BLOCK_QDQ, .blocks = blocks_of(forms[i].shape, forms[i].lengths),
                                             .target = DTYPE_FLOAT, .saturate = TRUE,
                                             .attributes = NAMES("block_shape", "squeeze_whole") });
        scenario_output(s, "y");
        scenario_emit(s);
    }
}

void block_qdq_alternatives(Generator *g)
{
    paired(g);
    squeezed(g);
}
