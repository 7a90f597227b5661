#include "reference/ops/shared/optimizer.h"

#include <math.h>
#include <sleef.h>

typedef struct {
    double norm, norm_post, epsilon, alpha, beta;
} Adam;

static void prepare(OptimizerStep *step)
{
    const Adam *a = step->parameters;
    const double t = (double)step->count;
    if (step->count > 0)
        step->rate *= sqrt(1 - Sleef_cinz_powd1_u10purec(a->beta, t)) / (1 - Sleef_cinz_powd1_u10purec(a->alpha, t));
}

/* value, gradient, averaged gradient, averaged squared gradient */
static void update(const OptimizerStep *step, const double *in, double *out)
{
    const Adam *a = step->parameters;
    const double gradient = a->norm * in[0] + in[1];
    out[1] = a->alpha * in[2] + (1 - a->alpha) * gradient;
    out[2] = a->beta * in[3] + (1 - a->beta) * gradient * gradient;
    const double x = in[0] - step->rate * out[1] / (sqrt(out[2]) + a->epsilon);
    out[0] = (1 - a->norm_post) * x;
}

static gboolean adam(Eval *ev, GError **error)
{
    Adam a = { (double)eval_float(ev, "norm_coefficient"), (double)eval_float(ev, "norm_coefficient_post"),
               (double)eval_float(ev, "epsilon"), (double)eval_float(ev, "alpha"), (double)eval_float(ev, "beta") };
    return optimizer_run(ev, 4, 3, prepare, update, &a, error);
}

OPERATOR_DEFINE(adam, "Adam", "ai.onnx.preview.training",
    { .since = 1, OPTIMIZER_SCHEMA,
      .attributes = "alpha:float=0.9, beta:float=0.999, epsilon:float=1e-6, norm_coefficient:float=0, "
                    "norm_coefficient_post:float=0",
      .kernel = adam })
