/* LinearAttention that must be refused. */
#include "generators/proposals/linear_attention.h"

enum { Q, K, V, PAST, DECAY, BETA, INPUTS };

/* What differs from the twin of that rule: q [2, 5, 16], k [2, 5, 8], v [2, 5, 6], past [2, 2, 4, 3], decay [2, 5, 2],
 * beta [2, 5, 2]; four query heads, two key heads. */
typedef struct {
    const char *name, *requirement, *what, *because;
    Rule        rule;
    int         input;     /* the input that differs */
    Shape       shape;     /* its shape; rank 0: as the twin's */
    DType       type;      /* its type; 0: as the twin's */
    gboolean    toggle;    /* the input is given where the twin has none, or missing where it has one */
    const char *rule_text; /* another update_rule */
    int64_t     q_heads, heads; /* 0: as the twin's; NO_HEADS: not written */
    int64_t     opset;
} Change;
enum { NO_HEADS = -99, ZERO_HEADS = -98 };

static const Change changes[] = {
    { "rule-unknown", "R50", "a rule that does not exist", "update_rule", RULE_LINEAR, .rule_text = "retention" },
    { "rule-case", "R50", "rules are lower case", "update_rule", RULE_GATED, .rule_text = "Gated" },
    { "rule-empty", "R50", "an empty rule is not the default", "update_rule", RULE_GATED_DELTA, .rule_text = "" },
    { "rule-hyphen", "R50", "gated-delta is written with an underscore", "update_rule", RULE_GATED_DELTA, .rule_text = "gated-delta" },
    { "linear-with-decay", "R51", "decay for the rule linear", "decay", RULE_LINEAR, DECAY, .toggle = TRUE },
    { "linear-with-beta", "R51", "beta for the rule linear", "beta", RULE_LINEAR, BETA, .toggle = TRUE },
    { "gated-without-decay", "R51", "no decay for the rule gated", "decay", RULE_GATED, DECAY, .toggle = TRUE },
    { "gated-with-beta", "R51", "beta for the rule gated", "beta", RULE_GATED, BETA, .toggle = TRUE },
    { "delta-with-decay", "R51", "decay for the rule delta", "decay", RULE_DELTA, DECAY, .toggle = TRUE },
    { "delta-without-beta", "R51", "no beta for the rule delta", "beta", RULE_DELTA, BETA, .toggle = TRUE },
    { "gated-delta-without-decay", "R51", "no decay for the rule gated_delta", "decay", RULE_GATED_DELTA, DECAY, .toggle = TRUE },
    { "gated-delta-without-beta", "R51", "no beta for the rule gated_delta", "beta", RULE_GATED_DELTA, BETA, .toggle = TRUE },
    { "q-heads-missing", "R52", "q_num_heads is not written", "q_num_heads", RULE_LINEAR, .q_heads = NO_HEADS },
    { "kv-heads-missing", "R52", "kv_num_heads is not written", "kv_num_heads", RULE_LINEAR, .heads = NO_HEADS },
    { "q-heads-zero", "R53", "no query heads", "query heads", RULE_LINEAR, .q_heads = ZERO_HEADS },
    { "kv-heads-zero", "R53", "no key heads", "key heads", RULE_LINEAR, .heads = ZERO_HEADS },
    { "kv-heads-negative", "R53", "-2 key heads", "key heads", RULE_LINEAR, .heads = -2 },
    { "heads-no-multiple", "R53", "four query heads for three key heads", "key heads", RULE_LINEAR, .heads = 3 },
    { "heads-inverse", "R53", "fewer query heads than key heads", "key heads", RULE_LINEAR, .q_heads = 1 },
    { "q-rank", "R54", "queries of rank 4", "rank", RULE_LINEAR, Q, .shape = { 4, { 2, 5, 4, 4 } } },
    { "k-rank", "R54", "keys of rank 2", "rank", RULE_LINEAR, K, .shape = { 2, { 5, 8 } } },
    { "v-rank", "R54", "values of rank 4", "rank", RULE_LINEAR, V, .shape = { 4, { 2, 5, 2, 3 } } },
    { "q-channels", "R54", "15 channels for four query heads", "query", RULE_LINEAR, Q, .shape = { 3, { 2, 5, 15 } } },
    { "k-depth", "R54", "keys of another depth than queries", "key", RULE_LINEAR, K, .shape = { 3, { 2, 5, 6 } } },
    { "k-tokens", "R54", "four keys for five queries", "key", RULE_LINEAR, K, .shape = { 3, { 2, 4, 8 } } },
    { "k-batch", "R54", "keys of one batch item", "key", RULE_LINEAR, K, .shape = { 3, { 1, 5, 8 } } },
    { "v-tokens", "R54", "six values for five queries", "value", RULE_LINEAR, V, .shape = { 3, { 2, 6, 6 } } },
    { "v-channels", "R54", "7 channels of values for two heads", "value", RULE_LINEAR, V, .shape = { 3, { 2, 5, 7 } } },
    { "past-transposed", "R55", "a state of values by keys", "past_state", RULE_LINEAR, PAST, .shape = { 4, { 2, 2, 3, 4 } } },
    { "past-query-heads", "R55", "a state for each query head", "past_state", RULE_LINEAR, PAST, .shape = { 4, { 2, 4, 4, 3 } } },
    { "past-batch", "R55", "a state of one batch item for two", "past_state", RULE_LINEAR, PAST, .shape = { 4, { 1, 2, 4, 3 } } },
    { "past-rank", "R55", "a state of rank 3", "past_state", RULE_LINEAR, PAST, .shape = { 3, { 2, 4, 3 } } },
    { "decay-channels", "R56", "three decays a token for two heads of four rows", "decay", RULE_GATED, DECAY, .shape = { 3, { 2, 5, 3 } } },
    { "decay-one", "R56", "one decay a token for all heads", "decay", RULE_GATED, DECAY, .shape = { 3, { 2, 5, 1 } } },
    { "decay-tokens", "R56", "decays of one token for five", "decay", RULE_GATED_DELTA, DECAY, .shape = { 3, { 2, 1, 2 } } },
    { "decay-rank", "R56", "decays of rank 2", "decay", RULE_GATED, DECAY, .shape = { 2, { 5, 2 } } },
    { "beta-channels", "R57", "three betas a token for two heads", "beta", RULE_DELTA, BETA, .shape = { 3, { 2, 5, 3 } } },
    { "beta-each", "R57", "a beta for each row, as a decay may have", "beta", RULE_DELTA, BETA, .shape = { 3, { 2, 5, 8 } } },
    { "beta-rank", "R57", "betas of rank 2", "beta", RULE_GATED_DELTA, BETA, .shape = { 2, { 2, 5 } } },
    { "k-type", "R58", "keys of float16 for queries of float", "float16", RULE_LINEAR, K, .type = DTYPE_FLOAT16 },
    { "decay-type", "R58", "decays of double for queries of float", "double", RULE_GATED, DECAY, .type = DTYPE_DOUBLE },
    { "past-double", "R58", "a state of double, which is not listed", "double", RULE_LINEAR, PAST, .type = DTYPE_DOUBLE },
    { "past-type", "R58", "a state of integers", "int32", RULE_LINEAR, PAST, .type = DTYPE_INT32 },
    { "opset-26", "R59", "opset 26 has no LinearAttention", "LinearAttention", RULE_LINEAR, .opset = 26 },
};

