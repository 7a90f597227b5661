/* alpha * (e^x - 1) below zero, x elsewhere. */
#include "reference/ops/shared/elementwise_bound.h"
#include "reference/ops/shared/transcendental.h"

#include <math.h>

static double elu_fast(const double *args)
{
    return args[0] < 0 ? args[1] * Sleef_cinz_expm1d1_u10purec(args[0]) : args[0];
}

static gboolean elu_exact(mpfr_ptr y, const double *args)
{
    mpfr_set_d(y, args[0], MPFR_RNDN);
    if (!(args[0] < 0))
        return TRUE;
    const gboolean exact = mpfr_expm1(y, y, MPFR_RNDN) == 0;
    return mpfr_mul_d(y, y, args[1], MPFR_RNDN) == 0 && exact;
}
static const RealFunction function = { elu_fast, 2 * SLEEF_ERROR, elu_exact };

static gboolean elu(Eval *ev, GError **error)
{
    const double alpha = (double)eval_float(ev, "alpha");
    return real_unary(ev, &function, &alpha, 1, error);
}

static const char body[] =
    "<domain: \"\", opset_import: [\"\" : 22]> Elu <alpha> (X) => (Y) {\n"
    "    slope_float = Constant <value_float: float = @alpha> ()\n"
    "    slope = CastLike (slope_float, X)\n"
    "    zero_float = Constant <value_float = 0.0> ()\n"
    "    zero = CastLike (zero_float, X)\n"
    "    one_float = Constant <value_float = 1.0> ()\n"
    "    one = CastLike (one_float, X)\n"
    "    negative = Less (X, zero)\n"
    "    power = Exp (X)\n"
    "    excess = Sub (power, one)\n"
    "    scaled = Mul (slope, excess)\n"
    "    Y = Where (negative, scaled, X)\n"
    "}";

static const char *const attributes[] = { "alpha", NULL };

/* The floor: e^x - 1 as the text writes it loses what e^x has below u. */
static gboolean elu_bound(Eval *ev, GError **error)
{
    const double alpha = fabs((double)eval_float(ev, "alpha"));
    return elementwise_bound(ev, &(ElementwiseRule){ .ulps = 2, .floor = 2 * alpha, .slope = MAX(1, alpha),
                                                     .attributes = attributes }, error);
}

#define REST .signature = "X:T -> Y:T", .kernel = elu, .bound = elu_bound
OPERATOR_DEFINE(elu, "Elu", "",
    { .since = 1, .types = "T: floats1", .attributes = "alpha:float=1, consumed_inputs:ints", REST },
    { .since = 6, .types = "T: floats1", .attributes = "alpha:float=1", REST },
    { .since = 22, .body = body, .types = "T: floats13", .attributes = "alpha:float=1", REST })
