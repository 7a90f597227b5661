#include "reference/ops/shared/softmax.h"

#include "reference/ops/shared/transcendental.h"
#include "reference/ops/shared/wide_sum.h"

#include <math.h>

typedef struct {
    const double *x;
    gsize         n, top; /* top: the first index of the maximum */
    double        t;      /* binary64 approximation of t */
    mpfr_t        exact;  /* t, computed when first needed at a precision */
    mpfr_prec_t   precision;
} Line;

/* FALSE if there is a NaN or the maximum is infinite. */
static gboolean line_init(Line *line, const double *x, gsize n)
{
    *line = (Line){ .x = x, .n = n };
    for (gsize k = 0; k < n; k++) {
        if (isnan(x[k]))
            return FALSE;
        if (x[k] > x[line->top])
            line->top = k;
    }
    if (isinf(x[line->top]))
        return FALSE;
    WideSum sum = WIDE_SUM_INIT;
    for (gsize k = 0; k < n; k++)
        if (k != line->top)
            wide_sum_add(&sum, Sleef_cinz_expd1_u10purec(x[k] - x[line->top]));
    line->t = sum.high + sum.low;
    return TRUE;
}

static void line_clear(Line *line)
{
    if (line->precision)
        mpfr_clear(line->exact);
}

/* Relative error of a result whose own distance is d, in binary64. The rounding of d_i puts d_i half ulps into e^-d_i;
 * in t and log1p(t) these are weighted by the softmax itself, and sum p_i d_i is at most log n: below 45. Three calls
 * of SLEEF, a sum and a quotient add less than 20 half ulps. */
static double relative_error(double d)
{
    return (d + 64) * 0x1p-53;
}

/* x_k - m with an absolute error far below 2^-precision for every difference whose exponential does not underflow. */
static void difference(mpfr_ptr d, const Line *line, gsize k)
{
    mpfr_set_d(d, line->x[k], MPFR_RNDN);
    mpfr_sub_d(d, d, line->x[line->top], MPFR_RNDN);
}

#define MARGIN 96

static mpfr_srcptr exact_t(Line *line, mpfr_prec_t precision)
{
    if (line->precision >= precision)
        return line->exact;
    line_clear(line);
    line->precision = precision;
    mpfr_init2(line->exact, precision + MARGIN);
    mpfr_set_zero(line->exact, 1);
    mpfr_t term;
    mpfr_init2(term, precision + MARGIN);
    for (gsize k = 0; k < line->n; k++)
        if (k != line->top) {
            difference(term, line, k);
            mpfr_exp(term, term, MPFR_RNDN);
            mpfr_add(line->exact, line->exact, term, MPFR_RNDN);
        }
    mpfr_clear(term);
    return line->exact;
}

typedef struct {
    Line *line;
    gsize k;
} Element;

/* ---- softmax ------------------------------------------------------------------------------------------------------------ */

static gboolean evaluate_softmax(mpfr_ptr y, gconstpointer data)
{
    const Element *e = data;
    const mpfr_prec_t precision = mpfr_get_prec(y);
    const mpfr_srcptr t = exact_t(e->line, precision);
    mpfr_t numerator, sum;
    mpfr_inits2(precision + MARGIN, numerator, sum, (mpfr_ptr)NULL);
    difference(numerator, e->line, e->k);
    mpfr_exp(numerator, numerator, MPFR_RNDN);
    mpfr_add_ui(sum, t, 1, MPFR_RNDN);
    mpfr_div(y, numerator, sum, MPFR_RNDN);
    mpfr_clears(numerator, sum, (mpfr_ptr)NULL);
    return FALSE;
}

void softmax_line(const double *x, gsize n, DType dtype, double *y)
{
    Line line;
    const gboolean regular = line_init(&line, x, n);
    for (gsize k = 0; k < n; k++) {
        if (!regular) {
            y[k] = NAN;
            continue;
        }
        const double d = x[line.top] - x[k];
        y[k] = Sleef_cinz_expd1_u10purec(-d) / (1 + line.t);
        const double margin = y[k] * relative_error(d);
        if (dtype == DTYPE_DOUBLE || (d < 690 && !real_same(dtype, y[k] - margin, y[k] + margin)))
            y[k] = real_decide(dtype, evaluate_softmax, &(Element){ &line, k });
    }
    line_clear(&line);
}

/* ---- its logarithm ------------------------------------------------------------------------------------------------------ */

static gboolean evaluate_log_softmax(mpfr_ptr y, gconstpointer data)
{
    const Element *e = data;
    const mpfr_prec_t precision = mpfr_get_prec(y);
    const mpfr_srcptr t = exact_t(e->line, precision);
    mpfr_t d, log;
    mpfr_inits2(precision + MARGIN, d, log, (mpfr_ptr)NULL);
    difference(d, e->line, e->k);
    mpfr_log1p(log, t, MPFR_RNDN);
    const gboolean exact = mpfr_sub(y, d, log, MPFR_RNDN) == 0 && mpfr_zero_p(log);
    mpfr_clears(d, log, (mpfr_ptr)NULL);
    return exact && mpfr_zero_p(y);
}

void log_softmax_line(const double *x, gsize n, DType dtype, double *y)
{
    Line line;
    const gboolean regular = line_init(&line, x, n);
    const double log = regular ? Sleef_cinz_log1pd1_u10purec(line.t + 0.0) : NAN; /* + 0.0: t of nothing is -0 */
    for (gsize k = 0; k < n; k++) {
        y[k] = regular ? x[k] - x[line.top] - log : NAN;
        const double margin = fabs(y[k]) * relative_error(0);
        if (!isfinite(y[k]) || (dtype != DTYPE_DOUBLE && real_same(dtype, y[k] - margin, y[k] + margin)))
            continue;
        y[k] = real_decide(dtype, evaluate_log_softmax, &(Element){ &line, k });
    }
    line_clear(&line);
}

/* ---- logarithm of the sum of exponentials -------------------------------------------------------------------------------- */

/* m + log1p(t) may cancel; what is left has enough bits unless they agree in more than MARGIN, which no data does but
 * where t is 0 and nothing cancels. */
static gboolean evaluate_log_sum_exp(mpfr_ptr y, gconstpointer data)
{
    Line *line = ((const Element *)data)->line;
    const mpfr_prec_t precision = mpfr_get_prec(y);
    const mpfr_srcptr t = exact_t(line, precision);
    mpfr_t log;
    mpfr_init2(log, precision + MARGIN);
    mpfr_log1p(log, t, MPFR_RNDN);
    const gboolean exact = mpfr_add_d(y, log, line->x[line->top], MPFR_RNDN) == 0 && mpfr_zero_p(log);
    mpfr_clear(log);
    return exact;
}

double log_sum_exp(const double *x, gsize n, DType dtype)
{
    Line line;
    if (n == 0)
        return -INFINITY;
    if (!line_init(&line, x, n)) {
        for (gsize k = 0; k < n; k++)
            if (isnan(x[k]))
                return NAN;
        return x[line.top];
    }
    const double log = Sleef_cinz_log1pd1_u10purec(line.t);
    double y = x[line.top] + log;
    const double margin = log * relative_error(0) + fabs(y) * 0x1p-52;
    if (dtype == DTYPE_DOUBLE || !real_same(dtype, y - margin, y + margin))
        y = real_decide(dtype, evaluate_log_sum_exp, &(Element){ &line, 0 });
    line_clear(&line);
    return y;
}
