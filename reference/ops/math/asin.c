#include "reference/ops/shared/elementwise_bound.h"
#include "reference/ops/shared/transcendental.h"

static double asin_fast(const double *args)
{
    return Sleef_cinz_asind1_u10purec(args[0]);
}
REAL_EXACT_UNARY(asin_exact, mpfr_asin)
static const RealFunction asin_function = { asin_fast, SLEEF_ERROR, asin_exact };

static gboolean asin_kernel(Eval *ev, GError **error)
{
    return real_unary(ev, &asin_function, NULL, 0, error);
}

ELEMENTWISE_BOUND(asin_bound, .ulps = 4, .least = -1, .most = 1)

#define REST .signature = "input:T -> output:T", .kernel = asin_kernel, .bound = asin_bound
OPERATOR_DEFINE(asin, "Asin", "",
    { .since = 7, .types = "T: floats1", REST },
    { .since = 22, .types = "T: floats13", REST })
