/* Without modifiers: sizes, head groups, types, scale, softmax precision. */
#include "generators/proposals/flex_attention.h"

static const DType types[] = { DTYPE_FLOAT, DTYPE_FLOAT16, DTYPE_BFLOAT16, DTYPE_DOUBLE };

static const char *data_name(FlexData data)
{
    return data == FLEX_ROUTED ? "routed" : "level";
}

/* Head groups, with K and V that differ in every head. */
static void groups(Generator *g)
{
    static const int64_t heads[][2] = { { 1, 1 }, { 2, 2 }, { 4, 2 }, { 4, 1 }, { 6, 3 }, { 6, 2 } };
    for (gsize t = 0; t < G_N_ELEMENTS(types); t++)
        for (gsize i = 0; i < G_N_ELEMENTS(heads); i++)
            for (int64_t batch = 1; batch <= 2; batch++) {
                const FlexNode n = { .sizes = { batch, heads[i][0], heads[i][1], 3, 5, 16, 2 }, .dtype = types[t] };
                Scenario *s = scenario_new(g, "heads-%dto%d-batch%d-%s", (int)heads[i][0], (int)heads[i][1], (int)batch,
                                           dtype_name(types[t]));
                scenario_about(s, "preview", "R1 R2 R3 R4", "Query head h reads key-value head floor(h / %d).",
                               (int)(heads[i][0] / heads[i][1]));
                flex_node(s, &n, NULL, NULL, NULL);
                scenario_emit(s);
            }
}

static void lengths(Generator *g)
{
    static const FlexSizes sizes[] = {
        { 1, 2, 2, 1, 1, 1, 1 },  { 1, 2, 1, 1, 8, 16, 3 }, { 1, 2, 2, 8, 1, 16, 3 }, { 1, 2, 2, 3, 8, 16, 5 }, { 2, 2, 1, 8, 3, 4, 1 },
        { 1, 2, 2, 3, 3, 64, 7 }, { 1, 2, 1, 5, 7, 16, 1 }, { 1, 1, 1, 7, 4, 4, 33 },
        /* nothing to do */
        { 1, 2, 2, 3, 0, 4, 2 }, { 1, 2, 1, 0, 3, 4, 2 }, { 0, 2, 2, 3, 3, 4, 2 }, { 1, 2, 2, 3, 4, 16, 0 }, { 1, 0, 2, 3, 4, 4, 2 },
    };
    for (gsize t = 0; t < G_N_ELEMENTS(types); t += 3)
        for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++)
            for (FlexData data = FLEX_ROUTED; data <= FLEX_LEVEL; data++) {
                const FlexSizes *z = &sizes[i];
                const FlexNode n = { .sizes = *z, .dtype = types[t], .data = data };
                const gboolean empty = z->batch * z->heads * z->queries * z->keys * z->values == 0;
                if (empty && data == FLEX_LEVEL)
                    continue;
                Scenario *s = scenario_new(g, "sizes-b%d-h%d-l%d-s%d-d%d-v%d-%s-%s", (int)z->batch, (int)z->heads, (int)z->queries,
                                           (int)z->keys, (int)z->depth, (int)z->values, data_name(data), dtype_name(types[t]));
                scenario_about(s, "preview", z->keys == 0 ? "R1 R15" : "R1 R5", "%d queries, %d keys, channels %d and %d%s.", (int)z->queries,
                               (int)z->keys, (int)z->depth, (int)z->values, z->keys == 0 ? ": no key to weigh, so the output is 0" : "");
                if (empty)
                    scenario_tag(s, "empty");
                flex_node(s, &n, NULL, NULL, NULL);
                scenario_emit(s);
            }
}

static void scales(Generator *g)
{
    static const float given[] = { 1, 0.25f, 4, 0.0625f, 0.5f, 0 };
    for (gsize t = 0; t < G_N_ELEMENTS(types); t++)
        for (gsize i = 0; i < G_N_ELEMENTS(given); i++) {
            const float scale = given[i];
            const FlexNode n = { .sizes = { 1, 2, 1, 3, 4, 4, 2 }, .dtype = types[t], .scale = &scale,
                                 .data = i == 5 || i == 4 ? FLEX_ROUTED : FLEX_LEVEL };
            Scenario *s = scenario_new(g, "scale-%g-%s", (double)scale, dtype_name(types[t]));
            scenario_about(s, "preview", "R5", i == 5 ? "scale 0 makes all probabilities equal." : "scale %g multiplies the scores.",
                           (double)scale);
            flex_node(s, &n, NULL, NULL, NULL);
            scenario_emit(s);
        }
    static const int64_t depths[] = { 1, 4, 16, 64 };
    for (gsize i = 0; i < G_N_ELEMENTS(depths); i++) {
        const FlexNode n = { .sizes = { 1, 2, 2, 3, MIN(depths[i], 8), depths[i], 2 }, .dtype = DTYPE_FLOAT,
                             .data = depths[i] == 4 ? FLEX_ROUTED : FLEX_LEVEL };
        Scenario *s = scenario_new(g, "scale-default-depth%d", (int)depths[i]);
        scenario_about(s, "preview", "R5", "Without the attribute the scale is 1/sqrt(%d).", (int)depths[i]);
        flex_node(s, &n, NULL, NULL, NULL);
        scenario_emit(s);
    }
}

static void precisions(Generator *g)
{
    for (gsize t = 0; t < G_N_ELEMENTS(types); t++)
        for (gsize p = 0; p < G_N_ELEMENTS(types); p++)
            for (FlexData data = FLEX_ROUTED; data <= FLEX_LEVEL; data++) {
                const char *const causal[FLEX_STAGES] = { "causal" };
                FlexNode n = { .sizes = { 1, 4, 2, 4, 4, 16, 1 }, .dtype = types[t], .precision = types[p], .data = data,
                               .place = FLEX_INITIALIZER };
                n.score[0] = causal[0];
                Scenario *s = scenario_new(g, "precision-%s-of-%s-%s", dtype_name(types[p]), dtype_name(types[t]), data_name(data));
                scenario_about(s, "preview", "R6 R7 R8", "The softmax is in %s, so the modifier's graph sees %s, while inputs and output are %s.",
                               dtype_name(types[p]), dtype_name(types[p]), dtype_name(types[t]));
                flex_node(s, &n, NULL, NULL, NULL);
                scenario_emit(s);
            }
}

void flex_attention_shapes(Generator *g)
{
    groups(g);
    lengths(g);
    scales(g);
    precisions(g);
}