static Linear twin_of(Rule rule)
{
    return (Linear){ .rule = rule,
                     .batch = 2,
                     .tokens = 5,
                     .q_heads = 4,
                     .heads = 2,
                     .dk = 4,
                     .dv = 3,
                     .past = TRUE,
                     .present = TRUE,
                     .dtype = DTYPE_FLOAT };
}

static void set_heads(Scenario *s, Node *node, const char *name, int64_t value)
{
    if (value && value != NO_HEADS)
        scenario_set_int(s, node, name, value == ZERO_HEADS ? 0 : value);
    for (gsize i = 0; value == NO_HEADS && i < node->attributes.n; i++)
        if (g_str_equal(LIST_AT(&node->attributes, Attribute, i)->name, name))
            list_remove(&node->attributes, i);
}

static void changed(Generator *g, const Change *c)
{
    const Linear l = twin_of(c->rule);
    LinearData d = linear_data(&l);
    Tensor **tensors[INPUTS] = { &d.q, &d.k, &d.v, &d.past, &d.decay, &d.beta };
    Tensor **which = tensors[c->input];
    if (c->toggle && *which) {
        g_clear_pointer(which, tensor_unref);
    } else if (c->toggle) {
        *which = data_constant(DTYPE_FLOAT, &SHAPE(2, 5, 2), 0);
    } else if (c->shape.rank || c->type) {
        const Shape shape = c->shape.rank ? c->shape : (*which)->shape;
        tensor_unref(*which);
        *which = data_constant(c->type ? c->type : DTYPE_FLOAT, &shape, 1);
    }
    Linear own = l;
    own.rule = d.decay ? (d.beta ? RULE_GATED_DELTA : RULE_GATED) : d.beta ? RULE_DELTA : RULE_LINEAR; /* for the inputs */
    Scenario *s = scenario_new(g, "reject-%s", c->name);
    scenario_about(s, "recurrent", c->requirement, "Must be refused: %s.", c->what);
    Node *node = linear_describe(s, &own, d);
    scenario_set_string(s, node, "update_rule", c->rule_text ? c->rule_text : rule_names[c->rule]);
    set_heads(s, node, "q_num_heads", c->q_heads);
    set_heads(s, node, "kv_num_heads", c->heads);
    if (c->opset)
        scenario_opset(s, c->opset);
    Graph *graph = scenario_graph(s);
    LIST_AT(&graph->outputs, ValueInfo, 0)->type = type_tensor(scenario_model(s), DTYPE_FLOAT, &SHAPE(2, 5, 12));
    LIST_AT(&graph->outputs, ValueInfo, 1)->type = type_tensor(scenario_model(s), DTYPE_FLOAT, &SHAPE(2, 2, 4, 3));
    g_autofree char *twin = g_strdup_printf("valid-%s", rule_tags[c->rule]);
    scenario_reject(s, twin, c->because);
}

void linear_attention_rejects(Generator *g)
{
    static const char *const requirements[RULES] = { "R2", "R3 R56", "R4 R57", "R5 R56 R57" };
    for (Rule rule = 0; rule < RULES; rule++) {
        const Linear l = twin_of(rule);
        Scenario *s = scenario_new(g, "valid-%s", rule_tags[rule]);
        g_autofree char *ids = g_strconcat("R1 R50 R51 R52 R53 R54 R55 R58 R59 ", requirements[rule], NULL);
        scenario_about(s, "recurrent", ids, "A valid twin of the cases that must be refused, rule %s.", rule_names[rule]);
        linear_describe(s, &l, linear_data(&l));
        linear_meaning(s, &l, MEANING_RECURRENT);
        scenario_emit(s);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(changes); i++)
        changed(g, &changes[i]);
}
