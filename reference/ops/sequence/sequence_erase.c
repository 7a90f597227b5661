#include "reference/ops/shared/sequence.h"

/* The last item if position is omitted. */
static gboolean sequence_erase(Eval *ev, GError **error)
{
    const Value *sequence = eval_input_value(ev, 0);
    const guint n = value_length(sequence);
    guint at = 0;
    if (!sequence_position(ev, 1, n, n, n > 0 ? n - 1 : 0, &at, error))
        return FALSE;
    Value *shorter = value_sequence();
    for (guint i = 0; i < n; i++)
        if (i != at)
            value_append(shorter, value_ref(value_item(sequence, i)));
    eval_set_value(ev, 0, shorter);
    return TRUE;
}

OPERATOR_DEFINE(sequence_erase, "SequenceErase", "",
    { .since = 11, .signature = "input_sequence:S, position:I? -> output_sequence:S", .types = "S: seq | I: int32 int64",
      .kernel = sequence_erase, .bound = bound_exact })
