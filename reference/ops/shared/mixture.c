#include "reference/ops/shared/mixture.h"

#include <math.h>
#include <string.h>

#define I G_GINT64_FORMAT

/* ---- reading ----------------------------------------------------------------------------------------------------- */

static gboolean read_activation(const Eval *ev, Mixture *m, GError **error)
{
    const int64_t fusion = eval_int(ev, "swiglu_fusion");
    if (!expert_activation_of(eval_string(ev, "activation_type"), &m->activation.kind, error))
        return FALSE;
    if (fusion < 0 || fusion > 2)
        return eval_fail(error, "swiglu_fusion is %" I ", expected 0, 1 or 2", fusion);
    m->activation.layout = (GateLayout)fusion;
    m->activation.alpha = (double)eval_float(ev, "activation_alpha");
    m->activation.beta = (double)eval_float(ev, "activation_beta");
    m->activation.limit = eval_has(ev, "swiglu_limit") ? (double)eval_float(ev, "swiglu_limit") : INFINITY;
    if (!(m->activation.limit >= 0))
        return eval_fail(error, "swiglu_limit is %g, expected no negative number", m->activation.limit);
    m->fused = m->activation.kind == EXPERT_SWIGLU && fusion != 0 ? 2 : 1;
    return TRUE;
}

gboolean mixture_begin(const Eval *ev, Mixture *m, GError **error)
{
    *m = (Mixture){ .input = eval_input(ev, 0), .logits = eval_input(ev, 1) };
    const Shape *x = &m->input->shape, *r = &m->logits->shape;
    if (x->rank != 2 && x->rank != 3)
        return eval_fail(error, "input has rank %d, expected 2 or 3", x->rank);
    m->hidden = x->dims[x->rank - 1];
    m->tokens = shape_span(x, 0, x->rank - 1);
    if (r->rank != 2 || r->dims[0] != m->tokens) {
        g_autofree char *found = shape_to_string(r);
        return eval_fail(error, "router_probs has shape %s, expected [%" I ", number of experts]", found, m->tokens);
    }
    m->experts = r->dims[1];
    m->k = eval_int(ev, "k");
    if (m->k < 1 || m->k > m->experts)
        return eval_fail(error, "k is %" I ", expected 1 to %" I ", the number of experts", m->k, m->experts);
    m->normalize = eval_int(ev, "normalize_routing_weights") != 0;
    if (eval_int(ev, "use_sparse_mixer")) {
        if (m->k != 2)
            return eval_fail(error, "k is %" I " with use_sparse_mixer, expected 2", m->k);
        m->routing = ROUTE_SPARSE_MIXER;
    }
    return read_activation(ev, m, error);
}

/* ---- one token --------------------------------------------------------------------------------------------------- */

/* Room for one token's numbers at every stage. */
typedef struct {
    Span *x, *g, *l, *h, *answers, *y, *weights;
    double *row, *logits, *given;
    int64_t *indices;
} Scratch;

static void scratch_clear(Scratch *s)
{
    g_free(s->x);
    g_free(s->g);
    g_free(s->l);
    g_free(s->h);
    g_free(s->answers);
    g_free(s->y);
    g_free(s->weights);
    g_free(s->row);
    g_free(s->logits);
    g_free(s->given);
    g_free(s->indices);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Scratch, scratch_clear)

static gboolean scratch_make(const Mixture *m, Scratch *s, GError **error)
{
    const gsize hidden = (gsize)m->hidden, inner = (gsize)m->inner, k = (gsize)m->k, experts = (gsize)m->experts;
    guint64 answers;
    const gboolean fits = g_uint64_checked_mul(&answers, k, MAX(hidden, 1)) && inner < G_MAXSIZE / 64;
    if (fits) {
        *s = (Scratch){ g_try_new(Span, hidden + 1), g_try_new(Span, (gsize)m->fused * inner + 1),
                        g_try_new(Span, inner + 1),  g_try_new(Span, inner + 1),
                        g_try_new(Span, answers),    g_try_new(Span, hidden + 1),
                        g_try_new(Span, k),          g_try_new(double, MAX(hidden, inner) + 1),
                        g_try_new(double, experts),  g_try_new(double, experts),
                        g_try_new(int64_t, k) };
    }
    if (fits && s->x && s->g && s->l && s->h && s->answers && s->y && s->weights && s->row && s->logits && s->given &&
        s->indices)
        return TRUE;
    return eval_fail(error, "no memory for a token of %" I " features with %" I " experts", m->hidden, m->k);
}

