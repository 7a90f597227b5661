/* alpha * x below zero, x elsewhere; alpha is the float32 number of the attribute, whatever the type of x. */
#include "reference/ops/shared/elementwise.h"
#include "reference/ops/shared/transcendental.h"

static double leaky_relu_fast(const double *args)
{
    return args[0] < 0 ? args[1] * args[0] : args[0];
}

static gboolean leaky_relu_exact(mpfr_ptr y, const double *args)
{
    const int rounded = mpfr_set_d(y, args[0], MPFR_RNDN);
    return (args[0] < 0 ? mpfr_mul_d(y, y, args[1], MPFR_RNDN) : rounded) == 0;
}
static const RealFunction function = { leaky_relu_fast, 0x1p-53, leaky_relu_exact };

static gboolean leaky_relu(Eval *ev, GError **error)
{
    const double alpha = (double)eval_float(ev, "alpha");
    return real_unary(ev, &function, &alpha, 1, error);
}

static gboolean leaky_relu_bound(Eval *ev, GError **error)
{
    return elementwise_bound_exact(ev, (const char *const[]){ "alpha", NULL }, error);
}

static const char body[] =
    "<domain: \"\", opset_import: [\"\" : 16]> LeakyRelu <alpha> (X) => (Y) {\n"
    "    slope_float = Constant <value_float: float = @alpha> ()\n"
    "    slope = CastLike (slope_float, X)\n"
    "    zero_float = Constant <value_float = 0.0> ()\n"
    "    zero = CastLike (zero_float, X)\n"
    "    negative = Less (X, zero)\n"
    "    scaled = Mul (slope, X)\n"
    "    Y = Where (negative, scaled, X)\n"
    "}";

#define REST .signature = "X:T -> Y:T", .kernel = leaky_relu, .bound = leaky_relu_bound
OPERATOR_DEFINE(leaky_relu, "LeakyRelu", "",
    { .since = 1, .types = "T: floats1", .attributes = "alpha:float=0.01, consumed_inputs:ints", REST },
    { .since = 6, .types = "T: floats1", .attributes = "alpha:float=0.01", REST },
    { .since = 16, .body = body, .types = "T: floats13", .attributes = "alpha:float=0.01", REST })
