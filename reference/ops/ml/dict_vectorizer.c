#include "reference/eval/certify.h"
#include "reference/ops/shared/ml_lookup.h"
#include "reference/ops/shared/move.h"

/* The value under a map's key: one element. */
static const Tensor *scalar(const Value *map, guint i)
{
    const Value *item = g_ptr_array_index(map->items, i);
    return item->kind == VALUE_TENSOR && item->tensor->count == 1 ? item->tensor : NULL;
}

static gboolean fill(const Value *map, const Tensor *vocabulary, Tensor *y, GError **error)
{
    g_autoptr(Lookup) lookup = lookup_new(vocabulary);
    for (guint i = 0; i < map->items->len; i++) {
        const Tensor *value = scalar(map, i);
        if (!value || value->dtype != y->dtype)
            return eval_fail(error, "value %u of the map is not one %s", i, dtype_name(y->dtype));
        const int64_t at = lookup_find(lookup, map->tensor, i);
        if (at < 0)
            return eval_fail(error, "key %u of the map is not in the vocabulary", i);
        if (y->dtype == DTYPE_STRING) {
            gsize length;
            const char *text = tensor_get_string(value, 0, &length);
            tensor_set_string(y, at, text, (gssize)length);
        } else {
            move_run(value, 0, y, at, 1);
        }
    }
    return TRUE;
}

static gboolean dict_vectorizer(Eval *ev, GError **error)
{
    const Value *map = eval_input_value(ev, 0);
    g_autoptr(Tensor) ints = lookup_ints(ev, "int64_vocabulary", error),
                      strings = lookup_strings(ev, "string_vocabulary", error);
    if (!ints == !strings)
        return eval_fail(error, "exactly one of int64_vocabulary and string_vocabulary must be given");
    const Tensor *vocabulary = ints ? ints : strings;
    if (map->tensor->dtype != vocabulary->dtype)
        return eval_fail(error, "the keys are %s, the vocabulary is %s", dtype_name(map->tensor->dtype),
                         dtype_name(vocabulary->dtype));
    const Tensor *first = map->items->len ? scalar(map, 0) : NULL;
    if (map->items->len && !first)
        return eval_fail(error, "value 0 of the map is not one number or string");
    g_autoptr(Tensor) y = tensor_new(first ? first->dtype : DTYPE_FLOAT, &vocabulary->shape, error);
    if (!y || !fill(map, vocabulary, y, error))
        return FALSE;
    eval_set_tensor(ev, 0, g_steal_pointer(&y));
    return TRUE;
}

OPERATOR_DEFINE(dict_vectorizer, "DictVectorizer", "ai.onnx.ml",
    { .since = 1, .signature = "X:T1 -> Y:T2", .types = "T1: map | T2: int64 float double string",
      .attributes = "int64_vocabulary:ints, string_vocabulary:strings", .kernel = dict_vectorizer,
      .bound = bound_exact })
