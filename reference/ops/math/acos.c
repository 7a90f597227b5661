#include "reference/ops/shared/elementwise_bound.h"
#include "reference/ops/shared/transcendental.h"

static double acos_fast(const double *args)
{
    return Sleef_cinz_acosd1_u10purec(args[0]);
}
REAL_EXACT_UNARY(acos_exact, mpfr_acos)
static const RealFunction acos_function = { acos_fast, SLEEF_ERROR, acos_exact };

static gboolean acos_kernel(Eval *ev, GError **error)
{
    return real_unary(ev, &acos_function, NULL, 0, error);
}

ELEMENTWISE_BOUND(acos_bound, .ulps = 4, .least = -1, .most = 1)

#define REST .signature = "input:T -> output:T", .kernel = acos_kernel, .bound = acos_bound
OPERATOR_DEFINE(acos, "Acos", "",
    { .since = 7, .types = "T: floats1", REST },
    { .since = 22, .types = "T: floats13", REST })
