/* LabelEncoder. Version 1 maps between strings and their positions in one list, later ones between two lists. */
#include "reference/eval/certify.h"
#include "reference/ops/shared/ml_lookup.h"

/* ---- version 1 --------------------------------------------------------------------------------------------------- */

static Tensor *one_int(int64_t value, GError **error)
{
    return tensor_from_data(DTYPE_INT64, &SHAPE0, &value, error);
}

static Tensor *one_string(const char *text, GError **error)
{
    Tensor *tensor = tensor_new(DTYPE_STRING, &SHAPE0, error);
    if (tensor)
        tensor_set_string(tensor, 0, text, -1);
    return tensor;
}

static gboolean label_encoder_1(Eval *ev, GError **error)
{
    const Tensor *x = eval_input(ev, 0);
    g_autoptr(Tensor) classes = lookup_strings(ev, "classes_strings", error);
    if (!classes)
        return error && *error ? FALSE : eval_fail(error, "classes_strings is missing");
    g_autoptr(Tensor) places = tensor_new(DTYPE_INT64, &classes->shape, error);
    g_autoptr(Tensor) missing = x->dtype == DTYPE_STRING ? one_int(eval_int(ev, "default_int64"), error)
                                                         : one_string(eval_string(ev, "default_string"), error);
    if (!places || !missing)
        return FALSE;
    for (int64_t i = 0; i < places->count; i++)
        tensor_set_int(places, i, i);
    return x->dtype == DTYPE_STRING ? lookup_map(ev, x, classes, places, missing, error)
                                    : lookup_map(ev, x, places, classes, missing, error);
}

/* ---- versions 2 and 4 -------------------------------------------------------------------------------------------- */

/* The one given attribute of `prefix`_tensor, _int64s, _floats, _strings. */
static Tensor *read_list(const Eval *ev, const char *prefix, GError **error)
{
    g_autofree char *ints = g_strconcat(prefix, "_int64s", NULL), *floats = g_strconcat(prefix, "_floats", NULL);
    g_autofree char *strings = g_strconcat(prefix, "_strings", NULL), *tensor = g_strconcat(prefix, "_tensor", NULL);
    gsize n_ints, n_floats, n_strings;
    eval_ints(ev, ints, &n_ints);
    eval_floats(ev, floats, &n_floats);
    eval_strings(ev, strings, &n_strings);
    const Tensor *given = eval_attribute_tensor(ev, tensor);
    if ((n_ints > 0) + (n_floats > 0) + (n_strings > 0) + (given != NULL) != 1) {
        eval_fail(error, "exactly one of the %s_* attributes must be given", prefix);
        return NULL;
    }
    if (given && given->shape.rank > 1) {
        eval_fail(error, "%s has rank %d, expected 1", tensor, given->shape.rank);
        return NULL;
    }
    return given      ? tensor_ref(given)
           : n_ints   ? lookup_ints(ev, ints, error)
           : n_floats ? lookup_floats(ev, floats, error)
                      : lookup_strings(ev, strings, error);
}

/* One element of the values' type for what is not among the keys. */
static Tensor *read_missing(const Eval *ev, const Tensor *values, GError **error)
{
    const Tensor *given = eval_attribute_tensor(ev, "default_tensor");
    if (given && (given->dtype != values->dtype || given->count != 1)) {
        g_autofree char *found = tensor_describe(given);
        eval_fail(error, "default_tensor is %s, expected one %s", found, dtype_name(values->dtype));
        return NULL;
    }
    if (given)
        return tensor_ref(given);
    if (values->dtype == DTYPE_STRING)
        return one_string(eval_string(ev, "default_string"), error);
    Tensor *missing = tensor_new(values->dtype, &SHAPE0, error);
    if (missing && dtype_is_float(values->dtype))
        tensor_set_double(missing, 0, (double)eval_float(ev, "default_float"));
    else if (missing)
        tensor_set_int(missing, 0, eval_int(ev, "default_int64"));
    return missing;
}

static gboolean label_encoder(Eval *ev, GError **error)
{
    const Tensor *x = eval_input(ev, 0);
    g_autoptr(Tensor) keys = read_list(ev, "keys", error);
    g_autoptr(Tensor) values = keys ? read_list(ev, "values", error) : NULL;
    g_autoptr(Tensor) missing = values ? read_missing(ev, values, error) : NULL;
    if (!missing)
        return FALSE;
    if (keys->dtype != x->dtype)
        return eval_fail(error, "the keys are %s, the input is %s", dtype_name(keys->dtype), dtype_name(x->dtype));
    return lookup_map(ev, x, keys, values, missing, error);
}

#define LISTS                                                                                                   \
    "default_float:float=-0, default_int64:int=-1, default_string:string=_Unused, keys_floats:floats, "         \
    "keys_int64s:ints, keys_strings:strings, values_floats:floats, values_int64s:ints, values_strings:strings"
OPERATOR_DEFINE(label_encoder, "LabelEncoder", "ai.onnx.ml",
    { .since = 1, .signature = "X:T1 -> Y:T2", .types = "T1: string int64 | T2: string int64",
      .attributes = "classes_strings:strings, default_int64:int=-1, default_string:string=_Unused",
      .kernel = label_encoder_1, .bound = bound_exact },
    { .since = 2, .signature = "X:T1 -> Y:T2", .types = "T1: string int64 float | T2: string int64 float",
      .attributes = LISTS, .kernel = label_encoder, .bound = bound_exact },
    { .since = 4, .signature = "X:T1 -> Y:T2",
      .types = "T1: string int64 float int32 int16 double | T2: string int64 float int32 int16 double",
      .attributes = LISTS ", default_tensor:tensor, keys_tensor:tensor, values_tensor:tensor", .kernel = label_encoder,
      .bound = bound_exact })
