#include "reference/ops/shared/move.h"

static gboolean sequence_length(Eval *ev, GError **error)
{
    Tensor *y = eval_output(ev, 0, DTYPE_INT64, &SHAPE0, error);
    if (y)
        tensor_set_int(y, 0, value_length(eval_input_value(ev, 0)));
    return y != NULL;
}

OPERATOR_DEFINE(sequence_length, "SequenceLength", "",
    { .since = 11, .signature = "input_sequence:S -> length:int64", .types = "S: seq", .kernel = sequence_length,
      .bound = bound_exact })
