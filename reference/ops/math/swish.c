/* x * sigmoid(alpha * x); the product in the exponent is exact or rounded once. */
#include "reference/ops/shared/elementwise_bound.h"
#include "reference/ops/shared/transcendental.h"

#include <math.h>

static double swish_fast(const double *args)
{
    return args[0] / (1 + Sleef_cinz_expd1_u10purec(-(args[1] * args[0])));
}

static gboolean swish_exact(mpfr_ptr y, const double *args)
{
    mpfr_set_d(y, args[0], MPFR_RNDN);
    mpfr_mul_d(y, y, -args[1], MPFR_RNDN); /* 53 and 24 bits: exact */
    mpfr_exp(y, y, MPFR_RNDN);
    mpfr_add_ui(y, y, 1, MPFR_RNDN);
    mpfr_d_div(y, args[0], y, MPFR_RNDN);
    return FALSE;
}
/* For types narrower than float64 alpha * x has at most 48 bits, so that the exponent is exact. */
static const RealFunction function = { swish_fast, 2 * SLEEF_ERROR, swish_exact };

static gboolean swish(Eval *ev, GError **error)
{
    const double alpha = (double)eval_float(ev, "alpha");
    return real_unary(ev, &function, &alpha, 1, error);
}

static const char body[] =
    "<domain: \"\", opset_import: [\"\" : 24]> Swish <alpha> (X) => (Y) {\n"
    "    slope_float = Constant <value_float: float = @alpha> ()\n"
    "    slope = CastLike (slope_float, X)\n"
    "    scaled = Mul (slope, X)\n"
    "    gate = Sigmoid (scaled)\n"
    "    Y = Mul (X, gate)\n"
    "}";

static const char *const attributes[] = { "alpha", NULL };

/* Sigmoid and a product; the rounding of alpha x counts |alpha x| times. The derivative is at most 1.1 for every alpha. */
static gboolean swish_bound(Eval *ev, GError **error)
{
    const double alpha = fabs((double)eval_float(ev, "alpha"));
    return elementwise_bound(ev, &(ElementwiseRule){ .ulps = 4, .floor = 0x1p-102, .growth = alpha, .slope = 1.1,
                                                     .attributes = attributes }, error);
}

OPERATOR_DEFINE(swish, "Swish", "",
    { .since = 24, .body = body, .signature = "X:T -> Y:T", .types = "T: floats13",
      .attributes = "alpha:float=1", .kernel = swish, .bound = swish_bound })
