#include "reference/ops/shared/linear_bound.h"

#include "reference/bounds/relaxation.h"
#include "reference/bounds/store.h"
#include "reference/bounds/sums.h"
#include "reference/ops/shared/linear_sums.h"
#include "reference/ops/shared/wide.h"
#include "reference/tensor/clones.h"

#include <limits.h>
#include <math.h>

#define BLOCK 512

static double or_one(double x)
{
    return x == 0 ? 1 : x;
}

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

static double sign_of(const LinearRule *rule, gsize input)
{
    return input < G_N_ELEMENTS(rule->sign) ? or_one(rule->sign[input]) : 1;
}

static double magnitude(double low, double high, gsize input, gconstpointer rule)
{
    return sign_of(rule, input) * (fabs(wide_middle(low, high)) + wide_radius(low, high));
}

static double magnitude_still(double low, double high, gsize input, gconstpointer rule)
{
    return sign_of(rule, input) * fabs(wide_middle(low, high));
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
    int64_t product = rule->factors == 0 ? INT_MAX : bounds_lowest_bit(or_one(rule->coefficient));
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
        added += bounds_lowest_bit(or_one(rule->added));
    return (int)CLAMP(MIN(product, (int64_t)added), INT_MIN, INT_MAX);
}

static gboolean is_power_of_two(double x)
{
    int exponent;
    return frexp(x, &exponent) == 0.5;
}

/* Of one element before division; S includes the radii. Where the computing type is the output's and nothing follows the
 * sum, its last addition is the rounding to the output and is not charged. */
static double sum_error(const LinearRule *rule, DType dtype, double terms, double total)
{
    const double scaling = (fabs(or_one(rule->coefficient)) != 1) + (fabs(or_one(rule->added)) != 1);
    const double last = bounds_compute_type(dtype) == dtype && or_one(rule->divisor) == 1 ? 1 : 0;
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
    return r->terms ? ceil(((const double *)r->terms->data)[i] * or_one(rule->divisor)) : rule->most_terms;
}

static gboolean one_element(Ends *ends, const LinearRule *rule, const Runs *r, int lowest, int64_t i, GError **error)
{
    const Tensor *y = eval_output_tensor(ends->ev, 0);
    const double divisor = or_one(rule->divisor);
    const double s = ((const double *)r->value->data)[i], total = ((const double *)r->magnitude->data)[i] * divisor;
    const double own = relaxation_in_force()->unfused ? 0 : total * 0x1p-50; /* of the sum that is taken for the exact one */
    double e = 0;
    if (r->still)
        e = total - ((const double *)r->still->data)[i] * divisor + total * 0x1p-50;
    if (r->still || !bounds_sum_exact(y->dtype, total, lowest))
        e += sum_error(rule, y->dtype, number_of_terms(rule, r, i), total) + own;
    e /= divisor;
    if (rule->varying || !is_power_of_two(divisor)) /* multiplication with the rounded reciprocal, or division */
        e += 2 * bounds_unit(y->dtype) * (fabs(s) + e);
    if (e == 0 && !eval_may_fuse(ends->ev, 0))
        return TRUE;
    const Range range = bounds_store(y->dtype, s, e, eval_may_fuse(ends->ev, 0));
    return range.low == range.high || ends_set(ends, i, range.low, range.high, error);
}

/* ---- means of what is known to intervals ------------------------------------------------------------------------------ */

/* Where zeros are not counted, the whole error of a sum is one of what each term adds to it (linear_reach.h): the kernel run on
 * these tells it, divided as the sum itself. */
typedef struct {
    double sign, share;
} Reach;

static double reach(double low, double high, G_GNUC_UNUSED gsize input, gconstpointer data)
{
    const Reach *r = data;
    const double radius = wide_radius(low, high);
    return r->sign * (radius + r->share * (fabs(wide_middle(low, high)) + radius));
}

typedef struct {
    double share, divisor, quotient, huge; /* quotient: relative, of the division */
} Mean;

CLONES static int64_t mean_errors(const Mean *m, const double *restrict values, const double *restrict reaches, int64_t n,
                                  double *restrict errors)
{
    const Mean c = *m;
    int64_t over = 0;
    for (int64_t i = 0; i < n; i++) {
        const double e = reaches[i] * (1 + 0x1p-40) + 0x1p-149;
        errors[i] = e + c.quotient * (fabs(values[i]) + e);
        over |= reaches[i] * c.divisor <= c.huge * c.share ? 0 : 1;
    }
    return over;
}

