#include "reference/ops/shared/normalize.h"

static gboolean prepare(Eval *ev, Normalization *n, Parameter *scale, Parameter *bias, GError **error)
{
    const Tensor *x = eval_input(ev, 0);
    if (x->shape.rank < 2)
        return eval_fail(error, "input has rank %d, expected at least 2: [N, C, ...]", x->shape.rank);
    const int64_t plane = shape_span(&x->shape, 2, x->shape.rank);
    *n = (Normalization){ .x = x, .view = SHAPE(x->shape.dims[0], x->shape.dims[1], plane), .reduced = { FALSE, FALSE, TRUE },
                          .epsilon = (double)eval_float(ev, "epsilon"), .scale = scale, .bias = bias };
    return parameter_channels(eval_input(ev, 1), "scale", x->shape.dims[1], plane, 1, scale, error) &&
           parameter_channels(eval_input(ev, 2), "B", x->shape.dims[1], plane, 0, bias, error);
}

static gboolean instance_normalization(Eval *ev, GError **error)
{
    Normalization n;
    g_auto(Parameter) scale = { 0 }, bias = { 0 };
    if (!prepare(ev, &n, &scale, &bias, error))
        return FALSE;
    n.y = eval_output(ev, 0, n.x->dtype, &n.x->shape, error);
    return n.y && normalize_run(ev, &n, error);
}

static gboolean instance_normalization_bound(Eval *ev, GError **error)
{
    return normalize_bound(ev, prepare, error);
}

#define REST .signature = "input:T, scale:T, B:T -> output:T", .kernel = instance_normalization, .bound = instance_normalization_bound
OPERATOR_DEFINE(instance_normalization, "InstanceNormalization", "",
    { .since = 1, .types = "T: floats1", .attributes = "consumed_inputs:ints, epsilon:float=1e-5", REST },
    { .since = 6, .types = "T: floats1", .attributes = "epsilon:float=1e-5", REST },
    { .since = 22, .types = "T: floats13", .attributes = "epsilon:float=1e-5", REST })
