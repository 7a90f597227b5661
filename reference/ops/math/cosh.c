#include "reference/ops/shared/elementwise_bound.h"
#include "reference/ops/shared/transcendental.h"

static double cosh_fast(const double *args)
{
    return Sleef_cinz_coshd1_u10purec(args[0]);
}
REAL_EXACT_UNARY(cosh_exact, mpfr_cosh)
static const RealFunction cosh_function = { cosh_fast, SLEEF_ERROR, cosh_exact };

static gboolean cosh_kernel(Eval *ev, GError **error)
{
    return real_unary(ev, &cosh_function, NULL, 0, error);
}

ELEMENTWISE_BOUND(cosh_bound, .ulps = 4, .even = TRUE)

#define REST .signature = "input:T -> output:T", .kernel = cosh_kernel, .bound = cosh_bound
OPERATOR_DEFINE(cosh, "Cosh", "",
    { .since = 9, .types = "T: floats1", REST },
    { .since = 22, .types = "T: floats13", REST })
