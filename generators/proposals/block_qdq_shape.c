/* block_shape: blocks on every axis at once. */
#include "generators/proposals/block_qdq_node.h"

#include <string.h>

typedef struct {
    const char *tag;
    Shape       shape;
    int64_t     lengths[5];
    const char *requirements, *what;
} Tiling;

static const Tiling tilings[] = {
    /* identities */
    { "identity-tensor", { 3, { 2, 3, 5 } }, { -1, -1, -1 }, "R30 R33", "all -1 is per tensor" },
    { "identity-axis0", { 3, { 2, 3, 5 } }, { 1, -1, -1 }, "R30 R34", "1 on axis 0 and -1 elsewhere is per axis 0" },
    { "identity-axis1", { 3, { 2, 3, 5 } }, { -1, 1, -1 }, "R30 R34", "1 on axis 1 and -1 elsewhere is per axis 1" },
    { "identity-axis2", { 3, { 2, 3, 5 } }, { -1, -1, 1 }, "R30 R34", "1 on axis 2 and -1 elsewhere is per axis 2" },
    { "identity-blocked", { 2, { 3, 11 } }, { 1, 4 }, "R30 R32 R35", "1 everywhere but 4 on axis 1 is today's blocked form" },
    { "identity-blocked-axis0", { 3, { 7, 2, 3 } }, { 3, 1, 1 }, "R30 R32 R35", "1 everywhere but 3 on axis 0 is today's blocked form" },
    { "identity-element", { 2, { 3, 5 } }, { 1, 1 }, "R30 R36", "all 1 is one scale an element" },
    /* rank 1 */
    { "r1-whole", { 1, { 7 } }, { -1 }, "R30 R31", "a vector as one block" },
    { "r1-one", { 1, { 7 } }, { 1 }, "R30 R31", "a vector with a scale an element" },
    { "r1-even", { 1, { 6 } }, { 3 }, "R30 R31", "a vector in two equal blocks" },
    { "r1-ragged", { 1, { 7 } }, { 3 }, "R30 R31 R32", "a vector whose last block has one element" },
    { "r1-longer", { 1, { 5 } }, { 8 }, "R30 R31 R41", "a block longer than the vector" },
    { "r1-empty", { 1, { 0 } }, { 4 }, "R31 R41", "an empty vector has no blocks" },
    { "r1-single", { 1, { 1 } }, { 4 }, "R30 R31 R41", "a vector of one element" },
    /* rank 2 */
    { "r2-even", { 2, { 4, 6 } }, { 2, 3 }, "R30 R31", "2x3 tiles that divide 4x6" },
    { "r2-ragged-both", { 2, { 5, 7 } }, { 2, 3 }, "R30 R31 R32", "2x3 tiles on 5x7: short on both axes, shortest in the corner" },
    { "r2-ragged-rows", { 2, { 5, 6 } }, { 2, 3 }, "R30 R31 R32", "2x3 tiles on 5x6: short at the bottom" },
    { "r2-ragged-columns", { 2, { 4, 7 } }, { 2, 3 }, "R30 R31 R32", "2x3 tiles on 4x7: short at the right" },
    { "r2-rows", { 2, { 6, 5 } }, { 2, -1 }, "R30 R31", "groups of two whole rows" },
    { "r2-columns", { 2, { 5, 6 } }, { -1, 2 }, "R30 R31", "groups of two whole columns" },
    { "r2-rows-ragged", { 2, { 7, 5 } }, { 3, -1 }, "R30 R31 R32", "groups of three whole rows of seven" },
    { "r2-longer-rows", { 2, { 3, 7 } }, { 8, 2 }, "R30 R31 R32 R41", "blocks longer than the column, pairs along the row" },
    { "r2-empty-rows", { 2, { 0, 6 } }, { 2, 3 }, "R31 R41", "no rows: a scale of shape [0,2]" },
    { "r2-empty-columns", { 2, { 4, 0 } }, { 2, -1 }, "R31 R41", "no columns: a scale of shape [2,1]" },
    { "r2-one-row", { 2, { 1, 9 } }, { 2, 4 }, "R30 R31 R32 R41", "a single row, shorter than its block" },
    { "r2-tall", { 2, { 9, 2 } }, { 4, 1 }, "R30 R31 R32 R35", "blocks of 4 down the first axis" },
    /* rank 3 */
    { "r3-all", { 3, { 3, 4, 5 } }, { 2, 3, 2 }, "R30 R31 R32", "2x3x2 bricks, short on all three axes" },
    { "r3-outer", { 3, { 5, 3, 2 } }, { 2, -1, -1 }, "R30 R31 R32", "pairs of whole matrices" },
    { "r3-middle", { 3, { 2, 5, 3 } }, { -1, 2, -1 }, "R30 R31 R32", "pairs on the middle axis" },
    { "r3-inner", { 3, { 2, 3, 5 } }, { -1, -1, 2 }, "R30 R31 R32", "pairs on the last axis" },
    { "r3-mixed", { 3, { 2, 5, 7 } }, { 1, 2, -1 }, "R30 R31 R32", "one, two and all" },
    { "r3-mixed2", { 3, { 4, 3, 7 } }, { -1, 1, 3 }, "R30 R31 R32", "all, one and three" },
    { "r3-empty-middle", { 3, { 2, 0, 3 } }, { 1, 2, -1 }, "R31 R41", "an empty middle axis" },
    /* rank 4 */
    { "r4-heads", { 4, { 2, 3, 5, 4 } }, { 1, 1, 2, -1 }, "R30 R31 R32", "per batch and head, pairs of rows" },
    { "r4-channels", { 4, { 2, 3, 5, 4 } }, { 1, 1, -1, 1 }, "R30 R31", "per batch, head and channel" },
    { "r4-all", { 4, { 3, 3, 5, 5 } }, { 2, 2, 2, 2 }, "R30 R31 R32", "blocks of two on all four axes, all ragged" },
    { "r4-longer", { 4, { 2, 1, 3, 2 } }, { 4, 4, 2, 4 }, "R30 R31 R32 R41", "blocks longer than three of four axes" },
    /* rank 5 */
    { "r5-alternate", { 5, { 2, 3, 2, 3, 2 } }, { -1, 2, -1, 2, -1 }, "R30 R31 R32", "blocks on every other axis" },
    { "r5-all", { 5, { 3, 2, 3, 2, 3 } }, { 2, 1, 2, 1, 2 }, "R30 R31 R32", "ones and twos on five axes" },
};

