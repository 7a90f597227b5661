/* What the files of the moe generator share: one description of a layer, of which every variant makes a model. */
#ifndef ASSAY_GENERATORS_PROPOSALS_MOE_H
#define ASSAY_GENERATORS_PROPOSALS_MOE_H

#include "generators/engine/net.h"
#include "generators/engine/scenario.h"

#define MOE_DOMAIN "assay.moe"
#define VENDOR     "com.microsoft"

/* What the models import, and so the functions in them: onnx.proto wants each operator of a function's body to have the
 * same schema by the function's import as by the model's (FunctionProto, opset_import); Constant and Cast of 20 have not. */
#define MOE_OPSET 25

typedef enum {
    MOE_SOFTMAX_TOP,    /* softmax over all experts, the k largest of it (Switch, Mixtral, Qwen) */
    MOE_TOP_SOFTMAX,    /* the k largest logits, softmax over these (GPT-OSS, QMoE) */
    MOE_SPARSE_MIXER,   /* PhiMoE */
    MOE_GIVEN,          /* logits choose, elements of another tensor weigh (QMoE with router_weights) */
    MOE_SIGMOID_GROUPS, /* DeepSeek-V3: sigmoid, bias, the best groups */
    MOE_GREEDY_GROUPS,  /* DeepSeek-V2: softmax, the best groups, no renormalisation */
    MOE_SIGMOID_INPUT,  /* Llama-4: the sigmoid of the chosen logit multiplies the expert's input */
} MoeRouting;

/* How the logits are made; which experts a token gets differs from token to token. */
typedef enum {
    ROUTER_GRADED, /* all distinct, a step of 1 or 1/4 apart */
    ROUTER_EXACT,  /* k equal ones far above the rest: the weights are exactly 1/k for k a power of two */
    ROUTER_TIED,   /* all equal: the choice is that of the tie rule */
    ROUTER_ONE,    /* exact, and every token goes to the same experts */
} MoeRouter;

typedef enum { MOE_RELU, MOE_IDENTITY, MOE_GELU, MOE_GELU_ERF, MOE_SILU, MOE_SWIGLU } MoeActivation;

/* Designated initialisers; zero stands for a default, which moe_layer() fills in. */
typedef struct {
    DType dtype;                               /* float */
    int64_t batch;                             /* 0: the input has rank 2 */
    int64_t tokens, hidden, inner, experts, k; /* 5, 6, 5, 4, 2 */
    gboolean no_tokens;
    MoeRouting routing;
    MoeRouter router;
    gboolean normalize;
    MoeActivation activation;
    int fusion;   /* of swiglu: 0 separate, 1 interleaved, 2 halves */
    gboolean fc3; /* a linear part beside another activation */
    gboolean bias;
    double limit;                /* 0: none */
    double alpha, beta;          /* alpha 0: 1 */
    gboolean saturated;          /* gates are multiples of 128: every sigmoid is 0 or 1 */
    gboolean poisoned;           /* NaN in every expert that no token gets */
    int64_t groups, kept_groups; /* of the routings with groups */
    double scaling;              /* routed_scaling_factor; 0: 1 */
} MoeLayer;

typedef enum { MOE_ATTRIBUTE, MOE_GRAPH, MOE_GROUPED, MOE_DENSE } MoeVariant;
#define MOE_ALL  (1u << MOE_ATTRIBUTE | 1u << MOE_GRAPH | 1u << MOE_GROUPED | 1u << MOE_DENSE)
#define MOE_OPEN (1u << MOE_GRAPH | 1u << MOE_GROUPED | 1u << MOE_DENSE) /* routings that the fused operator has not   \
                                                                          */
#define MOE_SPARSE (1u << MOE_ATTRIBUTE | 1u << MOE_GRAPH | 1u << MOE_GROUPED) /* only the chosen experts compute */

/* ---- a layer's facts and data (moe_layer.c) ---------------------------------------------------------------------- */

/* With the defaults in place; the functions below want it so. */
MoeLayer moe_layer(MoeLayer l);
DType moe_dtype(const MoeLayer *l);
int64_t moe_fused(const MoeLayer *l); /* 2 if fc1 holds gate and linear part */
gboolean moe_has_fc3(const MoeLayer *l);
const char *moe_activation_name(MoeActivation activation); /* the vendor's; "gelu-erf" for the one it has not */
/* Which expert has rank r among a token's logits. */
int64_t moe_expert_at(const MoeLayer *l, int64_t token, int64_t rank);

Tensor *moe_input(const MoeLayer *l);
Tensor *moe_logits(const MoeLayer *l);
/* [E, outputs, inputs], or [E, inputs, outputs] if inputs_first. fc is 1, 2 or 3. */
Tensor *moe_weights(const MoeLayer *l, int fc, gboolean inputs_first);
Tensor *moe_bias(const MoeLayer *l, int fc);
Tensor *moe_correction(const MoeLayer *l);         /* float [E], added to the scores that choose */
Tensor *moe_given(const MoeLayer *l, DType dtype); /* [T, E]: the weights of MOE_GIVEN, quarters */
/* What the layer computes, worked out here for weights that are equal and activations that are exact (relu, identity);
 * `highest`: among tied logits the highest indices are chosen. NULL for other layers. */
Tensor *moe_answer(const MoeLayer *l, gboolean highest);

/* ---- in standard operators (moe_meaning.c) ----------------------------------------------------------------------- */

/* Weights float [T, k] and indices [T, k] from float logits [T, E]. */
const char *moe_route(Net *net, const MoeLayer *l, const char *logits, const char **indices);
/* h from g and, where there is one, l, of dtype; fused layouts are taken apart. */
const char *moe_activate(Net *net, const MoeLayer *l, DType dtype, const char *g, const char *linear);
/* [T, k, N] from x [T, K] or, if `each`, [T, k, K]; weights [E, K, N] or [E, N, K]; bias NULL or [E, N]. */
const char *moe_project(Net *net, const char *x, gboolean each, const char *weights, gboolean inputs_first,
                        const char *bias, const char *indices);
/* [T, H] from answers float [T, k, H] and weights float [T, k]; `skip`: weights that are not above 0 do not count. */
const char *moe_combine(Net *net, const char *answers, const char *weights, gboolean skip);

/* The operators' meanings as functions in the scenario. */
void moe_mean_attribute(Scenario *s, const MoeLayer *l, const char *const *attributes);
void moe_mean_grouped(Scenario *s, gboolean bias);
void moe_mean_graph(Scenario *s, const MoeLayer *l);

/* ---- models (moe_variants.c) ------------------------------------------------------------------------------------- */

/* A scenario of one variant, complete but for about() and emit(). */
Scenario *moe_scenario(Generator *g, const MoeLayer *l, MoeVariant variant, const char *name);
/* A scenario of each variant in the set, of the same golden; the layer may leave out defaults. */
void moe_emit(Generator *g, const MoeLayer *l, guint variants, const char *name, const char *requirements,
              const char *summary);

/* ---- the subjects ------------------------------------------------------------------------------------------------ */

void moe_sizes(Generator *g);
void moe_activations(Generator *g);
void moe_routings(Generator *g);
void moe_quantized(Generator *g);
void moe_primitives(Generator *g);
void moe_rejects(Generator *g);
void moe_quantized_rejects(Generator *g);

#endif
