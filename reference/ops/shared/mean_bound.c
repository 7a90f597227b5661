#include "reference/ops/shared/mean_bound.h"

#include "reference/bounds/relaxation.h"
#include "reference/bounds/store.h"
#include "reference/bounds/sums.h"
#include "reference/ops/shared/wide.h"
#include "reference/tensor/clones.h"

#define BLOCK 512

typedef struct {
    double sign, share, divisor, quotient, huge; /* share: of magnitudes; quotient: relative, of the division */
} Mean;

/* What it is divided by; 0: not known. */
static double most_terms(const LinearRule *rule)
{
    return rule->most_terms > 0 ? rule->most_terms : rule->divisor;
}

static Mean mean_of(const LinearRule *rule)
{
    const double u = bounds_unit(DTYPE_FLOAT);
    return (Mean){ linear_sign(rule, 0), MAX(most_terms(rule) - 1, 1) * u + 0x1p-49, linear_or_one(rule->divisor),
                   linear_divides_exactly(rule) ? 0 : 2 * u, bounds_huge(DTYPE_FLOAT) };
}

/* ---- what each term adds ------------------------------------------------------------------------------------------------ */

CLONES static int64_t add_reaches(const Mean *m, const float *restrict low, const float *restrict high, int64_t n,
                                  double *restrict middles, double *restrict reaches)
{
    const double sign = m->sign, share = m->share;
    int64_t unbounded = 0;
    for (int64_t i = 0; i < n; i++) {
        const double middle = wide_middle_of_floats(low[i], high[i]);
        const double radius = wide_radius_around((double)low[i], (double)high[i], middle);
        middles[i] = middle;
        reaches[i] = sign * (radius + share * (fabs(middle) + radius));
        unbounded |= fabs(middle) + radius <= 0x1p1000 ? 0 : 1;
    }
    return unbounded;
}

enum { MIDDLE, REACH, KINDS };

/* Of every float input, for two runs of the kernel; NULL: of another type, or omitted. */
typedef struct {
    gsize    n;
    Tensor **inputs[KINDS];
} Terms;

static void terms_clear(Terms *t)
{
    for (int kind = 0; kind < KINDS; kind++) {
        for (gsize i = 0; i < t->n; i++)
            tensor_unref(t->inputs[kind][i]);
        g_free(t->inputs[kind]);
    }
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Terms, terms_clear)

static gboolean read_input(Eval *ev, const Mean *m, gsize i, Terms *t, gboolean *finite, GError **error)
{
    const Tensor *x = eval_input(ev, i);
    Interval ends;
    if (!x || x->dtype != DTYPE_FLOAT)
        return TRUE;
    eval_input_interval(ev, i, &ends);
    for (int kind = 0; kind < KINDS; kind++)
        if (!(t->inputs[kind][i] = tensor_new_uninitialised(DTYPE_DOUBLE, &x->shape, error)))
            return FALSE;
    *finite &= !add_reaches(m, (ends.lower ? ends.lower : x)->data, (ends.lower ? ends.upper : x)->data, x->count,
                            t->inputs[MIDDLE][i]->data, t->inputs[REACH][i]->data);
    return TRUE;
}

static gboolean read_inputs(Eval *ev, const Mean *m, Terms *t, gboolean *finite, GError **error)
{
    t->n = eval_input_count(ev);
    for (int kind = 0; kind < KINDS; kind++)
        t->inputs[kind] = g_new0(Tensor *, t->n + 1);
    for (gsize i = 0; i < t->n && *finite; i++)
        if (!read_input(ev, m, i, t, finite, error))
            return FALSE;
    return TRUE;
}

static Tensor *run(Eval *ev, Tensor *const *inputs, GError **error)
{
    g_autofree Value **outputs = g_new0(Value *, eval_output_count(ev) + 1);
    Tensor *y = eval_rerun(ev, (const Tensor *const *)inputs, outputs, error) && outputs[0] ? tensor_ref(outputs[0]->tensor) : NULL;
    for (gsize i = 0; i < eval_output_count(ev); i++)
        value_unref(outputs[i]);
    return y;
}

/* ---- means --------------------------------------------------------------------------------------------------------------- */

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

static gboolean bound_means(Eval *ev, const Mean *m, const Terms *t, gboolean *done, GError **error)
{
    Ends ends = ENDS_OF(ev, 0);
    gboolean over = FALSE;
    g_autoptr(Tensor) values = run(ev, t->inputs[MIDDLE], error);
    g_autoptr(Tensor) reaches = values ? run(ev, t->inputs[REACH], error) : NULL;
    if (!reaches || !store_means(&ends, m, values, reaches, &over, error))
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

static gboolean is_such_a_mean(const Eval *ev, const LinearRule *rule)
{
    const Relaxation *profile = relaxation_in_force();
    if (!rule->pure || most_terms(rule) <= 0 || !eval_stores_floats(ev, 0) || profile->trunc != 0 || profile->chunks ||
        eval_inputs_exact(ev))
        return FALSE;
    for (gsize i = 0; i < eval_input_count(ev); i++) {
        const Tensor *x = eval_input(ev, i);
        Interval ends;
        if (!eval_input_interval(ev, i, &ends) || (ends.lower && x->dtype != DTYPE_FLOAT))
            return FALSE;
    }
    return TRUE;
}

gboolean mean_bound(Eval *ev, const LinearRule *rule, gboolean *done, GError **error)
{
    const Mean m = mean_of(rule);
    g_auto(Terms) t = { 0 };
    gboolean finite = TRUE;
    *done = FALSE;
    if (!is_such_a_mean(ev, rule))
        return TRUE;
    if (!read_inputs(ev, &m, &t, &finite, error))
        return FALSE;
    return !finite || bound_means(ev, &m, &t, done, error);
}
