/* com.microsoft MoE-1: softmax over all experts, the k largest, each expert's feed-forward layer, the weighted sum.
 *
 * Source: ONNX Runtime's description of the operator (docs/ContribOperators.md). Weights are taken in the documented
 * order of dims only, [experts, output features, input features]. */
#include "reference/ops/shared/mixture.h"

static gboolean read_weights(const Eval *ev, Mixture *m, GError **error)
{
    enum { FC1 = 2, FC1_BIAS, FC2, FC2_BIAS, FC3, FC3_BIAS };
    const Tensor *fc2 = eval_input(ev, FC2), *fc3 = eval_input(ev, FC3);
    const int64_t experts = m->experts, hidden = m->hidden;
    if (fc2->shape.rank != 3)
        return eval_fail(error, "fc2_experts_weights has rank %d, expected 3", fc2->shape.rank);
    m->inner = fc2->shape.dims[2];
    const int64_t rows = m->fused * m->inner;
    if (m->inner > G_MAXINT64 / 2)
        return eval_fail(error, "fc2_experts_weights has too many input features");
    m->fc1 = (Projection){
        .weights = eval_input(ev, FC1), .bias = eval_input(ev, FC1_BIAS), .inputs = hidden, .outputs = rows
    };
    m->fc2 = (Projection){ .weights = fc2, .bias = eval_input(ev, FC2_BIAS), .inputs = m->inner, .outputs = hidden };
    m->fc3 = (Projection){ .weights = fc3, .bias = eval_input(ev, FC3_BIAS), .inputs = hidden, .outputs = m->inner };
    if (m->fused == 2 && fc3)
        return eval_fail(error, "fc3_experts_weights is given although swiglu_fusion puts it into fc1");
    if (m->activation.kind == EXPERT_SWIGLU && m->fused == 1 && !fc3)
        return eval_fail(error, "fc3_experts_weights is missing: swiglu without fusion has its linear part there");
    if (!fc3 && m->fc3.bias)
        return eval_fail(error, "fc3_experts_bias is given without fc3_experts_weights");
    return eval_expect_shape(m->fc1.weights, "fc1_experts_weights", &SHAPE(experts, rows, hidden), error) &&
           eval_expect_shape(m->fc1.bias, "fc1_experts_bias", &SHAPE(experts, rows), error) &&
           eval_expect_shape(fc2, "fc2_experts_weights", &SHAPE(experts, hidden, m->inner), error) &&
           eval_expect_shape(m->fc2.bias, "fc2_experts_bias", &SHAPE(experts, hidden), error) &&
           eval_expect_shape(fc3, "fc3_experts_weights", &SHAPE(experts, m->inner, hidden), error) &&
           eval_expect_shape(m->fc3.bias, "fc3_experts_bias", &SHAPE(experts, m->inner), error);
}

static gboolean moe(Eval *ev, GError **error)
{
    Mixture m;
    return mixture_begin(ev, &m, error) && read_weights(ev, &m, error) && mixture_run(ev, &m, error);
}

static gboolean bound(Eval *ev, GError **error)
{
    Mixture m;
    return mixture_begin(ev, &m, error) && read_weights(ev, &m, error) && mixture_bound(ev, &m, error);
}

OPERATOR_DEFINE(moe, "MoE", "com.microsoft",
    { .since = 1,
      .signature = "input:T, router_probs:T, fc1_experts_weights:T, fc1_experts_bias:T?, fc2_experts_weights:T, "
                   "fc2_experts_bias:T?, fc3_experts_weights:T?, fc3_experts_bias:T? -> output:T",
      .types = "T: float float16 bfloat16",
      .attributes = MIXTURE_ATTRIBUTES,
      .kernel = moe,
      .bound = bound })
