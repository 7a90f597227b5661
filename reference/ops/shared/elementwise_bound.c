#include "reference/ops/shared/elementwise_bound.h"

#include "reference/bounds/derivation.h"
#include "reference/bounds/relaxation.h"
#include "reference/bounds/rounding.h"
#include "reference/ops/shared/wide.h"
#include "reference/tensor/clones.h"
#include "reference/tensor/float_format.h"

#include <float.h>
#include <math.h>

/* ---- the function at ends ---------------------------------------------------------------------------------------------- */

typedef struct {
    gboolean even;
    guint    upper; /* bit i: input i stands at its upper end */
} Corner;

static double at_corner(double low, double high, gsize input, gconstpointer data)
{
    const Corner *c = data;
    const gboolean upper = c->upper >> input & 1;
    if (c->even && input == 0 && low < 0 && high > 0)
        return upper ? MAX(-low, high) : 0;
    return upper ? high : low;
}

/* Every non-empty subset, from that of all on, or this alone. */
static guint next_subset(guint subset, guint all, const ElementwiseRule *rule)
{
    return rule->rising ? 0 : (subset - 1) & all;
}

/* low and high: the least and the greatest of all combinations. */
static gboolean run_corners(const Wide *w, const ElementwiseRule *rule, Tensor **low, Tensor **high, GError **error)
{
    guint inexact = 0;
    for (gsize i = 0; i < w->n; i++)
        inexact |= w->high[i] ? 1u << i : 0;
    if (!(*low = wide_run(w, at_corner, &(Corner){ rule->even, 0 }, 0, error)) || !(*high = tensor_copy(*low, error)))
        return FALSE;
    double *a = (*low)->data, *b = (*high)->data;
    for (guint upper = inexact; upper; upper = next_subset(upper, inexact, rule)) {
        g_autoptr(Tensor) y = wide_run(w, at_corner, &(Corner){ rule->even, upper }, 0, error);
        if (!y)
            return FALSE;
        const double *v = y->data;
        for (int64_t k = 0; k < y->count; k++) {
            a[k] = v[k] < a[k] || isnan(v[k]) ? v[k] : a[k];
            b[k] = v[k] > b[k] || isnan(v[k]) ? v[k] : b[k];
        }
    }
    return TRUE;
}

/* The same for a function that is not monotone: f(middle) -+ its reach. */
static gboolean run_slope(const Wide *w, const ElementwiseRule *rule, Tensor **low, Tensor **high, GError **error)
{
    if (!(*low = wide_run(w, wide_map_middle, NULL, 0, error)) || !(*high = tensor_copy(*low, error)))
        return FALSE;
    double *a = (*low)->data, *b = (*high)->data;
    const double *x_low = w->low[0]->data, *x_high = w->high[0] ? w->high[0]->data : x_low;
    const double *z_low = rule->reach ? w->low[1]->data : NULL, *z_high = rule->reach && w->high[1] ? w->high[1]->data : z_low;
    for (int64_t k = 0; k < (*low)->count; k++) {
        const double reach = rule->reach ? rule->reach(x_low[k], x_high[k], z_low[k], z_high[k])
                                         : rule->slope * wide_radius(x_low[k], x_high[k]);
        a[k] = reach == 0 ? a[k] : nextafter(a[k] - reach, -INFINITY);
        b[k] = reach == 0 ? b[k] : nextafter(b[k] + reach, INFINITY);
    }
    return TRUE;
}

/* ---- where a rule holds -------------------------------------------------------------------------------------------------- */

static gboolean in_domain(const Wide *w, const ElementwiseRule *rule)
{
    const double *low, *high;
    if (rule->pole && w->high[rule->pole - 1]) {
        const Tensor *x = w->low[rule->pole - 1];
        low = x->data;
        high = w->high[rule->pole - 1]->data;
        for (int64_t k = 0; k < x->count; k++)
            if (low[k] <= 0 && high[k] >= 0 && low[k] != high[k])
                return FALSE;
    }
    if ((rule->least != 0 || rule->most != 0) && w->high[0]) {
        low = w->low[0]->data;
        high = w->high[0]->data;
        for (int64_t k = 0; k < w->low[0]->count; k++)
            if (low[k] != high[k] && (low[k] < rule->least || high[k] > rule->most))
                return FALSE;
    }
    return TRUE;
}

/* What a function makes of a subnormal that is flushed is another matter than what it makes of the number. */
static gboolean meets_flushed(const Eval *ev)
{
    for (gsize i = 0; i < eval_input_count(ev); i++) {
        const Tensor *x = eval_input(ev, i);
        const double flushed = x && dtype_is_float(x->dtype) ? relaxation_flushed(x->dtype) : 0;
        for (int64_t k = 0; flushed > 0 && k < x->count; k++)
            if (tensor_get_double(x, k) != 0 && fabs(tensor_get_double(x, k)) < flushed)
                return TRUE;
    }
    return FALSE;
}

static gboolean usable(const Eval *ev, const Wide *w, const ElementwiseRule *rule)
{
    return w->known && w->n <= 16 && in_domain(w, rule) && !meets_flushed(ev);
}

