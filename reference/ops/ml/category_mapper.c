#include "reference/eval/certify.h"
#include "reference/ops/shared/ml_lookup.h"

static gboolean category_mapper(Eval *ev, GError **error)
{
    const Tensor *x = eval_input(ev, 0);
    const gboolean from_text = x->dtype == DTYPE_STRING;
    g_autoptr(Tensor) ints = lookup_ints(ev, "cats_int64s", error), strings = lookup_strings(ev, "cats_strings", error);
    if (!ints || !strings)
        return error && *error ? FALSE : eval_fail(error, "cats_int64s and cats_strings must be given");
    g_autoptr(Tensor) missing = tensor_new(from_text ? DTYPE_INT64 : DTYPE_STRING, &SHAPE0, error);
    if (!missing)
        return FALSE;
    if (from_text)
        tensor_set_int(missing, 0, eval_int(ev, "default_int64"));
    else
        tensor_set_string(missing, 0, eval_string(ev, "default_string"), -1);
    return lookup_map(ev, x, from_text ? strings : ints, from_text ? ints : strings, missing, error);
}

OPERATOR_DEFINE(category_mapper, "CategoryMapper", "ai.onnx.ml",
    { .since = 1, .signature = "X:T1 -> Y:T2", .types = "T1: string int64 | T2: string int64",
      .attributes = "cats_int64s:ints, cats_strings:strings, default_int64:int=-1, default_string:string=_Unused",
      .kernel = category_mapper, .bound = bound_exact })
