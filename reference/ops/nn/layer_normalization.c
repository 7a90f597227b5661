#include "reference/ops/shared/normalize.h"

#include <math.h>

/* Mean and InvStdDev have X's dims before axis and 1 from there on, and the type of stage one. */
static gboolean statistics(Eval *ev, gsize output, DType dtype, const Shape *shape, const double *values, GError **error)
{
    if (!eval_wants(ev, output))
        return TRUE;
    Tensor *t = eval_output(ev, output, dtype, shape, error);
    for (int64_t i = 0; t && i < t->count; i++)
        tensor_set_double(t, i, values[i]);
    return t != NULL;
}

static gboolean prepare(Eval *ev, Normalization *n, Parameter *scale, Parameter *bias, GError **error)
{
    const Tensor *x = eval_input(ev, 0);
    *n = (Normalization){ .x = x, .view = x->shape, .epsilon = (double)eval_float(ev, "epsilon"), .scale = scale, .bias = bias };
    const int axis = shape_axis(eval_int(ev, "axis"), x->shape.rank);
    if (axis < 0)
        return eval_fail(error, "axis is %" G_GINT64_FORMAT ", X has rank %d", eval_int(ev, "axis"), x->shape.rank);
    for (int d = axis; d < x->shape.rank; d++)
        n->reduced[d] = TRUE;
    return normalize_stash(ev, &n->stash, error) &&
           parameter_broadcast(eval_input(ev, 1), "Scale", &x->shape, 1, scale, error) &&
           parameter_broadcast(eval_input(ev, 2), "B", &x->shape, 0, bias, error);
}

static gboolean layer_normalization(Eval *ev, GError **error)
{
    Normalization n;
    g_auto(Parameter) scale = { 0 }, bias = { 0 };
    if (!prepare(ev, &n, &scale, &bias, error))
        return FALSE;
    Shape outer = n.view;
    for (int d = 0; d < outer.rank; d++)
        outer.dims[d] = n.reduced[d] ? 1 : outer.dims[d];
    const int64_t groups = normalize_groups(&n);
    g_autofree double *means = g_try_new(double, (gsize)(groups + 1)), *variances = g_try_new(double, (gsize)(groups + 1));
    if (!means || !variances)
        return eval_fail(error, "no memory for the statistics of %" G_GINT64_FORMAT " groups", groups);
    n.means = means;
    n.variances = variances;
    n.y = eval_output(ev, 0, n.x->dtype, &n.view, error);
    if (!n.y || !normalize_run(ev, &n, error))
        return FALSE;
    for (int64_t i = 0; i < groups; i++)
        variances[i] = 1 / sqrt(variances[i] + n.epsilon);
    return statistics(ev, 1, n.stash, &outer, means, error) && statistics(ev, 2, n.stash, &outer, variances, error);
}

static gboolean layer_normalization_bound(Eval *ev, GError **error)
{
    return normalize_bound(ev, prepare, error);
}

OPERATOR_DEFINE(layer_normalization, "LayerNormalization", "",
    { .since = 17, .signature = "X:T, Scale:T, B:T? -> Y:T, Mean:U?, InvStdDev:U?", .types = "T: floats13 | U: float bfloat16",
      .attributes = "axis:int=-1, epsilon:float=1e-5, stash_type:int=1", .kernel = layer_normalization,
      .bound = layer_normalization_bound })
