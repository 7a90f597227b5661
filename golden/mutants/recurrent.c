/* LinearAttention-27 and CausalConvWithState-27. Text, for each step: D = exp(decay) * S for the gated rules, else S; u = v, or
 * beta * (v - D^T k) for the delta rules; S = D + k u^T; o = scale * q^T S. */
#include "golden/mutants/functions.h"
#include "golden/mutants/sums.h"

#include <math.h>
#include <string.h>

MUTANT_DEFINE(linear_no_decay, "linear-no-decay", MUST_DIE, 0, "LinearAttention does not decay the state")
MUTANT_DEFINE(linear_decay_raw, "linear-decay-raw", MUST_DIE, 0, "LinearAttention multiplies by the decay, not by its exponential")
MUTANT_DEFINE(linear_no_beta, "linear-no-beta", MUST_DIE, 0, "LinearAttention takes beta for 1")
MUTANT_DEFINE(linear_old_state, "linear-delta-old-state", MUST_DIE, 0, "LinearAttention's delta rules read the state before its decay")
MUTANT_DEFINE(linear_before, "linear-output-before-update", MUST_DIE, 42, "LinearAttention reads the state before the step's update")
MUTANT_DEFINE(linear_past, "linear-past-ignored", MUST_DIE, 42, "LinearAttention starts from zero whatever past_state is")
MUTANT_DEFINE(linear_heads, "linear-heads-modulo", MUST_DIE, 33, "LinearAttention's query head h uses key head h mod Hkv")
MUTANT_DEFINE(linear_scale, "linear-scale-missing", MUST_DIE, 36, "LinearAttention does not scale")
MUTANT_DEFINE(linear_turned, "linear-state-transposed", MUST_DIE, 22, "LinearAttention's present_state of equal dims is transposed")
MUTANT_DEFINE(conv_past, "conv-past-ignored", MUST_DIE, 42, "CausalConvWithState starts from zeros whatever past_state is")
MUTANT_DEFINE(conv_flipped, "conv-flipped", MUST_DIE, 32, "CausalConvWithState runs the kernel backwards")
MUTANT_DEFINE(conv_state_early, "conv-state-early", MUST_DIE, 42, "CausalConvWithState's present_state leaves the last step out")
MUTANT_DEFINE(conv_no_activation, "conv-no-activation", MUST_DIE, 0, "CausalConvWithState ignores activation")
MUTANT_DEFINE(conv_bias_late, "conv-bias-after-activation", MUST_DIE, 31, "CausalConvWithState adds the bias after the activation")
MUTANT_DEFINE(conv_ahead, "conv-sees-next", MUST_DIE, 35, "CausalConvWithState sees one step ahead")

typedef struct {
    int64_t  batch, steps, q_heads, kv_heads, dk, dv;
    double  *q, *k, *v, *decay, *beta, *state, *out;
    int64_t  decay_width, beta_width;
    gboolean gated, delta;
    double   scale;
} Linear;

static int64_t last_dim(const Tensor *t)
{
    return t->shape.dims[2];
}

static gboolean read_linear(Eval *ev, Linear *l)
{
    const Tensor *q = eval_input(ev, 0), *k = eval_input(ev, 1), *v = eval_input(ev, 2), *past = eval_input(ev, 3), *g = eval_input(ev, 4),
                 *b = eval_input(ev, 5);
    const char *rule = eval_string(ev, "update_rule");
    *l = (Linear){ .q_heads = eval_int(ev, "q_num_heads"), .kv_heads = eval_int(ev, "kv_num_heads"), .gated = strstr(rule, "gated") != NULL,
                   .delta = strstr(rule, "delta") != NULL };
    if (q->dtype != DTYPE_FLOAT || q->shape.rank != 3 || k->shape.rank != 3 || v->shape.rank != 3 || l->q_heads < 1 || l->kv_heads < 1 ||
        l->q_heads % l->kv_heads || last_dim(q) % l->q_heads || last_dim(v) % l->kv_heads)
        return FALSE;
    l->batch = q->shape.dims[0];
    l->steps = q->shape.dims[1];
    l->dk = last_dim(q) / l->q_heads;
    l->dv = last_dim(v) / l->kv_heads;
    l->decay_width = g ? last_dim(g) : 0;
    l->beta_width = b ? last_dim(b) : 0;
    l->scale = eval_float(ev, "scale") != 0 ? (double)eval_float(ev, "scale") : 1 / sqrt((double)l->dk);
    const int64_t rows = l->batch * l->steps;
    return k->count == rows * l->kv_heads * l->dk && v->count == rows * l->kv_heads * l->dv && l->gated == (g != NULL) &&
           l->delta == (b != NULL) && (!past || past->count == l->batch * l->kv_heads * l->dk * l->dv) &&
           (!g || (g->count == rows * l->decay_width && (l->decay_width == l->kv_heads || l->decay_width == l->kv_heads * l->dk))) &&
           (!b || (b->count == rows * l->beta_width && (l->beta_width == l->kv_heads || l->beta_width == 1)));
}

