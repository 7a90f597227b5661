/* LinearAttention: every update rule over shapes, heads, states, scales and types, the same sequence in steps, and general
 * data with certified intervals. */
#include "generators/proposals/linear_attention.h"

static const char *rule_requirements(Rule rule)
{
    static const char *const ids[RULES] = { "R2", "R3", "R4", "R5" };
    return ids[rule];
}

typedef struct {
    const char *tag;
    Linear      node;
    const char *requirements, *what;
} Shaped;

#define SIZES(b, t, hq, h, k, v) .batch = b, .tokens = t, .q_heads = hq, .heads = h, .dk = k, .dv = v
#define BOTH .past = TRUE, .present = TRUE

static const Shaped forms[] = {
    { "plain", { SIZES(2, 5, 2, 2, 4, 3), BOTH }, "R1", "two heads, state in and out" },
    { "fresh", { SIZES(2, 5, 2, 2, 4, 3), .present = TRUE }, "R1 R6", "no state comes in: it starts at zero" },
    { "output-only", { SIZES(2, 5, 2, 2, 4, 3), .past = TRUE }, "R1", "nobody reads the new state" },
    { "alone", { SIZES(1, 4, 1, 1, 4, 2) }, "R1 R6", "no state comes in, nobody reads the new one" },
    { "grouped", { SIZES(1, 5, 6, 2, 4, 3), BOTH }, "R1 R7", "three query heads share a key head" },
    { "one-key-head", { SIZES(2, 3, 4, 1, 4, 2), BOTH }, "R1 R7", "all query heads share one key head" },
    { "wide-values", { SIZES(1, 4, 2, 2, 4, 7), BOTH }, "R1", "values wider than keys" },
    { "narrow-values", { SIZES(1, 4, 2, 2, 4, 1), BOTH }, "R1", "values of one channel" },
    { "one-token", { SIZES(3, 1, 2, 2, 4, 3), BOTH }, "R1", "one token: a decode step" },
    { "depth-1", { SIZES(1, 4, 2, 2, 1, 3), BOTH }, "R1", "keys of one channel" },
    { "depth-16", { SIZES(1, 6, 1, 1, 16, 3), BOTH }, "R1 R8", "keys of sixteen channels: the default scale is a quarter" },
    { "scale-2", { SIZES(1, 4, 2, 2, 4, 3), BOTH, .scale = 2 }, "R1 R8", "a scale of 2" },
    { "scale-negative", { SIZES(1, 4, 2, 2, 4, 3), BOTH, .scale = -0.5f }, "R1 R8", "a negative scale" },
    { "chunk-1", { SIZES(1, 5, 2, 2, 4, 3), BOTH, .chunk = 1 }, "R1 R9", "chunk_size 1 is a hint" },
    { "chunk-2", { SIZES(1, 5, 2, 2, 4, 3), BOTH, .chunk = 2 }, "R1 R9", "chunk_size 2 with five tokens" },
    { "chunk-1000", { SIZES(1, 5, 2, 2, 4, 3), BOTH, .chunk = 1000 }, "R1 R9", "a chunk longer than the sequence" },
    { "long", { SIZES(1, 70, 1, 1, 4, 1), BOTH }, "R1 R9", "more tokens than the default chunk holds" },
};

static void one(Generator *g, const Shaped *f, Rule rule, DType dtype, const char *suffix, Linear l, const char *more)
{
    l.rule = rule;
    l.dtype = dtype;
    Scenario *s = scenario_new(g, "%s-%s-%s%s", rule_tags[rule], f->tag, dtype_name(dtype), suffix);
    g_autofree char *requirements = g_strconcat(f->requirements, " ", rule_requirements(rule), more, NULL);
    scenario_about(s, "recurrent", requirements, "Rule %s, %s: %s.", rule_names[rule], dtype_name(dtype), f->what);
    linear_describe(s, &l, linear_data(&l));
    linear_meaning(s, &l, MEANING_RECURRENT);
    scenario_emit(s);
}

static void types_and_shapes(Generator *g)
{
    static const DType types[] = { DTYPE_FLOAT, DTYPE_FLOAT16, DTYPE_BFLOAT16 };
    for (gsize f = 0; f < G_N_ELEMENTS(forms); f++)
        for (Rule rule = 0; rule < RULES; rule++)
            for (gsize t = 0; t < G_N_ELEMENTS(types); t++) {
                /* without decays, seventy deltas grow beyond what is exact */
                if (forms[f].node.tokens > 10 && (rule == RULE_DELTA || t > 0))
                    continue;
                if (t == 0 || (f + rule + t) % 4 == 0)
                    one(g, &forms[f], rule, types[t], "", forms[f].node, t ? " R10" : "");
            }
}

