/* Every named modifier of scores, alone and composed, in each way that a graph may hold its constants. */
#include "generators/proposals/flex_attention.h"

#include <string.h>

static const char *const place_names[] = { "initializer", "constant", "captured" };
static const FlexSizes squares[] = { { 1, 4, 2, 8, 8, 8, 1 }, { 1, 6, 3, 5, 8, 8, 2 } };
static const float one = 1; /* a scale whose root is exact */

/* Two batch items where the modifier looks at the batch. */
static FlexSizes sizes_for(const FlexModifier *m, gsize i)
{
    FlexSizes z = squares[i];
    z.batch = strchr(m->indices, 'b') ? 2 : 1;
    return z;
}

/* Shorter sizes for what needs as many queries as keys. */
static gboolean fits(const FlexModifier *m, const FlexSizes *z)
{
    return strcmp(m->name, "document") != 0 || z->queries == z->keys;
}

static gboolean has_constants(const FlexModifier *m)
{
    return m->constants[0].name != NULL;
}

static void requirements_of(const FlexModifier *m, FlexPlace place, char out[32])
{
    g_snprintf(out, 32, "R6 R9%s%s", m->visible ? " R10" : "", place == FLEX_CAPTURED ? " R20" : " R19");
}

static Scenario *begin(Generator *g, const FlexModifier *m, const FlexNode *n, const char *name)
{
    char requirements[32];
    requirements_of(m, n->place, requirements);
    Scenario *s = scenario_new(g, "%s", name);
    scenario_about(s, n->place == FLEX_CAPTURED ? "captured" : "preview", requirements, "%s: the modifier %s.", m->name, m->what);
    scenario_tag(s, m->name);
    return s;
}

static void alone(Generator *g)
{
    gsize count;
    const FlexModifier *all = flex_modifiers(&count);
    static const DType types[] = { DTYPE_FLOAT, DTYPE_FLOAT16, DTYPE_DOUBLE };
    for (gsize m = 0; m < count; m++)
        for (gsize z = 0; z < G_N_ELEMENTS(squares); z++)
            for (gsize t = 0; t < G_N_ELEMENTS(types); t++)
                for (int data = FLEX_ROUTED; data <= FLEX_LEVEL; data++) {
                    FlexNode n = { .sizes = sizes_for(&all[m], z), .scale = &one, .dtype = types[t], .score = { all[m].name }, .data = (FlexData)data };
                    const gboolean wide = all[m].cap != 0 || strcmp(all[m].name, "steep") == 0; /* beyond float16 */
                    const gboolean redundant = (all[m].cap != 0 && data == FLEX_LEVEL) || (wide && types[t] == DTYPE_FLOAT16);
                    if (!fits(&all[m], &n.sizes) || redundant || (z == 1 && t > 0))
                        continue;
                    g_autofree char *name = g_strdup_printf("mod-%s-%s-l%d-%s", all[m].name, data ? "level" : "routed",
                                                            (int)n.sizes.queries, dtype_name(types[t]));
                    Scenario *s = begin(g, &all[m], &n, name);
                    flex_node(s, &n, NULL, NULL, NULL);
                    scenario_emit(s);
                }
}

static void places(Generator *g)
{
    gsize count;
    const FlexModifier *all = flex_modifiers(&count);
    for (gsize m = 0; m < count; m++)
        for (int place = FLEX_CONSTANT_NODE; place <= FLEX_CAPTURED; place++) {
            if (!has_constants(&all[m]))
                continue;
            FlexNode n = { .sizes = sizes_for(&all[m], 0), .scale = &one, .dtype = DTYPE_FLOAT, .score = { all[m].name }, .place = (FlexPlace)place,
                           .data = all[m].cap != 0 ? FLEX_ROUTED : FLEX_LEVEL };
            g_autofree char *name = g_strdup_printf("mod-%s-%s", all[m].name, place_names[place]);
            Scenario *s = begin(g, &all[m], &n, name);
            flex_means(s, "mod-%s-%s-l%d-float", all[m].name, n.data ? "level" : "routed", (int)n.sizes.queries);
            flex_node(s, &n, NULL, NULL, NULL);
            scenario_emit(s);
        }
}

