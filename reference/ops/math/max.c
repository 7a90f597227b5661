/* A NaN in any input is the result. Versions before 8 do not broadcast. Of zeros of both signs the text does not say
 * which is the maximum; here it is the one IEEE 754-2019's maximum names. */
#include "reference/ops/shared/elementwise.h"

#include <math.h>

static double max_of(double a, double b)
{
    if (isnan(a) || isnan(b))
        return isnan(a) ? a : b;
    if (a == b)
        return signbit(a) > signbit(b) ? b : a;
    return a > b ? a : b;
}

BINARY_BLOCK(max_f, double, max_of(a, b))
BINARY_BLOCK(max_i, int64_t, MAX(a, b))
BINARY_BLOCK(max_u, uint64_t, MAX(a, b))
static const BinaryFn max_fn = { max_f, max_i, max_u };

static gboolean max_kernel(Eval *ev, GError **error)
{
    return elementwise_variadic(ev, &max_fn, error);
}

static gboolean max_of_equal_shapes(Eval *ev, GError **error)
{
    return elementwise_equal_shapes(ev, error) && max_kernel(ev, error);
}

#define REST .signature = "data_0:T+ -> max:T", .bound = bound_monotone
OPERATOR_DEFINE(max, "Max", "",
    { .since = 1, .types = "T: floats1", .attributes = "consumed_inputs:ints", .kernel = max_of_equal_shapes, REST },
    { .since = 6, .types = "T: floats1", .kernel = max_of_equal_shapes, REST },
    { .since = 8, .types = "T: floats1", .kernel = max_kernel, REST },
    { .since = 12, .types = "T: numeric1", .kernel = max_kernel, REST },
    { .since = 13, .types = "T: numeric13", .kernel = max_kernel, REST })
