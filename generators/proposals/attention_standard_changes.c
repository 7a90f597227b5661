/* What was changed in place, without a new version: tagged with the month, the answer before as an alternative; and other
 * points on which artefacts disagree. */
#include "generators/proposals/attention_standard.h"

#include <math.h>

#define BASE .batch = 1, .heads = 4, .kv = 2, .queries = 3, .keys = 4, .depth = 16, .values = 1, .dtype = DTYPE_FLOAT

static void emit(Scenario *s, const AttentionNode *n, AttentionReading reading, const char *who)
{
    g_auto(AttentionData) data = attention_design(n);
    attention_node(s, n);
    Tensor *other = attention_oracle(n, &data, reading);
    if (other)
        scenario_alternative(s, who, &other, 1);
    scenario_emit(s);
}

static void readings(Generator *g)
{
    static const int64_t lengths[] = { 4 };
    for (int64_t version = 23; version <= 25; version++) {
        const AttentionNode groups = { BASE, .version = version };
        Scenario *s = scenario_new(g, "v%d-changed-head-groups", (int)version);
        scenario_about(s, "standard", "R5", "Query head h reads key head floor(h / 2); until 2025-09 it was h mod 2.");
        scenario_tag(s, "changed-2025-09");
        emit(s, &groups, READ_TILED_HEADS, "implementations older than 2025-09: key heads are tiled, h mod Hkv");

        const AttentionNode past = { BASE, .version = version, .cache = TRUE, .past = 3, .causal = TRUE };
        s = scenario_new(g, "v%d-changed-causal-past", (int)version);
        scenario_about(s, "standard", "R9", "The causal frontier moves by the past's length; until 2025-09 it did not.");
        scenario_tag(s, "changed-2025-09");
        emit(s, &past, READ_CAUSAL_AT_START, "implementations older than 2025-09: the causal frontier ignores the past");

        const AttentionNode rows = { BASE, .version = version, .mask = MASK_BOOL, .mask_shape = SHAPE(3, 1) };
        if (version == 23) { /* row 0 of this mask, spread over the keys, hides all */
            s = scenario_new(g, "v23-changed-masked-row");
            scenario_about(s, "standard", "R21", "A row in which everything is masked is 0; until 2026-06 it was NaN.");
            scenario_tag(s, "changed-2026-06");
            emit(s, &rows, READ_NAN_ROWS, "implementations older than 2026-06: a row in which everything is masked is NaN");
            continue;
        }
        const AttentionNode cache = { BASE, .version = version, .nonpad = lengths, .causal = TRUE };
        s = scenario_new(g, "v%d-changed-causal-nonpad", (int)version);
        scenario_about(s, "standard", "R16", "The last query stands at the last key of the cache; until 2026-06 the first stood at the first.");
        scenario_tag(s, "changed-2026-06");
        emit(s, &cache, READ_CAUSAL_AT_START, "implementations older than 2026-06: the causal frontier ignores nonpad_kv_seqlen");

        static const int64_t empty[] = { 0 };
        const AttentionNode nothing = { BASE, .version = version, .nonpad = empty };
        s = scenario_new(g, "v%d-changed-empty-cache", (int)version);
        scenario_about(s, "standard", "R15 R21", "A cache without any key gives 0; until 2026-06 NaN.");
        scenario_tag(s, "changed-2026-06");
        emit(s, &nothing, READ_NAN_ROWS, "implementations older than 2026-06: a row in which everything is masked is NaN");
    }
}

/* Modes 1 and 2 were swapped in 2026-05, together with the soft cap that moved before the bias in 2026-04. */
static void swapped_modes(Generator *g)
{
    for (int64_t version = 23; version <= 25; version++)
        for (int64_t mode = 1; mode <= 2; mode++) {
            const AttentionNode n = { BASE, .version = version, .mode_given = TRUE, .mode = mode, .want_scores = TRUE, .causal = TRUE };
            Scenario *s = scenario_new(g, "v%d-changed-mode%d", (int)version, (int)mode);
            scenario_about(s, "standard", "R19", "Mode %d gives scores %s the bias; until 2026-05 the other way round.", (int)mode,
                           mode == 1 ? "before" : "after");
            scenario_tag(s, "changed-2026-05");
            attention_node(s, &n);
            g_auto(AttentionData) data = attention_design(&n);
            Tensor *y = attention_oracle(&n, &data, READ_AS_PUBLISHED);
            Tensor *scores = data_constant(DTYPE_FLOAT, &SHAPE(n.batch, n.heads, n.queries, n.keys), 0);
            for (int64_t i = 0; i < scores->count; i++) {
                const int64_t j = i % n.keys, q = i / n.keys % n.queries, h = i / n.keys / n.queries, plane = h / (n.heads / n.kv);
                const double product = tensor_get_double(data.q, (h * n.queries + q) * n.depth + (j + plane) % n.depth) / 4;
                tensor_set_double(scores, i, mode == 2 || j <= q ? product : -(double)INFINITY);
            }
            scenario_alternative(s, "implementations older than 2026-05: modes 1 and 2 the other way round", (Tensor *[]){ y, scores }, 2);
            scenario_emit(s);
        }
}

/* Mode 0 is the scaled product; onnx's evaluator gives the capped one. Scores here are 16 caps. */
static void raw_scores(Generator *g)
{
    static const float scale = 1;
    for (int64_t version = 23; version <= 25; version++) {
        const AttentionNode n = { BASE, .version = version, .mode_given = TRUE, .mode = 0, .want_scores = TRUE, .softcap = 1024, .scale = &scale };
        Scenario *s = scenario_new(g, "v%d-mode0-softcap", (int)version);
        scenario_about(s, "standard", "R19", "Mode 0 gives products before the soft cap.");
        attention_node(s, &n);
        g_auto(AttentionData) data = attention_design(&n);
        Tensor *scores = data_constant(DTYPE_FLOAT, &SHAPE(n.batch, n.heads, n.queries, n.keys), 0);
        for (int64_t i = 0; i < scores->count; i++) {
            const int64_t j = i % n.keys, q = i / n.keys % n.queries, h = i / n.keys / n.queries, plane = h / (n.heads / n.kv);
            const double product = tensor_get_double(data.q, (h * n.queries + q) * n.depth + (j + plane) % n.depth);
            tensor_set_double(scores, i, product > 0 ? 1024 : product < 0 ? -1024 : 0);
        }
        scenario_alternative(s, "onnx's reference evaluator: mode 0 gives the capped scores",
                             (Tensor *[]){ attention_oracle(&n, &data, READ_AS_PUBLISHED), scores }, 2);
        scenario_emit(s);
    }
}

static void negative_soft_cap(Generator *g)
{
    static const float scale = 1;
    const AttentionNode n = { BASE, .version = 25, .softcap = -1024, .scale = &scale, .mask = MASK_FLOAT };
    Scenario *s = scenario_new(g, "softcap-negative");
    scenario_about(s, "standard", "R18", "A negative cap is the positive one, tanh being odd.");
    attention_node(s, &n);
    scenario_emit(s);
}

void attention_standard_changes(Generator *g)
{
    readings(g);
    swapped_modes(g);
    raw_scores(g);
    negative_soft_cap(g);
}
