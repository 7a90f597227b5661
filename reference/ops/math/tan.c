#include "reference/ops/shared/elementwise_bound.h"
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

/* Monotone between its first poles; an inexact input beyond has no certificate. */
ELEMENTWISE_BOUND(tan_bound, .ulps = 5, .least = -1.57, .most = 1.57)

#define REST .signature = "input:T -> output:T", .kernel = tan_kernel, .bound = tan_bound
OPERATOR_DEFINE(tan, "Tan", "",
    { .since = 7, .types = "T: floats1", REST },
    { .since = 22, .types = "T: floats13", REST })
