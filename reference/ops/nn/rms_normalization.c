#include "reference/ops/shared/normalize.h"

static gboolean prepare(Eval *ev, Normalization *n, Parameter *scale, Parameter *bias, GError **error)
{
    const Tensor *x = eval_input(ev, 0), *scale_input = eval_input(ev, 1);
    *n = (Normalization){ .x = x, .view = x->shape, .epsilon = (double)eval_float(ev, "epsilon"), .uncentred = TRUE, .scale = scale, .bias = bias };
    const int axis = shape_axis(eval_int(ev, "axis"), x->shape.rank);
    if (axis < 0)
        return eval_fail(error, "axis is %" G_GINT64_FORMAT ", X has rank %d", eval_int(ev, "axis"), x->shape.rank);
    if (!normalize_stash(ev, &n->stash, error) ||
        !parameter_broadcast(scale_input, "scale", &x->shape, 1, scale, error) ||
        !parameter_broadcast(NULL, "", &x->shape, -0.0, bias, error)) /* adding -0 leaves the signs of zeros */
        return FALSE;
    for (int d = axis; d < x->shape.rank; d++)
        n->reduced[d] = TRUE;
    return TRUE;
}

static gboolean rms_normalization(Eval *ev, GError **error)
{
    Normalization n;
    g_auto(Parameter) scale = { 0 }, bias = { 0 };
    if (!prepare(ev, &n, &scale, &bias, error))
        return FALSE;
    n.y = eval_output(ev, 0, eval_input(ev, 1)->dtype, &n.x->shape, error);
    return n.y && normalize_run(ev, &n, error);
}

static gboolean rms_normalization_bound(Eval *ev, GError **error)
{
    return normalize_bound(ev, prepare, error);
}

OPERATOR_DEFINE(rms_normalization, "RMSNormalization", "",
    { .since = 23, .signature = "X:T, scale:V -> Y:V", .types = "T: floats13 | V: floats13",
      .attributes = "axis:int=-1, epsilon:float=1e-5, stash_type:int=1", .kernel = rms_normalization, .bound = rms_normalization_bound })
