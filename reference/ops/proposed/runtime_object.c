/* bctx.runtime::Object: an object that a backend compiled from a region, in the place of the region. Never in a file: a session
 * puts it there when it has loaded the object (backends_under_test/runner/context_backend.h). */
#include "reference/eval/operator.h"

static gboolean runtime_object(Eval *ev, GError **error)
{
    return eval_object(ev, error);
}

OPERATOR_DEFINE(runtime_object, "Object", "bctx.runtime",
    { .since = 1, .signature = "inputs:any* -> outputs:any+", .attributes = "name:string!", .kernel = runtime_object })
