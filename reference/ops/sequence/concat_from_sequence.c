#include "reference/ops/shared/join.h"

static gboolean concat_from_sequence(Eval *ev, GError **error)
{
    const Value *sequence = eval_input_value(ev, 0);
    const guint n = value_length(sequence);
    if (n == 0)
        return eval_fail(error, "the sequence is empty, expected one tensor or more");
    g_autofree const Tensor **items = g_new(const Tensor *, n);
    for (guint i = 0; i < n; i++) {
        items[i] = value_item(sequence, i)->tensor;
        if (value_item(sequence, i)->kind != VALUE_TENSOR)
            return eval_fail(error, "item %u is not a tensor", i);
    }
    const int64_t axis = eval_int(ev, "axis");
    Tensor *y = eval_int(ev, "new_axis") ? join_stack(items, n, axis, error) : join_concat(items, n, axis, error);
    if (!y)
        return FALSE;
    eval_set_tensor(ev, 0, y);
    return TRUE;
}

OPERATOR_DEFINE(concat_from_sequence, "ConcatFromSequence", "",
    { .since = 11, .signature = "input_sequence:S -> concat_result:T", .types = "T: all1 | S: seq",
      .attributes = "axis:int!, new_axis:int=0", .kernel = concat_from_sequence, .bound = bound_exact })
