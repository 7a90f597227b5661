/* com.microsoft MoE-1 for float, and the weighted sum and activation of assay.moe::GraphMoE. Text (ONNX Runtime's description of the
 * operator): softmax over all experts, the k largest, divided by their sum if asked; each expert fc2(act(fc1 x)), the answers summed
 * with their weights. */
#include "golden/mutants/softmax.h"
#include "golden/mutants/sums.h"

#include <math.h>
#include <string.h>

MUTANT_DEFINE(moe_normalize_early, "moe-normalizes-before", MUST_DIE, 46, "MoE normalizes over all experts, before the k are chosen")
MUTANT_DEFINE(moe_normalize_always, "moe-normalizes-always", MUST_DIE, 46, "MoE divides the k weights by their sum although it is not asked to")
MUTANT_DEFINE(moe_stride, "moe-expert-stride", MUST_DIE, 46, "MoE reads the second projection of the next expert")
MUTANT_DEFINE(moe_capacity, "moe-last-token", MUST_DIE, 46, "MoE leaves the last token without experts")
MUTANT_DEFINE(moe_first_only, "moe-first-expert", MUST_DIE, 46, "MoE uses only the first of the k experts")
MUTANT_DEFINE(moe_gate_swapped, "moe-gate-swapped", MUST_DIE, 46, "SwiGLU takes gate and linear part for each other")
MUTANT_DEFINE(moe_gate_halves, "moe-gate-layout", MUST_DIE, 46, "SwiGLU takes interleaved for halves and the reverse")
MUTANT_DEFINE(moe_limit, "moe-limit-ignored", MUST_DIE, 46, "SwiGLU does not clamp")
MUTANT_DEFINE(moe_limit_gate, "moe-limit-both-sides", MUST_DIE, 46, "SwiGLU clamps the gate from below too")
MUTANT_DEFINE(moe_alpha, "moe-alpha-ignored", MUST_DIE, 46, "SwiGLU takes alpha for 1")
MUTANT_DEFINE(moe_beta, "moe-beta-ignored", MUST_DIE, 46, "SwiGLU takes beta for 0")
MUTANT_DEFINE(moe_bias_once, "moe-bias-unweighted", MUST_DIE, 46, "MoE adds the bias of the second projection without the expert's weight")
MUTANT_DEFINE(moe_fc3, "moe-fc3-ignored", MUST_DIE, 46, "MoE does not multiply by the third projection")
MUTANT_DEFINE(moe_ties, "moe-ties-higher", MUST_DIE, 45, "MoE prefers the higher index among equal experts")
MUTANT_DEFINE(moe_weights_turned, "moe-weights-transposed", MUST_DIE, 22, "MoE reads square weights transposed")
MUTANT_DEFINE(moe_gelu, "moe-gelu-erf", MUST_DIE, 46, "MoE's gelu is the exact one, not the tanh form")
MUTANT_DEFINE(moe_backwards, "moe-sum-reversed", MUST_LIVE, 0, "MoE sums the experts from the last to the first")

typedef struct {
    int64_t  tokens, hidden, inner, experts, k, fused;
    double  *x, *fc1, *b1, *fc2, *b2, *fc3, *b3;
    const char *activation;
    double   alpha, beta, limit;
    int      fusion;
} Moe;

static double f32(double x)
{
    return format_round(DTYPE_FLOAT, x);
}

/* The chosen experts and their weights; `weights` is the row of logits when called, and scratch. */
static void route(const Moe *m, double *row, gboolean normalize, int64_t *chosen, double *weights)
{
    softmax_row(DTYPE_FLOAT, row, m->experts);
    double sum = 0;
    g_autofree gboolean *taken = g_new0(gboolean, m->experts + 1);
    const gboolean late = mutant(moe_ties);
    for (int64_t j = 0; j < m->k; j++) {
        int64_t best = -1;
        for (int64_t e = 0; e < m->experts; e++)
            if (!taken[e] && (best < 0 || row[e] > row[best] || (late && row[e] == row[best])))
                best = e;
        taken[best] = TRUE;
        chosen[j] = best;
        weights[j] = row[best];
        sum = f32(sum + weights[j]);
    }
    if ((normalize && !mutant(moe_normalize_early)) || mutant(moe_normalize_always))
        for (int64_t j = 0; j < m->k; j++)
            weights[j] = f32(weights[j] / sum);
}