static gboolean store_means(Ends *ends, const Mean *m, const Tensor *values, const Tensor *reaches, gboolean *over, GError **error)
{
    const Tensor *y = eval_output_tensor(ends->ev, 0);
    double errors[BLOCK];
    ends->lower = tensor_new_uninitialised(DTYPE_FLOAT, &y->shape, error);
    ends->upper = ends->lower ? tensor_new_uninitialised(DTYPE_FLOAT, &y->shape, error) : NULL;
    for (int64_t i = 0, n; ends->upper && !*over && i < y->count; i += n) {
        n = MIN(y->count - i, BLOCK);
        const double *s = (const double *)values->data + i;
        *over = mean_errors(m, s, (const double *)reaches->data + i, n, errors) != 0;
        bounds_store_floats(s, errors, (const float *)y->data + i, (gsize)n, (float *)ends->lower->data + i,
                            (float *)ends->upper->data + i);
    }
    return ends->upper != NULL;
}

/* Of a mean, what it is divided by; 0: not known. */
static double most_of_mean(const LinearRule *rule)
{
    return rule->most_terms > 0 ? rule->most_terms : rule->divisor;
}

/* *done is FALSE if the bound of a sum of magnitudes overflows: the rule itself may not. */
static gboolean bound_means(const Wide *w, const LinearRule *rule, gboolean *done, GError **error)
{
    const double u = bounds_unit(DTYPE_FLOAT), divisor = or_one(rule->divisor);
    const Mean m = { MAX(most_of_mean(rule) - 1, 1) * u + 0x1p-49, divisor,
                     rule->varying || !is_power_of_two(divisor) ? 2 * u : 0, bounds_huge(DTYPE_FLOAT) };
    Ends ends = ENDS_OF(w->ev, 0);
    gboolean over = FALSE;
    g_autoptr(Tensor) values = wide_run(w, wide_map_middle, NULL, 0, error);
    g_autoptr(Tensor) reaches = values ? wide_run(w, reach, &(Reach){ sign_of(rule, 0), m.share }, 0, error) : NULL;
    if (!reaches || !store_means(&ends, &m, values, reaches, &over, error))
        return FALSE;
    *done = !over;
    if (over) {
        g_clear_pointer(&ends.lower, tensor_unref);
        g_clear_pointer(&ends.upper, tensor_unref);
    } else {
        ends_finish(&ends);
    }
    return TRUE;
}

static gboolean are_means(const Wide *w, const LinearRule *rule)
{
    const Relaxation *profile = relaxation_in_force();
    return !w->exact && w->finite && rule->pure && most_of_mean(rule) > 0 && eval_stores_floats(w->ev, 0) && profile->trunc == 0 &&
           !profile->chunks;
}

/* ---- the rule --------------------------------------------------------------------------------------------------------- */

/* The kernel run on the inputs as binary64 numbers. */
static gboolean bound_by_runs(Eval *ev, const LinearRule *rule, GError **error)
{
    const Tensor *y = eval_output_tensor(ev, 0);
    Ends ends = ENDS_OF(ev, 0);
    g_auto(Wide) w = { 0 };
    g_auto(Runs) r = { 0 };
    if (!wide_init(&w, ev, error) || (rule->factors > 1 && !wide_demote(&w, 0, rule->factors, error)))
        return FALSE;
    if (!w.known) {
        ends_abandon(&ends);
        return TRUE;
    }
    gboolean done = FALSE;
    if (are_means(&w, rule) && (!bound_means(&w, rule, &done, error) || done))
        return done;
    if (!run_all(&r, &w, rule, error))
        return FALSE;
    const int lowest = w.exact ? lowest_bit(&w, rule) : 0;
    for (int64_t i = 0; i < y->count; i++) {
        const double total = ((const double *)r.magnitude->data)[i];
        if (w.exact && !w.finite && !isfinite(total)) /* an infinity or NaN that the inputs have: the same in every order */
            continue;
        if (may_overflow(y->dtype, total * or_one(rule->divisor))) {
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
