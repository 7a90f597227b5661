/* max(0, min(1, alpha * x + beta)), rounded once. */
#include "reference/ops/shared/elementwise_bound.h"
#include "reference/ops/shared/transcendental.h"

#include <math.h>

static double hard_sigmoid_fast(const double *args)
{
    const double line = fma(args[1], args[0], args[2]);
    return line < 0 ? 0 : line > 1 ? 1 : line;
}

static gboolean hard_sigmoid_exact(mpfr_ptr y, const double *args)
{
    mpfr_t x, alpha, beta;
    mpfr_inits2(53, x, alpha, beta, (mpfr_ptr)NULL);
    mpfr_set_d(x, args[0], MPFR_RNDN);
    mpfr_set_d(alpha, args[1], MPFR_RNDN);
    mpfr_set_d(beta, args[2], MPFR_RNDN);
    gboolean exact = mpfr_fma(y, alpha, x, beta, MPFR_RNDN) == 0;
    mpfr_clears(x, alpha, beta, (mpfr_ptr)NULL);
    if (!mpfr_nan_p(y) && (mpfr_sgn(y) < 0 || mpfr_cmp_ui(y, 1) > 0)) {
        mpfr_set_si(y, mpfr_sgn(y) > 0, MPFR_RNDN);
        exact = TRUE;
    }
    return exact;
}
static const RealFunction function = { hard_sigmoid_fast, 0x1p-53, hard_sigmoid_exact };

static gboolean hard_sigmoid(Eval *ev, GError **error)
{
    const double parameters[] = { (double)eval_float(ev, "alpha"), (double)eval_float(ev, "beta") };
    return real_unary(ev, &function, parameters, 2, error);
}

static const char body[] =
    "<domain: \"\", opset_import: [\"\" : 22]> HardSigmoid <alpha, beta> (X) => (Y) {\n"
    "    slope_float = Constant <value_float: float = @alpha> ()\n"
    "    slope = CastLike (slope_float, X)\n"
    "    offset_float = Constant <value_float: float = @beta> ()\n"
    "    offset = CastLike (offset_float, X)\n"
    "    zero_float = Constant <value_float = 0.0> ()\n"
    "    zero = CastLike (zero_float, X)\n"
    "    one_float = Constant <value_float = 1.0> ()\n"
    "    one = CastLike (one_float, X)\n"
    "    scaled = Mul (slope, X)\n"
    "    line = Add (scaled, offset)\n"
    "    below = Min (line, one)\n"
    "    Y = Max (below, zero)\n"
    "}";

static const char *const attributes[] = { "alpha", "beta", NULL };

/* A product and a sum. */
static gboolean hard_sigmoid_bound(Eval *ev, GError **error)
{
    const double alpha = fabs((double)eval_float(ev, "alpha"));
    return elementwise_bound(ev, &(ElementwiseRule){ .ulps = 1, .inner = alpha, .attributes = attributes }, error);
}

#define REST .signature = "X:T -> Y:T", .kernel = hard_sigmoid, .bound = hard_sigmoid_bound
#define PARAMETERS "alpha:float=0.2, beta:float=0.5"
OPERATOR_DEFINE(hard_sigmoid, "HardSigmoid", "",
    { .since = 1, .types = "T: floats1", .attributes = PARAMETERS ", consumed_inputs:ints", REST },
    { .since = 6, .types = "T: floats1", .attributes = PARAMETERS, REST },
    { .since = 22, .body = body, .types = "T: floats13", .attributes = PARAMETERS, REST })
