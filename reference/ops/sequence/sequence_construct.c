#include "reference/ops/shared/move.h"

static gboolean sequence_construct(Eval *ev, GError **error)
{
    g_autoptr(Value) sequence = value_sequence();
    for (gsize i = 0; i < eval_input_count(ev); i++) {
        if (!eval_input(ev, i))
            return eval_fail(error, "input %" G_GSIZE_FORMAT " is omitted", i);
        value_append(sequence, value_ref(eval_input_value(ev, i)));
    }
    eval_set_value(ev, 0, g_steal_pointer(&sequence));
    return TRUE;
}

OPERATOR_DEFINE(sequence_construct, "SequenceConstruct", "",
    { .since = 11, .signature = "inputs:T+ -> output_sequence:S", .types = "T: all1 | S: seq", .kernel = sequence_construct,
      .bound = bound_exact })
