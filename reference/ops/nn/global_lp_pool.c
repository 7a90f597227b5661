#include "reference/ops/shared/pooling.h"

#include <math.h>

static gboolean global_lp_pool(Eval *ev, GError **error)
{
    const double p = eval_version(ev) == 1 ? (double)eval_float(ev, "p") : (double)eval_int(ev, "p");
    if (!(p > 0) || !isfinite(p))
        return eval_fail(error, "p is %g, expected a positive number", p);
    return pooling_run_global(ev, &(Pooling){ .fn = pooling_norm, .data = &p }, error);
}

#define REST .signature = "X:T -> Y:T", .kernel = global_lp_pool
OPERATOR_DEFINE(global_lp_pool, "GlobalLpPool", "",
    { .since = 1, .types = "T: floats1", .attributes = "p:float=2", REST },
    { .since = 2, .types = "T: floats1", .attributes = "p:int=2", REST },
    { .since = 22, .types = "T: floats13", .attributes = "p:int=2", REST })