/* ---- one element ---------------------------------------------------------------------------------------------------------- */

/* How far the attributes move when they are rounded to dtype, relatively, and the sum of those that do. */
static double coarse_attributes(const Eval *ev, const ElementwiseRule *rule, DType dtype)
{
    double sum = 0;
    for (const char *const *name = rule->attributes; name && *name; name++) {
        const double given = eval_has(ev, *name) ? (double)eval_float(ev, *name) : 0;
        if (bounds_nearest(dtype, given) != given)
            sum += fabs(given);
    }
    return sum;
}

typedef struct {
    const ElementwiseRule *rule;
    DType                  dtype;
    double                 unit, coarse; /* u; see coarse_attributes */
    double                 functions, quotient; /* of the profile; quotient: ulps */
    gboolean               fused, rounded; /* rounded: "element/rounded", there is no budget */
} Budget;

static double budget_at(const Budget *b, double x, double f)
{
    const ElementwiseRule *rule = b->rule;
    if (relaxation_in_force()->unfused) { /* the kernel rounds f right (transcendental.h), but here to binary64 */
        const double e = b->dtype == DTYPE_DOUBLE ? 0 : fabs(f) * 0x1p-53;
        derivation_note("function/budget", b->dtype, 0, e);
        return e;
    }
    double e = (b->functions * rule->ulps + b->quotient) * bounds_ulp(b->dtype, f) + b->unit * (rule->floor + fabs(x) * (rule->inner + rule->growth * fabs(f)));
    if (b->coarse > 0)
        e += ldexp(2, -dtype_info(b->dtype)->format->mantissa_bits - 1) * (fabs(f) + b->coarse);
    if (!(e > 0)) /* an infinite x of a rule that does not charge for x: 0 * inf */
        e = 0;
    derivation_note("function/budget", b->dtype, 0, e);
    return e > 0 ? e + fabs(f) * 0x1p-52 : 0;
}

static gboolean exact_by_nature(double x, double f)
{
    return (x == 0 || isinf(x)) && f == rint(f) && fabs(f) <= 1;
}

static Range element_range(const Budget *b, double x_low, double x_high, double low, double high)
{
    if (low == high && (isinf(low) || (x_low == x_high && exact_by_nature(x_low, low))))
        return bounds_store(b->dtype, low, 0, b->fused);
    const Range bottom = bounds_store(b->dtype, low, budget_at(b, MAX(fabs(x_low), fabs(x_high)), low), b->fused);
    if (low == high)
        return bottom;
    const Range top = bounds_store(b->dtype, high, budget_at(b, MAX(fabs(x_low), fabs(x_high)), high), b->fused);
    return (Range){ bottom.low, top.high };
}

/* Of a float32 input; a point has its value for both ends. FALSE if it is none, or nothing is known of it. */
static gboolean float_interval(const Eval *ev, gsize i, Interval *ends)
{
    const Tensor *x = eval_input(ev, i);
    if (!x || x->dtype != DTYPE_FLOAT || !eval_input_interval(ev, i, ends))
        return FALSE;
    if (!ends->lower)
        *ends = (Interval){ x, x };
    return TRUE;
}

/* "element/rounded" of float32, monotone everywhere, where nothing moves ends but the last rounding: that is monotone too, and
 * the kernel's. *done is FALSE if some end is not finite: the elements have to be looked at one by one. */
static gboolean float_ends(Eval *ev, const ElementwiseRule *rule, Ends *ends, gboolean *done, GError **error)
{
    Interval a, b;
    *done = FALSE;
    if (!float_interval(ev, 0, &a) || !float_interval(ev, 1, &b))
        return TRUE;
    const Shape *shape = &eval_output_tensor(ev, 0)->shape;
    g_autoptr(Tensor) low = tensor_new_uninitialised(DTYPE_FLOAT, shape, error);
    g_autoptr(Tensor) high = low ? tensor_new_uninitialised(DTYPE_FLOAT, shape, error) : NULL;
    if (!high)
        return FALSE;
    *done = elementwise_ends(rule->binary, &a, &b, rule->rising, low, high);
    if (!*done)
        return TRUE;
    ends->lower = g_steal_pointer(&low);
    ends->upper = g_steal_pointer(&high);
    derivation_note("function/budget", DTYPE_FLOAT, 0, 0);
    derivation_note("round/monotone", DTYPE_FLOAT, 0, 0);
    return TRUE;
}

CLONES static gboolean narrow_ends(const double *restrict a, const double *restrict c, int64_t n, float *restrict low,
                                   float *restrict high)
{
    int32_t nan = 0, apart = 0;
    for (int64_t k = 0; k < n; k++) {
        low[k] = (float)a[k];
        high[k] = (float)c[k];
        nan |= a[k] != a[k] || c[k] != c[k];
        apart |= low[k] != high[k];
    }
    return !nan && apart;
}

/* All of float32 at once, where nothing but the last rounding moves the ends. *done is FALSE if they have to be looked at one
 * by one. */
