#include "reference/ops/shared/sequence.h"

static gboolean sequence_at(Eval *ev, GError **error)
{
    const Value *sequence = eval_input_value(ev, 0);
    const guint n = value_length(sequence);
    guint at = 0;
    if (!sequence_position(ev, 1, n, n, 0, &at, error))
        return FALSE;
    eval_set_value(ev, 0, value_ref(value_item(sequence, at)));
    return TRUE;
}

OPERATOR_DEFINE(sequence_at, "SequenceAt", "",
    { .since = 11, .signature = "input_sequence:S, position:I -> tensor:T", .types = "T: all1 | S: seq | I: int32 int64",
      .kernel = sequence_at, .bound = bound_exact })
