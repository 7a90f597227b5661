/* ai.onnx.preview FlexAttention-1: attention whose scores and probabilities pass through graphs of the model's.
 *
 * Scores are rounded to the softmax's type, where the graphs see them; the output is rounded once. */
#include "reference/ops/shared/attention_stages.h"

static gboolean score(Eval *ev, Stages *s, GError **error)
{
    return stages_through_graph(ev, s, "score_mod", error);
}

static gboolean prob(Eval *ev, Stages *s, GError **error)
{
    return stages_through_graph(ev, s, "prob_mod", error);
}

static gboolean read_node(Eval *ev, Stages *s, GError **error)
{
    s->q = eval_input(ev, 0);
    s->k = eval_input(ev, 1);
    s->v = eval_input(ev, 2);
    s->score = score;
    s->prob = eval_has(ev, "prob_mod") ? prob : NULL;
    if (!stages_check_shapes(s, error) || !stages_precision(ev, s->q->dtype, &s->dtype, error))
        return FALSE;
    const float scale = eval_float(ev, "scale");
    stages_set_scale(s, s->q->dtype, eval_has(ev, "scale") ? &scale : NULL);
    return TRUE;
}

static gboolean flex_attention(Eval *ev, GError **error)
{
    return stages_kernel(ev, read_node, error);
}

static gboolean bound(Eval *ev, GError **error)
{
    return stages_bound(ev, read_node, error);
}

OPERATOR_DEFINE(flex_attention, "FlexAttention", "ai.onnx.preview",
    { .since = 1, .signature = "Q:T1, K:T1, V:T1 -> Y:T1", .types = "T1: floats13",
      .attributes = "scale:float, softmax_precision:int, score_mod:graph, prob_mod:graph", .kernel = flex_attention,
      .bound = bound })
