#include "reference/ops/shared/elementwise_bound.h"
#include "reference/ops/shared/transcendental.h"

static double atan_fast(const double *args)
{
    return Sleef_cinz_atand1_u10purec(args[0]);
}
REAL_EXACT_UNARY(atan_exact, mpfr_atan)
static const RealFunction atan_function = { atan_fast, SLEEF_ERROR, atan_exact };

static gboolean atan_kernel(Eval *ev, GError **error)
{
    return real_unary(ev, &atan_function, NULL, 0, error);
}

ELEMENTWISE_BOUND(atan_bound, .ulps = 5)

#define REST .signature = "input:T -> output:T", .kernel = atan_kernel, .bound = atan_bound
OPERATOR_DEFINE(atan, "Atan", "",
    { .since = 7, .types = "T: floats1", REST },
    { .since = 22, .types = "T: floats13", REST })
