/* linear-attention: what the parts share, and their order. */
#include "generators/proposals/linear_attention.h"

const char *const rule_names[RULES] = { "linear", "gated", "delta", "gated_delta" };
const char *const rule_tags[RULES] = { "linear", "gated", "delta", "gated-delta" };

gboolean rule_gated(Rule rule)
{
    return rule == RULE_GATED || rule == RULE_GATED_DELTA;
}

gboolean rule_delta(Rule rule)
{
    return rule == RULE_DELTA || rule == RULE_GATED_DELTA;
}

/* ---- data -------------------------------------------------------------------------------------------------------- */

/* Keys: one +1 or -1 in each row, in a place that moves, so that states stay small under every rule. */
static Tensor *keys(const Linear *l)
{
    Tensor *t = data_constant(l->dtype, &SHAPE(l->batch, l->tokens, l->heads * l->dk), 0);
    for (int64_t row = 0; row < l->batch * l->tokens * l->heads; row++) {
        const int64_t token = row / l->heads % l->tokens, head = row % l->heads, batch = row / l->heads / l->tokens;
        tensor_set_double(t, row * l->dk + (token * 3 + head + 2 * batch) % l->dk,
                          data_bits(data_seed("key"), (uint64_t)row) & 1 ? -1 : 1);
    }
    return t;
}

/* 0, but every fourth one so low that the state is forgotten. */
static Tensor *decays(const Linear *l)
{
    const int64_t each = l->decay_each ? l->dk : 1;
    Tensor *t = data_constant(l->dtype, &SHAPE(l->batch, l->tokens, l->heads * each), 0);
    for (int64_t i = 0; i < t->count; i++)
        if (i % 4 == 2)
            tensor_set_double(t, i, -1024);
    return t;
}

LinearData linear_data(const Linear *l)
{
    LinearData d = { NULL, NULL, NULL, NULL, NULL, NULL };
    d.q = data_integers(l->dtype, &SHAPE(l->batch, l->tokens, l->q_heads * l->dk), data_seed("q"), -3, 3);
    d.k = keys(l);
    d.v = data_integers(l->dtype, &SHAPE(l->batch, l->tokens, l->heads * l->dv), data_seed("v"), -5, 5);
    if (l->past)
        d.past = data_integers(l->state ? l->state : l->dtype, &SHAPE(l->batch, l->heads, l->dk, l->dv),
                               data_seed("past"), -7, 7);
    if (rule_gated(l->rule))
        d.decay = decays(l);
    if (rule_delta(l->rule))
        d.beta = data_integers(l->dtype, &SHAPE(l->batch, l->tokens, l->beta_shared ? 1 : l->heads), data_seed("beta"),
                               0, 2);
    return d;
}

void linear_data_clear(LinearData *d)
{
    Tensor **all[] = { &d->q, &d->k, &d->v, &d->past, &d->decay, &d->beta };
    for (gsize i = 0; i < G_N_ELEMENTS(all); i++)
        g_clear_pointer(all[i], tensor_unref);
}

static Tensor *part(const Tensor *t, int64_t from, int64_t n)
{
    if (!t)
        return NULL;
    Shape shape = t->shape;
    const int64_t whole = shape.dims[1], inner = shape.dims[2];
    shape.dims[1] = n;
    Tensor *out = data_constant(t->dtype, &shape, 0);
    for (int64_t i = 0; i < out->count; i++)
        tensor_set_bits(out, i, tensor_get_bits(t, (i / (n * inner) * whole + from) * inner + i % (n * inner)));
    return out;
}

LinearData linear_data_part(const LinearData *d, int64_t from, int64_t n, Tensor *past)
{
    return (LinearData){ part(d->q, from, n), part(d->k, from, n), part(d->v, from, n), past, part(d->decay, from, n),
                         part(d->beta, from, n) };
}

/* ---- the node ---------------------------------------------------------------------------------------------------- */

Node *linear_node(Scenario *s, const Linear *l)
{
    const char *inputs[7] = { "q", "k", "v", NULL };
    gsize n = 3;
    const gboolean given[] = { l->past, rule_gated(l->rule), rule_delta(l->rule) };
    static const char *const names[] = { "past", "decay", "beta" };
    for (gsize i = 0; i < 3; i++)
        inputs[3 + i] = given[i] ? names[i] : "";
    for (gsize i = 3; i < 6; i++)
        if (*inputs[i])
            n = i + 1;
    inputs[n] = NULL;
    Node *node = scenario_node(s, "", "LinearAttention", inputs, NAMES("y", "present"));
    if (!l->default_rule)
        scenario_set_string(s, node, "update_rule", rule_names[l->rule]);
    scenario_set_int(s, node, "q_num_heads", l->q_heads);
    scenario_set_int(s, node, "kv_num_heads", l->heads);
    if (l->scale != 0)
        scenario_set_float(s, node, "scale", l->scale);
    if (l->chunk)
        scenario_set_int(s, node, "chunk_size", l->chunk);
    return node;
}

