#include "reference/ops/shared/transcendental.h"

static gboolean softplus_kernel(Eval *ev, GError **error)
{
    return real_unary(ev, &real_softplus, NULL, 0, error);
}

#define REST .signature = "X:T -> Y:T", .kernel = softplus_kernel
OPERATOR_DEFINE(softplus, "Softplus", "",
    { .since = 1, .types = "T: floats1", REST },
    { .since = 22, .types = "T: floats13", REST })
