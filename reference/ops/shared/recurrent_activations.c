#include "reference/ops/shared/recurrent_activations.h"

#include "reference/ops/shared/transcendental.h"

#include <math.h>

static double real(const Activation *a, const RealFunction *fn, double x)
{
    return a->precise ? real_value(fn, DTYPE_DOUBLE, &x) : fn->fast(&x);
}

static double relu(G_GNUC_UNUSED const Activation *a, double x)
{
    return x < 0 ? 0 : x;
}

static double hyperbolic_tangent(const Activation *a, double x)
{
    return real(a, &real_tanh, x);
}

static double sigmoid(const Activation *a, double x)
{
    return real(a, &real_sigmoid, x);
}

static double affine(const Activation *a, double x)
{
    return a->alpha * x + a->beta;
}

static double leaky_relu(const Activation *a, double x)
{
    return x < 0 ? a->alpha * x : x;
}

static double thresholded_relu(const Activation *a, double x)
{
    return x < a->alpha ? 0 : x;
}

static double scaled_tanh(const Activation *a, double x)
{
    return a->alpha * real(a, &real_tanh, a->beta * x);
}

static double hard_sigmoid(const Activation *a, double x)
{
    const double y = a->alpha * x + a->beta;
    return y < 0 ? 0 : y > 1 ? 1 : y;
}

static double elu(const Activation *a, double x)
{
    if (!(x < 0))
        return x;
    return a->alpha * (a->precise ? real(a, &real_exp, x) - 1 : Sleef_cinz_expm1d1_u10purec(x));
}

static double softsign(G_GNUC_UNUSED const Activation *a, double x)
{
    return x / (1 + fabs(x));
}

static double softplus(const Activation *a, double x)
{
    return real(a, &real_softplus, x);
}

/* alpha and beta: the default, where the function has the parameter; NaN where it has none. Defaults are those of the
 * operators of the same name. */
static const struct {
    const char *name;
    double    (*apply)(const Activation *a, double x);
    double      alpha, beta;
} known[] = {
    { "Relu", relu, (double)NAN, (double)NAN },
    { "Tanh", hyperbolic_tangent, (double)NAN, (double)NAN },
    { "Sigmoid", sigmoid, (double)NAN, (double)NAN },
    { "Affine", affine, 1, 0 },
    { "LeakyRelu", leaky_relu, (double)0.01f, (double)NAN },
    { "ThresholdedRelu", thresholded_relu, 1, (double)NAN },
    { "ScaledTanh", scaled_tanh, 1, 1 },
    { "HardSigmoid", hard_sigmoid, (double)0.2f, 0.5 },
    { "Elu", elu, 1, (double)NAN },
    { "Softsign", softsign, (double)NAN, (double)NAN },
    { "Softplus", softplus, (double)NAN, (double)NAN },
};

/* Parameters are taken from the lists in the order of the functions that have them. */
static gboolean find(const char *name, const float **alphas, gsize *n_alphas, const float **betas, gsize *n_betas,
                     Activation *a, GError **error)
{
    for (gsize i = 0; i < G_N_ELEMENTS(known); i++) {
        if (g_ascii_strcasecmp(name, known[i].name) != 0)
            continue;
        a->apply = known[i].apply;
        a->alpha = known[i].alpha;
        a->beta = known[i].beta;
        if (!isnan(a->alpha) && *n_alphas > 0) {
            a->alpha = (double)*(*alphas)++;
            --*n_alphas;
        }
        if (!isnan(a->beta) && *n_betas > 0) {
            a->beta = (double)*(*betas)++;
            --*n_betas;
        }
        return TRUE;
    }
    g_autofree char *quoted = name_quote(name);
    return eval_fail(error, "%s is no activation function of this operator", quoted);
}

gboolean recurrent_read_activations(const Eval *ev, Recurrent *r, gboolean precise, GError **error)
{
    gsize n, n_alphas, n_betas;
    const Bytes *given = eval_attribute(ev, "activations") ? eval_strings(ev, "activations", &n) : NULL;
    const float *alphas = eval_floats(ev, "activation_alpha", &n_alphas), *betas = eval_floats(ev, "activation_beta", &n_betas);
    const gsize wanted = r->n_activations * (gsize)r->directions;
    if (given && n != wanted)
        return eval_fail(error, "activations has %" G_GSIZE_FORMAT " entries, expected %" G_GSIZE_FORMAT, n, wanted);
    for (gsize i = 0; i < wanted; i++) {
        const char *name = given ? (const char *)given[i].data : r->default_activations[i % r->n_activations];
        if (!find(name, &alphas, &n_alphas, &betas, &n_betas, &r->activations[i], error))
            return FALSE;
        r->activations[i].precise = precise;
    }
    return TRUE;
}

double recurrent_activate(const Recurrent *r, int64_t direction, gsize which, double x)
{
    const Activation *a = &r->activations[(gsize)direction * r->n_activations + which];
    return a->apply(a, x < -r->clip ? -r->clip : x > r->clip ? r->clip : x);
}
