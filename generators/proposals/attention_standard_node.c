/* The node with its operands. */
#include "generators/proposals/attention_standard.h"

#include "generators/engine/chain.h"

/* Rows [from, from + length) of a [B,H,S,D] tensor. */
static Tensor *rows(const Tensor *t, int64_t from, int64_t length)
{
    const int64_t *d = t->shape.dims;
    Tensor *part = data_constant(t->dtype, &SHAPE(d[0], d[1], length, d[3]), 0);
    for (int64_t i = 0; i < part->count; i++) {
        const int64_t plane = i / d[3] / length, row = i / d[3] % length;
        tensor_set_bits(part, i, tensor_get_bits(t, (plane * d[2] + from + row) * d[3] + i % d[3]));
    }
    return part;
}

/* [B,H,S,D] to [B,S,H*D]. */
static Tensor *flatten(Tensor *t)
{
    const int64_t *d = t->shape.dims;
    Tensor *flat = data_constant(t->dtype, &SHAPE(d[0], d[2], d[1] * d[3]), 0);
    for (int64_t i = 0; i < t->count; i++) {
        const int64_t c = i % d[3], s = i / d[3] % d[2], h = i / d[3] / d[2] % d[1], b = i / d[3] / d[2] / d[1];
        tensor_set_bits(flat, ((b * d[2] + s) * d[1] + h) * d[3] + c, tensor_get_bits(t, i));
    }
    tensor_unref(t);
    return flat;
}

static Tensor *make_mask(const AttentionNode *n)
{
    const Shape shape = n->mask_shape.rank > 0 ? n->mask_shape : SHAPE(n->queries, attention_total(n));
    const DType type = n->mask == MASK_BOOL ? DTYPE_BOOL : n->mask_type ? n->mask_type : n->dtype;
    AttentionNode alone = *n; /* what the mask says, without the other reasons to hide a key */
    alone.causal = alone.windows = FALSE;
    alone.nonpad = NULL;
    Tensor *t = data_constant(type, &shape, 0);
    for (int64_t i = 0; i < t->count; i++) {
        int64_t at[4] = { 0, 0, 0, 0 }, rest = i;
        for (int d = shape.rank; d-- > 0; rest /= shape.dims[d])
            at[4 - shape.rank + d] = rest % shape.dims[d];
        if (n->mask == MASK_BOOL)
            tensor_set_bits(t, i, attention_sees(&alone, at[0], at[1], at[2], at[3]) ? 1 : 0);
        else
            tensor_set_double(t, i, attention_mask_bias(n, at[0], at[1], at[2], at[3]));
    }
    return t;
}

static Tensor *lengths(const AttentionNode *n)
{
    return data_int64s(&SHAPE(n->batch), n->nonpad);
}

static void set_attributes(Scenario *s, Node *node, const AttentionNode *n)
{
    if (n->flat) {
        scenario_set_int(s, node, "q_num_heads", n->heads);
        scenario_set_int(s, node, "kv_num_heads", n->kv);
    }
    if (n->causal)
        scenario_set_int(s, node, "is_causal", 1);
    if (n->windows) {
        scenario_set_int(s, node, "left_window_size", n->left);
        scenario_set_int(s, node, "right_window_size", n->right);
    }
    if (n->softcap != 0)
        scenario_set_float(s, node, "softcap", n->softcap);
    if (n->scale)
        scenario_set_float(s, node, "scale", *n->scale);
    if (n->precision)
        scenario_set_int(s, node, "softmax_precision", n->precision);
    if (n->mode_given)
        scenario_set_int(s, node, "qk_matmul_output_mode", n->mode);
}

static Node *add_node(Scenario *s, const AttentionNode *n)
{
    const char *inputs[8] = { "Q", "K", "V" }, *outputs[5] = { "Y" };
    gsize k = 3, o = 1;
    if (n->mask != MASK_NONE || n->cache || n->nonpad)
        inputs[k++] = n->mask != MASK_NONE ? "attn_mask" : "";
    if (n->cache || n->nonpad) {
        inputs[k++] = n->cache ? "past_key" : "";
        inputs[k++] = n->cache ? "past_value" : "";
    }
    if (n->nonpad)
        inputs[k++] = "nonpad_kv_seqlen";
    if (n->want_present || n->want_scores) {
        outputs[o++] = n->want_present ? "present_key" : "";
        outputs[o++] = n->want_present ? "present_value" : "";
    }
    if (n->want_scores)
        outputs[o++] = "scores";
    return scenario_node(s, "", "Attention", inputs, outputs);
}

/* An operand of rank 4 as the node has it. */
static Tensor *laid_out(const AttentionNode *n, Tensor *operand)
{
    return n->flat ? flatten(operand) : operand;
}

Node *attention_node_with(Scenario *s, const AttentionNode *n, const AttentionInputs *given)
{
    g_auto(AttentionData) data = attention_design(n);
    scenario_opset(s, n->version);
    scenario_input(s, "Q", given->q ? given->q : laid_out(n, tensor_ref(data.q)));
    scenario_input(s, "K", given->k ? given->k : laid_out(n, rows(data.k, n->past, n->keys)));
    scenario_input(s, "V", given->v ? given->v : laid_out(n, rows(data.v, n->past, n->keys)));
    if (n->mask != MASK_NONE)
        scenario_input(s, "attn_mask", given->mask ? given->mask : make_mask(n));
    if (n->cache) {
        scenario_input(s, "past_key", given->past_key ? given->past_key : rows(data.k, 0, n->past));
        scenario_input(s, "past_value", given->past_value ? given->past_value : rows(data.v, 0, n->past));
    }
    if (n->nonpad)
        scenario_input(s, "nonpad_kv_seqlen", given->nonpad ? given->nonpad : lengths(n));
    Node *node = add_node(s, n);
    set_attributes(s, node, n);
    scenario_output(s, "Y");
    if (n->want_present) {
        scenario_output(s, "present_key");
        scenario_output(s, "present_value");
    }
    if (n->want_scores)
        scenario_output(s, "scores");
    return node;
}

Node *attention_node(Scenario *s, const AttentionNode *n)
{
    g_auto(AttentionData) data = attention_design(n);
    Node *node = attention_node_with(s, n, &(AttentionInputs){ NULL });
    Tensor *y = attention_oracle(n, &data, READ_AS_PUBLISHED);
    if (y)
        scenario_expect(s, 0, y);
    attention_function(s, n);
    return node;
}
