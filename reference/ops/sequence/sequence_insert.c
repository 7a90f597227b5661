#include "reference/ops/shared/sequence.h"

/* Before `position`; at the end if that is omitted or the length of the sequence. */
static gboolean sequence_insert(Eval *ev, GError **error)
{
    const Value *sequence = eval_input_value(ev, 0), *item = eval_input_value(ev, 1);
    const guint n = value_length(sequence);
    guint at = n;
    if (!sequence_position(ev, 2, n, n + 1, n, &at, error))
        return FALSE;
    if (n > 0 && value_item(sequence, 0)->kind == VALUE_TENSOR &&
        value_item(sequence, 0)->tensor->dtype != item->tensor->dtype)
        return eval_fail(error, "tensor is %s, the sequence holds %s", dtype_name(item->tensor->dtype),
                         dtype_name(value_item(sequence, 0)->tensor->dtype));
    Value *longer = value_sequence();
    for (guint i = 0; i <= n; i++) {
        if (i == at)
            value_append(longer, value_ref(item));
        if (i < n)
            value_append(longer, value_ref(value_item(sequence, i)));
    }
    eval_set_value(ev, 0, longer);
    return TRUE;
}

OPERATOR_DEFINE(sequence_insert, "SequenceInsert", "",
    { .since = 11, .signature = "input_sequence:S, tensor:T, position:I? -> output_sequence:S",
      .types = "T: all1 | S: seq | I: int32 int64", .kernel = sequence_insert, .bound = bound_exact })
