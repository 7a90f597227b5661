#include "reference/ops/shared/pooling.h"
#include "reference/ops/shared/pooling_bound.h"

#include <math.h>

static double read_p(const Eval *ev)
{
    return eval_version(ev) == 1 ? (double)eval_float(ev, "p") : (double)eval_int(ev, "p");
}

static gboolean global_lp_pool(Eval *ev, GError **error)
{
    const double p = read_p(ev);
    if (!(p > 0) || !isfinite(p))
        return eval_fail(error, "p is %g, expected a positive number", p);
    return pooling_run_global(ev, &(Pooling){ .fn = pooling_norm, .data = &p }, error);
}

static gboolean global_lp_pool_bound(Eval *ev, GError **error)
{
    return pooling_norm_bound(ev, read_p(ev), error);
}

#define REST .signature = "X:T -> Y:T", .kernel = global_lp_pool, .bound = global_lp_pool_bound
OPERATOR_DEFINE(global_lp_pool, "GlobalLpPool", "",
    { .since = 1, .types = "T: floats1", .attributes = "p:float=2", REST },
    { .since = 2, .types = "T: floats1", .attributes = "p:int=2", REST },
    { .since = 22, .types = "T: floats13", .attributes = "p:int=2", REST })
