#include "reference/ops/shared/transcendental.h"

static double tan_fast(const double *args)
{
    return Sleef_cinz_tand1_u10purec(args[0]);
}
REAL_EXACT_UNARY(tan_exact, mpfr_tan)
static const RealFunction tan_function = { tan_fast, SLEEF_ERROR, tan_exact };

static gboolean tan_kernel(Eval *ev, GError **error)
{
    return real_unary(ev, &tan_function, NULL, 0, error);
}

#define REST .signature = "input:T -> output:T", .kernel = tan_kernel
OPERATOR_DEFINE(tan, "Tan", "",
    { .since = 7, .types = "T: floats1", REST },
    { .since = 22, .types = "T: floats13", REST })
