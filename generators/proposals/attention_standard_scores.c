/* Soft cap and the fourth output. */
#include "generators/proposals/attention_standard.h"

#define BASE .batch = 1, .heads = 4, .kv = 2, .queries = 3, .keys = 4, .depth = 16, .values = 1

static const float one = 1;

static void soft_caps(Generator *g)
{
    static const DType types[] = { DTYPE_FLOAT, DTYPE_FLOAT16, DTYPE_DOUBLE };
    static const float caps[] = { 1024, 768 };
    for (int64_t version = 23; version <= 25; version++)
        for (gsize t = 0; t < G_N_ELEMENTS(types); t++)
            for (gsize c = 0; c < G_N_ELEMENTS(caps); c++)
                for (int mask = 0; mask < 3; mask++) {
                    const AttentionNode n = { BASE, .version = version, .dtype = types[t], .softcap = caps[c], .scale = &one,
                                              .mask = mask == 1 ? MASK_BOOL : MASK_NONE, .causal = mask == 2 };
                    Scenario *s = scenario_new(g, "v%d-softcap-%g-%s%s", (int)version, (double)caps[c], dtype_name(types[t]),
                                               mask == 1 ? "-mask" : mask == 2 ? "-causal" : "");
                    scenario_about(s, "standard", "R18", "Scores far beyond the cap come down to it, hidden keys stay hidden.");
                    attention_node(s, &n);
                    scenario_emit(s);
                }
}

static void modes(Generator *g)
{
    for (int64_t version = 23; version <= 25; version++)
        for (int64_t mode = 0; mode < 4; mode++)
            for (int kind = 0; kind < 5; kind++) {
                static const char *const kinds[] = { "plain", "mask", "causal", "past", "nonpad" };
                static const int64_t lengths[] = { 3 };
                const AttentionNode n = { BASE, .version = version, .dtype = DTYPE_FLOAT, .mode_given = TRUE, .mode = mode, .want_scores = TRUE,
                                          .mask = kind == 1 ? MASK_BOOL : MASK_NONE, .causal = kind >= 2, .cache = kind == 3,
                                          .past = kind == 3 ? 2 : 0, .nonpad = kind == 4 ? lengths : NULL, .level = mode == 3 };
                if (kind == 4 && version == 23)
                    continue;
                Scenario *s = scenario_new(g, "v%d-mode%d-%s", (int)version, (int)mode, kinds[kind]);
                scenario_about(s, "standard", "R19", "The fourth output in mode %d: %s.", (int)mode,
                               mode == 0 ? "scaled products" : mode == 1 ? "after the soft cap" : mode == 2 ? "after the bias" : "probabilities");
                attention_node(s, &n);
                scenario_emit(s);
            }
    for (int64_t mode = 0; mode < 4; mode += 3) {
        const AttentionNode n = { BASE, .version = 25, .dtype = DTYPE_FLOAT16, .precision = DTYPE_FLOAT, .mode_given = TRUE, .mode = mode,
                                  .want_scores = TRUE, .causal = TRUE, .level = TRUE };
        Scenario *s = scenario_new(g, "mode%d-type", (int)mode);
        scenario_about(s, "standard", "R19 R17", "The fourth output has the operands' type, whatever the softmax's precision.");
        attention_node(s, &n);
        scenario_emit(s);
    }
}

/* All four outputs, and the scores of mode 0 when no mode is given. */
static void outputs(Generator *g)
{
    for (int64_t version = 23; version <= 25; version++)
        for (int present = 0; present < 2; present++) {
            const AttentionNode n = { BASE, .version = version, .dtype = DTYPE_FLOAT, .want_scores = TRUE, .want_present = present,
                                      .cache = present, .past = present ? 2 : 0 };
            Scenario *s = scenario_new(g, "v%d-outputs-%s", (int)version, present ? "all" : "first-and-last");
            scenario_about(s, "standard", present ? "R13 R19" : "R19 R20", "%s; the mode is 0 if it is not given.",
                           present ? "All four outputs" : "Y and the scores, the cache's outputs left out");
            attention_node(s, &n);
            scenario_emit(s);
        }
}

void attention_standard_scores(Generator *g)
{
    soft_caps(g);
    modes(g);
    outputs(g);
}
