#include "reference/ops/shared/elementwise_bound.h"
#include "reference/ops/shared/transcendental.h"

static double atanh_fast(const double *args)
{
    return Sleef_cinz_atanhd1_u10purec(args[0]);
}
REAL_EXACT_UNARY(atanh_exact, mpfr_atanh)
static const RealFunction atanh_function = { atanh_fast, SLEEF_ERROR, atanh_exact };

static gboolean atanh_kernel(Eval *ev, GError **error)
{
    return real_unary(ev, &atanh_function, NULL, 0, error);
}

ELEMENTWISE_BOUND(atanh_bound, .ulps = 5, .least = -1, .most = 1)

#define REST .signature = "input:T -> output:T", .kernel = atanh_kernel, .bound = atanh_bound
OPERATOR_DEFINE(atanh, "Atanh", "",
    { .since = 9, .types = "T: floats1", REST },
    { .since = 22, .types = "T: floats13", REST })
