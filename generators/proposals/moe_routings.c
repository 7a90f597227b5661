/* Which experts, and with which weights: the families of published models. */
#include "generators/proposals/moe.h"

static void softmaxes(Generator *g)
{
    static const struct {
        const char *tag;
        MoeRouting routing;
        guint variants;
        const char *requirements, *summary;
    } rows[] = {
        { "softmax-top", MOE_SOFTMAX_TOP, MOE_ALL, "R4 R5 R50", "Softmax over all experts, then the largest." },
        { "top-softmax", MOE_TOP_SOFTMAX, MOE_OPEN, "R51 R50", "The largest logits, then a softmax over these." },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
        for (int normalize = 0; normalize < (rows[i].routing == MOE_SOFTMAX_TOP ? 2 : 1); normalize++)
            for (MoeRouter router = ROUTER_GRADED; router <= ROUTER_EXACT; router++)
                for (int64_t k = 1; k <= 8; k *= 2) {
                    const MoeLayer l = {
                        .experts = 8, .routing = rows[i].routing, .normalize = normalize, .router = router, .k = k
                    };
                    g_autofree char *name =
                        g_strdup_printf("route-%s%s-%s-top%d", rows[i].tag, normalize ? "-normalized" : "",
                                        router == ROUTER_EXACT ? "even" : "graded", (int)k);
                    moe_emit(g, &l, rows[i].variants, name, rows[i].requirements, rows[i].summary);
                }
}

/* All logits are equal: only the rule for ties decides. */
static void ties(Generator *g)
{
    static const int64_t experts[] = { 2, 4, 8 };
    for (gsize i = 0; i < G_N_ELEMENTS(experts); i++)
        for (int64_t k = 1; k < experts[i]; k *= 2)
            for (int normalize = 0; normalize < 2; normalize++) {
                const MoeLayer l = { .hidden = 5,
                                     .inner = 4,
                                     .experts = experts[i],
                                     .k = k,
                                     .router = ROUTER_TIED,
                                     .normalize = normalize };
                g_autofree char *name =
                    g_strdup_printf("tie-experts%d-top%d%s", (int)experts[i], (int)k, normalize ? "-normalized" : "");
                moe_emit(g, &l, MOE_ALL, name, "R6 R50", "Equal logits: the experts of the lowest indices are chosen.");
            }
}

static void families(Generator *g)
{
    static const struct {
        const char *tag;
        MoeLayer layer;
        guint variants;
        const char *requirements, *summary;
    } rows[] = {
        { "deepseek-v3",
          { .experts = 8,
            .routing = MOE_SIGMOID_GROUPS,
            .groups = 4,
            .kept_groups = 2,
            .normalize = TRUE,
            .scaling = 2.5 },
          MOE_OPEN,
          "R52 R50",
          "Sigmoid scores, corrected for the choice only; the best 2 of 4 groups; normalised and scaled." },
        { "deepseek-v3-unnormalized",
          { .experts = 8, .routing = MOE_SIGMOID_GROUPS, .groups = 4, .kept_groups = 2 },
          MOE_OPEN,
          "R52 R50",
          "Sigmoid scores as they are." },
        { "deepseek-v3-one-group",
          { .experts = 8, .routing = MOE_SIGMOID_GROUPS, .groups = 1, .kept_groups = 1, .normalize = TRUE },
          MOE_OPEN,
          "R52 R50",
          "One group: no limit on the choice." },
        { "deepseek-v3-pairs",
          { .hidden = 5,
            .inner = 4,
            .experts = 8,
            .k = 4,
            .routing = MOE_SIGMOID_GROUPS,
            .groups = 2,
            .kept_groups = 1,
            .normalize = TRUE },
          MOE_OPEN,
          "R52 R50",
          "All experts of a token come from one of two groups." },
        { "deepseek-v2-groups",
          { .experts = 8, .routing = MOE_GREEDY_GROUPS, .groups = 4, .kept_groups = 2, .scaling = 16 },
          MOE_OPEN,
          "R53 R50",
          "Softmax scores; a group is as good as its best expert; scaled, not normalised." },
        { "deepseek-v2-one-of-two",
          { .hidden = 5,
            .inner = 4,
            .experts = 8,
            .k = 4,
            .routing = MOE_GREEDY_GROUPS,
            .groups = 2,
            .kept_groups = 1 },
          MOE_OPEN,
          "R53 R50",
          "All experts of a token come from one of two groups." },
        { "llama4",
          { .hidden = 5, .inner = 4, .experts = 8, .k = 1, .routing = MOE_SIGMOID_INPUT },
          1u << MOE_GRAPH | 1u << MOE_GROUPED,
          "R55 R50",
          "The sigmoid of the chosen logit multiplies the expert's input." },
        { "sparse-mixer",
          { .experts = 8, .routing = MOE_SPARSE_MIXER, .router = ROUTER_EXACT },
          MOE_ALL,
          "R16 R50",
          "Two rounds of a softmax over what is close to the best score." },
        { "sparse-mixer-graded",
          { .experts = 8, .routing = MOE_SPARSE_MIXER },
          MOE_ALL,
          "R16 R50",
          "Logits far apart: each round keeps one expert, both weights are 1." },
        { "given-weights",
          { .experts = 8, .routing = MOE_GIVEN },
          MOE_OPEN,
          "R21 R50",
          "Another tensor holds the weights." },
        { "given-weights-normalized",
          { .experts = 8, .routing = MOE_GIVEN, .normalize = TRUE },
          MOE_OPEN,
          "R21 R50",
          "Another tensor holds the weights; those chosen are divided by their sum." },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *name = g_strconcat("route-", rows[i].tag, NULL);
        moe_emit(g, &rows[i].layer, rows[i].variants, name, rows[i].requirements, rows[i].summary);
    }
}

void moe_routings(Generator *g)
{
    softmaxes(g);
    ties(g);
    families(g);
}
