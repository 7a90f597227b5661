/* Ranks, sizes, head groups, types, caches. */
#include "generators/proposals/attention_standard.h"

static const DType types[] = { DTYPE_FLOAT, DTYPE_FLOAT16, DTYPE_BFLOAT16, DTYPE_DOUBLE };

static void heads(Generator *g)
{
    static const int64_t groups[][2] = { { 1, 1 }, { 2, 2 }, { 4, 2 }, { 4, 1 }, { 6, 3 } };
    for (int64_t version = 23; version <= 25; version++)
        for (int flat = 0; flat < 2; flat++)
            for (gsize i = 0; i < G_N_ELEMENTS(groups); i++)
                for (int level = 0; level < 2; level++) {
                    const AttentionNode n = { .version = version, .flat = flat, .batch = 2, .heads = groups[i][0], .kv = groups[i][1],
                                              .queries = 3, .keys = 4, .depth = 16, .values = 3, .dtype = DTYPE_FLOAT, .level = level };
                    Scenario *s = scenario_new(g, "v%d-rank%d-heads-%dto%d-%s", (int)version, flat ? 3 : 4, (int)n.heads, (int)n.kv,
                                               level ? "level" : "routed");
                    scenario_about(s, "standard", flat ? "R1 R2 R3 R4 R5 R6" : "R1 R2 R3 R5 R6", "%d query heads and %d key heads in operands of rank %d.",
                                   (int)n.heads, (int)n.kv, flat ? 3 : 4);
                    attention_node(s, &n);
                    scenario_emit(s);
                }
}

static void sizes(Generator *g)
{
    static const int64_t all[][5] = { /* batch, queries, keys, depth, values */
        { 1, 1, 1, 1, 1 }, { 1, 1, 8, 16, 4 }, { 1, 5, 1, 4, 6 }, { 2, 2, 5, 16, 1 }, { 1, 5, 2, 4, 8 }, { 1, 3, 8, 64, 9 },
        { 1, 3, 0, 4, 2 }, { 1, 0, 3, 4, 2 }, { 0, 2, 2, 4, 2 }, { 1, 2, 3, 16, 0 },
    };
    for (int64_t version = 23; version <= 25; version += 2)
        for (gsize i = 0; i < G_N_ELEMENTS(all); i++) {
            const int64_t *z = all[i];
            const AttentionNode n = { .version = version, .batch = z[0], .heads = 2, .kv = 1, .queries = z[1], .keys = z[2], .depth = z[3],
                                      .values = z[4], .dtype = DTYPE_FLOAT };
            Scenario *s = scenario_new(g, "v%d-sizes-b%d-q%d-k%d-d%d-v%d", (int)version, (int)z[0], (int)z[1], (int)z[2], (int)z[3], (int)z[4]);
            scenario_about(s, "standard", z[2] == 0 ? "R1 R25" : "R1 R6", "%d queries, %d keys, channels %d and %d%s.", (int)z[1], (int)z[2],
                           (int)z[3], (int)z[4], z[2] == 0 ? ": without keys Y is 0" : "");
            if (z[0] * z[1] * z[2] * z[4] == 0)
                scenario_tag(s, "empty");
            attention_node(s, &n);
            scenario_emit(s);
        }
}

static void precisions(Generator *g)
{
    for (gsize t = 0; t < G_N_ELEMENTS(types); t++)
        for (gsize p = 0; p <= G_N_ELEMENTS(types); p++)
            for (int level = 0; level < 2; level++) {
                const DType precision = p == 0 ? DTYPE_UNDEFINED : types[p - 1];
                const AttentionNode n = { .version = 24, .batch = 1, .heads = 4, .kv = 2, .queries = 4, .keys = 4, .depth = 16, .values = 2,
                                          .dtype = types[t], .precision = precision, .causal = TRUE, .level = level };
                Scenario *s = scenario_new(g, "precision-%s-of-%s-%s", precision ? dtype_name(precision) : "default", dtype_name(types[t]),
                                           level ? "level" : "routed");
                scenario_about(s, "standard", "R2 R12 R17", "The softmax is in %s, inputs and output are %s.",
                               precision ? dtype_name(precision) : "the operands' type", dtype_name(types[t]));
                attention_node(s, &n);
                scenario_emit(s);
            }
    static const float scales[] = { 1, 0.25f, 4, 0 };
    for (gsize i = 0; i < G_N_ELEMENTS(scales); i++)
        for (gsize t = 0; t < G_N_ELEMENTS(types); t++) {
            const float scale = scales[i];
            const AttentionNode n = { .version = 23, .batch = 1, .heads = 2, .kv = 2, .queries = 2, .keys = 4, .depth = scale == 0 ? 1 : 8,
                                      .values = 1, .dtype = types[t], .scale = &scale };
            Scenario *s = scenario_new(g, "scale-%g-%s", (double)scale, dtype_name(types[t]));
            scenario_about(s, "standard", "R6", "scale %g instead of 1/sqrt(%d).", (double)scale, (int)n.depth);
            attention_node(s, &n);
            scenario_emit(s);
        }
}

/* past_key and past_value: what comes before, and present_key and present_value: all of it. */
static void caches(Generator *g)
{
    static const int64_t lengths[][3] = { { 0, 3, 3 }, { 1, 1, 3 }, { 3, 1, 1 }, { 4, 2, 2 }, { 3, 5, 3 }, { 5, 1, 3 } }; /* past, queries, keys */
    for (int64_t version = 23; version <= 25; version++)
        for (int flat = 0; flat < 2; flat++)
            for (gsize i = 0; i < G_N_ELEMENTS(lengths); i++)
                for (int causal = 0; causal < 2; causal++)
                    for (int present = 0; present < 2; present++) {
                        const int64_t *z = lengths[i];
                        const AttentionNode n = { .version = version, .flat = flat, .batch = 1, .heads = 4, .kv = 2, .queries = z[1], .keys = z[2],
                                                  .cache = TRUE, .past = z[0], .depth = 8, .values = 2, .dtype = DTYPE_FLOAT, .causal = causal,
                                                  .want_present = present, .level = i % 2 };
                        if (version == 24 && (present || i % 2 == 0)) /* as 23 in this */
                            continue;
                        Scenario *s = scenario_new(g, "v%d-rank%d-past%d-q%d-k%d%s%s", (int)version, flat ? 3 : 4, (int)z[0], (int)z[1], (int)z[2],
                                                   causal ? "-causal" : "", present ? "-present" : "");
                        scenario_about(s, "standard", causal ? "R9 R13 R14" : "R13 R14", "%d past keys before %d new ones%s.", (int)z[0], (int)z[2],
                                       causal ? ": query i sees keys up to i plus the past's length" : "");
                        attention_node(s, &n);
                        scenario_emit(s);
                    }
    for (int64_t version = 23; version <= 25; version++)
        for (int flat = 0; flat < 2; flat++) {
            const AttentionNode n = { .version = version, .flat = flat, .batch = 2, .heads = 2, .kv = 1, .queries = 2, .keys = 3, .depth = 4,
                                      .values = 2, .dtype = DTYPE_FLOAT, .want_present = TRUE };
            Scenario *s = scenario_new(g, "v%d-rank%d-present-without-past", (int)version, flat ? 3 : 4);
            scenario_about(s, "standard", "R13", "Without a past, present_key and present_value are K and V, of rank 4.");
            attention_node(s, &n);
            scenario_emit(s);
        }
}

void attention_standard_shapes(Generator *g)
{
    heads(g);
    sizes(g);
    precisions(g);
    caches(g);
}
