#include "reference/ops/shared/elementwise_bound.h"
#include "reference/ops/shared/transcendental.h"

static double asinh_fast(const double *args)
{
    return Sleef_cinz_asinhd1_u10purec(args[0]);
}
REAL_EXACT_UNARY(asinh_exact, mpfr_asinh)
static const RealFunction asinh_function = { asinh_fast, SLEEF_ERROR, asinh_exact };

static gboolean asinh_kernel(Eval *ev, GError **error)
{
    return real_unary(ev, &asinh_function, NULL, 0, error);
}

ELEMENTWISE_BOUND(asinh_bound, .ulps = 4)

#define REST .signature = "input:T -> output:T", .kernel = asinh_kernel, .bound = asinh_bound
OPERATOR_DEFINE(asinh, "Asinh", "",
    { .since = 9, .types = "T: floats1", REST },
    { .since = 22, .types = "T: floats13", REST })
