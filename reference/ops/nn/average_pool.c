#include "reference/eval/certify.h"
#include "reference/ops/shared/linear_bound.h"
#include "reference/ops/shared/pooling.h"

static gboolean average_pool(Eval *ev, GError **error)
{
    Spatial window;
    if (!spatial_read(ev, &eval_input(ev, 0)->shape, NULL, &window, error))
        return FALSE;
    const gboolean count_pads = eval_int(ev, "count_include_pad") != 0;
    return pooling_run(ev, &window, &(Pooling){ .fn = pooling_mean, .data = &count_pads, .rows = POOLING_MEAN_ROWS }, error);
}

/* Divided by the taps inside the input, or by all. */
static gboolean average_pool_bound(Eval *ev, GError **error)
{
    Spatial window;
    if (!spatial_read(ev, &eval_input(ev, 0)->shape, NULL, &window, error))
        return FALSE;
    const double taps = (double)window.taps;
    return linear_bound(ev, &(LinearRule){ .factors = 1, .pure = TRUE, .most_terms = taps, .divisor = taps,
                                           .varying = TRUE }, error);
}

#define REST .signature = "X:T -> Y:T", .kernel = average_pool, .bound = average_pool_bound
#define BASE "auto_pad:string=NOTSET, kernel_shape:ints!, pads:ints, strides:ints"
OPERATOR_DEFINE(average_pool, "AveragePool", "",
    { .since = 1, .types = "T: floats1", .attributes = BASE, REST },
    { .since = 7, .types = "T: floats1", .attributes = BASE ", count_include_pad:int=0", REST },
    { .since = 10, .types = "T: floats1", .attributes = BASE ", count_include_pad:int=0, ceil_mode:int=0", REST },
    { .since = 11, .types = "T: floats1", .attributes = BASE ", count_include_pad:int=0, ceil_mode:int=0", REST },
    { .since = 19, .types = "T: floats1", .attributes = BASE ", count_include_pad:int=0, ceil_mode:int=0, dilations:ints", REST },
    { .since = 22, .types = "T: floats13", .attributes = BASE ", count_include_pad:int=0, ceil_mode:int=0, dilations:ints", REST })
