#include "reference/eval/certify.h"

static gboolean binarizer(Eval *ev, GError **error)
{
    const Tensor *x = eval_input(ev, 0);
    const double threshold = (double)eval_float(ev, "threshold");
    Tensor *y = eval_output(ev, 0, x->dtype, &x->shape, error);
    if (!y)
        return FALSE;
    for (int64_t i = 0; i < x->count; i++)
        tensor_set_int(y, i, tensor_get_double(x, i) > threshold);
    return TRUE;
}

OPERATOR_DEFINE(binarizer, "Binarizer", "ai.onnx.ml",
    { .since = 1, .signature = "X:T -> Y:T", .types = "T: float double int64 int32", .attributes = "threshold:float=0",
      .kernel = binarizer, .bound = bound_monotone })
