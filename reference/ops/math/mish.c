/* x * tanh(log(1 + e^x)) = x * n / (n + 2) with n = e^x (e^x + 2), which has no cancellation. */
#include "reference/ops/shared/elementwise_bound.h"
#include "reference/ops/shared/transcendental.h"

static double mish_fast(const double *args)
{
    const double x = args[0];
    if (x > 40)
        return x; /* the factor is above 1 - 2^-114 */
    const double e = Sleef_cinz_expd1_u10purec(x), n = e * (e + 2);
    return x * (n / (n + 2));
}

static gboolean mish_exact(mpfr_ptr y, const double *args)
{
    const double x = args[0];
    mpfr_set_d(y, x, MPFR_RNDN);
    if (x > 4096)
        return mpfr_inf_p(y); /* the factor is above 1 - 2^-11000 */
    mpfr_t n, denominator;
    mpfr_inits2(mpfr_get_prec(y), n, denominator, (mpfr_ptr)NULL);
    mpfr_exp(n, y, MPFR_RNDN);
    mpfr_add_ui(denominator, n, 2, MPFR_RNDN);
    mpfr_mul(n, n, denominator, MPFR_RNDN);
    mpfr_add_ui(denominator, n, 2, MPFR_RNDN);
    mpfr_div(n, n, denominator, MPFR_RNDN);
    mpfr_mul(y, y, n, MPFR_RNDN);
    mpfr_clears(n, denominator, (mpfr_ptr)NULL);
    return FALSE;
}
static const RealFunction function = { mish_fast, 6 * SLEEF_ERROR, mish_exact };

static gboolean mish(Eval *ev, GError **error)
{
    return real_unary(ev, &function, NULL, 0, error);
}

static const char body[] =
    "<domain: \"\", opset_import: [\"\" : 22]> Mish (X) => (Y) {\n"
    "    smooth = Softplus (X)\n"
    "    gate = Tanh (smooth)\n"
    "    Y = Mul (X, gate)\n"
    "}";

/* x tanh(log(1 + e^x)): the absolute error 2 u of the logarithm as it is written counts x times; |f'| <= 1.09. */
ELEMENTWISE_BOUND(mish_bound, .ulps = 6, .growth = 1, .inner = 2, .slope = 1.1)

#define REST .signature = "X:T -> Y:T", .kernel = mish, .bound = mish_bound
OPERATOR_DEFINE(mish, "Mish", "",
    { .since = 18, .types = "T: floats1", REST },
    { .since = 22, .body = body, .types = "T: floats13", REST })
