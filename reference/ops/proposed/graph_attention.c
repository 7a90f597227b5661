/* assay.attention_precision GraphAttention: precision and quantization as graph attributes, one for each place.
 *
 *   Q_prologue, K_prologue, V_prologue   on the operands, before the scale
 *   MatMul1_epilogue                     on the scores, after the causal mask
 *   Softmax_epilogue                     on the probabilities
 *   MatMul2_epilogue                     on the output
 *
 * Each maps one tensor to one of the same type and shape. Source: attention-precision, variant graphs. */
#include "reference/ops/shared/attention_stages.h"

static gboolean score(Eval *ev, Stages *s, GError **error)
{
    if (eval_int(ev, "is_causal"))
        stages_hide_later_keys(s);
    return stages_through_graph(ev, s, "MatMul1_epilogue", error);
}

static gboolean prob(Eval *ev, Stages *s, GError **error)
{
    return stages_through_graph(ev, s, "Softmax_epilogue", error);
}

static gboolean last(Eval *ev, Stages *s, GError **error)
{
    return stages_through_graph(ev, s, "MatMul2_epilogue", error);
}

static gboolean read_node(Eval *ev, Stages *s, GError **error)
{
    static const char *const prologues[] = { "Q_prologue", "K_prologue", "V_prologue" };
    s->q = eval_input(ev, 0);
    s->k = eval_input(ev, 1);
    s->v = eval_input(ev, 2);
    s->score = score;
    s->prob = eval_has(ev, "Softmax_epilogue") ? prob : NULL;
    s->last = eval_has(ev, "MatMul2_epilogue") ? last : NULL;
    s->dtype = DTYPE_FLOAT;
    if (!stages_check_shapes(s, error))
        return FALSE;
    for (gsize i = 0; i < G_N_ELEMENTS(prologues); i++)
        if (eval_has(ev, prologues[i]) && !stages_operand_through_graph(ev, s, i, prologues[i], error))
            return FALSE;
    const float scale = eval_float(ev, "scale");
    stages_set_scale(s, DTYPE_FLOAT, eval_has(ev, "scale") ? &scale : NULL);
    return TRUE;
}

static gboolean graph_attention(Eval *ev, GError **error)
{
    return stages_kernel(ev, read_node, error);
}

static gboolean bound(Eval *ev, GError **error)
{
    return stages_bound(ev, read_node, error);
}

OPERATOR_DEFINE(graph_attention, "GraphAttention", "assay.attention_precision",
    { .since = 1, .signature = "Q:float, K:float, V:float -> Y:float",
      .attributes = "scale:float, is_causal:int=0, Q_prologue:graph, K_prologue:graph, V_prologue:graph, MatMul1_epilogue:graph, "
                    "Softmax_epilogue:graph, MatMul2_epilogue:graph",
      .kernel = graph_attention, .bound = bound })