Node *linear_describe(Scenario *s, const Linear *l, LinearData d)
{
    scenario_opset(s, LINEAR_OPSET);
    Tensor *const tensors[] = { d.q, d.k, d.v, d.past, d.decay, d.beta };
    static const char *const names[] = { "q", "k", "v", "past", "decay", "beta" };
    for (gsize i = 0; i < G_N_ELEMENTS(tensors); i++)
        if (tensors[i])
            scenario_input(s, names[i], tensors[i]);
    Node *node = linear_node(s, l);
    scenario_output(s, "y");
    if (l->present)
        scenario_output(s, "present");
    scenario_compare_free_zero_sign(s);
    return node;
}

/* ---- meaning ----------------------------------------------------------------------------------------------------- */

/* x [B, T, H * D] as float [T, B, H, D]. */
static void token_first(GString *body, const char *name, const Linear *l, int64_t heads, int64_t depth)
{
    g_string_append_printf(body,
                           "%sf = Cast <to = 1> (%s)  %ss = Constant <value = int64[4] {%d, %d, %d, %d}> ()  "
                           "%sr = Reshape <allowzero = 1> (%sf, %ss)  "
                           "%st = Transpose <perm = [1, 0, 2, 3]> (%sr)  ",
                           name, name, name, (int)l->batch, (int)l->tokens, (int)heads, (int)depth, name, name, name,
                           name, name);
}

static double scale_of(const Linear *l)
{
    if (l->scale != 0)
        return (double)l->scale;
    return l->dk == 4 ? 0.5 : l->dk == 1 ? 1 : 0.25; /* dk is 1, 4 or 16 where it counts */
}

static void start_state(GString *body, const Linear *l)
{
    if (l->past)
        g_string_append(body, "s0 = Cast <to = 1> (past)  ");
    else
        g_string_append_printf(body, "dims = Constant <value = int64[4] {%d, %d, %d, %d}> ()  "
                                     "s0 = ConstantOfShape (dims)  ",
                               (int)l->batch, (int)l->heads, (int)l->dk, (int)l->dv);
}

static void finish(GString *body, const Linear *l, const char *outputs /* float [B, T, Hq, dv] */, const char *state)
{
    g_string_append_printf(body,
                           "flat = Constant <value = int64[3] {%d, %d, %d}> ()  "
                           "ys = Reshape <allowzero = 1> (%s, flat)  "
                           "y = Cast <to = %d> (ys)  ",
                           (int)l->batch, (int)l->tokens, (int)(l->q_heads * l->dv), outputs, l->dtype);
    g_string_append_printf(body, "present = Cast <to = %d> (%s)  ", l->past && l->state ? l->state : l->dtype, state);
}

/* An input or output of the graph for one token. Its type may be left out in a nested graph, but several engines refuse
 * that; left out it is where the state neither comes in nor goes out. */
static void token_value(GString *body, const Linear *l, const char *before, const char *name, const Shape *shape)
{
    g_string_append(body, before);
    if (l->past || l->present) {
        for (int i = 0; i < shape->rank; i++)
            g_string_append_printf(body, "%s%" G_GINT64_FORMAT, i ? ", " : "float[", shape->dims[i]);
        g_string_append(body, "] ");
    }
    g_string_append(body, name);
}

/* One token: k [B, H, dk], v [B, H, dv], q [B, Hq, dk], decays [B, H, 1 or dk], beta [B, H or 1, 1], state [B, H, dk, dv]. */
static void recurrent(GString *body, const Linear *l)
{
    token_first(body, "q", l, l->q_heads, l->dk);
    token_first(body, "k", l, l->heads, l->dk);
    token_first(body, "v", l, l->heads, l->dv);
    if (rule_gated(l->rule))
        token_first(body, "decay", l, l->heads, l->decay_each ? l->dk : 1);
    if (rule_delta(l->rule))
        token_first(body, "beta", l, l->beta_shared ? 1 : l->heads, 1);
    start_state(body, l);
    const int scanned = 3 + rule_gated(l->rule) + rule_delta(l->rule);
    g_string_append_printf(body, "last, ot = Scan <num_scan_inputs = %d, body = token (", scanned);
    token_value(body, l, "", "st", &SHAPE(l->batch, l->heads, l->dk, l->dv));
    token_value(body, l, ", ", "qi", &SHAPE(l->batch, l->q_heads, l->dk));
    token_value(body, l, ", ", "ki", &SHAPE(l->batch, l->heads, l->dk));
    token_value(body, l, ", ", "vi", &SHAPE(l->batch, l->heads, l->dv));
    if (rule_gated(l->rule))
        token_value(body, l, ", ", "g", &SHAPE(l->batch, l->heads, l->decay_each ? l->dk : 1));
    if (rule_delta(l->rule))
        token_value(body, l, ", ", "b", &SHAPE(l->batch, l->beta_shared ? 1 : l->heads, 1));
    token_value(body, l, ") => (", "next", &SHAPE(l->batch, l->heads, l->dk, l->dv));
    token_value(body, l, ", ", "o", &SHAPE(l->batch, l->q_heads, l->dv));
    g_string_append(body, ") { "
                          "back = Constant <value = int64[1] {-1}> ()  row = Constant <value = int64[1] {-2}> ()  "
                          "kc = Unsqueeze (ki, back)  ");
    if (rule_gated(l->rule))
        g_string_append(body, "e = Exp (g)  ec = Unsqueeze (e, back)  d = Mul (ec, st)  ");
    else
        g_string_append(body, "d = Identity (st)  ");
    if (rule_delta(l->rule))
        g_string_append(body, "kd = Mul (kc, d)  held = ReduceSum <keepdims = 0> (kd, row)  news = Sub (vi, held)  "
                              "u = Mul (b, news)  ");
    else
        g_string_append(body, "u = Identity (vi)  ");
    g_string_append_printf(body,
                           "ur = Unsqueeze (u, row)  outer = Mul (kc, ur)  next = Add (d, outer)  "
                           "groups = Constant <value = int64[4] {%d, %d, %d, %d}> ()  qg = Reshape (qi, groups)  "
                           "mixed = MatMul (qg, next)  c = Constant <value = float {%.9g}> ()  "
                           "scaled = Mul (c, mixed)  "
                           "heads = Constant <value = int64[3] {%d, %d, %d}> ()  "
                           "o = Reshape (scaled, heads) }> (s0, qt, kt, vt%s%s)  ",
                           (int)l->batch, (int)l->heads, (int)(l->q_heads / l->heads), (int)l->dk, scale_of(l),
                           (int)l->batch, (int)l->q_heads, (int)l->dv, rule_gated(l->rule) ? ", decayt" : "",
                           rule_delta(l->rule) ? ", betat" : "");
    g_string_append(body, "ob = Transpose <perm = [1, 0, 2, 3]> (ot)  ");
    finish(body, l, "ob", "last");
}

