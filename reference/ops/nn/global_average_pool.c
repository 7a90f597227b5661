#include "reference/ops/shared/pooling.h"

static gboolean global_average_pool(Eval *ev, GError **error)
{
    const gboolean count_pads = FALSE; /* there are none */
    return pooling_run_global(ev, &(Pooling){ .fn = pooling_mean, .data = &count_pads }, error);
}

#define REST .signature = "X:T -> Y:T", .kernel = global_average_pool
OPERATOR_DEFINE(global_average_pool, "GlobalAveragePool", "",
    { .since = 1, .types = "T: floats1", REST },
    { .since = 22, .types = "T: floats13", REST })
