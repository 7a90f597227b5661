#include "reference/ops/shared/arg.h"

static gboolean arg_max(Eval *ev, GError **error)
{
    return arg_reduce(ev, TRUE, error);
}

static gboolean arg_max_bound(Eval *ev, GError **error)
{
    return arg_bound(ev, TRUE, error);
}

#define REST .signature = "data:T -> reduced:int64", .kernel = arg_max, .bound = arg_max_bound
#define BOTH "axis:int=0, keepdims:int=1"
OPERATOR_DEFINE(arg_max, "ArgMax", "",
    { .since = 1, .types = "T: numeric1", .attributes = BOTH, REST },
    { .since = 11, .types = "T: numeric1", .attributes = BOTH, REST },
    { .since = 12, .types = "T: numeric1", .attributes = BOTH ", select_last_index:int=0", REST },
    { .since = 13, .types = "T: numeric13", .attributes = BOTH ", select_last_index:int=0", REST })
