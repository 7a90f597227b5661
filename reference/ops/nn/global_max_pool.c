#include "reference/ops/shared/pooling.h"

#include "reference/eval/certify.h"

static gboolean global_max_pool(Eval *ev, GError **error)
{
    return pooling_run_global(ev, &(Pooling){ .fn = pooling_largest }, error);
}

#define REST .signature = "X:T -> Y:T", .kernel = global_max_pool, .bound = bound_monotone
OPERATOR_DEFINE(global_max_pool, "GlobalMaxPool", "",
    { .since = 1, .types = "T: floats1", REST },
    { .since = 22, .types = "T: floats13", REST })
