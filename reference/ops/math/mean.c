/* The exact mean of all inputs, rounded once; versions before 8 do not broadcast. */
#include "reference/ops/shared/elementwise.h"
#include "reference/ops/shared/linear_bound.h"
#include "reference/ops/shared/variadic_sum.h"

static gboolean mean(Eval *ev, GError **error)
{
    return variadic_sum(ev, TRUE, error);
}

static gboolean mean_of_equal_shapes(Eval *ev, GError **error)
{
    return elementwise_equal_shapes(ev, error) && mean(ev, error);
}

static gboolean mean_bound(Eval *ev, GError **error)
{
    return linear_bound(ev, &(LinearRule){ .pure = TRUE, .divisor = (double)eval_input_count(ev) }, error);
}

#define REST .signature = "data_0:T+ -> mean:T"
OPERATOR_DEFINE(mean, "Mean", "",
    { .since = 1, .types = "T: floats1", .attributes = "consumed_inputs:ints", .kernel = mean_of_equal_shapes, .bound = mean_bound, REST },
    { .since = 6, .types = "T: floats1", .kernel = mean_of_equal_shapes, .bound = mean_bound, REST },
    { .since = 8, .types = "T: floats1", .kernel = mean, .bound = mean_bound, REST },
    { .since = 13, .types = "T: floats13", .kernel = mean, .bound = mean_bound, REST })