/* What only some rules have: shapes of decay and beta; the default rule. */
static void gates(Generator *g)
{
    for (Rule rule = 0; rule < RULES; rule++)
        for (int way = 0; way < 4; way++) {
            Linear l = { SIZES(2, 5, 4, 2, 4, 3), BOTH, .decay_each = way & 1, .beta_shared = way >> 1 };
            if ((l.decay_each && !rule_gated(rule)) || (l.beta_shared && !rule_delta(rule)) || way == 0)
                continue;
            g_autofree char *tag =
                g_strdup_printf("gates%s%s", l.decay_each ? "-decay-each" : "", l.beta_shared ? "-beta-shared" : "");
            const Shaped f = { tag, l, "R1",
                               l.decay_each && l.beta_shared
                                   ? "a decay for each row of the state, one beta for all heads"
                               : l.decay_each ? "a decay for each row of the state"
                                              : "one beta for all heads" };
            one(g, &f, rule, DTYPE_FLOAT, "", l,
                l.decay_each && l.beta_shared ? " R11 R12"
                : l.decay_each                ? " R11"
                                              : " R12");
        }
    const Shaped f = { "default", { SIZES(1, 4, 2, 2, 4, 3), BOTH, .default_rule = TRUE }, "R1", "the rule is not written" };
    one(g, &f, RULE_GATED_DELTA, DTYPE_FLOAT, "", f.node, " R13");
}

/* State of another type than the tokens: it is carried in its own. */
static void state_types(Generator *g)
{
    static const struct {
        DType dtype, state;
    } pairs[] = { { DTYPE_FLOAT16, DTYPE_FLOAT },
                  { DTYPE_BFLOAT16, DTYPE_FLOAT },
                  { DTYPE_FLOAT, DTYPE_FLOAT16 },
                  { DTYPE_BFLOAT16, DTYPE_FLOAT16 } };
    for (gsize i = 0; i < G_N_ELEMENTS(pairs); i++)
        for (Rule rule = 0; rule < RULES; rule++) {
            g_autofree char *suffix = g_strdup_printf("-state-%s", dtype_name(pairs[i].state));
            const Shaped f = { "typed", { SIZES(1, 4, 2, 2, 4, 3), BOTH, .state = pairs[i].state }, "R1 R10 R14",
                              "the state has a type of its own" };
            one(g, &f, rule, pairs[i].dtype, suffix, f.node, "");
        }
}

/* No tokens: the state passes. */
static void no_tokens(Generator *g)
{
    for (Rule rule = 0; rule < RULES; rule++)
        for (int past = 0; past < 2; past++) {
            const Linear l = { .rule = rule, SIZES(2, 0, 2, 2, 4, 3), .past = past, .present = TRUE, .dtype = DTYPE_FLOAT };
            Scenario *s = scenario_new(g, "%s-no-tokens%s", rule_tags[rule], past ? "" : "-fresh");
            scenario_about(s, "recurrent", "R15", "Rule %s without tokens: the state %s.", rule_names[rule],
                           past ? "passes" : "is zero");
            scenario_tag(s, "empty");
            linear_describe(s, &l, linear_data(&l));
            scenario_emit_forms(s, 1u << FORM_NATIVE);
        }
}

/* The rule linear as a masked product over all tokens, which is what a chunk is evaluated as. */
static void parallel(Generator *g)
{
    for (gsize f = 0; f < G_N_ELEMENTS(forms); f++) {
        Linear l = forms[f].node;
        l.rule = RULE_LINEAR;
        l.dtype = DTYPE_FLOAT;
        Scenario *s = scenario_new(g, "linear-%s-parallel", forms[f].tag);
        g_autofree char *requirements = g_strconcat(forms[f].requirements, " R2 R16", NULL);
        scenario_about(s, "chunked", requirements, "All tokens at once as a masked product: %s.", forms[f].what);
        linear_describe(s, &l, linear_data(&l));
        linear_meaning(s, &l, MEANING_PARALLEL);
        scenario_emit_forms(s, 1u << FORM_DECOMPOSED);
    }
}

void linear_attention_rules(Generator *g)
{
    types_and_shapes(g);
    gates(g);
    state_types(g);
    no_tokens(g);
    parallel(g);
}

/* ---- steps ------------------------------------------------------------------------------------------------------- */

static const struct {
    const char *tag;
    int         n;
    int64_t     lengths[6];
} splits[] = {
    { "3-3", 2, { 3, 3 } }, { "1-5", 2, { 1, 5 } }, { "4-1-1", 3, { 4, 1, 1 } }, { "2-0-4", 3, { 2, 0, 4 } },
    { "1-1-1-1-1-1", 6, { 1, 1, 1, 1, 1, 1 } },
};

/* Rows [from, from + n) of y [B, T, C]. */
static Tensor *rows(const Tensor *y, int64_t from, int64_t n)
{
    const int64_t batch = y->shape.dims[0], tokens = y->shape.dims[1], channels = y->shape.dims[2];
    Tensor *t = data_constant(y->dtype, &SHAPE(batch, n, channels), 0);
    for (int64_t i = 0; i < t->count; i++)
        tensor_set_bits(t, i, tensor_get_bits(y, (i / (n * channels) * tokens + from) * channels + i % (n * channels)));
    return t;
}

