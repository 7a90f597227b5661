/* Rows that are not decided: every key has weight, so that the exponential, the scale, the cap, the mask's numbers and the sums show.
 * Decided rows (attention_standard_data.c) test who sees whom, bit for bit; these test how much. */
#include "generators/proposals/attention_standard.h"

#define MODE(m) .mode_given = TRUE, .mode = (m)

static const struct {
    const char   *name, *requirements, *summary;
    AttentionNode node;
    gboolean      float_mask;
} cases[] = {
    { "plain", "R6", "All keys have weight.", { .heads = 2, .kv = 2 }, FALSE },
    { "grouped", "R5 R6", "All keys have weight; two query heads share a key head.", { .heads = 4, .kv = 2 }, FALSE },
    { "flat", "R4 R6", "All keys have weight; operands of rank 3.", { .heads = 2, .kv = 2, .flat = TRUE }, FALSE },
    { "causal", "R9 R6", "All visible keys have weight; causal.", { .heads = 2, .kv = 2, .causal = TRUE }, FALSE },
    { "past", "R14 R9", "All visible keys have weight; causal, with a cache.",
      { .heads = 2, .kv = 2, .causal = TRUE, .cache = TRUE, .past = 2 }, FALSE },
    { "bias", "R8 R6", "A float mask of moderate numbers is added as it is, after the scale.", { .heads = 2, .kv = 2, .mask = MASK_FLOAT }, TRUE },
    { "softcap", "R18", "The cap bends scores that are near it.", { .heads = 2, .kv = 2, .softcap = 1.5f }, FALSE },
    { "softcap-bias", "R18 R8", "The cap bends scores before the mask's numbers are added.",
      { .heads = 2, .kv = 2, .softcap = 1.5f, .mask = MASK_FLOAT }, TRUE },
    { "softcap-causal", "R18 R9", "Keys that are hidden stay hidden under a cap.", { .heads = 2, .kv = 2, .softcap = 3, .causal = TRUE }, FALSE },
    { "mode0-softcap", "R19", "The fourth output before the cap.", { .heads = 2, .kv = 2, .softcap = 3, .want_scores = TRUE, MODE(0) }, FALSE },
    { "mode1-softcap", "R19", "The fourth output after the cap.", { .heads = 2, .kv = 2, .softcap = 3, .want_scores = TRUE, MODE(1) }, FALSE },
    { "mode2-bias", "R19", "The fourth output after the bias.",
      { .heads = 2, .kv = 2, .want_scores = TRUE, .mask = MASK_FLOAT, MODE(2) }, TRUE },
    { "mode3", "R19", "Probabilities as the fourth output.", { .heads = 2, .kv = 2, .want_scores = TRUE, MODE(3) }, FALSE },
};

static const float quarter = 0.25f;

static Tensor *numbers(DType dtype, const Shape *shape, const char *name, const char *operand)
{
    g_autofree char *seed = g_strdup_printf("attention-standard general %s %s", name, operand);
    return data_scaled(dtype, shape, data_seed(seed), -16, 16, -3);
}

/* [B,S,H*D] for rank 3, else [B,H,S,D]. */
static Shape operand_shape(const AttentionNode *n, int64_t heads, int64_t length, int64_t depth)
{
    return n->flat ? SHAPE(n->batch, length, heads * depth) : SHAPE(n->batch, heads, length, depth);
}

static void general(Generator *g, gsize c, int64_t version, DType dtype)
{
    AttentionNode n = cases[c].node;
    n.version = version;
    n.dtype = dtype;
    n.batch = 2;
    n.queries = 3;
    n.keys = 5;
    n.depth = 8;
    n.values = 3;
    if (dtype == DTYPE_DOUBLE) /* the default's root is taken in float32 by the function body, in double by others: a scale with an exact root */
        n.scale = &quarter;
    const char *name = cases[c].name;
    const Shape q = operand_shape(&n, n.heads, n.queries, n.depth), k = operand_shape(&n, n.kv, n.keys, n.depth),
                v = operand_shape(&n, n.kv, n.keys, n.values), mask = SHAPE(n.queries, attention_total(&n)),
                past_k = SHAPE(n.batch, n.kv, n.past, n.depth), past_v = SHAPE(n.batch, n.kv, n.past, n.values);
    const AttentionInputs given = { .q = numbers(dtype, &q, name, "Q"), .k = numbers(dtype, &k, name, "K"), .v = numbers(dtype, &v, name, "V"),
                                    .mask = cases[c].float_mask ? numbers(dtype, &mask, name, "mask") : NULL,
                                    .past_key = n.cache ? numbers(dtype, &past_k, name, "past K") : NULL,
                                    .past_value = n.cache ? numbers(dtype, &past_v, name, "past V") : NULL };
    Scenario *s = scenario_new(g, "v%d-general-%s-%s", (int)version, name, dtype_name(dtype));
    scenario_about(s, "standard", cases[c].requirements, "%s", cases[c].summary);
    attention_node_with(s, &n, &given);
    scenario_emit(s);
}

void attention_standard_general(Generator *g)
{
    static const DType types[] = { DTYPE_FLOAT, DTYPE_DOUBLE, DTYPE_FLOAT16 };
    for (int64_t version = 23; version <= 25; version += 2)
        for (gsize t = 0; t < G_N_ELEMENTS(types); t++)
            for (gsize c = 0; c < G_N_ELEMENTS(cases); c++)
                general(g, c, version, types[t]);
}
