#include "reference/ops/shared/pooling.h"
#include "reference/ops/shared/pooling_bound.h"

#include <math.h>

static double read_p(const Eval *ev)
{
    return eval_version(ev) == 1 ? (double)eval_float(ev, "p") : (double)eval_int(ev, "p");
}

static gboolean lp_pool(Eval *ev, GError **error)
{
    const double p = read_p(ev);
    if (!(p > 0) || !isfinite(p))
        return eval_fail(error, "p is %g, expected a positive number", p);
    Spatial window;
    if (!spatial_read(ev, &eval_input(ev, 0)->shape, NULL, &window, error))
        return FALSE;
    return pooling_run(ev, &window, &(Pooling){ .fn = pooling_norm, .data = &p }, error);
}

static gboolean lp_pool_bound(Eval *ev, GError **error)
{
    return pooling_norm_bound(ev, read_p(ev), error);
}

#define REST .signature = "X:T -> Y:T", .kernel = lp_pool, .bound = lp_pool_bound
#define BASE "auto_pad:string=NOTSET, pads:ints, strides:ints, "
OPERATOR_DEFINE(lp_pool, "LpPool", "",
    { .since = 1, .types = "T: floats1", .attributes = BASE "kernel_shape:ints, p:float=2", REST },
    { .since = 2, .types = "T: floats1", .attributes = BASE "kernel_shape:ints!, p:int=2", REST },
    { .since = 11, .types = "T: floats1", .attributes = BASE "kernel_shape:ints!, p:int=2", REST },
    { .since = 18, .types = "T: floats1", .attributes = BASE "kernel_shape:ints!, p:int=2, ceil_mode:int=0, dilations:ints", REST },
    { .since = 22, .types = "T: floats13", .attributes = BASE "kernel_shape:ints!, p:int=2, ceil_mode:int=0, dilations:ints", REST })
