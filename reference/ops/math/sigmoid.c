#include "reference/ops/shared/elementwise_bound.h"
#include "reference/ops/shared/transcendental.h"

static gboolean sigmoid_kernel(Eval *ev, GError **error)
{
    return real_unary(ev, &real_sigmoid, NULL, 0, error);
}

/* The floor: 1 / (1 + e^-x) is 0 where e^-x overflows the computing type, at the edge of the normal numbers. */
ELEMENTWISE_BOUND(sigmoid_bound, .ulps = 2, .floor = 0x1p-102)

#define REST .signature = "X:T -> Y:T", .kernel = sigmoid_kernel, .bound = sigmoid_bound
OPERATOR_DEFINE(sigmoid, "Sigmoid", "",
    { .since = 1, .types = "T: floats1", .attributes = "consumed_inputs:ints", REST },
    { .since = 6, .types = "T: floats1", REST },
    { .since = 13, .types = "T: floats13", REST })
