#include "reference/ops/shared/optimizer.h"

#include <string.h>

typedef struct {
    double   norm, alpha, beta;
    gboolean nesterov;
} Momentum;

static void prepare(OptimizerStep *step)
{
    Momentum *m = step->parameters;
    if (step->count <= 0)
        m->beta = 1; /* the first iteration */
}

/* value, gradient, momentum */
static void update(const OptimizerStep *step, const double *in, double *out)
{
    const Momentum *m = step->parameters;
    const double gradient = m->norm * in[0] + in[1];
    out[1] = m->alpha * in[2] + m->beta * gradient;
    out[0] = in[0] - step->rate * (m->nesterov ? gradient + m->alpha * out[1] : out[1]);
}

static gboolean momentum(Eval *ev, GError **error)
{
    const char *mode = eval_string(ev, "mode");
    if (!mode || (strcmp(mode, "standard") != 0 && strcmp(mode, "nesterov") != 0))
        return eval_fail(error, "mode is '%s', expected standard or nesterov", mode ? mode : "");
    Momentum m = { (double)eval_float(ev, "norm_coefficient"), (double)eval_float(ev, "alpha"),
                   (double)eval_float(ev, "beta"), strcmp(mode, "nesterov") == 0 };
    return optimizer_run(ev, 3, 2, prepare, update, &m, error);
}

OPERATOR_DEFINE(momentum, "Momentum", "ai.onnx.preview.training",
    { .since = 1, OPTIMIZER_SCHEMA, .attributes = "alpha:float!, beta:float!, mode:string!, norm_coefficient:float!",
      .kernel = momentum })
