#include "reference/ops/shared/normalize.h"

/* The formula has no epsilon; the function body adds 1e-9 to the deviation, so that constant groups give 0. */
static gboolean prepare(Eval *ev, Normalization *n, Parameter *scale, Parameter *bias, GError **error)
{
    const Tensor *x = eval_input(ev, 0);
    *scale = (Parameter){ .same = 1 };
    *bias = (Parameter){ .same = 0 };
    *n = (Normalization){ .x = x, .view = x->shape, .root_epsilon = (double)1e-9f, .scale = scale, .bias = bias };
    gsize count;
    const int64_t *axes = eval_ints(ev, "axes", &count);
    for (gsize i = 0; i < count; i++) {
        const int axis = shape_axis(axes[i], x->shape.rank);
        if (axis < 0)
            return eval_fail(error, "axes has the entry %" G_GINT64_FORMAT ", X has rank %d", axes[i], x->shape.rank);
        n->reduced[axis] = TRUE;
    }
    return TRUE;
}

static gboolean mean_variance_normalization(Eval *ev, GError **error)
{
    Normalization n;
    Parameter scale, bias;
    if (!prepare(ev, &n, &scale, &bias, error))
        return FALSE;
    n.y = eval_output(ev, 0, n.x->dtype, &n.view, error);
    return n.y && normalize_run(ev, &n, error);
}

static gboolean mean_variance_normalization_bound(Eval *ev, GError **error)
{
    return normalize_bound(ev, prepare, error);
}

#define REST .signature = "X:T -> Y:T", .attributes = "axes:ints=[0,2,3]", .kernel = mean_variance_normalization, \
    .bound = mean_variance_normalization_bound
OPERATOR_DEFINE(mean_variance_normalization, "MeanVarianceNormalization", "",
    { .since = 9, .types = "T: floats1", REST },
    { .since = 13, .types = "T: floats13", REST })
