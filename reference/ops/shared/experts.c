#include "reference/ops/shared/experts.h"

#include "reference/ops/shared/gelu.h"
#include "reference/ops/shared/transcendental.h"
#include "reference/tensor/convert.h"

#include <math.h>
#include <string.h>

/* ---- projection -------------------------------------------------------------------------------------------------- */

static void load_row(const Projection *p, int64_t expert, int64_t output)
{
    const int64_t width = dtype_info(p->weights->dtype)->width, from = expert * p->inputs * p->outputs;
    const uint8_t *data = p->weights->data;
    if (!p->inputs_first) {
        convert_to_double(p->weights->dtype, data + (from + output * p->inputs) * width, p->row, (gsize)p->inputs);
        return;
    }
    for (int64_t i = 0; i < p->inputs; i++)
        convert_to_double(p->weights->dtype, data + (from + i * p->outputs + output) * width, &p->row[i], 1);
}

void expert_project(const Projection *p, int64_t expert, DType dtype, gboolean certify, const Span *x, Span *y)
{
    for (int64_t o = 0; o < p->outputs; o++) {
        load_row(p, expert, o);
        const double bias = p->bias ? tensor_get_double(p->bias, expert * p->outputs + o) : 0;
        y[o] = (certify ? span_dot : span_dot_value)(dtype, x, p->row, p->inputs, p->bias ? &bias : NULL);
    }
}

/* ---- activations ------------------------------------------------------------------------------------------------- */

gboolean expert_activation_of(const char *name, ExpertActivation *kind, GError **error)
{
    static const char *const names[] = { "identity", "relu", "gelu", "silu", "swiglu" };
    for (guint i = 0; i < G_N_ELEMENTS(names); i++)
        if (strcmp(name, names[i]) == 0) {
            *kind = (ExpertActivation)i;
            return TRUE;
        }
    return eval_fail(error, "activation_type is '%s', expected relu, gelu, silu, swiglu or identity", name);
}

#define U 0x1p-24 /* unit roundoff of float32 */

static double single(double x)
{
    return span_nearest(DTYPE_FLOAT, x);
}

typedef struct {
    double (*value)(double x, double parameter);           /* in float32 steps */
    double (*error)(double x, double y, double parameter); /* bound on what a backend may add at x */
    double turn,
        extreme; /* where the one extremum lies and its value, for parameter 1; values scale with 1/parameter */
} Curve;

/* The curve over everything in the span: its ends, and its extremum if that lies within. */
static Span through(const Curve *c, Span x, double parameter)
{
    const double low = c->value(x.low, parameter), high = c->value(x.high, parameter);
    const double below = c->error(x.low, low, parameter), above = c->error(x.high, high, parameter);
    Span y = { c->value(x.value, parameter), MIN(low - below, high - above), MAX(low + below, high + above) };
    const double turn = c->turn / parameter, extreme = c->extreme / parameter;
    if (x.low < turn && turn < x.high) {
        y.low = MIN(y.low, extreme - 8 * U * fabs(extreme));
        y.high = MAX(y.high, extreme + 8 * U * fabs(extreme));
    }
    return span_rounded(DTYPE_FLOAT, y);
}

/* x * sigmoid(alpha * x), as a product of rounded steps. */
static double gated(double x, double alpha)
{
    const double scaled = single(alpha * x);
    return single(x * single(real_value(&real_sigmoid, DTYPE_FLOAT, &scaled)));
}

/* The sigmoid's ulps; the error of its argument, which 1 - sigmoid passes on; the product. Results below the normal
 * range may be flushed. */
static double gated_error(double x, double y, double alpha)
{
    if (x == 0)
        return 0;
    return fabs(y) * (8 + 5 * fabs(alpha * x) * (1 - MIN(y / x, 1))) * U + (fabs(y) < 0x1p-100 ? 0x1p-126 : 0);
}

static double gelu(double x, G_GNUC_UNUSED double parameter)
{
    return single(real_value(&real_gelu_tanh, DTYPE_FLOAT, &x));
}

/* 1 + tanh(z) cancels for negative z: an absolute error of a few units, times |x| / 2. */
static double gelu_error(double x, double y, G_GNUC_UNUSED double parameter)
{
    return 8 * U * fabs(x) + 4 * U * fabs(y);
}

static const Curve silu_curve = { gated, gated_error, -1.2784645427610738, -0.27846454276107380 };
static const Curve gelu_curve = { gelu, gelu_error, -0.75246, -0.17004 };

static Span clamped(Span x, double low, double high)
{
    const Span y = { CLAMP(x.value, low, high), CLAMP(x.low, low, high), CLAMP(x.high, low, high) };
    return isnan(x.value) ? x : y;
}

static Span linear_part(const Activation *a, Span l)
{
    l = clamped(l, -a->limit, a->limit);
    const Span sum[2] = { l, span_point(a->beta) };
    return a->beta == 0 ? l : span_sum(DTYPE_FLOAT, sum, 2);
}

static Span gate(const Activation *a, Span g)
{
    switch (a->kind) {
    case EXPERT_RELU:
        return clamped(g, 0, INFINITY);
    case EXPERT_GELU:
        return through(&gelu_curve, g, 1);
    case EXPERT_SILU:
        return through(&silu_curve, g, 1);
    case EXPERT_SWIGLU:
        return through(&silu_curve, clamped(g, -INFINITY, a->limit), a->alpha);
    default:
        return g;
    }
}

void expert_activate(const Activation *a, gboolean certify, const Span *g, const Span *l, int64_t n, Span *h)
{
    const gboolean swiglu = a->kind == EXPERT_SWIGLU;
    for (int64_t i = 0; i < n; i++) {
        const gboolean interleaved = swiglu && a->layout == GATE_INTERLEAVED,
                       halves = swiglu && a->layout == GATE_HALVES;
        const Span *linear = interleaved ? &g[2 * i + 1] : halves ? &g[n + i] : l ? &l[i] : NULL;
        h[i] = gate(a, interleaved ? g[2 * i] : g[i]);
        if (linear)
            h[i] = span_product(DTYPE_FLOAT, h[i], swiglu ? linear_part(a, *linear) : *linear);
        if (!certify)
            h[i] = span_point(h[i].value);
    }
}

/* ---- the weighted sum -------------------------------------------------------------------------------------------- */

void expert_combine(const Span *weights, const Span *answers, int64_t k, int64_t n, gboolean skip, gboolean certify,
                    Span *y)
{
    g_autofree Span *terms = g_new(Span, (gsize)k + 1);
    for (int64_t i = 0; i < n; i++) {
        for (int64_t j = 0; j < k; j++)
            terms[j] = skip && !(weights[j].value > 0) ? span_point(0)
                                                       : span_product(DTYPE_FLOAT, weights[j], answers[j * n + i]);
        y[i] = span_sum(DTYPE_FLOAT, terms, k);
        if (!certify)
            y[i] = span_point(y[i].value);
    }
}
