/* x / ||x||, p = 1 or 2, the norm exact before one rounding. Where the norm is 0 the output is 0 (texts of both versions, as
 * clarified in place in 2026). */
#include "reference/ops/shared/lines.h"
#include "reference/ops/shared/transcendental.h"
#include "reference/ops/shared/wide_sum.h"

#include <math.h>
#include <string.h>

typedef struct {
    const double *x;
    gsize         n;
    gboolean      squares;
    mpfr_t        sum; /* exact; set when first needed */
    gboolean      has_sum;
} Line;

typedef struct {
    Line *line;
    gsize k;
} Element;

static gboolean evaluate(mpfr_ptr y, gconstpointer data)
{
    const Element *e = data;
    Line *line = e->line;
    if (!line->has_sum) {
        exact_sum_init(line->sum);
        line->has_sum = TRUE;
        for (gsize k = 0; k < line->n; k++) {
            if (line->squares)
                exact_sum_add_product(line->sum, line->x[k], line->x[k]);
            else
                exact_sum_add(line->sum, fabs(line->x[k]));
        }
    }
    int rounded = line->squares ? mpfr_sqrt(y, line->sum, MPFR_RNDN) : mpfr_set(y, line->sum, MPFR_RNDN);
    rounded |= mpfr_d_div(y, line->x[e->k], y, MPFR_RNDN);
    return rounded == 0;
}

static void normalize(const double *x, gsize n, gboolean squares, DType dtype, double *y)
{
    Line line = { .x = x, .n = n, .squares = squares };
    WideSum sum = WIDE_SUM_INIT;
    gboolean zero = TRUE; /* asked of the elements, since squares of small ones underflow */
    for (gsize k = 0; k < n; k++) {
        zero = zero && x[k] == 0;
        if (squares)
            wide_sum_add_product(&sum, x[k], x[k]);
        else
            wide_sum_add(&sum, fabs(x[k]));
    }
    if (zero) {
        memset(y, 0, n * sizeof *y);
        return;
    }
    const double s = sum.high + sum.low, norm = squares ? sqrt(s) : s;
    const gboolean fast = dtype != DTYPE_DOUBLE && isfinite(s) && wide_sum_lost(&sum, n) <= s * 0x1p-60;
    for (gsize k = 0; k < n; k++) {
        y[k] = x[k] / norm;
        const double margin = fabs(y[k]) * 0x1p-50;
        if (!fast || !(isnan(y[k]) || real_same(dtype, y[k] - margin, y[k] + margin)))
            y[k] = real_decide(dtype, evaluate, &(Element){ &line, k });
        else if (isnan(y[k]))
            y[k] = NAN;
    }
    if (line.has_sum)
        mpfr_clear(line.sum);
}

static void magnitudes_line(const double *x, gsize n, DType dtype, double *y)
{
    normalize(x, n, FALSE, dtype, y);
}

static void squares_line(const double *x, gsize n, DType dtype, double *y)
{
    normalize(x, n, TRUE, dtype, y);
}

static gboolean lp_normalization(Eval *ev, GError **error)
{
    const int64_t p = eval_int(ev, "p");
    if (p != 1 && p != 2)
        return eval_fail(error, "p is %" G_GINT64_FORMAT ", expected 1 or 2", p);
    return lines_apply(ev, FALSE, p == 1 ? magnitudes_line : squares_line, error);
}

#define REST .signature = "input:T -> output:T", .attributes = "axis:int=-1, p:int=2", .kernel = lp_normalization
OPERATOR_DEFINE(lp_normalization, "LpNormalization", "",
    { .since = 1, .types = "T: floats1", REST },
    { .since = 22, .types = "T: floats13", REST })
