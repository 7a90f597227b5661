#include "reference/ops/shared/ml_lookup.h"

#include "reference/ops/shared/move.h"

#include <math.h>
#include <string.h>

struct Lookup {
    GHashTable *positions; /* strings or 64-bit numbers to 1 + position */
    gint64     *codes;     /* the numbers, for tables that are not of strings */
};

static gboolean is_text(const Tensor *tensor)
{
    return tensor->dtype == DTYPE_STRING;
}

/* Equal codes for equal keys. */
static gint64 code_of(const Tensor *tensor, int64_t i)
{
    if (!dtype_is_float(tensor->dtype))
        return tensor_get_int(tensor, i);
    double value = tensor_get_double(tensor, i) + 0.0; /* -0 becomes +0 */
    if (isnan(value))
        value = NAN;
    gint64 code;
    memcpy(&code, &value, sizeof code);
    return code;
}

Lookup *lookup_new(const Tensor *keys)
{
    Lookup *lookup = g_new0(Lookup, 1);
    if (is_text(keys)) {
        lookup->positions = g_hash_table_new(g_str_hash, g_str_equal);
    } else {
        lookup->positions = g_hash_table_new(g_int64_hash, g_int64_equal);
        lookup->codes = g_new(gint64, (gsize)keys->count + 1);
    }
    for (int64_t i = 0; i < keys->count; i++) {
        gpointer key;
        if (is_text(keys)) {
            key = (gpointer)tensor_get_string(keys, i, NULL);
        } else {
            lookup->codes[i] = code_of(keys, i);
            key = &lookup->codes[i];
        }
        g_hash_table_insert(lookup->positions, key, GSIZE_TO_POINTER((gsize)i + 1));
    }
    return lookup;
}

void lookup_free(Lookup *lookup)
{
    if (!lookup)
        return;
    g_hash_table_unref(lookup->positions);
    g_free(lookup->codes);
    g_free(lookup);
}

int64_t lookup_find(const Lookup *lookup, const Tensor *x, int64_t i)
{
    const gint64 code = is_text(x) ? 0 : code_of(x, i);
    gconstpointer key = is_text(x) ? (gconstpointer)tensor_get_string(x, i, NULL) : &code;
    return (int64_t)GPOINTER_TO_SIZE(g_hash_table_lookup(lookup->positions, key)) - 1;
}

Tensor *lookup_ints(const Eval *ev, const char *attribute, GError **error)
{
    gsize n;
    const int64_t *values = eval_ints(ev, attribute, &n);
    const Shape shape = SHAPE((int64_t)n);
    return values ? tensor_from_data(DTYPE_INT64, &shape, values, error) : NULL;
}

Tensor *lookup_floats(const Eval *ev, const char *attribute, GError **error)
{
    gsize n;
    const float *values = eval_floats(ev, attribute, &n);
    const Shape shape = SHAPE((int64_t)n);
    return values ? tensor_from_data(DTYPE_FLOAT, &shape, values, error) : NULL;
}

Tensor *lookup_strings(const Eval *ev, const char *attribute, GError **error)
{
    gsize n;
    const Bytes *values = eval_strings(ev, attribute, &n);
    const Shape shape = SHAPE((int64_t)n);
    Tensor *tensor = values ? tensor_new(DTYPE_STRING, &shape, error) : NULL;
    for (gsize i = 0; tensor && i < n; i++)
        tensor_set_string(tensor, (int64_t)i, (const char *)values[i].data, (gssize)values[i].size);
    return tensor;
}

gboolean lookup_map(Eval *ev, const Tensor *x, const Tensor *keys, const Tensor *values, const Tensor *missing,
                    GError **error)
{
    if (keys->count != values->count)
        return eval_fail(error, "%" G_GINT64_FORMAT " keys, but %" G_GINT64_FORMAT " values", keys->count,
                         values->count);
    Tensor *y = eval_output(ev, 0, values->dtype, &x->shape, error);
    if (!y)
        return FALSE;
    g_autoptr(Lookup) lookup = lookup_new(keys);
    for (int64_t i = 0; i < x->count; i++) {
        const int64_t at = lookup_find(lookup, x, i);
        move_run(at < 0 ? missing : values, MAX(at, 0), y, i, 1);
    }
    tensor_adopt_strings(y);
    return TRUE;
}
