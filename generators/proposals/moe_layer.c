/* Data of a layer, designed so that a wrong expert, row, order or gate changes bits: experts are distinct matrices of
 * small integers, tokens are distinct, no two features of a token are used alike. */
#include "generators/proposals/moe.h"

#include <math.h>

MoeLayer moe_layer(MoeLayer l)
{
    l.dtype = l.dtype ? l.dtype : DTYPE_FLOAT;
    l.tokens = l.no_tokens ? 0 : l.tokens ? l.tokens : 5;
    l.hidden = l.hidden ? l.hidden : 6;
    l.inner = l.inner ? l.inner : 5;
    l.experts = l.experts ? l.experts : 4;
    l.k = l.k ? l.k : 2;
    return l;
}

DType moe_dtype(const MoeLayer *l)
{
    return l->dtype;
}

int64_t moe_fused(const MoeLayer *l)
{
    return l->activation == MOE_SWIGLU && l->fusion != 0 ? 2 : 1;
}

gboolean moe_has_fc3(const MoeLayer *l)
{
    return l->fc3 || (l->activation == MOE_SWIGLU && l->fusion == 0);
}

const char *moe_activation_name(MoeActivation activation)
{
    static const char *const names[] = { "relu", "identity", "gelu", "gelu-erf", "silu", "swiglu" };
    return names[activation];
}

/* ---- routing ----------------------------------------------------------------------------------------------------- */

