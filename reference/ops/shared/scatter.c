#include "reference/ops/shared/scatter.h"

#include "reference/tensor/convert.h"

#include <math.h>
#include <string.h>

static gboolean parse_reduction(const Eval *ev, ScatterReduction *reduction, GError **error)
{
    static const char *const names[] = { "none", "add", "mul", "max", "min" };
    const char *text = eval_string(ev, "reduction");
    const gsize known = eval_version(ev) >= 18 ? 5 : 3;
    *reduction = SCATTER_NONE;
    for (gsize i = 0; i < known; i++)
        if (!text || strcmp(text, names[i]) == 0) {
            *reduction = text ? (ScatterReduction)i : SCATTER_NONE;
            return TRUE;
        }
    return eval_fail(error, "reduction is '%s', expected none, add, mul%s", text, known == 5 ? ", max or min" : "");
}

static DType wide_dtype(DType dtype)
{
    switch (dtype_info(dtype)->domain) {
    case DOMAIN_FLOAT:
        return DTYPE_DOUBLE;
    case DOMAIN_SIGNED:
        return DTYPE_INT64;
    case DOMAIN_UNSIGNED:
    case DOMAIN_BOOL:
        return DTYPE_UINT64;
    default:
        return DTYPE_UNDEFINED;
    }
}

gboolean scatter_begin(Scatter *s, const Eval *ev, const Tensor *data, const Tensor *updates, GError **error)
{
    *s = (Scatter){ .updates = updates };
    if (!parse_reduction(ev, &s->reduction, error))
        return FALSE;
    s->y = tensor_copy(data, error);
    if (!s->y || s->reduction == SCATTER_NONE)
        return s->y != NULL;
    const DType wide = wide_dtype(data->dtype);
    if (wide == DTYPE_UNDEFINED)
        return eval_fail(error, "no reduction '%s' of %s", eval_string(ev, "reduction"), dtype_name(data->dtype));
    s->wide = tensor_new(wide, &data->shape, error);
    if (!s->wide)
        return FALSE;
    s->hit = g_try_malloc0((gsize)data->count + 1);
    return s->hit || eval_fail(error, "no memory for %" G_GINT64_FORMAT " elements", data->count);
}

static double reduce_float(ScatterReduction reduction, double a, double b)
{
    switch (reduction) {
    case SCATTER_ADD:
        return a + b;
    case SCATTER_MUL:
        return a * b;
    case SCATTER_MAX:
        return isnan(a) || a > b ? a : b;
    default:
        return isnan(a) || a < b ? a : b;
    }
}

static int64_t reduce_signed(ScatterReduction reduction, int64_t a, int64_t b)
{
    switch (reduction) {
    case SCATTER_ADD:
        return (int64_t)((uint64_t)a + (uint64_t)b);
    case SCATTER_MUL:
        return (int64_t)((uint64_t)a * (uint64_t)b);
    case SCATTER_MAX:
        return MAX(a, b);
    default:
        return MIN(a, b);
    }
}

static uint64_t reduce_unsigned(ScatterReduction reduction, uint64_t a, uint64_t b)
{
    switch (reduction) {
    case SCATTER_ADD:
        return a + b;
    case SCATTER_MUL:
        return a * b;
    case SCATTER_MAX:
        return MAX(a, b);
    default:
        return MIN(a, b);
    }
}

/* One update meets one element. A sum of bools is their disjunction. */
static void reduce_one(Scatter *s, int64_t from, int64_t to)
{
    const gboolean first = !s->hit[to];
    s->hit[to] = 1;
    switch (s->wide->dtype) {
    case DTYPE_DOUBLE: {
        double *at = (double *)s->wide->data + to;
        *at = reduce_float(s->reduction, first ? tensor_get_double(s->y, to) : *at, tensor_get_double(s->updates, from));
        break;
    }
    case DTYPE_INT64: {
        int64_t *at = (int64_t *)s->wide->data + to;
        *at = reduce_signed(s->reduction, first ? tensor_get_int(s->y, to) : *at, tensor_get_int(s->updates, from));
        break;
    }
    default: {
        uint64_t *at = (uint64_t *)s->wide->data + to;
        *at = reduce_unsigned(s->reduction, first ? tensor_get_bits(s->y, to) : *at, tensor_get_bits(s->updates, from));
        if (s->y->dtype == DTYPE_BOOL)
            *at = *at != 0;
    }
    }
}

void scatter_run(Scatter *s, int64_t from, int64_t to, int64_t count)
{
    for (int64_t i = 0; s->wide && i < count; i++)
        reduce_one(s, from + i, to + i);
    if (s->wide)
        return;
    if (s->y->dtype != DTYPE_STRING) {
        move_run(s->updates, from, s->y, to, count);
        return;
    }
    for (int64_t i = 0; i < count; i++) { /* the copy owns its strings already */
        gsize length;
        const char *text = tensor_get_string(s->updates, from + i, &length);
        tensor_set_string(s->y, to + i, text, (gssize)length);
    }
}

static void round_hits(Scatter *s)
{
    const gsize width = (gsize)dtype_info(s->y->dtype)->width;
    for (int64_t i = 0; i < s->y->count; i++) {
        uint8_t *to = (uint8_t *)s->y->data + (gsize)i * width;
        if (!s->hit[i])
            continue;
        if (s->wide->dtype == DTYPE_DOUBLE)
            convert_from_double(s->y->dtype, (const double *)s->wide->data + i, to, 1);
        else if (s->wide->dtype == DTYPE_INT64)
            convert_from_int64(s->y->dtype, (const int64_t *)s->wide->data + i, to, 1);
        else
            convert_from_uint64(s->y->dtype, (const uint64_t *)s->wide->data + i, to, 1);
    }
}

void scatter_finish(Scatter *s, Eval *ev)
{
    if (s->wide)
        round_hits(s);
    eval_set_tensor(ev, 0, g_steal_pointer(&s->y));
}

void scatter_clear(Scatter *s)
{
    tensor_unref(s->y);
    tensor_unref(s->wide);
    g_free(s->hit);
    *s = (Scatter){ 0 };
}

gboolean scatter_bound(Eval *ev, GError **error)
{
    const char *reduction = eval_string(ev, "reduction");
    const gboolean folds = reduction && (strcmp(reduction, "add") == 0 || strcmp(reduction, "mul") == 0);
    if (!folds)
        return move_bound(ev, 1 << 0 | 1 << 2, error);
    if (!dtype_is_float(eval_input(ev, 0)->dtype))
        return bound_exact(ev, error);
    eval_set_uncertified(ev, 0);
    return TRUE;
}
