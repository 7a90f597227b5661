#include "reference/ops/shared/linear_bound.h"
#include "reference/ops/shared/pooling.h"

static gboolean global_average_pool(Eval *ev, GError **error)
{
    const gboolean count_pads = FALSE; /* there are none */
    return pooling_run_global(ev, &(Pooling){ .fn = pooling_mean, .data = &count_pads, .rows = POOLING_MEAN_ROWS }, error);
}

static gboolean global_average_pool_bound(Eval *ev, GError **error)
{
    const Tensor *x = eval_input(ev, 0), *y = eval_output_tensor(ev, 0);
    const double plane = y->count > 0 ? (double)(x->count / y->count) : 1;
    return linear_bound(ev, &(LinearRule){ .factors = 1, .pure = TRUE, .divisor = plane }, error);
}

#define REST .signature = "X:T -> Y:T", .kernel = global_average_pool, .bound = global_average_pool_bound
OPERATOR_DEFINE(global_average_pool, "GlobalAveragePool", "",
    { .since = 1, .types = "T: floats1", REST },
    { .since = 22, .types = "T: floats13", REST })
