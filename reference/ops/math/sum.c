/* The exact sum of all inputs, rounded once; versions before 8 do not broadcast. */
#include "reference/ops/shared/elementwise.h"
#include "reference/ops/shared/elementwise_bound.h"
#include "reference/ops/shared/linear_bound.h"
#include "reference/ops/shared/variadic_sum.h"

static gboolean sum(Eval *ev, GError **error)
{
    return variadic_sum(ev, FALSE, error);
}

static gboolean sum_of_equal_shapes(Eval *ev, GError **error)
{
    return elementwise_equal_shapes(ev, error) && sum(ev, error);
}

FLOAT_BLOCK(sum_of_two, a + b)
ELEMENTWISE_BOUND(bound_of_two, .rising = TRUE, .binary = &(const BinaryFn){ .s = sum_of_two })

static gboolean sum_bound(Eval *ev, GError **error)
{
    if (eval_input_count(ev) == 2) /* Add */
        return bound_of_two(ev, error);
    return linear_bound(ev, &(LinearRule){ .pure = TRUE }, error);
}

#define REST .signature = "data_0:T+ -> sum:T", .bound = sum_bound
OPERATOR_DEFINE(sum, "Sum", "",
    { .since = 1, .types = "T: floats1", .attributes = "consumed_inputs:ints", .kernel = sum_of_equal_shapes, REST },
    { .since = 6, .types = "T: floats1", .kernel = sum_of_equal_shapes, REST },
    { .since = 8, .types = "T: floats1", .kernel = sum, REST },
    { .since = 13, .types = "T: floats13", .kernel = sum, REST })
