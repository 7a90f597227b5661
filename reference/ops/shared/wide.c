#include "reference/ops/shared/wide.h"

#include "reference/bounds/relaxation.h"
#include "reference/bounds/rounding.h"
#include "reference/tensor/convert.h"

#include <limits.h>
#include <math.h>

static Tensor *widened(const Tensor *x, GError **error)
{
    Tensor *wide = tensor_new_uninitialised(DTYPE_DOUBLE, &x->shape, error);
    if (wide)
        convert_to_double(x->dtype, x->data, wide->data, (gsize)x->count);
    return wide;
}

static gboolean load_interval(Wide *w, gsize i, const Interval *ends, GError **error)
{
    w->low[i] = widened(ends->lower, error);
    w->high[i] = w->low[i] ? widened(ends->upper, error) : NULL;
    if (!w->high[i])
        return FALSE;
    const double *low = w->low[i]->data, *high = w->high[i]->data;
    for (int64_t k = 0; k < ends->lower->count; k++)
        w->known &= low[k] == high[k] || (isfinite(low[k]) && isfinite(high[k])) || (isnan(low[k]) && isnan(high[k]));
    w->exact = FALSE;
    return TRUE;
}

static gboolean load(Wide *w, gsize i, GError **error)
{
    const Tensor *x = eval_input(w->ev, i);
    Interval ends;
    w->known &= eval_input_interval(w->ev, i, &ends);
    if (!x || !w->known)
        return TRUE;
    if (!dtype_is_float(x->dtype)) {
        w->known &= !ends.lower;
        return TRUE;
    }
    if (ends.lower ? !load_interval(w, i, &ends, error) : !(w->low[i] = widened(x, error)))
        return FALSE;
    const double *low = w->low[i]->data;
    for (int64_t k = 0; k < x->count; k++)
        w->finite &= isfinite(low[k]) != 0;
    return TRUE;
}

gboolean wide_init(Wide *w, Eval *ev, GError **error)
{
    const gsize n = eval_input_count(ev), room = MAX(n, WIDE_INPUTS);
    *w = (Wide){ .ev = ev, .n = n, .low = g_new0(Tensor *, room), .high = g_new0(Tensor *, room),
                 .known = TRUE, .exact = TRUE, .finite = TRUE };
    for (gsize i = 0; i < n; i++)
        if (!load(w, i, error))
            return FALSE;
    return TRUE;
}

gboolean wide_demote(Wide *w, gsize first, gsize last, GError **error)
{
    for (gsize i = first; i < MIN(last, w->n) && w->known; i++) {
        gboolean moves = FALSE;
        const double *x = w->low[i] ? w->low[i]->data : NULL;
        const DType dtype = x ? eval_input(w->ev, i)->dtype : DTYPE_DOUBLE;
        for (int64_t k = 0; x && k < w->low[i]->count; k++)
            moves |= relaxation_demotion(dtype, x[k]) > 0;
        if (!moves)
            continue;
        if (!w->high[i] && !(w->high[i] = tensor_copy(w->low[i], error)))
            return FALSE;
        double *low = w->low[i]->data, *high = w->high[i]->data;
        for (int64_t k = 0; k < w->low[i]->count; k++) {
            low[k] -= relaxation_demotion(dtype, low[k]);
            high[k] += relaxation_demotion(dtype, high[k]);
        }
        w->exact = FALSE;
    }
    return TRUE;
}

void wide_clear(Wide *w)
{
    for (gsize i = 0; i < w->n; i++) {
        tensor_unref(w->low[i]);
        tensor_unref(w->high[i]);
    }
    g_free(w->low);
    g_free(w->high);
    *w = (Wide){ 0 };
}

Tensor *wide_map(const Wide *w, gsize i, WideMap map, gconstpointer data, GError **error)
{
    Tensor *x = tensor_new_uninitialised(DTYPE_DOUBLE, &w->low[i]->shape, error);
    if (!x)
        return NULL;
    const double *low = w->low[i]->data, *high = w->high[i] ? w->high[i]->data : low;
    double *out = x->data;
    for (int64_t k = 0; k < x->count; k++)
        out[k] = map(low[k], high[k], i, data);
    return x;
}

Tensor *wide_run(const Wide *w, WideMap map, gconstpointer data, gsize output, GError **error)
{
    const gsize n_outputs = eval_output_count(w->ev);
    g_autofree Tensor **inputs = g_new0(Tensor *, w->n + 1);
    g_autofree Value **outputs = g_new0(Value *, n_outputs + 1);
    gboolean ok = TRUE;
    for (gsize i = 0; ok && i < w->n; i++)
        ok = !w->low[i] || (inputs[i] = wide_map(w, i, map, data, error));
    ok = ok && eval_rerun(w->ev, (const Tensor *const *)inputs, outputs, error);
    Tensor *y = ok && outputs[output] ? tensor_ref(outputs[output]->tensor) : NULL;
    for (gsize i = 0; i < w->n; i++)
        tensor_unref(inputs[i]);
    for (gsize i = 0; i < n_outputs; i++)
        value_unref(outputs[i]);
    return y;
}

double wide_map_middle(double low, double high, G_GNUC_UNUSED gsize input, G_GNUC_UNUSED gconstpointer data)
{
    return wide_middle(low, high);
}

int wide_lowest_bit(const Wide *w, gsize i)
{
    int lowest = INT_MAX;
    if (i >= w->n || !w->low[i])
        return lowest;
    const double *x = w->low[i]->data;
    for (int64_t k = 0; k < w->low[i]->count; k++)
        lowest = MIN(lowest, bounds_lowest_bit(x[k]));
    return lowest;
}
