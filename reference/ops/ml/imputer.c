#include "reference/eval/certify.h"
#include "reference/ops/shared/move.h"

#include <math.h>

static gboolean check_length(const Tensor *x, gsize n, const char *attribute, GError **error)
{
    const int64_t features = x->shape.rank ? x->shape.dims[x->shape.rank - 1] : 1;
    return n == 1 || n == (gsize)features ||
           eval_fail(error, "%s has %" G_GSIZE_FORMAT " entries, expected 1 or %" G_GINT64_FORMAT, attribute, n,
                     features);
}

static gboolean impute_floats(const Eval *ev, const Tensor *x, Tensor *y, GError **error)
{
    gsize n;
    const float *imputed = eval_floats(ev, "imputed_value_floats", &n);
    const double replaced = (double)eval_float(ev, "replaced_value_float");
    if (!check_length(x, n, "imputed_value_floats", error))
        return FALSE;
    for (int64_t i = 0; i < x->count; i++) {
        const double value = tensor_get_double(x, i);
        if (isnan(replaced) ? isnan(value) : value == replaced)
            tensor_set_double(y, i, (double)imputed[n == 1 ? 0 : i % (int64_t)n]);
        else
            move_run(x, i, y, i, 1);
    }
    return TRUE;
}

static gboolean impute_integers(const Eval *ev, const Tensor *x, Tensor *y, GError **error)
{
    gsize n;
    const int64_t *imputed = eval_ints(ev, "imputed_value_int64s", &n), replaced = eval_int(ev, "replaced_value_int64");
    if (!check_length(x, n, "imputed_value_int64s", error))
        return FALSE;
    for (gsize k = 0; k < n; k++)
        if (imputed[k] < dtype_min(x->dtype) || imputed[k] > (int64_t)dtype_max(x->dtype))
            return eval_fail(error, "imputed value %" G_GINT64_FORMAT " does not fit %s", imputed[k],
                             dtype_name(x->dtype));
    for (int64_t i = 0; i < x->count; i++) {
        const int64_t value = tensor_get_int(x, i);
        tensor_set_int(y, i, value == replaced ? imputed[n == 1 ? 0 : i % (int64_t)n] : value);
    }
    return TRUE;
}

static gboolean imputer(Eval *ev, GError **error)
{
    const Tensor *x = eval_input(ev, 0);
    Tensor *y = eval_output(ev, 0, x->dtype, &x->shape, error);
    return y && (dtype_is_float(x->dtype) ? impute_floats(ev, x, y, error) : impute_integers(ev, x, y, error));
}

OPERATOR_DEFINE(imputer, "Imputer", "ai.onnx.ml",
    { .since = 1, .signature = "X:T -> Y:T", .types = "T: float double int64 int32",
      .attributes = "imputed_value_floats:floats, imputed_value_int64s:ints, replaced_value_float:float=0, "
                    "replaced_value_int64:int=0",
      .kernel = imputer, .bound = bound_exact })
