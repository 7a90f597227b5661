#include "reference/eval/certify.h"
#include "reference/ops/shared/move.h"

static gboolean if_(Eval *ev, GError **error)
{
    const Tensor *condition = eval_input(ev, 0);
    if (condition->count != 1)
        return eval_fail(error, "cond has %" G_GINT64_FORMAT " elements, expected 1", condition->count);
    const char *branch = tensor_get_int(condition, 0) ? "then_branch" : "else_branch";
    Subgraph *graph = eval_subgraph(ev, branch, error);
    if (!graph)
        return FALSE;
    const gsize n = eval_output_count(ev);
    if (subgraph_output_count(graph) != n)
        return eval_fail(error, "%s has %" G_GSIZE_FORMAT " outputs, the node %" G_GSIZE_FORMAT, branch,
                         subgraph_output_count(graph), n);
    g_autofree Value **outputs = g_new0(Value *, n + 1);
    if (!subgraph_run(graph, NULL, 0, outputs, error))
        return FALSE;
    for (gsize i = 0; i < n; i++)
        if (outputs[i])
            eval_set_value(ev, i, outputs[i]);
    return TRUE;
}

/* The outputs' intervals are what the branch makes of those that it captures. */
static gboolean if_bound(Eval *ev, GError **error)
{
    Interval condition;
    const gsize n = eval_output_count(ev);
    if (eval_inputs_exact(ev) || !eval_input_interval(ev, 0, &condition) || condition.lower)
        return bound_exact(ev, error);
    Subgraph *graph = eval_subgraph(ev, tensor_get_int(eval_input(ev, 0), 0) ? "then_branch" : "else_branch", error);
    g_autofree Value **outputs = g_new0(Value *, n + 1);
    g_autofree Interval *ends = g_new0(Interval, n + 1);
    gboolean certified;
    if (!graph || !subgraph_run_certified(graph, NULL, NULL, 0, outputs, ends, &certified, error))
        return FALSE;
    for (gsize i = 0; i < n; i++) {
        eval_set_interval(ev, i, (Tensor *)ends[i].lower, (Tensor *)ends[i].upper);
        if (!certified)
            eval_set_uncertified(ev, i);
        value_unref(outputs[i]);
    }
    return TRUE;
}

/* Both branches stand for one type each output, but a branch that does not run is not asked. */
#define REST                                                                                                            \
    .signature = "cond:bool -> outputs:V+", .attributes = "then_branch:graph!, else_branch:graph!", .kernel = if_,      \
    .bound = if_bound
OPERATOR_DEFINE(if, "If", "",
    { .since = 1, .types = "V: all1", REST },
    { .since = 11, .types = "V: all1", REST },
    { .since = 13, .types = "V: all1 seq", REST },
    { .since = 16, .types = "V: all13 seq opt", REST },
    { .since = 19, .types = "V: all19 seq opt", REST },
    { .since = 21, .types = "V: all21 seq opt", REST },
    { .since = 23, .types = "V: all23 seq opt", REST },
    { .since = 24, .types = "V: all24 seq opt", REST },
    { .since = 25, .types = "V: all25 seq opt", REST })
