/* bctx.mock::Fail: what a mock compiled object with mode=run_fail does after it has computed its outputs
 * (reference/context/mock.c). */
#include "reference/eval/operator.h"

static gboolean mock_fail(Eval *ev, GError **error)
{
    (void)ev;
    return eval_fail(error, "the compiled object failed while it ran");
}

OPERATOR_DEFINE(mock_fail, "Fail", "bctx.mock", { .since = 1, .signature = "inputs:any* -> outputs:any+", .kernel = mock_fail })