/* One step of one key-value head: S is [dk, dv]. */
static void update(Linear *l, double *s, int64_t row, int64_t head)
{
    const double *k = l->k + (row * l->kv_heads + head) * l->dk, *v = l->v + (row * l->kv_heads + head) * l->dv;
    g_autofree double *old = g_new(double, l->dk * l->dv + 1);
    memcpy(old, s, (gsize)(l->dk * l->dv) * sizeof *s);
    for (int64_t i = 0; l->gated && i < l->dk; i++) {
        const double g = l->decay[row * l->decay_width + (l->decay_width == l->kv_heads ? head : head * l->dk + i)];
        const double factor = mutant(linear_no_decay) ? 1 : mutant(linear_decay_raw) ? g : format_round(DTYPE_FLOAT, function_exp(g));
        for (int64_t j = 0; j < l->dv; j++)
            s[i * l->dv + j] = format_round(DTYPE_FLOAT, s[i * l->dv + j] * factor);
    }
    const double *read = mutant(linear_old_state) ? old : s;
    g_autofree double *u = g_new(double, l->dv + 1);
    for (int64_t j = 0; j < l->dv; j++) {
        u[j] = v[j];
        if (!l->delta)
            continue;
        const double beta = mutant(linear_no_beta) ? 1 : l->beta[row * l->beta_width + (l->beta_width == 1 ? 0 : head)];
        u[j] = format_round(DTYPE_FLOAT, beta * format_round(DTYPE_FLOAT, v[j] - sums_dot(DTYPE_FLOAT, read + j, l->dv, k, 1, l->dk)));
    }
    for (int64_t i = 0; i < l->dk; i++)
        for (int64_t j = 0; j < l->dv; j++)
            s[i * l->dv + j] = format_round(DTYPE_FLOAT, s[i * l->dv + j] + format_round(DTYPE_FLOAT, k[i] * u[j]));
}

static void answer(Linear *l, const double *s, int64_t row, int64_t head)
{
    const int64_t group = l->q_heads / l->kv_heads;
    for (int64_t h = 0; h < l->q_heads; h++) {
        if ((mutant(linear_heads) ? h % l->kv_heads : h / group) != head)
            continue;
        for (int64_t j = 0; j < l->dv; j++) {
            const double o = sums_dot(DTYPE_FLOAT, l->q + (row * l->q_heads + h) * l->dk, 1, s + j, l->dv, l->dk);
            l->out[(row * l->q_heads + h) * l->dv + j] = mutant(linear_scale) ? o : o * l->scale;
        }
    }
}

static void run_linear(Linear *l)
{
    for (int64_t b = 0; b < l->batch; b++)
        for (int64_t t = 0; t < l->steps; t++)
            for (int64_t head = 0; head < l->kv_heads; head++) {
                double *s = l->state + (b * l->kv_heads + head) * l->dk * l->dv;
                const int64_t row = b * l->steps + t;
                if (mutant(linear_before)) {
                    answer(l, s, row, head);
                    update(l, s, row, head);
                } else {
                    update(l, s, row, head);
                    answer(l, s, row, head);
                }
            }
}

static void turn_state(Linear *l)
{
    for (int64_t m = 0; m < l->batch * l->kv_heads; m++)
        for (int64_t i = 0; i < l->dk; i++)
            for (int64_t j = 0; j < i; j++) {
                double *s = l->state + m * l->dk * l->dv, held = s[i * l->dv + j];
                s[i * l->dv + j] = s[j * l->dv + i];
                s[j * l->dv + i] = held;
            }
}

static double *read_or_null(const Tensor *t)
{
    return t ? naive_read(t) : NULL;
}

static void linear_clear(Linear *l)
{
    double *const all[] = { l->q, l->k, l->v, l->decay, l->beta, l->state, l->out };
    for (gsize i = 0; i < G_N_ELEMENTS(all); i++)
        g_free(all[i]);
}