/* All tokens at once: (tril(Q K^T) V + Q S0) * scale, and S0 + K^T V; the whole sequence is one chunk. */
static void parallel(GString *body, const Linear *l)
{
    const int group = (int)(l->q_heads / l->heads);
    token_first(body, "q", l, l->q_heads, l->dk);
    token_first(body, "k", l, l->heads, l->dk);
    token_first(body, "v", l, l->heads, l->dv);
    start_state(body, l);
    g_string_append_printf(body, "ke = Transpose <perm = [1, 2, 0, 3]> (kt)  ve = Transpose <perm = [1, 2, 0, 3]> (vt)  "
                                 "qe = Transpose <perm = [1, 2, 0, 3]> (qt)  "
                                 "shape = Constant <value = int64[5] {%d, %d, %d, %d, %d}> ()  "
                                 "qg = Reshape (qe, shape)  two = Constant <value = int64[1] {2}> ()  "
                                 "kg = Unsqueeze (ke, two)  "
                                 "vg = Unsqueeze (ve, two)  sg = Unsqueeze (s0, two)  "
                                 "kx = Transpose <perm = [0, 1, 2, 4, 3]> (kg)  "
                                 "all = MatMul (qg, kx)  seen = Trilu <upper = 0> (all)  within = MatMul (seen, vg)  "
                                 "before = MatMul (qg, sg)  sum = Add (before, within)  "
                                 "c = Constant <value = float {%.9g}> ()  "
                                 "scaled = Mul (c, sum)  joined = Constant <value = int64[4] {%d, %d, %d, %d}> ()  "
                                 "oh = Reshape (scaled, joined)  ob = Transpose <perm = [0, 2, 1, 3]> (oh)  "
                                 "km = Transpose <perm = [0, 1, 3, 2]> (ke)  added = MatMul (km, ve)  "
                                 "last = Add (s0, added)  ",
                           (int)l->batch, (int)l->heads, group, (int)l->tokens, (int)l->dk, scale_of(l), (int)l->batch,
                           (int)l->q_heads, (int)l->tokens, (int)l->dv);
    finish(body, l, "ob", "last");
}

void linear_meaning(Scenario *s, const Linear *l, LinearMeaning meaning)
{
    g_autoptr(GString) body =
        g_string_new("<domain: \"\", opset_import: [\"\" : 27]> LinearAttention <q_num_heads, kv_num_heads");
    g_string_append_printf(body, "%s%s%s> (q, k, v", l->default_rule ? "" : ", update_rule", l->scale != 0 ? ", scale" : "",
                           l->chunk ? ", chunk_size" : "");
    const gboolean later = rule_gated(l->rule) || rule_delta(l->rule);
    if (l->past || later)
        g_string_append(body, l->past ? ", past" : ", nothing");
    if (later)
        g_string_append(body, rule_gated(l->rule) ? ", decay" : ", nodecay");
    if (rule_delta(l->rule))
        g_string_append(body, ", beta");
    g_string_append(body, ") => (y, present) { ");
    (meaning == MEANING_PARALLEL ? parallel : recurrent)(body, l);
    g_string_append(body, "}");
    scenario_function(s, body->str);
}

static void generate(Generator *g)
{
    linear_attention_rules(g);
    linear_attention_steps(g);
    linear_attention_inexact(g);
    linear_attention_rejects(g);
    causal_conv(g);
    causal_conv_rejects(g);
}
PROPOSAL_DEFINE(linear_attention, "linear-attention", generate)
