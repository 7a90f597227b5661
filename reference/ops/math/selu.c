/* gamma * (alpha * e^x - alpha) up to zero, gamma * x above. */
#include "reference/ops/shared/elementwise_bound.h"
#include "reference/ops/shared/transcendental.h"

#include <math.h>

static double selu_fast(const double *args)
{
    const double x = args[0], alpha = args[1], gamma = args[2];
    return x <= 0 ? gamma * (alpha * Sleef_cinz_expm1d1_u10purec(x)) : gamma * x;
}

static gboolean selu_exact(mpfr_ptr y, const double *args)
{
    mpfr_set_d(y, args[0], MPFR_RNDN);
    int rounded = 0;
    if (args[0] <= 0) {
        rounded |= mpfr_expm1(y, y, MPFR_RNDN);
        rounded |= mpfr_mul_d(y, y, args[1], MPFR_RNDN);
    }
    rounded |= mpfr_mul_d(y, y, args[2], MPFR_RNDN);
    return rounded == 0;
}
static const RealFunction function = { selu_fast, 2 * SLEEF_ERROR, selu_exact };

static gboolean selu(Eval *ev, GError **error)
{
    const double parameters[] = { (double)eval_float(ev, "alpha"), (double)eval_float(ev, "gamma") };
    return real_unary(ev, &function, parameters, 2, error);
}

static const char *const attributes[] = { "alpha", "gamma", NULL };

/* The floor: alpha e^x - alpha as the text writes it cancels. */
static gboolean selu_bound(Eval *ev, GError **error)
{
    const double alpha = fabs((double)eval_float(ev, "alpha")), gamma = fabs((double)eval_float(ev, "gamma"));
    return elementwise_bound(ev, &(ElementwiseRule){ .ulps = 3, .floor = 3 * alpha * gamma, .slope = gamma * MAX(1, alpha),
                                                     .attributes = attributes }, error);
}

#define REST .signature = "X:T -> Y:T", .kernel = selu, .bound = selu_bound
#define PARAMETERS "alpha:float=1.67326319217681884765625, gamma:float=1.05070102214813232421875"
OPERATOR_DEFINE(selu, "Selu", "",
    { .since = 1, .types = "T: floats1",
      .attributes = "alpha:float=1.6732, gamma:float=1.0507, consumed_inputs:ints", REST },
    { .since = 6, .types = "T: floats1", .attributes = PARAMETERS, REST },
    { .since = 22, .types = "T: floats13", .attributes = PARAMETERS, REST })
