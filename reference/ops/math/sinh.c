#include "reference/ops/shared/elementwise_bound.h"
#include "reference/ops/shared/transcendental.h"

static double sinh_fast(const double *args)
{
    return Sleef_cinz_sinhd1_u10purec(args[0]);
}
REAL_EXACT_UNARY(sinh_exact, mpfr_sinh)
static const RealFunction sinh_function = { sinh_fast, SLEEF_ERROR, sinh_exact };

static gboolean sinh_kernel(Eval *ev, GError **error)
{
    return real_unary(ev, &sinh_function, NULL, 0, error);
}

ELEMENTWISE_BOUND(sinh_bound, .ulps = 4)

#define REST .signature = "input:T -> output:T", .kernel = sinh_kernel, .bound = sinh_bound
OPERATOR_DEFINE(sinh, "Sinh", "",
    { .since = 9, .types = "T: floats1", REST },
    { .since = 22, .types = "T: floats13", REST })
