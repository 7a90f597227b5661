/* How many experts, tokens and features, in which types; which experts are used. */
#include "generators/proposals/moe.h"

static void counts(Generator *g)
{
    static const int64_t experts[] = { 1, 2, 3, 8, 64 };
    for (gsize i = 0; i < G_N_ELEMENTS(experts); i++)
        for (int64_t k = 1; k <= experts[i]; k = k == 1                     ? MAX(2, k + 1)
                                                 : k == 2 && experts[i] > 2 ? experts[i]
                                                                            : k + 65)
            for (int64_t tokens = 1; tokens <= 5; tokens += 4) {
                const MoeLayer l = { .tokens = tokens,
                                     .hidden = 7,
                                     .inner = 5,
                                     .experts = experts[i],
                                     .k = k,
                                     .normalize = k == 2,
                                     .bias = tokens == 5 };
                g_autofree char *name =
                    g_strdup_printf("experts%d-top%d-tokens%d", (int)experts[i], (int)k, (int)tokens);
                moe_emit(g, &l, MOE_ALL, name, "R1 R2 R4 R50",
                         "Each token goes to its own experts, by graded router logits.");
            }
}

static void shapes(Generator *g)
{
    static const struct {
        const char *tag;
        MoeLayer layer;
        const char *requirements, *summary;
    } rows[] = {
        { "aligned", { .tokens = 16, .hidden = 16, .inner = 32 }, "R2 R50", "Sizes that are powers of two." },
        { "ragged", { .tokens = 9, .hidden = 11, .inner = 13 }, "R2 R50", "Odd sizes that no tile divides." },
        { "wide", { .hidden = 3, .inner = 17 }, "R2 R50", "Many more inner features than hidden ones." },
        { "narrow", { .hidden = 17, .inner = 3 }, "R2 R50", "Many more hidden features than inner ones." },
        { "square",
          { .hidden = 6, .inner = 6 },
          "R2 R50",
          "As many hidden features as inner ones: the shapes do not tell whether weights are transposed." },
        { "single-feature", { .hidden = 1, .inner = 1 }, "R2 R50", "One hidden and one inner feature." },
        { "no-tokens", { .no_tokens = TRUE }, "R18 R50", "No token: an empty result, and no expert is run." },
        { "batch", { .tokens = 6, .batch = 2 }, "R1 R50", "Input of rank 3, [2,3,6], with router logits of rank 2." },
        { "batch-of-one", { .tokens = 4, .batch = 4 }, "R1 R50", "Input of rank 3 with one token a sequence." },
        { "many-tokens", { .tokens = 67 }, "R1 R50", "More tokens than a block of any kernel." },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
        moe_emit(g, &rows[i].layer, MOE_ALL, rows[i].tag, rows[i].requirements, rows[i].summary);
}

static void loads(Generator *g)
{
    static const struct {
        const char *tag;
        MoeLayer layer;
        guint variants;
        const char *requirements, *summary;
    } rows[] = {
        { "one-expert-takes-all",
          { .k = 1, .router = ROUTER_ONE },
          MOE_ALL,
          "R4 R50",
          "Every token goes to the same expert." },
        { "two-experts-take-all",
          { .router = ROUTER_ONE, .bias = TRUE },
          MOE_ALL,
          "R4 R50",
          "Every token goes to the same two of four experts." },
        { "one-of-many-takes-all",
          { .experts = 64, .k = 1, .router = ROUTER_ONE },
          MOE_ALL,
          "R4 R50",
          "One of 64 experts gets every token." },
        { "unused-poisoned",
          { .tokens = 2, .experts = 8, .router = ROUTER_EXACT, .poisoned = TRUE },
          MOE_SPARSE,
          "R15 R35 R50",
          "The weights of experts that no token chose are NaN." },
        { "unused-poisoned-one",
          { .k = 1, .router = ROUTER_ONE, .poisoned = TRUE, .bias = TRUE },
          MOE_SPARSE,
          "R15 R35 R50",
          "All weights but those of one expert are NaN." },
        { "unused-poisoned-many",
          { .tokens = 3, .experts = 64, .router = ROUTER_EXACT, .poisoned = TRUE },
          MOE_SPARSE,
          "R15 R35 R50",
          "The weights of most of 64 experts are NaN." },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
        moe_emit(g, &rows[i].layer, rows[i].variants, rows[i].tag, rows[i].requirements, rows[i].summary);
}

/* Numbers are small enough that every expert's answer is exact in the narrow type as well. */
static void types(Generator *g)
{
    static const DType dtypes[] = { DTYPE_FLOAT16, DTYPE_BFLOAT16 };
    static const struct {
        const char *tag;
        MoeLayer layer;
    } rows[] = {
        { "relu", { .router = ROUTER_EXACT } },
        { "relu-bias", { .router = ROUTER_EXACT, .bias = TRUE } },
        { "relu-graded", { .bias = TRUE } },
        { "identity", { .activation = MOE_IDENTITY, .router = ROUTER_EXACT } },
        { "identity-normalized", { .activation = MOE_IDENTITY, .normalize = TRUE } },
        { "top-all", { .k = 4 } },
        { "silu-saturated", { .activation = MOE_SILU, .saturated = TRUE, .router = ROUTER_EXACT } },
        { "no-tokens", { .no_tokens = TRUE } },
        { "batch", { .tokens = 6, .batch = 3, .router = ROUTER_EXACT } },
    };
    for (gsize t = 0; t < G_N_ELEMENTS(dtypes); t++)
        for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
            MoeLayer l = rows[i].layer;
            l.dtype = dtypes[t];
            g_autofree char *name = g_strdup_printf("%s-%s", dtype_name(l.dtype), rows[i].tag);
            moe_emit(g, &l, MOE_ALL, name, "R1 R2 R51 R50",
                     "Narrow tensors: routing and the weighted sum stay float32.");
        }
}

void moe_sizes(Generator *g)
{
    counts(g);
    shapes(g);
    loads(g);
    types(g);
}
