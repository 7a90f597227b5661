#include "reference/ops/shared/lines_bound.h"

#include "reference/bounds/rounding.h"
#include "reference/ops/shared/lines.h"
#include "reference/ops/shared/wide.h"

#include <math.h>

typedef struct {
    LineBound     rule;
    const double *low, *high; /* high NULL: exact */
    int64_t       length, inner;
    double       *x, *radius, *value, *error; /* room for a line each */
    gboolean      fused;
} Lines;

/* *open: the line has no certificate. */
static gboolean one_line(const Lines *l, Ends *ends, int64_t first, gboolean *open, GError **error)
{
    const DType dtype = eval_output_tensor(ends->ev, 0)->dtype;
    gboolean exact = TRUE;
    for (int64_t k = 0; k < l->length; k++) {
        const int64_t at = first + k * l->inner;
        l->x[k] = l->high ? wide_middle(l->low[at], l->high[at]) : l->low[at];
        l->radius[k] = l->high ? wide_radius(l->low[at], l->high[at]) : 0;
        exact &= l->radius[k] == 0;
    }
    if (!l->rule(dtype, l->x, l->high ? l->radius : NULL, (gsize)l->length, l->value, l->error)) {
        *open = !exact;
        return TRUE;
    }
    for (int64_t k = 0; k < l->length; k++) {
        *open |= isnan(l->error[k]) || isinf(l->error[k]);
        if (*open)
            return TRUE;
        const Range r = bounds_store(dtype, l->value[k], l->error[k], l->fused);
        if (r.low != r.high && !ends_set(ends, first + k * l->inner, r.low, r.high, error))
            return FALSE;
    }
    return TRUE;
}

gboolean lines_bound(Eval *ev, gboolean coerce, LineBound rule, GError **error)
{
    const Tensor *x = eval_input(ev, 0);
    Ends ends = ENDS_OF(ev, 0);
    g_auto(Wide) w = { 0 };
    if (!wide_init(&w, ev, error))
        return FALSE;
    gboolean open = !w.known;
    Lines l = { .rule = rule, .fused = eval_may_fuse(ev, 0) };
    if (!open && x->count > 0) {
        lines_layout(ev, coerce, &l.length, &l.inner);
        g_autofree double *room = g_try_new(double, (gsize)l.length * 4);
        if (!room)
            return eval_fail(error, "no memory for lines of %" G_GINT64_FORMAT " elements", l.length);
        l.x = room;
        l.radius = room + l.length;
        l.value = room + 2 * l.length;
        l.error = room + 3 * l.length;
        l.low = w.low[0]->data;
        l.high = w.high[0] ? w.high[0]->data : NULL;
        for (int64_t i = 0; i < x->count / l.length && !open; i++)
            if (!one_line(&l, &ends, i / l.inner * l.inner * l.length + i % l.inner, &open, error))
                return FALSE;
    }
    if (open)
        ends_abandon(&ends);
    else
        ends_finish(&ends);
    return TRUE;
}
