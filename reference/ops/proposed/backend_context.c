/* bctx.experimental::BackendContext: a region's retained subgraph, beside objects compiled from it. To the evaluator, which
 * is no backend, none of the objects is for it: the subgraph runs, unless the model requires an object.
 * spec/proposals/backend-context, encoding A. The container itself is checked by reference/context/. */
#include "reference/ops/shared/move.h"

#include <string.h>

static gboolean backend_context(Eval *ev, GError **error)
{
    const char *policy = eval_string(ev, "policy");
    if (strcmp(policy, "require") == 0)
        return eval_fail(error, "policy require: no compiled object is for this backend");
    if (strcmp(policy, "prefer") != 0 && strcmp(policy, "ignore") != 0)
        return eval_fail(error, "policy is '%s', expected prefer, require or ignore", policy);
    Subgraph *graph = eval_subgraph(ev, "fallback", error);
    if (!graph)
        return FALSE;
    const gsize n = eval_output_count(ev), n_inputs = eval_input_count(ev);
    if (subgraph_output_count(graph) != n || subgraph_input_count(graph) != n_inputs)
        return eval_fail(error, "fallback has %" G_GSIZE_FORMAT " inputs and %" G_GSIZE_FORMAT " outputs, the node %" G_GSIZE_FORMAT
                         " and %" G_GSIZE_FORMAT, subgraph_input_count(graph), subgraph_output_count(graph), n_inputs, n);
    g_autofree Value **inputs = g_new0(Value *, n_inputs + 1), **outputs = g_new0(Value *, n + 1);
    for (gsize i = 0; i < n_inputs; i++)
        inputs[i] = (Value *)eval_input_value(ev, i); /* borrowed */
    if (!subgraph_run(graph, inputs, n_inputs, outputs, error))
        return FALSE;
    for (gsize i = 0; i < n; i++)
        if (outputs[i])
            eval_set_value(ev, i, outputs[i]);
    return TRUE;
}

OPERATOR_DEFINE(backend_context, "BackendContext", "bctx.experimental",
    { .since = 1, .signature = "inputs:any* -> outputs:any+",
      .attributes = "fallback:graph!, backend:strings, payload:tensors, compatibility:strings, digest:strings, subgraph_digest:string, "
                    "partition_name:strings, priority:ints, weights:int=1, policy:string=prefer",
      .kernel = backend_context })
