/* com.microsoft::MoE and QMoE once their weights are numbers: route every token, run its experts, add up their answers.
 * All steps are rounded to float32, the sum once more to the output's type. */
#ifndef ASSAY_OPS_SHARED_MIXTURE_H
#define ASSAY_OPS_SHARED_MIXTURE_H

#include "reference/ops/shared/experts.h"
#include "reference/ops/shared/router.h"

typedef enum { ROUTE_SOFTMAX_TOP, ROUTE_TOP_SOFTMAX, ROUTE_TOP_GIVEN, ROUTE_SPARSE_MIXER } Routing;

typedef struct {
    const Tensor *input;  /* [T, H] or [B, S, H] */
    const Tensor *logits; /* [T, E] */
    const Tensor *given;  /* [T, E], ROUTE_TOP_GIVEN */
    int64_t       tokens, hidden, inner, experts, k;
    int64_t       fused; /* rows of fc1 for each of the `inner` results: 2 where gate and linear part are fused */
    Projection    fc1, fc2, fc3; /* weights NULL: none */
    Activation    activation;
    Routing       routing;
    gboolean      normalize, zero_sum_is_zero;
} Mixture;

#define MIXTURE_ATTRIBUTES                                                                                           \
    "activation_type:string=relu, k:int=1, normalize_routing_weights:int=0, use_sparse_mixer:int=0, "                  \
    "swiglu_fusion:int=0, swiglu_limit:float, activation_alpha:float=1, activation_beta:float=0"

/* Input 0 and 1, the attributes above; tokens, hidden, experts, k, fused, activation, normalize and the sparse mixer. */
gboolean mixture_begin(const Eval *ev, Mixture *m, GError **error);

/* Output 0 from a complete mixture. */
gboolean mixture_run(Eval *ev, const Mixture *m, GError **error);

/* Its interval; uncertified unless every input is exact and no choice of experts depends on rounding. */
gboolean mixture_bound(Eval *ev, const Mixture *m, GError **error);

#endif
