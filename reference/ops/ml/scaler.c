#include "reference/eval/certify.h"

static gboolean check_length(gsize n, int64_t features, const char *attribute, GError **error)
{
    return n == 0 || n == 1 || n == (gsize)features ||
           eval_fail(error, "%s has %" G_GSIZE_FORMAT " entries, expected 1 or %" G_GINT64_FORMAT, attribute, n,
                     features);
}

static gboolean scaler(Eval *ev, GError **error)
{
    const Tensor *x = eval_input(ev, 0);
    const int64_t features = x->shape.rank ? x->shape.dims[x->shape.rank - 1] : 1;
    gsize n_offset, n_scale;
    const float *offset = eval_floats(ev, "offset", &n_offset), *scale = eval_floats(ev, "scale", &n_scale);
    if (!check_length(n_offset, features, "offset", error) || !check_length(n_scale, features, "scale", error))
        return FALSE;
    Tensor *y = eval_output(ev, 0, DTYPE_FLOAT, &x->shape, error);
    if (!y)
        return FALSE;
    for (int64_t i = 0; i < x->count; i++) {
        const int64_t f = i % features;
        const double o = n_offset ? (double)offset[n_offset == 1 ? 0 : f] : 0;
        const double s = n_scale ? (double)scale[n_scale == 1 ? 0 : f] : 1;
        tensor_set_double(y, i, (tensor_get_double(x, i) - o) * s);
    }
    return TRUE;
}

OPERATOR_DEFINE(scaler, "Scaler", "ai.onnx.ml",
    { .since = 1, .signature = "X:T -> Y:float", .types = "T: float double int64 int32",
      .attributes = "offset:floats, scale:floats", .kernel = scaler })
