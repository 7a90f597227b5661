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

#define REST .signature = "input:T -> output:T", .kernel = cosh_kernel
OPERATOR_DEFINE(cosh, "Cosh", "",
    { .since = 9, .types = "T: floats1", REST },
    { .since = 22, .types = "T: floats13", REST })
