#include "reference/ops/shared/elementwise_bound.h"
#include "reference/ops/shared/transcendental.h"

static double sin_fast(const double *args)
{
    return Sleef_cinz_sind1_u10purec(args[0]);
}
REAL_EXACT_UNARY(sin_exact, mpfr_sin)
static const RealFunction sin_function = { sin_fast, SLEEF_ERROR, sin_exact };

static gboolean sin_kernel(Eval *ev, GError **error)
{
    return real_unary(ev, &sin_function, NULL, 0, error);
}

ELEMENTWISE_BOUND(sin_bound, .ulps = 1, .slope = 1)

#define REST .signature = "input:T -> output:T", .kernel = sin_kernel, .bound = sin_bound
OPERATOR_DEFINE(sin, "Sin", "",
    { .since = 7, .types = "T: floats1", REST },
    { .since = 22, .types = "T: floats13", REST })