typedef struct {
    DType    quantized, scale;
    gboolean zero_point;
} Types;

static const Types types[] = {
    { DTYPE_INT8, DTYPE_FLOAT, TRUE },           { DTYPE_UINT8, DTYPE_FLOAT16, TRUE },
    { DTYPE_INT4, DTYPE_FLOAT, FALSE },          { DTYPE_UINT4, DTYPE_BFLOAT16, TRUE },
    { DTYPE_INT2, DTYPE_FLOAT, TRUE },           { DTYPE_UINT2, DTYPE_FLOAT, TRUE },
    { DTYPE_FLOAT8E4M3FN, DTYPE_FLOAT, FALSE },  { DTYPE_FLOAT8E5M2, DTYPE_FLOAT16, FALSE },
    { DTYPE_FLOAT4E2M1, DTYPE_FLOAT8E8M0, FALSE }, { DTYPE_INT16, DTYPE_FLOAT, TRUE },
};

static void one(Generator *g, const Tiling *t, const Types *y, gboolean quantize)
{
    const QdqNode n = { .granularity = BLOCK_SHAPE, .shape = t->shape, .lengths = t->lengths, .quantized = y->quantized,
                        .scale = y->scale, .zero_point = y->zero_point,
                        .output = quantize ? (y->zero_point ? 0 : y->quantized)
                                           : y->scale == DTYPE_FLOAT8E8M0 ? DTYPE_FLOAT : 0 };
    Scenario *s = scenario_new(g, "%s-shape-%s-%s-%s", quantize ? "q" : "dq", t->tag, dtype_name(y->quantized),
                               dtype_name(y->scale));
    g_autofree char *requirements = g_strconcat(t->requirements, " R42", y->zero_point ? " R40" : "", NULL);
    scenario_about(s, "block_shape", requirements, "%s to %s, %s scales: %s.", quantize ? "Quantizing" : "Dequantizing",
                   dtype_name(y->quantized), dtype_name(y->scale), t->what);
    if (strstr(t->requirements, "R32"))
        scenario_tag(s, "ragged");
    (quantize ? qdq_quantize : qdq_dequantize)(s, &n, NULL, NULL, NULL);
    scenario_emit(s);
}

/* The first two type pairs meet every tiling; the others take turns, so that each meets each rank. */
void block_qdq_shape(Generator *g)
{
    for (gsize t = 0; t < G_N_ELEMENTS(tilings); t++)
        for (gsize y = 0; y < G_N_ELEMENTS(types); y++) {
            if (y == 0 || (t + y) % 4 == 0)
                one(g, &tilings[t], &types[y], FALSE);
            if (y == 0 || (t + y) % 6 == 0)
                one(g, &tilings[t], &types[y], TRUE);
        }
}
