/* com.microsoft QMoE-1: MoE whose experts' weights are packed integers of 2, 4 or 8 bits, and with a routing of its
 * own: the k largest logits, then a softmax over these; with router_weights, their elements at the chosen experts.
 *
 * Source: ONNX Runtime's description of the operator (docs/ContribOperators.md). The float4 and float8 modes and
 * weights prepacked for a device are refused. */
#include "reference/eval/eval.h"
#include "reference/ops/shared/mixture.h"
#include "reference/ops/shared/packed_weights.h"

#include <string.h>

#define I G_GINT64_FORMAT

typedef struct {
    Mixture mixture;
    int bits;
    int64_t block; /* 0: one scale per row */
    Tensor *unpacked[3];
    gboolean exact;
} QuantizedMixture;

static void quantized_clear(QuantizedMixture *q)
{
    for (int i = 0; i < 3; i++)
        tensor_unref(q->unpacked[i]);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(QuantizedMixture, quantized_clear)

static gboolean read_attributes(const Eval *ev, QuantizedMixture *q, GError **error)
{
    const int64_t bits = eval_int(ev, "expert_weight_bits"), prepacked = eval_int(ev, "weights_prepacked");
    const char *type = eval_string(ev, "quant_type");
    if (strcmp(type, "int") != 0) {
        g_set_error(error, EVAL_ERROR, EVAL_ERROR_UNSUPPORTED, "quant_type '%s' is not implemented, only int is", type);
        return FALSE;
    }
    if (bits != 2 && bits != 4 && bits != 8)
        return eval_fail(error, "expert_weight_bits is %" I ", expected 2, 4 or 8", bits);
    if (prepacked < -1 || prepacked > 1)
        return eval_fail(error, "weights_prepacked is %" I ", expected -1, 0 or 1", prepacked);
    q->bits = (int)bits;
    q->block = eval_has(ev, "block_size") ? eval_int(ev, "block_size") : 0;
    if (q->block != 0 && (q->block < 16 || (q->block & (q->block - 1)) != 0))
        return eval_fail(error, "block_size is %" I ", expected a power of two from 16 on", q->block);
    return TRUE;
}

/* What the names of one projection's four inputs are, and where they stand. */
typedef struct {
    const char *name;
    gsize weights, scales, bias, zero_points;
} Place;
static const Place places[3] = { { "fc1", 2, 3, 4, 11 }, { "fc2", 5, 6, 7, 12 }, { "fc3", 8, 9, 10, 13 } };

static gboolean expect(const Tensor *tensor, const Place *place, const char *what, const Shape *shape, GError **error)
{
    g_autofree char *name = g_strdup_printf("%s_%s", place->name, what);
    return eval_expect_shape(tensor, name, shape, error);
}

static gboolean unpack(const Eval *ev, QuantizedMixture *q, int which, int64_t outputs, int64_t inputs, Projection *to,
                       GError **error)
{
    const Place *place = &places[which];
    const Tensor *weights = eval_input(ev, place->weights), *scales = eval_input(ev, place->scales),
                 *zero_points = eval_input(ev, place->zero_points);
    const int64_t experts = q->mixture.experts, pack = 8 / q->bits;
    *to = (Projection){ .bias = eval_input(ev, place->bias), .inputs = inputs, .outputs = outputs };
    if (!weights)
        return TRUE;
    if (!scales)
        return eval_fail(error, "%s_scales is missing", place->name);
    if (inputs % pack != 0 || (q->block && inputs % q->block != 0))
        return eval_fail(error, "%s has %" I " input features, expected a multiple of %" I, place->name, inputs,
                         q->block ? q->block : pack);
    const int64_t blocks = q->block ? inputs / q->block : 1, run = q->block ? blocks : outputs;
    if (zero_points && run % pack != 0)
        return eval_fail(error, "%s_zero_points: %" I " zero points a run, expected a multiple of %" I, place->name,
                         run, pack);
    const Shape scale_shape = q->block ? SHAPE(experts, outputs, blocks) : SHAPE(experts, outputs);
    const Shape zero_shape = q->block ? SHAPE(experts, outputs, blocks / pack) : SHAPE(experts, outputs / pack);
    if (weights->dtype != DTYPE_UINT8 ||
        !expect(weights, place, "experts_weights", &SHAPE(experts, outputs, inputs / pack), error))
        return error && *error ? FALSE : eval_fail(error, "%s_experts_weights are no uint8", place->name);
    if (!expect(scales, place, "scales", &scale_shape, error) ||
        !expect(zero_points, place, "zero_points", &zero_shape, error) ||
        !expect(to->bias, place, "experts_bias", &SHAPE(experts, outputs), error))
        return FALSE;
    const PackedWeights packed = { .codes = weights,
                                   .scales = scales,
                                   .zero_points = zero_points,
                                   .rows = experts * outputs,
                                   .columns = inputs,
                                   .blocks = blocks,
                                   .block_size = q->block ? q->block : MAX(inputs, 1),
                                   .row_bytes = inputs / pack,
                                   .zero_point_run = MAX(run, 1),
                                   .bits = q->bits };
    gboolean exact;
    to->weights = q->unpacked[which] =
        packed_weights_unpack(&packed, DTYPE_FLOAT, &SHAPE(experts, outputs, inputs), &exact, error);
    q->exact = q->exact && exact;
    return to->weights != NULL;
}

static gboolean read_inputs(const Eval *ev, QuantizedMixture *q, GError **error)
{
    Mixture *m = &q->mixture;
    const Tensor *fc2 = eval_input(ev, 5);
    if (fc2->shape.rank != 3 || fc2->shape.dims[2] > G_MAXINT64 / 16)
        return eval_fail(error, "fc2_experts_weights has rank %d, expected 3", fc2->shape.rank);
    m->inner = fc2->shape.dims[2] * (8 / q->bits);
    if (m->routing != ROUTE_SPARSE_MIXER)
        m->routing = ROUTE_TOP_SOFTMAX;
    m->given = eval_input(ev, 14);
    if (m->given) {
        if (!eval_expect_shape(m->given, "router_weights", &m->logits->shape, error))
            return FALSE;
        m->routing = ROUTE_TOP_GIVEN;
        m->zero_sum_is_zero = TRUE;
    }
    if (m->fused == 2 && eval_input(ev, 8))
        return eval_fail(error, "fc3_experts_weights is given although swiglu_fusion puts it into fc1");
    if (m->activation.kind == EXPERT_SWIGLU && m->fused == 1 && !eval_input(ev, 8))
        return eval_fail(error, "fc3_experts_weights is missing: swiglu without fusion has its linear part there");
    q->exact = TRUE;
    return unpack(ev, q, 0, m->fused * m->inner, m->hidden, &m->fc1, error) &&
           unpack(ev, q, 1, m->hidden, m->inner, &m->fc2, error) &&
           unpack(ev, q, 2, m->inner, m->hidden, &m->fc3, error);
}

static gboolean begin(const Eval *ev, QuantizedMixture *q, GError **error)
{
    return mixture_begin(ev, &q->mixture, error) && read_attributes(ev, q, error) && read_inputs(ev, q, error);
}

static gboolean q_moe(Eval *ev, GError **error)
{
    g_auto(QuantizedMixture) q = { 0 };
    return begin(ev, &q, error) && mixture_run(ev, &q.mixture, error);
}

/* Weights that are rounded when they are unpacked may also be used unrounded: no rule for those. */
static gboolean bound(Eval *ev, GError **error)
{
    g_auto(QuantizedMixture) q = { 0 };
    if (!begin(ev, &q, error) || !mixture_bound(ev, &q.mixture, error))
        return FALSE;
    if (!q.exact)
        eval_set_uncertified(ev, 0);
    return TRUE;
}

OPERATOR_DEFINE(q_moe, "QMoE", "com.microsoft",
    { .since = 1,
      .signature =
          "input:T, router_probs:T, fc1_experts_weights:T1, fc1_scales:T2?, fc1_experts_bias:T?, "
          "fc2_experts_weights:T1, fc2_scales:T2?, fc2_experts_bias:T?, fc3_experts_weights:T1?, fc3_scales:T2?, "
          "fc3_experts_bias:T?, fc1_zero_points:T1?, fc2_zero_points:T1?, fc3_zero_points:T1?, router_weights:T?, "
          "fc1_global_scale:T4?, fc2_global_scale:T4?, fc1_act_scale:T4?, fc2_act_scale:T4?, "
          "fc1_act_block_scale:T2?, fc2_act_block_scale:T2? -> output:T",
      .types =
          "T: float float16 bfloat16 | T1: uint8 float8e4m3fn | T2: float float16 bfloat16 float8e8m0 float8e4m3fn | "
          "T4: float",
      .attributes = MIXTURE_ATTRIBUTES ", expert_weight_bits:int=4, block_size:int, quant_type:string=int, "
                                       "accuracy_level:int=0, weights_prepacked:int=-1",
      .kernel = q_moe,
      .bound = bound })
