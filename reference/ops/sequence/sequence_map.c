#include "reference/ops/shared/move.h"

/* Every sequence among the inputs must be as long as the first. */
static gboolean check_inputs(const Eval *ev, guint n, GError **error)
{
    for (gsize i = 0; i < eval_input_count(ev); i++) {
        const Value *input = eval_input_value(ev, i);
        if (!input || (input->kind != VALUE_TENSOR && input->kind != VALUE_SEQUENCE))
            return eval_fail(error, "input %" G_GSIZE_FORMAT " is neither a tensor nor a sequence", i);
        if (input->kind == VALUE_SEQUENCE && value_length(input) != n)
            return eval_fail(error, "input %" G_GSIZE_FORMAT " has %u items, expected %u like input 0", i, value_length(input), n);
    }
    return TRUE;
}

/* Runs the body on item k of the sequences, and on the tensors as they are. */
static gboolean map_item(Eval *ev, Subgraph *body, guint k, Value **sequences, GError **error)
{
    const gsize n_in = eval_input_count(ev), n_out = eval_output_count(ev);
    g_autofree Value **inputs = g_new0(Value *, n_in + 1), **outputs = g_new0(Value *, n_out + 1);
    for (gsize i = 0; i < n_in; i++) {
        const Value *input = eval_input_value(ev, i);
        inputs[i] = input->kind == VALUE_SEQUENCE ? value_item(input, k) : (Value *)input;
    }
    if (!eval_tick(ev, error) || !subgraph_run(body, inputs, n_in, outputs, error))
        return FALSE;
    gboolean ok = TRUE;
    for (gsize i = 0; i < n_out; i++) {
        if (ok && (!outputs[i] || outputs[i]->kind != VALUE_TENSOR))
            ok = eval_fail(error, "output %" G_GSIZE_FORMAT " of the body is not a tensor", i);
        if (ok)
            value_append(sequences[i], g_steal_pointer(&outputs[i]));
        value_unref(outputs[i]);
    }
    return ok;
}

static gboolean sequence_map(Eval *ev, GError **error)
{
    const guint n = value_length(eval_input_value(ev, 0));
    const gsize n_out = eval_output_count(ev);
    Subgraph *body = eval_subgraph(ev, "body", error);
    if (!body || !check_inputs(ev, n, error))
        return FALSE;
    if (subgraph_output_count(body) != n_out)
        return eval_fail(error, "body has %" G_GSIZE_FORMAT " outputs, the node %" G_GSIZE_FORMAT, subgraph_output_count(body),
                         n_out);
    g_autofree Value **sequences = g_new0(Value *, n_out + 1);
    for (gsize i = 0; i < n_out; i++)
        sequences[i] = value_sequence();
    gboolean ok = TRUE;
    for (guint k = 0; ok && k < n; k++)
        ok = map_item(ev, body, k, sequences, error);
    for (gsize i = 0; i < n_out; i++) {
        if (ok)
            eval_set_value(ev, i, sequences[i]);
        else
            value_unref(sequences[i]);
    }
    return ok;
}

OPERATOR_DEFINE(sequence_map, "SequenceMap", "",
    { .since = 17, .signature = "input_sequence:S, additional_inputs:any* -> out_sequence:S+", .types = "S: seq",
      .attributes = "body:graph!", .kernel = sequence_map, .bound = bound_exact })
