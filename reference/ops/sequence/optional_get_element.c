#include "reference/ops/shared/move.h"

/* Since version 18 tensors and sequences count as optionals that hold themselves. */
static gboolean optional_get_element(Eval *ev, GError **error)
{
    const Value *input = eval_input_value(ev, 0);
    if (input->kind == VALUE_OPTIONAL && value_length(input) == 0)
        return eval_fail(error, "the optional is empty");
    eval_set_value(ev, 0, value_ref(input->kind == VALUE_OPTIONAL ? value_item(input, 0) : input));
    return TRUE;
}

#define REST .signature = "input:O -> output:V", .kernel = optional_get_element, .bound = bound_monotone
OPERATOR_DEFINE(optional_get_element, "OptionalGetElement", "",
    { .since = 15, .types = "O: opt | V: all1 seq", REST },
    { .since = 18, .types = "O: all1 opt seq | V: all1 seq", REST })
