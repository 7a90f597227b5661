/* prob_mod: what happens between the softmax and the product with the values. */
#include "generators/proposals/flex_attention.h"

#include <string.h>

static const float one = 1;

static const struct {
    const char *stages[FLEX_STAGES];
    const char *requirements, *what;
} chains[] = {
    { { "identity" }, "R12", "identity" },
    { { "double" }, "R12", "rows that sum to 2" },
    { { "halve" }, "R12", "rows that sum to 1/2" },
    { { "threshold" }, "R12", "small probabilities dropped, not renormalised" },
    { { "qdq-uint8" }, "R12 R13", "quantize and dequantize to uint8" },
    { { "qdq-int8" }, "R12 R13", "quantize and dequantize to int8" },
    { { "qdq-uint4" }, "R12 R13", "quantize and dequantize to uint4" },
    { { "qdq-e4m3" }, "R12 R13", "quantize and dequantize to float8e4m3fn" },
    { { "cast-e4m3" }, "R12 R13", "a cast to float8e4m3fn and back" },
    { { "double", "threshold" }, "R12 R11", "doubled, then small ones dropped" },
    { { "threshold", "double" }, "R12 R11", "small ones dropped, then doubled" },
    { { "qdq-uint8", "halve" }, "R12 R13 R11", "quantized, then halved" },
    { { "halve", "qdq-uint8" }, "R12 R13 R11", "halved, then quantized" },
};

static void about(Generator *g, const FlexNode *n, gsize i, const char *with, const char *suffix)
{
    g_autoptr(GString) name = g_string_new("prob");
    for (gsize k = 0; k < FLEX_STAGES && n->prob[k]; k++)
        g_string_append_printf(name, "-%s", n->prob[k]);
    Scenario *s = scenario_new(g, "%s-%s%s", name->str, with, suffix);
    scenario_about(s, "preview", chains[i].requirements, "After the softmax: %s; before it: %s.", chains[i].what, with);
    if (n->inlined)
        flex_means(s, "%s-%s", name->str, with);
    flex_node(s, n, NULL, NULL, NULL);
    /* Where every probability is dropped, the products are zeros of V's signs. Whether their sum is -0 depends on what it is
     * begun with, the first of them or +0, and no text says. */
    scenario_compare_free_zero_sign(s);
    scenario_emit_forms(s, n->inlined ? 1u << FORM_FUNCTION | 1u << FORM_DECOMPOSED
                                      : 1u << FORM_NATIVE | 1u << FORM_FUNCTION | 1u << FORM_DECOMPOSED);
}

static void chained(Generator *g)
{
    static const char *const scores[] = { NULL, "causal", "window", "alibi" };
    for (gsize i = 0; i < G_N_ELEMENTS(chains); i++)
        for (gsize k = 0; k < G_N_ELEMENTS(scores); k++) {
            FlexNode n = { .sizes = { 1, 2, 1, 8, 8, 8, 3 }, .scale = &one, .dtype = DTYPE_FLOAT, .score = { scores[k] }, .data = FLEX_LEVEL };
            memcpy(n.prob, chains[i].stages, sizeof n.prob);
            about(g, &n, i, scores[k] ? scores[k] : "nothing", "");
            if (k != 1)
                continue;
            n.inlined = TRUE;
            about(g, &n, i, scores[k], "-inlined");
            n.inlined = FALSE;
            n.place = FLEX_CONSTANT_NODE;
            about(g, &n, i, scores[k], "-constant");
        }
}

static void types(Generator *g)
{
    static const DType all[] = { DTYPE_FLOAT16, DTYPE_BFLOAT16, DTYPE_DOUBLE };
    for (gsize t = 0; t < G_N_ELEMENTS(all); t++)
        for (gsize i = 0; i < 6; i++) {
            if (all[t] == DTYPE_DOUBLE && i > 3) /* no Q or DQ of double */
                continue;
            FlexNode n = { .sizes = { 1, 2, 1, 4, 8, 8, 1 }, .scale = &one, .dtype = all[t], .score = { "causal" }, .data = FLEX_LEVEL };
            memcpy(n.prob, chains[i].stages, sizeof n.prob);
            g_autofree char *suffix = g_strdup_printf("-%s", dtype_name(all[t]));
            about(g, &n, i, "causal", suffix);
        }
}

void flex_attention_probabilities(Generator *g)
{
    chained(g);
    types(g);
}
