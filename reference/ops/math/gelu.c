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

OPERATOR_DEFINE(gelu, "Gelu", "",
    { .since = 20, .signature = "X:T -> Y:T", .types = "T: floats13", .attributes = "approximate:string=none",
      .kernel = gelu })
