/* What hides keys: masks, the causal frontier, windows, lengths of a padded cache; alone and together. */
#include "generators/proposals/attention_standard.h"

#include <string.h>

#define BASE .batch = 2, .heads = 4, .kv = 2, .queries = 3, .keys = 5, .depth = 5, .values = 1, .scale = &one

static const float one = 1;

static void ranks(Generator *g)
{
    static const Shape shapes[] = { { 1, { 5 } },       { 2, { 3, 5 } },       { 2, { 1, 5 } },       { 3, { 4, 3, 5 } },   { 3, { 1, 3, 5 } },
                                    { 3, { 4, 1, 5 } }, { 4, { 2, 4, 3, 5 } }, { 4, { 2, 1, 1, 5 } }, { 4, { 1, 4, 3, 5 } }, { 4, { 2, 1, 3, 5 } },
                                    { 4, { 1, 1, 1, 5 } } };
    for (int64_t version = 23; version <= 25; version++)
        for (gsize i = 0; i < G_N_ELEMENTS(shapes); i++)
            for (AttentionMask mask = MASK_BOOL; mask <= MASK_FLOAT; mask++)
                for (int causal = 0; causal < 2; causal++) {
                    const AttentionNode n = { BASE, .version = version, .dtype = DTYPE_FLOAT, .mask = mask, .mask_shape = shapes[i], .causal = causal,
                                              .level = (gboolean)(i % 2) };
                    if (version == 24 && causal)
                        continue;
                    g_autofree char *text = shape_to_string(&shapes[i]);
                    g_autofree char *dims = g_strdelimit(g_strndup(text + 1, strlen(text) - 2), ",", 'x');
                    Scenario *s = scenario_new(g, "v%d-mask-%s-%s%s", (int)version, mask == MASK_BOOL ? "bool" : "float", dims, causal ? "-causal" : "");
                    scenario_about(s, "standard", causal ? "R7 R8 R9" : "R7 R8", "A %s mask of shape %s broadcasts to [2,4,3,5]%s.",
                                   mask == MASK_BOOL ? "bool" : "float", text, causal ? ", then the causal frontier applies to every row" : "");
                    attention_node(s, &n);
                    scenario_emit(s);
                }
}

static void types(Generator *g)
{
    static const DType masks[] = { DTYPE_FLOAT, DTYPE_FLOAT16, DTYPE_BFLOAT16, DTYPE_DOUBLE, DTYPE_INT16, DTYPE_INT32, DTYPE_INT64 };
    static const DType own[] = { DTYPE_FLOAT, DTYPE_FLOAT16, DTYPE_DOUBLE };
    for (gsize i = 0; i < G_N_ELEMENTS(masks); i++)
        for (gsize t = 0; t < G_N_ELEMENTS(own); t++) {
            const AttentionNode n = { BASE, .version = 24, .dtype = own[t], .mask = MASK_FLOAT, .mask_type = masks[i] };
            Scenario *s = scenario_new(g, "mask-%s-for-%s", dtype_name(masks[i]), dtype_name(own[t]));
            scenario_about(s, "standard", "R8", "A mask of %s is added to scores of %s as a number.", dtype_name(masks[i]), dtype_name(own[t]));
            attention_node(s, &n);
            scenario_emit(s);
        }
}