static double sigmoid(double x)
{
    return f32(1 / f32(1 + (double)expf((float)-x)));
}

static double swiglu(const Moe *m, double g, double l)
{
    if (mutant(moe_gate_swapped)) {
        const double held = g;
        g = l;
        l = held;
    }
    const double limit = mutant(moe_limit) ? INFINITY : m->limit;
    g = MIN(g, limit);
    if (mutant(moe_limit_gate))
        g = MAX(g, -limit);
    l = CLAMP(l, -limit, limit);
    const double alpha = mutant(moe_alpha) ? 1 : m->alpha, beta = mutant(moe_beta) ? 0 : m->beta;
    return f32(f32(g * sigmoid(f32(alpha * g))) * f32(l + beta));
}

static double activate(const Moe *m, double g)
{
    switch (*m->activation) {
    case 'r':
        return g > 0 ? g : isnan(g) ? g : 0;
    case 'g':
        return mutant(moe_gelu) ? f32(0.5 * g * erfc(-g * 0.7071067811865476))
                                : f32(0.5 * g * (1 + tanh(0.7978845608028654 * (g + 0.044715 * g * g * g))));
    case 's':
        return f32(g * sigmoid(g));
    default:
        return g;
    }
}

static void project(const double *w, const double *b, int64_t expert, const double *x, int64_t inputs, int64_t outputs, double *y)
{
    const gboolean turned = inputs == outputs && mutant(moe_weights_turned);
    for (int64_t o = 0; o < outputs; o++) {
        const double *row = w + expert * inputs * outputs + (turned ? o : o * inputs);
        y[o] = sums_dot(DTYPE_FLOAT, x, 1, row, turned ? inputs : 1, inputs);
        if (b)
            y[o] = f32(y[o] + b[expert * outputs + o]);
    }
}

/* What one expert answers to one token. */
static void expert(const Moe *m, int64_t e, const double *x, double *answer, gboolean bias)
{
    g_autofree double *g = g_new(double, m->fused * m->inner + 1), *l = g_new(double, m->inner + 1), *h = g_new(double, m->inner + 1);
    project(m->fc1, m->b1, e, x, m->hidden, m->fused * m->inner, g);
    if (m->fc3)
        project(m->fc3, m->b3, e, x, m->hidden, m->inner, l);
    const gboolean gated = strcmp(m->activation, "swiglu") == 0, halves = (m->fusion == 2) != mutant(moe_gate_halves);
    for (int64_t i = 0; i < m->inner; i++) {
        const double gate = m->fused == 2 ? g[halves ? i : 2 * i] : g[i], linear = m->fused == 2 ? g[halves ? m->inner + i : 2 * i + 1] : l[i];
        if (gated)
            h[i] = swiglu(m, gate, linear);
        else
            h[i] = m->fc3 && !mutant(moe_fc3) ? f32(activate(m, g[i]) * l[i]) : activate(m, g[i]);
    }
    const int64_t second = mutant(moe_stride) ? (e + 1) % m->experts : e;
    project(m->fc2, bias ? m->b2 : NULL, second, h, m->inner, m->hidden, answer);
}

static void serve(const Moe *m, int64_t token, const int64_t *chosen, const double *weights, double *y)
{
    g_autofree double *answer = g_new(double, m->hidden + 1);
    const gboolean apart = m->b2 && mutant(moe_bias_once), backwards = mutant(moe_backwards);
    const int64_t used = token == m->tokens - 1 && mutant(moe_capacity) ? 0 : mutant(moe_first_only) ? MIN(m->k, 1) : m->k;
    for (int64_t i = 0; i < m->hidden; i++)
        y[i] = 0;
    for (int64_t j = 0; j < used; j++) {
        const int64_t at = backwards ? used - 1 - j : j;
        if (!(weights[at] > 0)) /* skipped: what is not finite in it stays there */
            continue;
        expert(m, chosen[at], m->x + token * m->hidden, answer, !apart);
        for (int64_t i = 0; i < m->hidden; i++)
            y[i] = f32(y[i] + f32(weights[at] * answer[i]) + (apart ? m->b2[chosen[at] * m->hidden + i] : 0));
    }
}

