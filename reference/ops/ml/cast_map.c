/* CastMap: the values of a map by ascending key, packed or at the places that the keys name. Numbers and text convert
 * as in Cast. */
#include "reference/eval/certify.h"
#include "reference/ops/shared/cast.h"
#include "reference/ops/shared/move.h"

#include <stdlib.h>
#include <string.h>

static gboolean parse_type(const char *name, DType *dtype, GError **error)
{
    *dtype = strcmp(name, "TO_FLOAT") == 0    ? DTYPE_FLOAT
             : strcmp(name, "TO_STRING") == 0 ? DTYPE_STRING
             : strcmp(name, "TO_INT64") == 0  ? DTYPE_INT64
                                              : DTYPE_UNDEFINED;
    return *dtype != DTYPE_UNDEFINED ||
           eval_fail(error, "cast_to is '%s', expected TO_FLOAT, TO_STRING or TO_INT64", name);
}

typedef struct {
    int64_t key;
    guint   item;
} Entry;

static int by_key(const void *a, const void *b)
{
    const Entry *p = a, *q = b;
    return (p->key > q->key) - (p->key < q->key);
}

static Entry *sort_entries(const Value *map)
{
    Entry *entries = g_new(Entry, map->items->len + 1);
    for (guint i = 0; i < map->items->len; i++)
        entries[i] = (Entry){ tensor_get_int(map->tensor, i), i };
    qsort(entries, map->items->len, sizeof *entries, by_key);
    return entries;
}

/* Element `to` of y := the map's value `item`, converted. */
static gboolean place(const Value *map, guint item, Tensor *y, int64_t to, GError **error)
{
    const Value *value = g_ptr_array_index(map->items, item);
    if (value->kind != VALUE_TENSOR || value->tensor->count != 1 ||
        (value->tensor->dtype != DTYPE_FLOAT && value->tensor->dtype != DTYPE_STRING))
        return eval_fail(error, "value %u of the map is not one float or string", item);
    const CastOptions options = { .saturate = TRUE };
    g_autoptr(Tensor) cast = cast_tensor(value->tensor, y->dtype, &options, error);
    if (!cast)
        return FALSE;
    if (y->dtype == DTYPE_STRING)
        tensor_set_string(y, to, tensor_get_string(cast, 0, NULL), -1);
    else
        move_run(cast, 0, y, to, 1);
    return TRUE;
}

static gboolean cast_map(Eval *ev, GError **error)
{
    const Value *map = eval_input_value(ev, 0);
    const char *form = eval_string(ev, "map_form");
    const gboolean sparse = strcmp(form, "SPARSE") == 0;
    const int64_t most = eval_int(ev, "max_map");
    DType dtype;
    if (!parse_type(eval_string(ev, "cast_to"), &dtype, error))
        return FALSE;
    if (!sparse && strcmp(form, "DENSE") != 0)
        return eval_fail(error, "map_form is '%s', expected DENSE or SPARSE", form);
    if (map->tensor->dtype != DTYPE_INT64)
        return eval_fail(error, "the keys are %s, expected int64", dtype_name(map->tensor->dtype));
    if (sparse && most < 0)
        return eval_fail(error, "max_map is %" G_GINT64_FORMAT ", expected 0 or more", most);
    const Shape shape = SHAPE(sparse ? most : (int64_t)map->items->len);
    g_autoptr(Tensor) y = tensor_new(dtype, &shape, error);
    g_autofree Entry *entries = sort_entries(map);
    if (!y)
        return FALSE;
    for (guint i = 0; i < map->items->len; i++) {
        if (sparse && (entries[i].key < 0 || entries[i].key >= most))
            return eval_fail(error, "key %" G_GINT64_FORMAT " is outside [0, %" G_GINT64_FORMAT ")", entries[i].key,
                             most);
        if (!place(map, entries[i].item, y, sparse ? entries[i].key : i, error))
            return FALSE;
    }
    eval_set_tensor(ev, 0, g_steal_pointer(&y));
    return TRUE;
}

OPERATOR_DEFINE(cast_map, "CastMap", "ai.onnx.ml",
    { .since = 1, .signature = "X:T1 -> Y:T2", .types = "T1: map | T2: string float int64",
      .attributes = "cast_to:string=TO_FLOAT, map_form:string=DENSE, max_map:int=1", .kernel = cast_map,
      .bound = bound_exact })