static gboolean all_at_once(Ends *ends, const Budget *b, const Tensor *low, const Tensor *high, gboolean *done, GError **error)
{
    *done = FALSE;
    if (b->dtype != DTYPE_FLOAT || !b->rounded || b->fused || relaxation_flushed(b->dtype) != 0 || low->count == 0)
        return TRUE;
    const Shape *shape = &eval_output_tensor(ends->ev, 0)->shape;
    ends->lower = tensor_new_uninitialised(DTYPE_FLOAT, shape, error);
    ends->upper = ends->lower ? tensor_new_uninitialised(DTYPE_FLOAT, shape, error) : NULL;
    *done = ends->upper && narrow_ends(low->data, high->data, low->count, ends->lower->data, ends->upper->data);
    const gboolean ok = ends->upper != NULL;
    if (*done) {
        derivation_note("function/budget", b->dtype, 0, 0);
        derivation_note("round/monotone", b->dtype, 0, 0);
        return TRUE;
    }
    g_clear_pointer(&ends->lower, tensor_unref);
    g_clear_pointer(&ends->upper, tensor_unref);
    return ok;
}

/* Whether the rule uses x at all; it then has as many elements as the output, or one. */
static gboolean all_elements(Ends *ends, const Budget *b, const Wide *w, const Tensor *low, const Tensor *high, gboolean *open,
                             GError **error)
{
    const Tensor *y = eval_output_tensor(ends->ev, 0);
    const Tensor *x = w->low[0] && w->low[0]->count == y->count ? w->low[0] : NULL;
    const double *x_low = x ? x->data : NULL, *x_high = x && w->high[0] ? w->high[0]->data : x_low;
    const double *a = low->data, *c = high->data;
    for (int64_t k = 0; k < y->count; k++) {
        const double g = tensor_get_double(y, k);
        if (isnan(a[k]) && isnan(c[k]) && isnan(g) && (!x || x_low[k] == x_high[k] || isnan(x_low[k])))
            continue;
        *open = isnan(a[k]) || isnan(c[k]);
        if (*open)
            return TRUE;
        const Range r = x ? element_range(b, x_low[k], x_high[k], a[k], c[k]) : element_range(b, NAN, NAN, a[k], c[k]);
        if (r.low != r.high && !ends_set(ends, k, r.low, r.high, error))
            return FALSE;
    }
    return TRUE;
}

gboolean elementwise_bound(Eval *ev, const ElementwiseRule *rule, GError **error)
{
    const Tensor *y = eval_output_tensor(ev, 0);
    Budget b = { .rule = rule, .fused = eval_may_fuse(ev, 0) };
    const gboolean free = rule->ulps == 0 && rule->floor == 0 && rule->inner == 0 && rule->growth == 0 && !rule->attributes;
    if (!y || !dtype_is_float(y->dtype))
        return bound_exact(ev, error);
    b.quotient = rule->quotient ? relaxation_quotient(y->dtype) : 0;
    b.rounded = free && b.quotient == 0;
    if (b.rounded && !b.fused && relaxation_flushed(y->dtype) == 0 && eval_inputs_exact(ev))
        return bound_exact(ev, error);
    b.dtype = y->dtype;
    b.unit = bounds_unit(y->dtype);
    b.functions = relaxation_functions(y->dtype);
    b.coarse = coarse_attributes(ev, rule, y->dtype);
    g_auto(Wide) w = { 0 };
    g_autoptr(Tensor) low = NULL;
    g_autoptr(Tensor) high = NULL;
    Ends ends = ENDS_OF(ev, 0);
    gboolean done = FALSE;
    if (rule->binary && !b.fused && relaxation_flushed(y->dtype) == 0 && !float_ends(ev, rule, &ends, &done, error))
        return FALSE;
    if (done) {
        ends_finish(&ends);
        return TRUE;
    }
    if (!wide_init(&w, ev, error))
        return FALSE;
    gboolean open = !usable(ev, &w, rule);
    if (!open && (!(rule->slope > 0 || rule->reach ? run_slope : run_corners)(&w, rule, &low, &high, error) ||
                  !all_at_once(&ends, &b, low, high, &done, error) ||
                  (!done && !all_elements(&ends, &b, &w, low, high, &open, error))))
        return FALSE;
    if (open)
        ends_abandon(&ends);
    else
        ends_finish(&ends);
    return TRUE;
}

gboolean bound_rounded(Eval *ev, GError **error)
{
    return elementwise_bound(ev, &(ElementwiseRule){ .ulps = 0 }, error);
}

gboolean bound_rounded_even(Eval *ev, GError **error)
{
    return elementwise_bound(ev, &(ElementwiseRule){ .even = TRUE }, error);
}

gboolean bound_quotient(Eval *ev, GError **error)
{
    return elementwise_bound(ev, &(ElementwiseRule){ .pole = eval_input_count(ev), .quotient = TRUE }, error);
}

gboolean bound_root(Eval *ev, GError **error)
{
    return elementwise_bound(ev, &(ElementwiseRule){ .quotient = TRUE }, error);
}