static void route(const Mixture *m, int64_t token, Router *r, const Scratch *s)
{
    for (int64_t e = 0; e < m->experts; e++) {
        s->logits[e] = tensor_get_double(m->logits, token * m->experts + e);
        s->given[e] = m->given ? tensor_get_double(m->given, token * m->experts + e) : 0;
    }
    switch (m->routing) {
    case ROUTE_SOFTMAX_TOP:
        route_softmax_top(r, s->logits, s->indices, s->weights);
        break;
    case ROUTE_TOP_SOFTMAX:
        route_top_softmax(r, s->logits, s->indices, s->weights);
        return; /* they add up to one */
    case ROUTE_TOP_GIVEN:
        route_top_given(r, s->logits, s->given, s->indices, s->weights);
        break;
    default:
        route_sparse_mixer(r, s->logits, s->indices, s->weights);
        return; /* each round stands for itself */
    }
    if (m->normalize)
        route_normalize(r, m->zero_sum_is_zero, s->weights);
}

static void one_token(const Mixture *m, int64_t token, Router *r, Scratch *s)
{
    Projection fc1 = m->fc1, fc2 = m->fc2, fc3 = m->fc3;
    fc1.row = fc2.row = fc3.row = s->row;
    route(m, token, r, s);
    span_load(m->input, NULL, token * m->hidden, m->hidden, s->x);
    for (int64_t j = 0; j < m->k; j++) {
        if (!(s->weights[j].value > 0))
            continue;
        expert_project(&fc1, s->indices[j], DTYPE_FLOAT, r->certify, s->x, s->g);
        if (fc3.weights)
            expert_project(&fc3, s->indices[j], DTYPE_FLOAT, r->certify, s->x, s->l);
        expert_activate(&m->activation, r->certify, s->g, fc3.weights ? s->l : NULL, m->inner, s->h);
        expert_project(&fc2, s->indices[j], DTYPE_FLOAT, r->certify, s->h, s->answers + j * m->hidden);
    }
    expert_combine(s->weights, s->answers, m->k, m->hidden, TRUE, r->certify, s->y);
}

/* ---- all tokens -------------------------------------------------------------------------------------------------- */

gboolean mixture_run(Eval *ev, const Mixture *m, GError **error)
{
    Tensor *y = eval_output(ev, 0, m->input->dtype, &m->input->shape, error);
    if (!y || y->count == 0)
        return y != NULL;
    g_auto(Scratch) s = { 0 };
    if (!scratch_make(m, &s, error))
        return FALSE;
    Router r = { .experts = m->experts, .k = m->k };
    for (int64_t token = 0; token < m->tokens; token++) {
        if (!eval_tick(ev, error))
            return FALSE;
        one_token(m, token, &r, &s);
        span_store(y, token * m->hidden, m->hidden, s.y);
    }
    return TRUE;
}

gboolean mixture_bound(Eval *ev, const Mixture *m, GError **error)
{
    const Tensor *y = eval_output_tensor(ev, 0);
    if (y->count == 0)
        return TRUE;
    g_auto(Scratch) s = { 0 };
    if (!scratch_make(m, &s, error))
        return FALSE;
    Router r = { .experts = m->experts, .k = m->k, .certify = TRUE };
    SpanEnds ends = { NULL, NULL };
    gboolean ok = TRUE;
    for (int64_t token = 0; ok && token < m->tokens; token++) {
        one_token(m, token, &r, &s);
        ok = span_ends(&ends, y, token * m->hidden, m->hidden, s.y, error);
    }
    eval_set_interval(ev, 0, ends.lower, ends.upper);
    if (!ok || r.uncertain || !eval_inputs_exact(ev))
        eval_set_uncertified(ev, 0);
    return ok;
}