/* The function's body for given modifiers, their nodes standing in it directly. */
static void inlined(Generator *g)
{
    gsize count;
    const FlexModifier *all = flex_modifiers(&count);
    for (gsize m = 0; m < count; m++) {
        FlexNode n = { .sizes = sizes_for(&all[m], 0), .scale = &one, .dtype = DTYPE_FLOAT, .score = { all[m].name }, .inlined = TRUE,
                       .data = all[m].cap != 0 ? FLEX_ROUTED : FLEX_LEVEL };
        Scenario *s = scenario_new(g, "inlined-%s", all[m].name);
        scenario_about(s, "preview", "R6 R9 R18", "%s: the modifier's nodes stand in the function's body.", all[m].name);
        flex_means(s, "mod-%s-%s-l%d-float", all[m].name, n.data ? "level" : "routed", (int)n.sizes.queries);
        flex_node(s, &n, NULL, NULL, NULL);
        scenario_emit_forms(s, 1u << FORM_FUNCTION | 1u << FORM_DECOMPOSED);
    }
}

static void composed(Generator *g)
{
    static const struct {
        const char *stages[FLEX_STAGES];
        const char *what;
    } chains[] = {
        { { "causal", "document" }, "documents read forwards" },
        { { "document", "causal" }, "the same in the other order" },
        { { "causal", "alibi" }, "slopes are added to what is hidden already" },
        { { "alibi", "causal" }, "the same in the other order" },
        { { "window", "relative" }, "a bias within a window" },
        { { "relative", "window" }, "the same in the other order" },
        { { "prefix", "t5" }, "bucketed bias with a prefix" },
        { { "t5", "prefix" }, "the same in the other order" },
        { { "dilated", "causal" }, "every second key before the query" },
        { { "causal", "dilated" }, "the same in the other order" },
        { { "dilated", "window" }, "the query's key and the one two before" },
        { { "head-keys", "causal" }, "each head misses its key; head 0 has a row without any" },
        { { "softcap", "causal" }, "bounded, then masked: hidden keys have no weight" },
        { { "causal", "softcap" }, "masked, then bounded: hidden keys come back as -1024" },
        { { "softcap", "steep" }, "bounded, then a bias that exceeds the bound" },
        { { "steep", "softcap" }, "a bias, then bounded: the bias counts no more" },
        { { "softcap", "causal", "steep" }, "bounded, masked, biased: hidden keys stay hidden" },
        { { "causal", "softcap", "steep" }, "masked, bounded, biased: the weight leaks to hidden keys" },
        { { "document", "window", "alibi" }, "three modifiers" },
        { { "alibi", "document", "causal", "window" }, "four modifiers" },
        { { "identity", "causal" }, "identity first" },
        { { "causal", "identity" }, "identity last" },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(chains); i++)
        for (int data = FLEX_ROUTED; data <= FLEX_LEVEL; data++) {
            FlexNode n = { .sizes = { 2, 2, 1, 8, 8, 8, 1 }, .scale = &one, .dtype = DTYPE_FLOAT, .data = (FlexData)data };
            memcpy(n.score, chains[i].stages, sizeof n.score);
            gboolean capped = FALSE;
            for (gsize k = 0; k < FLEX_STAGES && n.score[k]; k++)
                capped |= flex_modifier(n.score[k])->cap != 0;
            if (capped && data == FLEX_LEVEL)
                continue;
            g_autoptr(GString) name = g_string_new("composed");
            for (gsize k = 0; k < FLEX_STAGES && n.score[k]; k++)
                g_string_append_printf(name, "-%s", n.score[k]);
            Scenario *s = scenario_new(g, "%s-%s", name->str, data ? "level" : "routed");
            scenario_about(s, "preview", "R6 R9 R11", "Modifiers in a row: %s.", chains[i].what);
            flex_node(s, &n, NULL, NULL, NULL);
            scenario_emit(s);
        }
}

/* Alone a soft cap leaves the order of scores as it is; with a bias beyond it, its height decides. */
static void composed_captured(Generator *g)
{
    FlexNode n = { .sizes = { 1, 2, 1, 8, 8, 8, 1 }, .scale = &one, .dtype = DTYPE_FLOAT, .data = FLEX_ROUTED,
                   .score = { "softcap", "steep" }, .place = FLEX_CAPTURED };
    Scenario *s = scenario_new(g, "composed-softcap-steep-captured");
    scenario_about(s, "captured", "R6 R9 R11 R20", "A bias that exceeds the bound, which the graph around the node gives.");
    flex_node(s, &n, NULL, NULL, NULL);
    scenario_emit(s);
}

void flex_attention_modifiers(Generator *g)
{
    alone(g);
    places(g);
    inlined(g);
    composed(g);
    composed_captured(g);
}
