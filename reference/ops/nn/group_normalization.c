#include "reference/ops/shared/normalize.h"

/* scale and bias: one a channel; in opset 18 one a group, which the following version corrected. */
static gboolean prepare(Eval *ev, Normalization *n, Parameter *scale, Parameter *bias, GError **error)
{
    const Tensor *x = eval_input(ev, 0);
    if (x->shape.rank < 2)
        return eval_fail(error, "X has rank %d, expected at least 2: [N, C, ...]", x->shape.rank);
    const int64_t groups = eval_int(ev, "num_groups"), channels = x->shape.dims[1];
    if (groups < 1 || channels % groups != 0)
        return eval_fail(error, "num_groups is %" G_GINT64_FORMAT ", expected a divisor of %" G_GINT64_FORMAT " channels", groups,
                         channels);
    const int64_t plane = shape_span(&x->shape, 2, x->shape.rank), each = channels / groups;
    const gboolean by_group = eval_version(ev) == 18;
    *n = (Normalization){ .x = x, .view = SHAPE(x->shape.dims[0], groups, each * plane), .reduced = { FALSE, FALSE, TRUE },
                        .epsilon = (double)eval_float(ev, "epsilon"), .scale = scale, .bias = bias };
    const int64_t count = by_group ? groups : channels, inner = by_group ? each * plane : plane;
    if ((!by_group && !normalize_stash(ev, &n->stash, error)) ||
        !parameter_channels(eval_input(ev, 1), "scale", count, inner, 1, scale, error) ||
        !parameter_channels(eval_input(ev, 2), "bias", count, inner, 0, bias, error))
        return FALSE;
    return TRUE;
}

static gboolean group_normalization(Eval *ev, GError **error)
{
    Normalization n;
    g_auto(Parameter) scale = { 0 }, bias = { 0 };
    if (!prepare(ev, &n, &scale, &bias, error))
        return FALSE;
    n.y = eval_output(ev, 0, n.x->dtype, &n.x->shape, error);
    return n.y && normalize_run(ev, &n, error);
}

static gboolean group_normalization_bound(Eval *ev, GError **error)
{
    return normalize_bound(ev, prepare, error);
}

#define REST .signature = "X:T, scale:T, bias:T -> Y:T", .types = "T: floats13", .kernel = group_normalization, .bound = group_normalization_bound
OPERATOR_DEFINE(group_normalization, "GroupNormalization", "",
    { .since = 18, .attributes = "epsilon:float=1e-5, num_groups:int!", REST },
    { .since = 21, .attributes = "epsilon:float=1e-5, num_groups:int!, stash_type:int=1", REST })
