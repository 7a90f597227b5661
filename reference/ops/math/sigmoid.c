#include "reference/ops/shared/transcendental.h"

static gboolean sigmoid_kernel(Eval *ev, GError **error)
{
    return real_unary(ev, &real_sigmoid, NULL, 0, error);
}

#define REST .signature = "X:T -> Y:T", .kernel = sigmoid_kernel
OPERATOR_DEFINE(sigmoid, "Sigmoid", "",
    { .since = 1, .types = "T: floats1", .attributes = "consumed_inputs:ints", REST },
    { .since = 6, .types = "T: floats1", REST },
    { .since = 13, .types = "T: floats13", REST })
