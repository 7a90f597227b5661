#include "reference/ops/shared/pooling.h"

#include "reference/ops/shared/compensated.h"
#include "reference/ops/shared/double_double.h"
#include "reference/ops/shared/transcendental.h"

double pooling_largest(const PoolWindow *w, int64_t *chosen)
{
    double best = dtype_is_float(w->dtype) ? -(double)INFINITY : (double)dtype_min(w->dtype);
    for (int64_t i = 0; i < w->n; i++) {
        const double x = w->plane[w->offsets[i]];
        if (i == 0 || (isnan(x) ? !isnan(best) : x > best)) {
            best = x;
            *chosen = w->offsets[i];
        }
    }
    return best;
}

double pooling_mean(const PoolWindow *w, G_GNUC_UNUSED int64_t *chosen)
{
    const gboolean *count_pads = w->data;
    Compensated s = { 0, 0 };
    for (int64_t i = 0; i < w->n; i++)
        compensated_add(&s, w->plane[w->offsets[i]]);
    return compensated_divide(s, (double)(*count_pads ? w->padded : w->n));
}

/* Powers are correctly rounded to binary64 before they are summed: enough for every narrower result. */
static double power(const double *args)
{
    return Sleef_cinz_powd1_u10purec(args[0], args[1]);
}

static gboolean power_exact(mpfr_ptr y, const double *args)
{
    mpfr_t x, p;
    mpfr_inits2(53, x, p, (mpfr_ptr)0);
    mpfr_set_d(x, args[0], MPFR_RNDN);
    mpfr_set_d(p, args[1], MPFR_RNDN);
    const int ternary = mpfr_pow(y, x, p, MPFR_RNDN);
    mpfr_clears(x, p, (mpfr_ptr)0);
    return ternary == 0;
}

static double root(const double *args)
{
    return Sleef_cinz_powd1_u10purec(args[0], 1 / args[1]);
}

/* 1/p in full precision: the exponent 1/3 of binary64 is not a third. */
static gboolean root_exact(mpfr_ptr y, const double *args)
{
    mpfr_t x, exponent;
    mpfr_init2(x, 53);
    mpfr_init2(exponent, mpfr_get_prec(y) + 16);
    mpfr_set_d(x, args[0], MPFR_RNDN);
    mpfr_set_d(exponent, args[1], MPFR_RNDN);
    mpfr_ui_div(exponent, 1, exponent, MPFR_RNDN);
    mpfr_pow(y, x, exponent, MPFR_RNDN);
    mpfr_clear(x);
    mpfr_clear(exponent);
    return FALSE;
}

static const RealFunction power_fn = { power, SLEEF_ERROR, power_exact };
/* 1/p is off by 2^-53 relatively, which counts |log x| / p times: at most 710. */
static const RealFunction root_fn = { root, 0x1p-42, root_exact };

/* x to a whole power in twice the precision of binary64: TRUE where that leaves no doubt about its rounding to binary64. The
 * power is at most 16 and x such that neither it nor what is left of it underflows. */
static gboolean whole_power(double x, double p, double *value)
{
    if (p != rint(p) || p < 1 || p > 16 || !(x > 0x1p-55 && x < 0x1p55))
        return FALSE;
    DD y = dd_from(x);
    for (int i = 1; i < (int)p; i++)
        y = dd_mul(y, dd_from(x));
    const double margin = y.high * 0x1p-95; /* 15 products, each within 2^-100 */
    *value = y.high;
    return y.high + (y.low + margin) == y.high && y.high + (y.low - margin) == y.high;
}

double pooling_norm(const PoolWindow *w, G_GNUC_UNUSED int64_t *chosen)
{
    const double p = *(const double *)w->data;
    Compensated s = { 0, 0 };
    for (int64_t i = 0; i < w->n; i++) {
        const double x = fabs(w->plane[w->offsets[i]]);
        double whole;
        if (p == 1)
            compensated_add(&s, x);
        else if (p == 2)
            compensated_add_product(&s, x, x);
        else if (whole_power(x, p, &whole))
            compensated_add(&s, whole);
        else
            compensated_add(&s, real_value(&power_fn, DTYPE_DOUBLE, (const double[]){ x, p }));
    }
    if (p == 2)
        return compensated_sqrt(s);
    const double sum = compensated_value(s);
    if (p == 1 || sum == 0 || !isfinite(sum))
        return sum;
    return real_value(&root_fn, w->dtype, (const double[]){ sum, p });
}
