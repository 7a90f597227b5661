#include "reference/ops/shared/reduce_bound.h"

#include "reference/bounds/rounding.h"
#include "reference/ops/shared/reduce.h"
#include "reference/ops/shared/wide.h"

#include <math.h>

typedef struct {
    RowBound      rule;
    const double *low, *high; /* the rows, one after the other; high may be low */
    int64_t       length;
    double       *x, *radius; /* room for a row */
    gboolean      fused;
} Rows;

static gboolean one_row(const Rows *r, Ends *ends, int64_t row, gboolean *open, GError **error)
{
    const DType dtype = eval_output_tensor(ends->ev, 0)->dtype;
    const double *low = r->low + row * r->length, *high = r->high + row * r->length;
    gboolean exact = TRUE, finite = TRUE;
    for (int64_t k = 0; k < r->length; k++) {
        r->x[k] = wide_middle(low[k], high[k]);
        r->radius[k] = wide_radius(low[k], high[k]);
        exact &= r->radius[k] == 0;
        finite &= isfinite(r->x[k]) != 0;
    }
    double value, spread;
    if (!r->rule(dtype, r->x, exact ? NULL : r->radius, (gsize)r->length, &value, &spread)) {
        *open = finite || !exact;
        return TRUE;
    }
    const Range range = bounds_store(dtype, value, spread, r->fused);
    return range.low == range.high || ends_set(ends, row, range.low, range.high, error);
}

static gboolean all_rows(Eval *ev, Rows *r, Ends *ends, gboolean *open, GError **error)
{
    g_autofree double *room = g_try_new(double, 2 * (gsize)r->length + 1);
    if (!room)
        return eval_fail(error, "no memory for rows of %" G_GINT64_FORMAT " elements", r->length);
    r->x = room;
    r->radius = room + r->length;
    for (int64_t i = 0; r->length > 0 && i < eval_output_tensor(ev, 0)->count && !*open; i++)
        if (!one_row(r, ends, i, open, error))
            return FALSE;
    return TRUE;
}

gboolean reduce_bound(Eval *ev, RowBound rule, GError **error)
{
    if (!dtype_is_float(eval_input(ev, 0)->dtype))
        return bound_exact(ev, error);
    g_auto(Wide) w = { 0 };
    if (!wide_init(&w, ev, error))
        return FALSE;
    Ends ends = ENDS_OF(ev, 0);
    gboolean open = !w.known;
    if (!open) {
        Rows r = { .rule = rule, .fused = eval_may_fuse(ev, 0) };
        g_autoptr(Tensor) low = reduce_rows_of(ev, w.low[0], &r.length, error);
        g_autoptr(Tensor) high = low ? reduce_rows_of(ev, w.high[0] ? w.high[0] : w.low[0], &r.length, error) : NULL;
        if (!high)
            return FALSE;
        r.low = low->data;
        r.high = high->data;
        if (!all_rows(ev, &r, &ends, &open, error))
            return FALSE;
    }
    if (open)
        ends_abandon(&ends);
    else
        ends_finish(&ends);
    return TRUE;
}
