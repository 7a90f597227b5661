/* max(0, x) + min(0, alpha * (e^(x/alpha) - 1)). */
#include "reference/ops/shared/elementwise_bound.h"
#include "reference/ops/shared/transcendental.h"

#include <math.h>

static double celu_fast(const double *args)
{
    const double x = args[0], alpha = args[1];
    const double rest = alpha * Sleef_cinz_expm1d1_u10purec(x / alpha);
    if (isnan(x) || isnan(rest))
        return NAN;
    return (x > 0 ? x : 0) + (rest < 0 ? rest : 0);
}

static gboolean celu_exact(mpfr_ptr y, const double *args)
{
    mpfr_t quotient; /* its relative error grows by up to |x/alpha| in the exponential: 2^64 before that overflows */
    mpfr_init2(quotient, mpfr_get_prec(y) + 80);
    mpfr_set_d(quotient, args[0], MPFR_RNDN);
    mpfr_div_d(quotient, quotient, args[1], MPFR_RNDN);
    mpfr_expm1(y, quotient, MPFR_RNDN);
    mpfr_clear(quotient);
    mpfr_mul_d(y, y, args[1], MPFR_RNDN);
    if (mpfr_nan_p(y))
        return TRUE;
    if (mpfr_sgn(y) > 0)
        mpfr_set_zero(y, 1);
    if (args[0] > 0)
        mpfr_add_d(y, y, args[0], MPFR_RNDN);
    return mpfr_zero_p(y);
}
/* The quotient's half ulp becomes up to 745 half ulps where alpha is negative, the only case with e^(x/alpha) large. */
static const RealFunction function = { celu_fast, 0x1p-40, celu_exact };

static gboolean celu(Eval *ev, GError **error)
{
    const double alpha = (double)eval_float(ev, "alpha");
    return real_unary(ev, &function, &alpha, 1, error);
}

/* The floor: e^(x/alpha) - 1 as the text writes it loses what it has below u, and x/alpha is rounded. */
static gboolean celu_bound(Eval *ev, GError **error)
{
    const double alpha = fabs((double)eval_float(ev, "alpha"));
    if (!(alpha > 0) || eval_float(ev, "alpha") < 0) { /* the exponential of the text is then not bounded by 1 */
        eval_set_uncertified(ev, 0);
        return TRUE;
    }
    return elementwise_bound(ev, &(ElementwiseRule){ .ulps = 2, .floor = 3 * alpha, .slope = 1 }, error);
}

OPERATOR_DEFINE(celu, "Celu", "",
    { .since = 12, .signature = "X:float -> Y:float", .attributes = "alpha:float=1", .kernel = celu, .bound = celu_bound })
