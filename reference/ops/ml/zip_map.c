#include "reference/eval/certify.h"
#include "reference/ops/shared/ml_lookup.h"
#include "reference/ops/shared/ml_scores.h"

/* One row of scores as a map from the labels. */
static Value *row_map(const Tensor *x, int64_t row, Tensor *keys, GError **error)
{
    g_autoptr(GPtrArray) values = g_ptr_array_new_with_free_func((GDestroyNotify)value_unref);
    for (int64_t k = 0; k < keys->count; k++) {
        Tensor *value = tensor_from_data(DTYPE_FLOAT, &SHAPE0, (const float *)x->data + row * keys->count + k, error);
        if (!value)
            return NULL;
        g_ptr_array_add(values, value_from_tensor(value));
    }
    return value_map(tensor_ref(keys), g_steal_pointer(&values));
}

static gboolean zip_map(Eval *ev, GError **error)
{
    const Tensor *x = eval_input(ev, 0);
    g_autoptr(Tensor) ints = lookup_ints(ev, "classlabels_int64s", error);
    g_autoptr(Tensor) strings = lookup_strings(ev, "classlabels_strings", error);
    int64_t rows, columns;
    if (!ints == !strings)
        return eval_fail(error, "exactly one of classlabels_int64s and classlabels_strings must be given");
    Tensor *keys = ints ? ints : strings;
    if (!ml_matrix(x, &rows, &columns, error))
        return FALSE;
    if (columns != keys->count)
        return eval_fail(error, "%" G_GINT64_FORMAT " labels for %" G_GINT64_FORMAT " columns", keys->count, columns);
    g_autoptr(Value) sequence = value_sequence();
    for (int64_t row = 0; row < rows; row++) {
        Value *map = eval_tick(ev, error) ? row_map(x, row, keys, error) : NULL;
        if (!map)
            return FALSE;
        value_append(sequence, map);
    }
    eval_set_value(ev, 0, g_steal_pointer(&sequence));
    return TRUE;
}

OPERATOR_DEFINE(zip_map, "ZipMap", "ai.onnx.ml",
    { .since = 1, .signature = "X:float -> Z:T", .types = "T: seq",
      .attributes = "classlabels_int64s:ints, classlabels_strings:strings", .kernel = zip_map, .bound = bound_exact })
