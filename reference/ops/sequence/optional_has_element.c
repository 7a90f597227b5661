#include "reference/ops/shared/move.h"

/* Since version 18 an omitted input has no element, and tensors and sequences count as optionals that hold themselves. */
static gboolean optional_has_element(Eval *ev, GError **error)
{
    const Value *input = eval_input_value(ev, 0);
    Tensor *y = eval_output(ev, 0, DTYPE_BOOL, &SHAPE0, error);
    if (y)
        tensor_set_int(y, 0, input && (input->kind != VALUE_OPTIONAL || value_length(input) > 0));
    return y != NULL;
}

OPERATOR_DEFINE(optional_has_element, "OptionalHasElement", "",
    { .since = 15, .signature = "input:O -> output:bool", .types = "O: opt", .kernel = optional_has_element,
      .bound = move_bound_shape },
    { .since = 18, .signature = "input:O? -> output:bool", .types = "O: all1 opt seq", .kernel = optional_has_element,
      .bound = move_bound_shape })
