#include "reference/ops/shared/elementwise.h"

UNARY_BLOCK(relu_f, double, x < 0 ? 0 : x)
UNARY_BLOCK(relu_i, int64_t, MAX(x, 0))

CLONES static void relu_s(const float *restrict x, float *restrict y, gsize n)
{
    for (gsize k = 0; k < n; k++) {
        const float number = select_float(x[k] < 0, 0, x[k]);
        y[k] = select_float(number != number, number + number, number); /* quiet, as a conversion leaves it */
    }
}

static const UnaryFn relu_fn = { .f = relu_f, .i = relu_i, .s = relu_s };

static gboolean relu_kernel(Eval *ev, GError **error)
{
    return elementwise_unary(ev, &relu_fn, error);
}

#define REST .signature = "X:T -> Y:T", .kernel = relu_kernel, .bound = bound_monotone
OPERATOR_DEFINE(relu, "Relu", "",
    { .since = 1, .types = "T: floats1", .attributes = "consumed_inputs:ints", REST },
    { .since = 6, .types = "T: floats1", REST },
    { .since = 13, .types = "T: floats13", REST },
    { .since = 14, .types = "T: floats13 ints", REST })
