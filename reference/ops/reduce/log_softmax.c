/* Correctly rounded; a version-13 line runs along one axis, before that the tensor is coerced to a matrix. */
#include "reference/bounds/softmax.h"
#include "reference/ops/shared/lines.h"
#include "reference/ops/shared/lines_bound.h"
#include "reference/ops/shared/softmax.h"

static gboolean log_softmax(Eval *ev, GError **error)
{
    return lines_apply(ev, eval_version(ev) < 13, log_softmax_line, error);
}

static gboolean log_softmax_bound(Eval *ev, GError **error)
{
    return lines_bound(ev, eval_version(ev) < 13, bounds_log_softmax, error);
}

#define REST .signature = "input:T -> output:T", .kernel = log_softmax, .bound = log_softmax_bound
OPERATOR_DEFINE(log_softmax, "LogSoftmax", "",
    { .since = 1, .types = "T: floats1", .attributes = "axis:int=1", REST },
    { .since = 11, .types = "T: floats1", .attributes = "axis:int=1", REST },
    { .since = 13, .types = "T: floats13", .attributes = "axis:int=-1", REST })
