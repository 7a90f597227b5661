#include "reference/ops/shared/pooling.h"

#include "reference/eval/certify.h"

static gboolean max_pool(Eval *ev, GError **error)
{
    Spatial window;
    if (!spatial_read(ev, &eval_input(ev, 0)->shape, NULL, &window, error))
        return FALSE;
    const Pooling pooling = { .fn = pooling_largest, .rows = POOLING_LARGEST_ROWS, .indexed = TRUE,
                              .column_major = eval_int(ev, "storage_order") != 0 };
    return pooling_run(ev, &window, &pooling, error);
}

/* The values are monotone, the indices are not: they stay certain only where the input is. */
static gboolean bound(Eval *ev, GError **error)
{
    if (!bound_monotone(ev, error))
        return FALSE;
    if (eval_output_count(ev) > 1 && !eval_inputs_exact(ev))
        eval_set_uncertified(ev, 1);
    return TRUE;
}

#define BASE "auto_pad:string=NOTSET, kernel_shape:ints!, pads:ints, strides:ints"
#define INDEXED .signature = "X:T -> Y:T, Indices:int64?", .kernel = max_pool, .bound = bound
OPERATOR_DEFINE(max_pool, "MaxPool", "",
    { .since = 1, .signature = "X:T -> Y:T", .types = "T: floats1", .attributes = BASE, .kernel = max_pool, .bound = bound },
    { .since = 8, .types = "T: floats1", .attributes = BASE ", storage_order:int=0", INDEXED },
    { .since = 10, .types = "T: floats1", .attributes = BASE ", storage_order:int=0, ceil_mode:int=0, dilations:ints", INDEXED },
    { .since = 11, .types = "T: floats1", .attributes = BASE ", storage_order:int=0, ceil_mode:int=0, dilations:ints", INDEXED },
    { .since = 12, .types = "T: floats1 int8 uint8",
      .attributes = BASE ", storage_order:int=0, ceil_mode:int=0, dilations:ints", INDEXED },
    { .since = 22, .types = "T: floats13 int8 uint8",
      .attributes = BASE ", storage_order:int=0, ceil_mode:int=0, dilations:ints", INDEXED })
