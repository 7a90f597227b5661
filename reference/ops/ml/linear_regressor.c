#include "reference/eval/certify.h"
#include "reference/ops/shared/ml_scores.h"

static gboolean linear_regressor(Eval *ev, GError **error)
{
    const Tensor *x = eval_input(ev, 0);
    const int64_t targets = eval_int(ev, "targets");
    int64_t rows, features;
    PostTransform transform = POST_NONE;
    gsize n_weights, n_intercepts;
    if (!ml_matrix(x, &rows, &features, error) || !post_transform_read(ev, &transform, error))
        return FALSE;
    g_autofree double *weights = ml_numbers(ev, "coefficients", &n_weights, error);
    g_autofree double *intercepts = ml_numbers(ev, "intercepts", &n_intercepts, error);
    g_autofree double *values = ml_load(x, error);
    if (!weights || !intercepts || !values)
        return FALSE;
    if (targets < 1 || (features > 0 && targets > G_MAXINT64 / features) || n_weights != (gsize)(targets * features))
        return eval_fail(error, "coefficients has %" G_GSIZE_FORMAT " entries, expected %" G_GINT64_FORMAT
                         " targets of %" G_GINT64_FORMAT " features", n_weights, targets, features);
    if (n_intercepts != 0 && n_intercepts != (gsize)targets)
        return eval_fail(error, "intercepts has %" G_GSIZE_FORMAT " entries, expected %" G_GINT64_FORMAT, n_intercepts,
                         targets);
    const Shape shape = SHAPE(rows, targets);
    Tensor *y = eval_output(ev, 0, DTYPE_FLOAT, &shape, error);
    g_autofree double *out = y ? g_try_new(double, (gsize)targets) : NULL;
    if (!out)
        return y ? eval_fail(error, "no memory for %" G_GINT64_FORMAT " targets", targets) : FALSE;
    for (int64_t row = 0; row < rows; row++) {
        for (int64_t t = 0; t < targets; t++)
            out[t] =
                ml_dot(values + row * features, weights + t * features, features) + (n_intercepts ? intercepts[t] : 0);
        post_transform_apply(transform, out, targets);
        for (int64_t t = 0; t < targets; t++)
            tensor_set_double(y, row * targets + t, out[t]);
    }
    return TRUE;
}

OPERATOR_DEFINE(linear_regressor, "LinearRegressor", "ai.onnx.ml",
    { .since = 1, .signature = "X:T -> Y:float", .types = "T: float double int64 int32",
      .attributes = "coefficients:floats, intercepts:floats, post_transform:string=NONE, targets:int=1",
      .kernel = linear_regressor })
