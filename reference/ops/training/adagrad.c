#include "reference/ops/shared/optimizer.h"

#include <math.h>

typedef struct {
    double norm, epsilon, decay;
} Adagrad;

static void prepare(OptimizerStep *step)
{
    const Adagrad *a = step->parameters;
    step->rate /= 1 + (double)step->count * a->decay;
}

/* value, gradient, accumulated squared gradient */
static void update(const OptimizerStep *step, const double *in, double *out)
{
    const Adagrad *a = step->parameters;
    const double gradient = a->norm * in[0] + in[1];
    out[1] = in[2] + gradient * gradient;
    out[0] = in[0] - step->rate * gradient / (sqrt(out[1]) + a->epsilon);
}

static gboolean adagrad(Eval *ev, GError **error)
{
    Adagrad a = { (double)eval_float(ev, "norm_coefficient"), (double)eval_float(ev, "epsilon"),
                  (double)eval_float(ev, "decay_factor") };
    return optimizer_run(ev, 3, 2, prepare, update, &a, error);
}

OPERATOR_DEFINE(adagrad, "Adagrad", "ai.onnx.preview.training",
    { .since = 1, OPTIMIZER_SCHEMA, .attributes = "decay_factor:float=0, epsilon:float=1e-6, norm_coefficient:float=0",
      .kernel = adagrad })
