#include "reference/ops/shared/move.h"

/* Wraps its input; without one, an empty optional of the type that the attribute gives. */
static gboolean optional(Eval *ev, GError **error)
{
    const Value *item = eval_input_value(ev, 0);
    if (!item && !eval_has(ev, "type"))
        return eval_fail(error, "expected an input or the attribute 'type'");
    eval_set_value(ev, 0, value_optional(item ? value_ref(item) : NULL));
    return TRUE;
}

OPERATOR_DEFINE(optional, "Optional", "",
    { .since = 15, .signature = "input:V? -> output:O", .types = "V: all1 seq | O: opt", .attributes = "type:type",
      .kernel = optional, .bound = bound_exact })