static gboolean whole(Generator *g, const Linear *l, const LinearData *data, Tensor **outputs)
{
    Scenario *s = scenario_new(g, "%s-steps-6-step0", rule_tags[l->rule]);
    scenario_about(s, "chunked", "R17", "Six tokens at once, rule %s.", rule_names[l->rule]);
    linear_describe(s, l, linear_data_part(data, 0, 6, tensor_ref(data->past)));
    linear_meaning(s, l, MEANING_RECURRENT);
    if (!scenario_run(s, outputs, 2))
        return FALSE;
    scenario_emit(s);
    return TRUE;
}

void linear_attention_steps(Generator *g)
{
    for (Rule rule = 0; rule < RULES; rule++) {
        const Linear l = { .rule = rule, SIZES(2, 6, 4, 2, 4, 3), BOTH, .dtype = DTYPE_FLOAT };
        LinearData data = linear_data(&l);
        Tensor *once[2];
        if (!whole(g, &l, &data, once))
            return;
        for (gsize i = 0; i < G_N_ELEMENTS(splits); i++) {
            Tensor *state = tensor_ref(data.past);
            for (int64_t step = 0, at = 0; step < splits[i].n; at += splits[i].lengths[step++]) {
                Linear own = l;
                own.tokens = splits[i].lengths[step];
                Scenario *s = scenario_new(g, "%s-steps-%s-step%d", rule_tags[rule], splits[i].tag, (int)step);
                scenario_about(s, "chunked", own.tokens ? "R17 R18" : "R17 R18 R15",
                               "Step %d of %s, rule %s: %d tokens from the state of the step before.", (int)step,
                               splits[i].tag, rule_names[rule], (int)own.tokens);
                linear_describe(s, &own, linear_data_part(&data, at, own.tokens, state));
                Tensor *outputs[2];
                if (!scenario_run(s, outputs, 2))
                    return;
                tensor_unref(outputs[0]);
                state = outputs[1];
                scenario_expect(s, 0, rows(once[0], at, own.tokens));
                if (at + own.tokens == 6)
                    scenario_expect(s, 1, tensor_ref(once[1]));
                if (own.tokens)
                    linear_meaning(s, &own, MEANING_RECURRENT);
                scenario_emit(s);
            }
            tensor_unref(state);
        }
        tensor_unref(once[0]);
        tensor_unref(once[1]);
        linear_data_clear(&data);
    }
}

/* ---- general data ------------------------------------------------------------------------------------------------ */

/* Decays, rates and keys as models have them; the certificate says how far an answer may be off. Native only: a decomposed
 * form rounds at every node. */
void linear_attention_inexact(Generator *g)
{
    static const struct {
        int64_t tokens, dk, dv;
        DType   dtype;
    } sizes[] = { { 1, 4, 3, DTYPE_FLOAT },  { 9, 4, 3, DTYPE_FLOAT },   { 9, 5, 2, DTYPE_FLOAT },
                  { 33, 8, 4, DTYPE_FLOAT }, { 5, 4, 4, DTYPE_FLOAT }, { 9, 4, 3, DTYPE_FLOAT16 }, { 9, 8, 4, DTYPE_BFLOAT16 } };
    for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++)
        for (Rule rule = 0; rule < RULES; rule++) {
            const Linear l = {
                .rule = rule, SIZES(1, sizes[i].tokens, 2, 1, sizes[i].dk, sizes[i].dv), BOTH, .dtype = sizes[i].dtype
            };
            Scenario *s =
                scenario_new(g, "%s-general-%d-%d-%s", rule_tags[rule], (int)l.tokens, (int)l.dk, dtype_name(l.dtype));
            g_autofree char *requirements = g_strconcat("R1 R19 ", rule_requirements(rule), NULL);
            scenario_about(s, "recurrent", requirements, "Rule %s on general data, %d tokens of depth %d in %s.",
                           rule_names[rule], (int)l.tokens, (int)l.dk, dtype_name(l.dtype));
            LinearData d = linear_data(&l);
            const Shape q = d.q->shape, k = d.k->shape, v = d.v->shape, state = d.past->shape;
            linear_data_clear(&d);
            d.q = data_normal(l.dtype, &q, data_seed("general q"));
            /* Short keys keep the delta rules stable, and their bound small enough to prove the golden by. */
            d.k = data_scaled(l.dtype, &k, data_seed("general k"), -127, 127, l.tokens > 9 ? -10 : -8);
            d.v = data_normal(l.dtype, &v, data_seed("general v"));
            d.past = data_normal(l.dtype, &state, data_seed("general past"));
            if (rule_gated(rule))
                d.decay = data_scaled(l.dtype, &SHAPE(1, l.tokens, 1), data_seed("general decay"), -255, -1, -7);
            if (rule_delta(rule))
                d.beta = data_scaled(l.dtype, &SHAPE(1, l.tokens, 1), data_seed("general beta"), 1, 127, -7);
            linear_describe(s, &l, d);
            scenario_emit_forms(s, 1u << FORM_NATIVE);
        }
}
