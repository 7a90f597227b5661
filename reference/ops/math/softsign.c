/* x / (1 + |x|); for an infinity the formula gives NaN. */
#include "reference/ops/shared/elementwise_bound.h"
#include "reference/ops/shared/transcendental.h"

#include <math.h>

static double softsign_fast(const double *args)
{
    return args[0] / (1 + fabs(args[0]));
}

static gboolean softsign_exact(mpfr_ptr y, const double *args)
{
    mpfr_set_d(y, fabs(args[0]), MPFR_RNDN);
    int rounded = mpfr_add_ui(y, y, 1, MPFR_RNDN);
    rounded |= mpfr_d_div(y, args[0], y, MPFR_RNDN);
    return rounded == 0;
}
static const RealFunction function = { softsign_fast, 0x1p-52, softsign_exact };

static gboolean softsign(Eval *ev, GError **error)
{
    return real_unary(ev, &function, NULL, 0, error);
}

static const char body[] =
    "<domain: \"\", opset_import: [\"\" : 22]> Softsign (input) => (output) {\n"
    "    magnitude = Abs (input)\n"
    "    one_float = Constant <value_float = 1.0> ()\n"
    "    one = CastLike (one_float, input)\n"
    "    sum = Add (one, magnitude)\n"
    "    output = Div (input, sum)\n"
    "}";

ELEMENTWISE_BOUND(softsign_bound, .ulps = 2)

#define REST .signature = "input:T -> output:T", .kernel = softsign, .bound = softsign_bound
OPERATOR_DEFINE(softsign, "Softsign", "",
    { .since = 1, .types = "T: floats1", REST },
    { .since = 22, .body = body, .types = "T: floats13", REST })
