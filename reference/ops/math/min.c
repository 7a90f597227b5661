/* A NaN in any input is the result. Versions before 8 do not broadcast. Of zeros of both signs the text does not say
 * which is the minimum; here it is the one IEEE 754-2019's minimum names. */
#include "reference/ops/shared/elementwise.h"

#include <math.h>

static double min_of(double a, double b)
{
    if (isnan(a) || isnan(b))
        return isnan(a) ? a : b;
    if (a == b)
        return signbit(a) < signbit(b) ? b : a;
    return a < b ? a : b;
}

BINARY_BLOCK(min_f, double, min_of(a, b))
BINARY_BLOCK(min_i, int64_t, MIN(a, b))
BINARY_BLOCK(min_u, uint64_t, MIN(a, b))
static const BinaryFn min_fn = { min_f, min_i, min_u };

static gboolean min_kernel(Eval *ev, GError **error)
{
    return elementwise_variadic(ev, &min_fn, error);
}

static gboolean min_of_equal_shapes(Eval *ev, GError **error)
{
    return elementwise_equal_shapes(ev, error) && min_kernel(ev, error);
}

#define REST .signature = "data_0:T+ -> min:T", .bound = bound_monotone
OPERATOR_DEFINE(min, "Min", "",
    { .since = 1, .types = "T: floats1", .attributes = "consumed_inputs:ints", .kernel = min_of_equal_shapes, REST },
    { .since = 6, .types = "T: floats1", .kernel = min_of_equal_shapes, REST },
    { .since = 8, .types = "T: floats1", .kernel = min_kernel, REST },
    { .since = 12, .types = "T: numeric1", .kernel = min_kernel, REST },
    { .since = 13, .types = "T: numeric13", .kernel = min_kernel, REST })