/* A last axis that is shorter than the keys: padded with "hidden" from 24 on, even if it has one element, which 23 spreads. */
static void short_masks(Generator *g)
{
    for (int64_t version = 24; version <= 25; version++)
        for (int64_t length = 1; length < 5; length++)
            for (AttentionMask mask = MASK_BOOL; mask <= MASK_FLOAT; mask++) {
                const AttentionNode n = { BASE, .version = version, .dtype = DTYPE_FLOAT, .mask = mask, .mask_shape = SHAPE(3, length) };
                Scenario *s = scenario_new(g, "v%d-mask-short%d-%s", (int)version, (int)length, mask == MASK_BOOL ? "bool" : "float");
                scenario_about(s, "standard", "R11", "A mask for %d of 5 keys hides the others.", (int)length);
                attention_node(s, &n);
                scenario_emit(s);
            }
    for (AttentionMask mask = MASK_BOOL; mask <= MASK_FLOAT; mask++) {
        const AttentionNode n = { BASE, .version = 23, .dtype = DTYPE_FLOAT, .mask = mask, .mask_shape = SHAPE(3, 1) };
        Scenario *s = scenario_new(g, "v23-mask-one-key-%s", mask == MASK_BOOL ? "bool" : "float");
        scenario_about(s, "standard", "R7", "In version 23 a last axis of one element is for every key.");
        attention_node(s, &n);
        scenario_emit(s);
    }
}

static void windows(Generator *g)
{
    static const int64_t sizes[] = { -1, 0, 1, 9 };
    for (gsize l = 0; l < G_N_ELEMENTS(sizes); l++)
        for (gsize r = 0; r < G_N_ELEMENTS(sizes); r++)
            for (int past = 0; past < 2; past++)
                for (int causal = 0; causal < 2; causal++) {
                    const AttentionNode n = { .batch = 1, .heads = 4, .kv = 2, .queries = 4, .keys = past ? 3 : 5, .depth = 5, .values = 1, .scale = &one, .version = 25,
                                              .dtype = DTYPE_FLOAT, .windows = TRUE, .left = sizes[l], .right = sizes[r], .cache = past,
                                              .past = past ? 2 : 0, .causal = causal, .level = (gboolean)((l + r) % 2) };
                    Scenario *s = scenario_new(g, "window-%d-%d%s%s", (int)sizes[l], (int)sizes[r], past ? "-past" : "", causal ? "-causal" : "");
                    scenario_about(s, "standard", causal ? "R9 R10" : "R10", "Query i sees keys from i %+d to i %+d, -1 being no limit.",
                                   (int)-sizes[l], (int)sizes[r]);
                    attention_node(s, &n);
                    scenario_emit(s);
                }
}

static void padded_caches(Generator *g)
{
    static const struct {
        const char *tag;
        int64_t     lengths[2], queries;
    } all[] = { { "full", { 5, 5 }, 2 }, { "ragged", { 3, 5 }, 2 }, { "none", { 0, 4 }, 1 }, { "more-queries", { 1, 4 }, 3 }, { "decode", { 2, 4 }, 1 } };
    for (int64_t version = 24; version <= 25; version++)
        for (gsize i = 0; i < G_N_ELEMENTS(all); i++)
            for (int causal = 0; causal < 2; causal++)
                for (int extra = 0; extra < 3; extra++) { /* nothing, a mask, a window */
                    const AttentionNode n = { .batch = 2, .heads = 4, .kv = 2, .queries = all[i].queries, .keys = 5, .depth = 5, .values = 1, .scale = &one,
                                              .version = version, .dtype = DTYPE_FLOAT, .nonpad = all[i].lengths, .causal = causal,
                                              .mask = extra == 1 ? MASK_BOOL : MASK_NONE, .windows = extra == 2, .left = 1, .right = 0 };
                    if (extra == 2 && version < 25)
                        continue;
                    Scenario *s = scenario_new(g, "v%d-nonpad-%s%s%s", (int)version, all[i].tag, causal ? "-causal" : "",
                                               extra == 1 ? "-mask" : extra == 2 ? "-window" : "");
                    scenario_about(s, "standard", causal ? "R9 R15 R16" : "R15", "Caches that hold %d and %d keys of 5%s.", (int)all[i].lengths[0],
                                   (int)all[i].lengths[1], causal ? "; the last query stands at the last key held" : "");
                    attention_node(s, &n);
                    scenario_emit(s);
                }
}

void attention_standard_masks(Generator *g)
{
    ranks(g);
    types(g);
    short_masks(g);
    windows(g);
    padded_caches(g);
}