static int64_t common_divisor(int64_t a, int64_t b)
{
    while (b) {
        const int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

int64_t moe_expert_at(const MoeLayer *l, int64_t token, int64_t rank)
{
    int64_t stride = MIN(3, l->experts);
    while (common_divisor(stride, l->experts) != 1)
        stride++;
    return ((l->router == ROUTER_ONE ? 0 : token * 2) + 1 + rank * stride) % l->experts;
}

static double logit_at(const MoeLayer *l, int64_t rank)
{
    switch (l->router) {
    case ROUTER_GRADED:
        return l->experts > 8 ? 3 - 0.25 * (double)rank : 3 - (double)rank;
    case ROUTER_TIED:
        return 1;
    default:
        return rank < l->k ? 2 : -200;
    }
}

Tensor *moe_logits(const MoeLayer *l)
{
    Tensor *logits = data_constant(moe_dtype(l), &SHAPE(l->tokens, l->experts), 0);
    for (int64_t t = 0; t < l->tokens; t++)
        for (int64_t r = 0; r < l->experts; r++)
            tensor_set_double(logits, t * l->experts + moe_expert_at(l, t, r), logit_at(l, r));
    return logits;
}

/* ---- numbers ----------------------------------------------------------------------------------------------------- */

static double input_at(int64_t token, int64_t feature)
{
    return 1 + (double)((token * 5 + feature * 3 + token * feature % 2) % 9);
}

/* Two entries a row; the linear part's are elsewhere and smaller than the gate's. */
static double first_at(const MoeLayer *l, gboolean linear, int64_t expert, int64_t row, int64_t feature)
{
    const double unit = l->saturated && !linear ? 128 : 1;
    const int64_t n = l->hidden, one = (row + expert + (linear ? 1 : 0)) % n,
                  other = (row * 3 + expert * 2 + (linear ? 2 : 1)) % n;
    return unit * ((feature == one ? (linear ? 1 : 2) : 0) + (feature == other ? (linear ? 1 : -1) : 0));
}

/* One entry a row, another number for each expert. */
static double second_at(const MoeLayer *l, int64_t expert, int64_t row, int64_t feature)
{
    return feature == (row + expert) % l->inner ? (double)(expert + 1) : 0;
}

/* Whether row `row` of fc1 is of the linear part, and which of that part's it is. */
static gboolean is_linear(const MoeLayer *l, int64_t *row)
{
    if (moe_fused(l) == 1)
        return FALSE;
    const gboolean linear = l->fusion == 1 ? *row % 2 == 1 : *row >= l->inner;
    *row = l->fusion == 1 ? *row / 2 : *row % l->inner;
    return linear;
}

static double weight_at(const MoeLayer *l, int fc, int64_t expert, int64_t row, int64_t feature)
{
    if (fc == 2)
        return second_at(l, expert, row, feature);
    const gboolean linear = fc == 3 || is_linear(l, &row);
    return first_at(l, linear, expert, row, feature);
}

static double bias_at(const MoeLayer *l, int fc, int64_t expert, int64_t row)
{
    if (fc == 2)
        return (double)((expert + row) % 5 - 2);
    const gboolean linear = fc == 3 || is_linear(l, &row);
    return (l->saturated && !linear ? 128 : 1) * (double)((expert + 2 * row + (linear ? 1 : 0)) % 3);
}

static gboolean unused(const MoeLayer *l, int64_t expert)
{
    for (int64_t t = 0; t < l->tokens; t++)
        for (int64_t r = 0; r < l->k; r++)
            if (moe_expert_at(l, t, r) == expert)
                return FALSE;
    return TRUE;
}

/* ---- tensors ----------------------------------------------------------------------------------------------------- */

Tensor *moe_input(const MoeLayer *l)
{
    const Shape shape = l->batch ? SHAPE(l->batch, l->tokens / l->batch, l->hidden) : SHAPE(l->tokens, l->hidden);
    Tensor *x = data_constant(moe_dtype(l), &shape, 0);
    for (int64_t i = 0; i < x->count; i++)
        tensor_set_double(x, i, input_at(i / l->hidden, i % l->hidden));
    return x;
}

static int64_t outputs_of(const MoeLayer *l, int fc)
{
    return fc == 2 ? l->hidden : fc == 3 ? l->inner : moe_fused(l) * l->inner;
}

Tensor *moe_weights(const MoeLayer *l, int fc, gboolean inputs_first)
{
    const int64_t outputs = outputs_of(l, fc), inputs = fc == 2 ? l->inner : l->hidden;
    Tensor *w = data_constant(moe_dtype(l),
                              &SHAPE(l->experts, inputs_first ? inputs : outputs, inputs_first ? outputs : inputs), 0);
    for (int64_t e = 0; e < l->experts; e++) {
        const gboolean poison = l->poisoned && unused(l, e);
        for (int64_t o = 0; o < outputs; o++)
            for (int64_t i = 0; i < inputs; i++)
                tensor_set_double(w, e * inputs * outputs + (inputs_first ? i * outputs + o : o * inputs + i),
                                  poison ? (double)NAN : weight_at(l, fc, e, o, i));
    }
    return w;
}

Tensor *moe_bias(const MoeLayer *l, int fc)
{
    const int64_t outputs = outputs_of(l, fc);
    Tensor *bias = data_constant(moe_dtype(l), &SHAPE(l->experts, outputs), 0);
    for (int64_t i = 0; i < bias->count; i++)
        tensor_set_double(bias, i, bias_at(l, fc, i / outputs, i % outputs));
    return bias;
}

Tensor *moe_correction(const MoeLayer *l)
{
    Tensor *correction = data_constant(DTYPE_FLOAT, &SHAPE(l->experts), 0);
    for (int64_t e = 0; e < l->experts; e++)
        tensor_set_double(correction, e, (double)(e * 5 % l->experts) / 16 - 0.25);
    return correction;
}

Tensor *moe_given(const MoeLayer *l, DType dtype)
{
    Tensor *given = data_constant(dtype, &SHAPE(l->tokens, l->experts), 0);
    for (int64_t i = 0; i < given->count; i++)
        tensor_set_double(given, i, (double)(i * 7 % 8 + 1) / 4);
    return given;
}

/* ---- answers ----------------------------------------------------------------------------------------------------- */

static double hidden_at(const MoeLayer *l, int64_t token, int64_t expert, int64_t row)
{
    double g = l->bias ? bias_at(l, 1, expert, row) : 0, linear = l->fc3 && l->bias ? bias_at(l, 3, expert, row) : 0;
    for (int64_t h = 0; h < l->hidden; h++) {
        g += input_at(token, h) * weight_at(l, 1, expert, row, h);
        linear += l->fc3 ? input_at(token, h) * weight_at(l, 3, expert, row, h) : 0;
    }
    if (l->activation == MOE_RELU)
        g = MAX(g, 0);
    return l->fc3 ? g * linear : g;
}

Tensor *moe_answer(const MoeLayer *l, gboolean highest)
{
    const gboolean tied = l->router == ROUTER_TIED;
    if ((l->activation != MOE_RELU && l->activation != MOE_IDENTITY) || l->routing != MOE_SOFTMAX_TOP ||
        l->router == ROUTER_GRADED || l->dtype == DTYPE_BFLOAT16 || (l->k & (l->k - 1)) != 0 ||
        (tied && !l->normalize && (l->experts & (l->experts - 1)) != 0))
        return NULL;
    const double weight = 1.0 / (double)(tied && !l->normalize ? l->experts : l->k);
    Tensor *y = moe_input(l);
    for (int64_t i = 0; i < y->count; i++) {
        const int64_t token = i / l->hidden, row = i % l->hidden;
        double sum = 0;
        for (int64_t r = 0; r < l->k; r++) {
            const int64_t expert = !tied ? moe_expert_at(l, token, r) : highest ? l->experts - 1 - r : r;
            double answer = l->bias ? bias_at(l, 2, expert, row) : 0;
            for (int64_t j = 0; j < l->inner; j++)
                answer += second_at(l, expert, row, j) * hidden_at(l, token, expert, j);
            sum += weight * answer;
        }
        tensor_set_double(y, i, sum);
    }
    return y;
}
