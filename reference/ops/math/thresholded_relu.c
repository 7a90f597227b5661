/* x above alpha, 0 elsewhere (also for a NaN, which is not above). */
#include "reference/ops/shared/elementwise.h"
#include "reference/ops/shared/transcendental.h"

static double thresholded_relu_fast(const double *args)
{
    return args[0] > args[1] ? args[0] : 0;
}

static gboolean thresholded_relu_exact(mpfr_ptr y, const double *args)
{
    return mpfr_set_d(y, thresholded_relu_fast(args), MPFR_RNDN) == 0;
}
static const RealFunction function = { thresholded_relu_fast, 0, thresholded_relu_exact };

static gboolean thresholded_relu(Eval *ev, GError **error)
{
    const double alpha = (double)eval_float(ev, "alpha");
    return real_unary(ev, &function, &alpha, 1, error);
}

static gboolean thresholded_relu_bound(Eval *ev, GError **error)
{
    return elementwise_bound_exact(ev, (const char *const[]){ "alpha", NULL }, error);
}

static const char body[] =
    "<domain: \"\", opset_import: [\"\" : 22]> ThresholdedRelu <alpha> (X) => (Y) {\n"
    "    limit_float = Constant <value_float: float = @alpha> ()\n"
    "    limit = CastLike (limit_float, X)\n"
    "    zero_float = Constant <value_float = 0.0> ()\n"
    "    zero = CastLike (zero_float, X)\n"
    "    above = Less (limit, X)\n"
    "    Y = Where (above, X, zero)\n"
    "}";

#define REST .signature = "X:T -> Y:T", .attributes = "alpha:float=1", .kernel = thresholded_relu, \
             .bound = thresholded_relu_bound
OPERATOR_DEFINE(thresholded_relu, "ThresholdedRelu", "",
    { .since = 10, .types = "T: floats1", REST },
    { .since = 22, .body = body, .types = "T: floats13", REST })
