#include "reference/ops/shared/elementwise_bound.h"
#include "reference/ops/shared/transcendental.h"

#include <math.h>

static double acosh_fast(const double *args)
{
    return Sleef_cinz_acoshd1_u10purec(args[0]);
}
REAL_EXACT_UNARY(acosh_exact, mpfr_acosh)
static const RealFunction acosh_function = { acosh_fast, SLEEF_ERROR, acosh_exact };

static gboolean acosh_kernel(Eval *ev, GError **error)
{
    return real_unary(ev, &acosh_function, NULL, 0, error);
}

ELEMENTWISE_BOUND(acosh_bound, .ulps = 4, .least = 1, .most = INFINITY)

#define REST .signature = "input:T -> output:T", .kernel = acosh_kernel, .bound = acosh_bound
OPERATOR_DEFINE(acosh, "Acosh", "",
    { .since = 9, .types = "T: floats1", REST },
    { .since = 22, .types = "T: floats13", REST })
