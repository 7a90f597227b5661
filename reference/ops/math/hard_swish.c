/* x * max(0, min(1, x/6 + 1/2)), the sixth being the real number. -inf times 0 is NaN, as the formula has it. */
#include "reference/ops/shared/elementwise_bound.h"
#include "reference/ops/shared/transcendental.h"

static double hard_swish_fast(const double *args)
{
    const double x = args[0];
    if (x <= -3)
        return x * 0;
    return x >= 3 ? x : x * (x + 3) / 6;
}

static gboolean hard_swish_exact(mpfr_ptr y, const double *args)
{
    const double x = args[0];
    mpfr_set_d(y, x, MPFR_RNDN);
    if (x >= 3)
        return TRUE;
    if (x <= -3)
        return mpfr_mul_ui(y, y, 0, MPFR_RNDN) == 0;
    int rounded = mpfr_add_ui(y, y, 3, MPFR_RNDN);
    rounded |= mpfr_mul_d(y, y, x, MPFR_RNDN);
    rounded |= mpfr_div_ui(y, y, 6, MPFR_RNDN);
    return rounded == 0;
}
static const RealFunction function = { hard_swish_fast, 0x1p-51, hard_swish_exact };

static gboolean hard_swish(Eval *ev, GError **error)
{
    return real_unary(ev, &function, NULL, 0, error);
}

static const char body[] =
    "<domain: \"\", opset_import: [\"\" : 22]> HardSwish (X) => (Y) {\n"
    "    gate = HardSigmoid <alpha = 0.16666667, beta = 0.5> (X)\n"
    "    Y = Mul (X, gate)\n"
    "}";

/* x (x/6 + 1/2): the bracket, at most 1, has an error of up to 3 u; |f'| <= 3/2. */
ELEMENTWISE_BOUND(hard_swish_bound, .ulps = 1, .inner = 3, .slope = 1.5)

#define REST .signature = "X:T -> Y:T", .kernel = hard_swish, .bound = hard_swish_bound
OPERATOR_DEFINE(hard_swish, "HardSwish", "",
    { .since = 14, .types = "T: floats1", REST },
    { .since = 22, .body = body, .types = "T: floats13", REST })
