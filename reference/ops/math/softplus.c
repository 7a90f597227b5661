#include "reference/ops/shared/elementwise_bound.h"
#include "reference/ops/shared/transcendental.h"

static gboolean softplus_kernel(Eval *ev, GError **error)
{
    return real_unary(ev, &real_softplus, NULL, 0, error);
}

static const char body[] =
    "<domain: \"\", opset_import: [\"\" : 22]> Softplus (X) => (Y) {\n"
    "    power = Exp (X)\n"
    "    one_float = Constant <value_float = 1.0> ()\n"
    "    one = CastLike (one_float, X)\n"
    "    sum = Add (one, power)\n"
    "    Y = Log (sum)\n"
    "}";

/* The floor: log(1 + e^x) as it is written loses what e^x has below u. */
ELEMENTWISE_BOUND(softplus_bound, .ulps = 3, .floor = 2)

#define REST .signature = "X:T -> Y:T", .kernel = softplus_kernel, .bound = softplus_bound
OPERATOR_DEFINE(softplus, "Softplus", "",
    { .since = 1, .types = "T: floats1", REST },
    { .since = 22, .body = body, .types = "T: floats13", REST })
