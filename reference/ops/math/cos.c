#include "reference/ops/shared/elementwise_bound.h"
#include "reference/ops/shared/transcendental.h"

static double cos_fast(const double *args)
{
    return Sleef_cinz_cosd1_u10purec(args[0]);
}
REAL_EXACT_UNARY(cos_exact, mpfr_cos)
static const RealFunction cos_function = { cos_fast, SLEEF_ERROR, cos_exact };

static gboolean cos_kernel(Eval *ev, GError **error)
{
    return real_unary(ev, &cos_function, NULL, 0, error);
}

ELEMENTWISE_BOUND(cos_bound, .ulps = 1, .slope = 1)

#define REST .signature = "input:T -> output:T", .kernel = cos_kernel, .bound = cos_bound
OPERATOR_DEFINE(cos, "Cos", "",
    { .since = 7, .types = "T: floats1", REST },
    { .since = 22, .types = "T: floats13", REST })
