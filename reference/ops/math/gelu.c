#include "reference/ops/shared/elementwise_bound.h"
#include "reference/ops/shared/gelu.h"

#include <string.h>

static gboolean gelu(Eval *ev, GError **error)
{
    const char *approximate = eval_string(ev, "approximate");
    if (strcmp(approximate, "none") == 0)
        return real_unary(ev, &real_gelu, NULL, 0, error);
    if (strcmp(approximate, "tanh") == 0)
        return real_unary(ev, &real_gelu_tanh, NULL, 0, error);
    return eval_fail(error, "approximate is '%s', expected none or tanh", approximate);
}

/* x/2 (1 + erf): near 1 the budget of erf or tanh, 2 ulp, counts |x|/2 times, and so does the rounding of the argument;
 * |f'| <= 1.13. */
ELEMENTWISE_BOUND(gelu_bound, .ulps = 2, .inner = 3, .slope = 1.13)

OPERATOR_DEFINE(gelu, "Gelu", "",
    { .since = 20, .signature = "X:T -> Y:T", .types = "T: floats13", .attributes = "approximate:string=none",
      .kernel = gelu, .bound = gelu_bound })
