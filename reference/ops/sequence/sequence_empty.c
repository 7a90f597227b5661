#include "reference/ops/shared/move.h"

/* A sequence in memory has no element type of its own, so dtype is only checked. */
static gboolean sequence_empty(Eval *ev, GError **error)
{
    if (eval_has(ev, "dtype") && !dtype_on_wire(eval_int(ev, "dtype")))
        return eval_fail(error, "dtype %" G_GINT64_FORMAT " names no element type", eval_int(ev, "dtype"));
    eval_set_value(ev, 0, value_sequence());
    return TRUE;
}

OPERATOR_DEFINE(sequence_empty, "SequenceEmpty", "",
    { .since = 11, .signature = "-> output:S", .types = "S: seq", .attributes = "dtype:int", .kernel = sequence_empty,
      .bound = bound_exact })
