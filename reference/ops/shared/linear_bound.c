#include "reference/ops/shared/linear_bound.h"

#include "reference/bounds/relaxation.h"
#include "reference/bounds/sums.h"
#include "reference/ops/shared/linear_sums.h"
#include "reference/ops/shared/mean_bound.h"
#include "reference/ops/shared/wide.h"

#include <limits.h>
#include <math.h>

/* What the kernel makes of the inputs, in binary64; element by element. */
typedef struct {
    Tensor *value, *magnitude, *terms; /* terms: NULL if not counted */
    Tensor *still;                     /* magnitudes without radius; NULL if the inputs are exact */
} Runs;

static void runs_clear(Runs *r)
{
    tensor_unref(r->value);
    tensor_unref(r->magnitude);
    tensor_unref(r->terms);
    tensor_unref(r->still);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Runs, runs_clear)

static double magnitude(double low, double high, gsize input, gconstpointer rule)
{
    return linear_sign(rule, input) * (fabs(wide_middle(low, high)) + wide_radius(low, high));
}

static double magnitude_still(double low, double high, gsize input, gconstpointer rule)
{
    return linear_sign(rule, input) * fabs(wide_middle(low, high));
}

static double one_if_not_zero(double low, double high, G_GNUC_UNUSED gsize input, G_GNUC_UNUSED gconstpointer rule)
{
    return low != 0 || high != 0;
}

static gboolean run_all(Runs *r, const Wide *w, const LinearRule *rule, GError **error)
{
    return (r->value = wide_run(w, wide_map_middle, NULL, 0, error)) &&
           (r->magnitude = wide_run(w, magnitude, rule, 0, error)) &&
           (rule->most_terms > 0 || (r->terms = wide_run(w, one_if_not_zero, rule, 0, error))) &&
           (w->exact || (r->still = wide_run(w, magnitude_still, rule, 0, error)));
}

/* Of all products and all added terms. */
static int lowest_bit(const Wide *w, const LinearRule *rule)
{
    int64_t product = rule->factors == 0 ? INT_MAX : bounds_lowest_bit(linear_or_one(rule->coefficient));
    int added = INT_MAX;
    for (gsize i = 0; i < w->n; i++) {
        const int own = wide_lowest_bit(w, i);
        if (own == INT_MIN)
            return INT_MIN;
        if (i >= rule->factors) {
            added = MIN(added, own);
        } else if (product != INT_MAX) {
            product = own == INT_MAX ? INT_MAX : product + (int64_t)own * MAX(rule->power, 1);
        }
    }
    if (added != INT_MAX)
        added += bounds_lowest_bit(linear_or_one(rule->added));
    return (int)CLAMP(MIN(product, (int64_t)added), INT_MIN, INT_MAX);
}

/* Of one element before division; S includes the radii. Where the computing type is the output's and nothing follows the
 * sum, its last addition is the rounding to the output and is not charged. */
static double sum_error(const LinearRule *rule, DType dtype, double terms, double total)
{
    const double scaling = (fabs(linear_or_one(rule->coefficient)) != 1) + (fabs(linear_or_one(rule->added)) != 1);
    const double last = bounds_compute_type(dtype) == dtype && linear_or_one(rule->divisor) == 1 ? 1 : 0;
    if (rule->pure)
        return bounds_sum(dtype, terms - last, total);
    return bounds_dot(dtype, MAX(terms + (double)MAX(rule->factors, 2) - 2 + scaling - last, 0), total);
}

/* S is larger than any number of the computing type: what overflows depends on the order. */
static gboolean may_overflow(DType dtype, double total)
{
    return !(total <= bounds_huge(dtype));
}

static double number_of_terms(const LinearRule *rule, const Runs *r, int64_t i)
{
    return r->terms ? ceil(((const double *)r->terms->data)[i] * linear_or_one(rule->divisor)) : rule->most_terms;
}

static gboolean one_element(Ends *ends, const LinearRule *rule, const Runs *r, int lowest, int64_t i, GError **error)
{
    const Tensor *y = eval_output_tensor(ends->ev, 0);
    const double divisor = linear_or_one(rule->divisor);
    const double s = ((const double *)r->value->data)[i], total = ((const double *)r->magnitude->data)[i] * divisor;
    const double own = relaxation_in_force()->unfused ? 0 : total * 0x1p-50; /* of the sum that is taken for the exact one */
    double e = 0;
    if (r->still)
        e = total - ((const double *)r->still->data)[i] * divisor + total * 0x1p-50;
    if (r->still || !bounds_sum_exact(y->dtype, total, lowest))
        e += sum_error(rule, y->dtype, number_of_terms(rule, r, i), total) + own;
    e /= divisor;
    if (!linear_divides_exactly(rule)) /* multiplication with the rounded reciprocal, or division */
        e += 2 * bounds_unit(y->dtype) * (fabs(s) + e);
    if (e == 0 && !eval_may_fuse(ends->ev, 0))
        return TRUE;
    const Range range = bounds_store(y->dtype, s, e, eval_may_fuse(ends->ev, 0));
    return range.low == range.high || ends_set(ends, i, range.low, range.high, error);
}

/* ---- the rule --------------------------------------------------------------------------------------------------------- */

/* The kernel run on the inputs as binary64 numbers. */
static gboolean bound_by_runs(Eval *ev, const LinearRule *rule, GError **error)
{
    const Tensor *y = eval_output_tensor(ev, 0);
    Ends ends = ENDS_OF(ev, 0);
    g_auto(Wide) w = { 0 };
    g_auto(Runs) r = { 0 };
    gboolean done;
    if (!mean_bound(ev, rule, &done, error))
        return FALSE;
    if (done)
        return TRUE;
    if (!wide_init(&w, ev, error) || (rule->factors > 1 && !wide_demote(&w, 0, rule->factors, error)))
        return FALSE;
    if (!w.known) {
        ends_abandon(&ends);
        return TRUE;
    }
    if (!run_all(&r, &w, rule, error))
        return FALSE;
    const int lowest = w.exact ? lowest_bit(&w, rule) : 0;
    for (int64_t i = 0; i < y->count; i++) {
        const double total = ((const double *)r.magnitude->data)[i];
        if (w.exact && !w.finite && !isfinite(total)) /* an infinity or NaN that the inputs have: the same in every order */
            continue;
        if (may_overflow(y->dtype, total * linear_or_one(rule->divisor))) {
            ends_abandon(&ends);
            return TRUE;
        }
        if (!one_element(&ends, rule, &r, lowest, i, error))
            return FALSE;
    }
    ends_finish(&ends);
    return TRUE;
}

gboolean linear_bound(Eval *ev, const LinearRule *rule, GError **error)
{
    const Tensor *y = eval_output_tensor(ev, 0);
    if (!y || !dtype_is_float(y->dtype))
        return bound_exact(ev, error);
    gboolean done;
    return linear_sums_close(ev, &done, error) && (done || bound_by_runs(ev, rule, error));
}
