#include "reference/ops/shared/arg.h"

static gboolean arg_min(Eval *ev, GError **error)
{
    return arg_reduce(ev, FALSE, error);
}

static gboolean arg_min_bound(Eval *ev, GError **error)
{
    return arg_bound(ev, FALSE, error);
}

#define REST .signature = "data:T -> reduced:int64", .kernel = arg_min, .bound = arg_min_bound
#define BOTH "axis:int=0, keepdims:int=1"
OPERATOR_DEFINE(arg_min, "ArgMin", "",
    { .since = 1, .types = "T: numeric1", .attributes = BOTH, REST },
    { .since = 11, .types = "T: numeric1", .attributes = BOTH, REST },
    { .since = 12, .types = "T: numeric1", .attributes = BOTH ", select_last_index:int=0", REST },
    { .since = 13, .types = "T: numeric13", .attributes = BOTH ", select_last_index:int=0", REST })