static gboolean linear_attention(Eval *ev, GError **error)
{
    Linear l;
    if (!read_linear(ev, &l) || l.steps == 0 || l.dk == 0 || l.dv == 0)
        return eval_own_kernel(ev, error);
    const Tensor *past = eval_input(ev, 3);
    const Shape state = SHAPE(l.batch, l.kv_heads, l.dk, l.dv), out = SHAPE(l.batch, l.steps, l.q_heads * l.dv);
    l.q = naive_read(eval_input(ev, 0));
    l.k = naive_read(eval_input(ev, 1));
    l.v = naive_read(eval_input(ev, 2));
    l.decay = read_or_null(eval_input(ev, 4));
    l.beta = read_or_null(eval_input(ev, 5));
    l.state = past && !mutant(linear_past) ? naive_read(past) : g_new0(double, shape_count(&state) + 1);
    l.out = g_new0(double, shape_count(&out) + 1);
    run_linear(&l);
    if (l.dk == l.dv && mutant(linear_turned))
        turn_state(&l);
    const gboolean ok = naive_give(ev, 0, DTYPE_FLOAT, &out, l.out, error) &&
                        (!eval_wants(ev, 1) || naive_give(ev, 1, past ? past->dtype : DTYPE_FLOAT, &state, l.state, error));
    linear_clear(&l);
    return ok;
}
NAIVE_DEFINE(linear_attention, "LinearAttention", "", linear_attention)

/* ---- CausalConvWithState ------------------------------------------------------------------------------------------------- */

static double silu(double x)
{
    return format_round(DTYPE_FLOAT, x * format_round(DTYPE_FLOAT, 1 / (1 + exp(-x))));
}

static gboolean causal_conv(Eval *ev, GError **error)
{
    const Tensor *x = eval_input(ev, 0), *w = eval_input(ev, 1), *bias = eval_input(ev, 2), *past = eval_input(ev, 3);
    if (x->shape.rank != 3 || w->shape.rank != 3 || w->shape.dims[1] != 1 || w->shape.dims[0] != x->shape.dims[1] || x->dtype != DTYPE_FLOAT)
        return eval_own_kernel(ev, error);
    const int64_t channels = x->shape.dims[1], length = x->shape.dims[2], taps = w->shape.dims[2], before = taps - 1, total = before + length;
    const Shape state = SHAPE(x->shape.dims[0], channels, before);
    if (taps < 1 || (bias && bias->count != channels) || (past && !shape_equal(&past->shape, &state)))
        return eval_own_kernel(ev, error);
    const gboolean active = strcmp(eval_string(ev, "activation"), "none") != 0 && !mutant(conv_no_activation);
    g_autofree double *in = naive_read(x), *kernel = naive_read(w), *b = read_or_null(bias), *old = mutant(conv_past) ? NULL : read_or_null(past);
    g_autofree double *y = g_new(double, x->count + 1), *present = g_new(double, shape_count(&state) + 1), *p = g_new0(double, total + 2);
    for (int64_t line = 0; line < x->shape.dims[0] * channels; line++) {
        for (int64_t i = 0; i < total; i++)
            p[i] = i >= before ? in[line * length + i - before] : old ? old[line * before + i] : 0;
        const double *taps_of = kernel + line % channels * taps;
        for (int64_t i = 0; i < length; i++) {
            const int64_t start = mutant(conv_ahead) && i + 1 < length ? i + 1 : i;
            double sum = mutant(conv_flipped) ? sums_dot(DTYPE_FLOAT, p + start + before, -1, taps_of, 1, taps)
                                              : sums_dot(DTYPE_FLOAT, p + start, 1, taps_of, 1, taps);
            const double c = b ? b[line % channels] : 0;
            if (!mutant(conv_bias_late))
                sum = format_round(DTYPE_FLOAT, sum + c);
            sum = active ? silu(sum) : sum;
            y[line * length + i] = mutant(conv_bias_late) ? sum + c : sum;
        }
        for (int64_t i = 0; i < before; i++)
            present[line * before + i] = p[MAX(total - before + i - (mutant(conv_state_early) ? 1 : 0), 0)];
    }
    return naive_give(ev, 0, DTYPE_FLOAT, &x->shape, y, error) && (!eval_wants(ev, 1) || naive_give(ev, 1, DTYPE_FLOAT, &state, present, error));
}
NAIVE_DEFINE(causal_conv, "CausalConvWithState", "", causal_conv)