/* ---- the node ---------------------------------------------------------------------------------------------------------- */

static double *read_fitting(const Tensor *t, int64_t count, gboolean *fits)
{
    *fits = *fits && (!t || t->count == count);
    return t ? naive_read(t) : NULL;
}

static gboolean read_moe(Eval *ev, Moe *m)
{
    const Tensor *x = eval_input(ev, 0), *logits = eval_input(ev, 1), *fc1 = eval_input(ev, 2), *fc2 = eval_input(ev, 4);
    *m = (Moe){ .activation = eval_string(ev, "activation_type"), .k = eval_int(ev, "k"), .fusion = (int)eval_int(ev, "swiglu_fusion"),
                .alpha = (double)eval_float(ev, "activation_alpha"), .beta = (double)eval_float(ev, "activation_beta"),
                .limit = eval_has(ev, "swiglu_limit") ? (double)eval_float(ev, "swiglu_limit") : INFINITY };
    if (x->dtype != DTYPE_FLOAT || x->shape.rank < 2 || logits->shape.rank != 2 || !fc1 || !fc2 || fc2->shape.rank != 3 || eval_int(ev, "use_sparse_mixer"))
        return FALSE;
    m->hidden = x->shape.dims[x->shape.rank - 1];
    m->experts = logits->shape.dims[1];
    m->tokens = logits->shape.dims[0];
    m->inner = fc2->shape.dims[2];
    m->fused = strcmp(m->activation, "swiglu") == 0 && m->fusion != 0 ? 2 : 1;
    gboolean fits = m->k >= 1 && m->k <= m->experts && x->count == m->tokens * m->hidden;
    const int64_t square = m->experts * m->inner * m->hidden;
    m->x = naive_read(x);
    m->fc1 = read_fitting(fc1, m->fused * square, &fits);
    m->b1 = read_fitting(eval_input(ev, 3), m->experts * m->fused * m->inner, &fits);
    m->fc2 = read_fitting(fc2, square, &fits);
    m->b2 = read_fitting(eval_input(ev, 5), m->experts * m->hidden, &fits);
    m->fc3 = read_fitting(eval_input(ev, 6), square, &fits);
    m->b3 = read_fitting(eval_input(ev, 7), m->experts * m->inner, &fits);
    return fits && (strcmp(m->activation, "swiglu") != 0 || m->fused == 2 || m->fc3);
}

static void moe_clear(Moe *m)
{
    double *const all[] = { m->x, m->fc1, m->b1, m->fc2, m->b2, m->fc3, m->b3 };
    for (gsize i = 0; i < G_N_ELEMENTS(all); i++)
        g_free(all[i]);
}

static gboolean run(Eval *ev, const Moe *m, GError **error)
{
    g_autofree double *logits = naive_read(eval_input(ev, 1)), *weights = g_new(double, m->k + 1), *y = g_new(double, m->tokens * m->hidden + 1);
    g_autofree int64_t *chosen = g_new(int64_t, m->k + 1);
    const gboolean normalize = eval_int(ev, "normalize_routing_weights") != 0;
    for (int64_t t = 0; t < m->tokens; t++) {
        route(m, logits + t * m->experts, normalize, chosen, weights);
        serve(m, t, chosen, weights, y + t * m->hidden);
    }
    return naive_give(ev, 0, DTYPE_FLOAT, &eval_input(ev, 0)->shape, y, error);
}

static gboolean moe(Eval *ev, GError **error)
{
    Moe m;
    const gboolean ok = read_moe(ev, &m) ? run(ev, &m, error) : eval_own_kernel(ev, error);
    moe_clear(&m);
    return ok;
}
NAIVE_DEFINE(moe, "MoE", "com.microsoft", moe)
