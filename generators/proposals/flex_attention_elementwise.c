/* The earlier draft, in which graphs see one score and its indices. Every case is said in the merged form too, the scalar
 * indices replaced by ranges that broadcast: both must give the same bits. */
#include "generators/proposals/flex_attention.h"

#include <string.h>

static const float one = 1;

static void both(Generator *g, FlexNode n, const char *name, const char *requirements, const char *what)
{
    for (int elementwise = 0; elementwise < 2; elementwise++) {
        n.elementwise = elementwise;
        Scenario *s = scenario_new(g, "%s-%s", elementwise ? "element" : "bridge", name);
        scenario_about(s, elementwise ? "elementwise" : "preview", elementwise ? requirements : "R6 R9 R34",
                       elementwise ? "Element by element: %s." : "The same with tensors: %s.", what);
        flex_means(s, "element-%s", name);
        flex_node(s, &n, NULL, NULL, NULL);
        scenario_emit(s);
    }
}

static void scores(Generator *g)
{
    gsize count;
    const FlexModifier *all = flex_modifiers(&count);
    for (gsize m = 0; m < count; m++)
        for (int data = FLEX_ROUTED; data <= FLEX_LEVEL; data++) {
            if (all[m].cap != 0 && data == FLEX_LEVEL)
                continue;
            const FlexNode n = { .sizes = { 2, 4, 2, 4, 4, 4, 1 }, .scale = &one, .dtype = DTYPE_FLOAT, .score = { all[m].name },
                                 .data = (FlexData)data };
            g_autofree char *name = g_strdup_printf("%s-%s", all[m].name, data ? "level" : "routed");
            both(g, n, name, all[m].visible ? "R30 R32 R34 R35" : "R30 R31 R34 R35", all[m].what);
        }
}

static void composed(Generator *g)
{
    static const struct {
        const char *score[FLEX_STAGES], *prob[FLEX_STAGES];
    } chains[] = {
        { { "alibi", "causal" }, { NULL } },        { { "relative", "window", "causal" }, { NULL } },
        { { "t5", "document" }, { "threshold" } },  { { "softcap", "causal" }, { NULL } },
        { { "causal" }, { "double" } },             { { "causal" }, { "qdq-uint8" } },
        { { "steep", "softcap", "window" }, { NULL } }, { { NULL }, { "halve", "threshold" } },
        { { "causal" }, { "identity" } },           { { "prefix", "dilated" }, { "cast-e4m3" } },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(chains); i++) {
        FlexNode n = { .sizes = { 1, 2, 1, 4, 4, 4, 2 }, .scale = &one, .dtype = DTYPE_FLOAT, .data = FLEX_LEVEL };
        memcpy(n.score, chains[i].score, sizeof n.score);
        memcpy(n.prob, chains[i].prob, sizeof n.prob);
        g_autoptr(GString) name = g_string_new("composed");
        for (gsize k = 0; k < FLEX_STAGES && n.score[k]; k++)
            g_string_append_printf(name, "-%s", n.score[k]);
        for (gsize k = 0; k < FLEX_STAGES && n.prob[k]; k++)
            g_string_append_printf(name, "-then-%s", n.prob[k]);
        both(g, n, name->str, n.prob[0] ? "R30 R31 R32 R33 R34" : "R30 R31 R32 R34", "several modifiers");
    }
}

static void types_and_places(Generator *g)
{
    static const DType types[] = { DTYPE_FLOAT16, DTYPE_DOUBLE };
    for (gsize t = 0; t < G_N_ELEMENTS(types); t++) {
        const FlexNode n = { .sizes = { 1, 2, 2, 4, 4, 4, 1 }, .scale = &one, .dtype = types[t], .score = { "alibi", "causal" }, .data = FLEX_ROUTED };
        g_autofree char *name = g_strdup_printf("type-%s", dtype_name(types[t]));
        both(g, n, name, "R30 R31 R32", "another type");
    }
    static const char *const places[] = { "initializer", "constant", "captured" };
    for (int place = FLEX_CONSTANT_NODE; place <= FLEX_CAPTURED; place++) {
        const FlexNode n = { .sizes = { 1, 2, 1, 4, 4, 4, 1 }, .scale = &one, .dtype = DTYPE_FLOAT, .score = { "alibi", "window" },
                             .place = (FlexPlace)place, .data = FLEX_LEVEL };
        g_autofree char *name = g_strdup_printf("place-%s", places[place]);
        both(g, n, name, place == FLEX_CAPTURED ? "R30 R31 R32 R20" : "R30 R31 R32", "constants elsewhere");
    }
}

void flex_attention_elementwise(Generator *g)
{
    scores(g);
    composed(g);
    types_and_places(g);
}
