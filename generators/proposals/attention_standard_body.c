/* What Attention means in operators that were there before it. */
#include "generators/proposals/attention_standard.h"

/* Operands of rank 3 become [B, H, S, D]. */
static void append_operands(GString *out, const AttentionNode *n)
{
    const struct {
        const char *name;
        int64_t     heads, depth;
    } operands[] = { { "Q", n->heads, n->depth }, { "K", n->kv, n->depth }, { "V", n->kv, n->values } };
    for (gsize i = 0; i < G_N_ELEMENTS(operands); i++) {
        const char *name = operands[i].name;
        if (n->flat)
            g_string_append_printf(out, "split_%s = Constant <value_ints: ints = [0, 0, %d, %d]> ()\napart_%s = Reshape (%s, split_%s)\n"
                                        "own_%s = Transpose <perm: ints = [0, 2, 1, 3]> (apart_%s)\n",
                                   name, (int)operands[i].heads, (int)operands[i].depth, name, name, name, name, name);
        else
            g_string_append_printf(out, "own_%s = Identity (%s)\n", name, name);
    }
    static const char *const pairs[][3] = { { "K", "past_key", "present_key" }, { "V", "past_value", "present_value" } };
    for (gsize i = 0; i < 2; i++) {
        if (n->cache)
            g_string_append_printf(out, "whole_%s = Concat <axis: int = 2> (%s, own_%s)\n", pairs[i][0], pairs[i][1], pairs[i][0]);
        else
            g_string_append_printf(out, "whole_%s = Identity (own_%s)\n", pairs[i][0], pairs[i][0]);
        if (n->want_present)
            g_string_append_printf(out, "%s = Identity (whole_%s)\n", pairs[i][2], pairs[i][0]);
    }
}

/* Each key head repeated for its group of query heads. */
static void append_heads(GString *out)
{
    g_string_append(out, "axis2 = Constant <value_ints: ints = [2]> ()\nbatch = Shape <start: int = 0, end: int = 1> (own_Q)\n"
                         "heads = Shape <start: int = 1, end: int = 2> (own_Q)\nkv_heads = Shape <start: int = 1, end: int = 2> (own_K)\n"
                         "group = Div (heads, kv_heads)\n");
    for (const char *c = "KV"; *c; c++)
        g_string_append_printf(out, "wide_%c = Unsqueeze (whole_%c, axis2)\nsize_%c = Shape <start: int = 2, end: int = 4> (whole_%c)\n"
                                    "spread_%c = Concat <axis: int = 0> (batch, kv_heads, group, size_%c)\n"
                                    "each_%c = Expand (wide_%c, spread_%c)\n"
                                    "merged_%c = Concat <axis: int = 0> (batch, heads, size_%c)\n"
                                    "all_%c = Reshape <allowzero: int = 1> (each_%c, merged_%c)\n",
                               *c, *c, *c, *c, *c, *c, *c, *c, *c, *c, *c, *c, *c, *c);
}

static void append_product(GString *out, const AttentionNode *n)
{
    if (n->scale)
        g_string_append(out, "scale_value = Constant <value_float: float = @scale> ()\n");
    else
        g_string_append(out, "depth = Shape <start: int = 3, end: int = 4> (own_Q)\ndepth_float = Cast <to: int = 1> (depth)\n"
                             "depth_root = Sqrt (depth_float)\nunit = Constant <value_floats: floats = [1.0]> ()\n"
                             "scale_value = Div (unit, depth_root)\n");
    g_string_append_printf(out, "scale_root = Sqrt (scale_value)\nr = Cast <to: int = %d> (scale_root)\nscaled_Q = Mul (own_Q, r)\n"
                                "scaled_K = Mul (all_K, r)\nturned_K = Transpose <perm: ints = [0, 1, 3, 2]> (scaled_K)\n"
                                "product = MatMul (scaled_Q, turned_K)\n", (int)n->dtype);
    if (n->softcap != 0)
        g_string_append_printf(out, "cap_value = Constant <value_float: float = @softcap> ()\ncap = Cast <to: int = %d> (cap_value)\n"
                                    "part = Div (product, cap)\nbent = Tanh (part)\ncapped = Mul (cap, bent)\n", (int)n->dtype);
    else
        g_string_append(out, "capped = Identity (product)\n");
}

static void append_mask(GString *out, const AttentionNode *n)
{
    if (n->mask == MASK_NONE)
        return;
    if (n->mask == MASK_BOOL)
        g_string_append(out, "mask_number = Where (attn_mask, nothing, hidden)\n");
    else
        g_string_append_printf(out, "mask_number = Cast <to: int = %d> (attn_mask)\n", (int)n->dtype);
    const Shape *shape = &n->mask_shape;
    const int64_t length = shape->rank > 0 ? shape->dims[shape->rank - 1] : attention_total(n);
    if (n->version >= 24 && length < attention_total(n))
        g_string_append_printf(out, "surplus = Constant <value_ints: ints = [0, %d]> ()\nlast_axis = Constant <value_ints: ints = [-1]> ()\n"
                                    "mask_term = Pad (mask_number, surplus, hidden, last_axis)\n", (int)(attention_total(n) - length));
    else
        g_string_append(out, "mask_term = Identity (mask_number)\n");
}

/* Positions of queries among the keys, [B or 1, 1, Sq, 1], and of keys, [1, 1, 1, S]. */
static void append_positions(GString *out, const AttentionNode *n)
{
    g_string_append(out, "zero = Constant <value_int: int = 0> ()\none = Constant <value_int: int = 1> ()\n"
                         "scores_shape = Shape (product)\naxis_q = Constant <value_int: int = 2> ()\naxis_k = Constant <value_int: int = 3> ()\n"
                         "size_q = Gather (scores_shape, axis_q)\nsize_k = Gather (scores_shape, axis_k)\n"
                         "range_q = Range (zero, size_q, one)\nrange_k = Range (zero, size_k, one)\n"
                         "down = Constant <value_ints: ints = [1, 1, -1, 1]> ()\nacross = Constant <value_ints: ints = [1, 1, 1, -1]> ()\n"
                         "own_at = Reshape (range_q, down)\nkey_at = Reshape (range_k, across)\n");
    if (n->nonpad)
        g_string_append(out, "items = Constant <value_ints: ints = [-1, 1, 1, 1]> ()\nlengths = Reshape (nonpad_kv_seqlen, items)\n");
    if (n->cache)
        g_string_append(out, "past_length = Shape <start: int = 2, end: int = 3> (past_key)\nquery_at = Add (own_at, past_length)\n");
    else if (n->nonpad)
        g_string_append(out, "before = Sub (lengths, size_q)\nquery_at = Add (own_at, before)\n");
    else
        g_string_append(out, "query_at = Identity (own_at)\n");
}

static void append_window(GString *out, const char *name, const char *op, int64_t size, const char *compare)
{
    g_string_append_printf(out, "size_%s = Constant <value_int: int = %d> ()\nedge_%s = %s (query_at, size_%s)\n"
                                "sees_%s = %s (key_at, edge_%s)\n", name, (int)size, name, op, name, name, compare, name);
}

/* What hides keys, each a term of 0 or -inf, added to the mask in this order; their number k: the sum is bias_k. */
static gsize append_bias(GString *out, const AttentionNode *n)
{
    const char *terms[5] = { NULL };
    gsize k = 0;
    g_string_append_printf(out, "hidden = Constant <value: tensor = %s {-inf}> ()\nnothing = Constant <value: tensor = %s {0.0}> ()\n",
                           dtype_name(n->dtype), dtype_name(n->dtype));
    append_mask(out, n);
    append_positions(out, n);
    if (n->causal) {
        g_string_append(out, "sees_causal = GreaterOrEqual (query_at, key_at)\n");
        terms[k++] = "causal";
    }
    if (n->windows && n->left >= 0) {
        append_window(out, "left", "Sub", n->left, "GreaterOrEqual");
        terms[k++] = "left";
    }
    if (n->windows && n->right >= 0) {
        append_window(out, "right", "Add", n->right, "LessOrEqual");
        terms[k++] = "right";
    }
    if (n->nonpad) {
        g_string_append(out, "sees_length = Less (key_at, lengths)\n");
        terms[k++] = "length";
    }
    g_string_append_printf(out, "bias_0 = %s\n", n->mask != MASK_NONE ? "Identity (mask_term)" : "Identity (nothing)");
    for (gsize i = 0; i < k; i++)
        g_string_append_printf(out, "term_%s = Where (sees_%s, nothing, hidden)\nbias_%d = Add (%s%d, term_%s)\n", terms[i], terms[i],
                               (int)i + 1, "bias_", (int)i, terms[i]);
    return k;
}

static void append_softmax(GString *out, const AttentionNode *n, gsize terms)
{
    const gboolean biased = terms > 0 || n->mask != MASK_NONE;
    const DType precision = n->precision ? n->precision : n->dtype;
    if (biased)
        g_string_append_printf(out, "masked = Add (capped, bias_%d)\n", (int)terms);
    else
        g_string_append(out, "masked = Identity (capped)\n");
    g_string_append_printf(out, "precise = Cast <to: int = %d> (masked)\nweights = Softmax <axis: int = 3> (precise)\n"
                                "narrowed = Cast <to: int = %d> (weights)\n",
                           (int)precision, (int)n->dtype);
    if (biased)
        g_string_append_printf(out, "along = Constant <value_ints: ints = [-1]> ()\nbest = ReduceMax (bias_%d, along)\nlost = Equal (best, hidden)\n"
                                    "probabilities = Where (lost, nothing, narrowed)\n", (int)terms);
    else
        g_string_append(out, "probabilities = Identity (narrowed)\n");
    g_string_append(out, "mixed = MatMul (probabilities, all_V)\n");
    if (n->flat)
        g_string_append_printf(out, "turned_Y = Transpose <perm: ints = [0, 2, 1, 3]> (mixed)\n"
                                    "join = Constant <value_ints: ints = [0, 0, %d]> ()\nY = Reshape (turned_Y, join)\n",
                               (int)(n->heads * n->values));
    else
        g_string_append(out, "Y = Identity (mixed)\n");
    static const char *const scores[] = { "product", "capped", "masked", "probabilities" };
    if (n->want_scores)
        g_string_append_printf(out, "scores = Identity (%s)\n", scores[n->mode]);
}

static char *joined(const char *const *names)
{
    return g_strjoinv(", ", (char **)names);
}

void attention_function(Scenario *s, const AttentionNode *n)
{
    const char *attributes[10] = { NULL }, *inputs[8] = { "Q", "K", "V" }, *outputs[5] = { "Y" };
    gsize a = 0, i = 3, o = 1;
    const gboolean late = n->nonpad != NULL;
    if (n->mask != MASK_NONE || n->cache || late)
        inputs[i++] = "attn_mask";
    if (n->cache || late) {
        inputs[i++] = "past_key";
        inputs[i++] = "past_value";
    }
    if (late)
        inputs[i++] = "nonpad_kv_seqlen";
    if (n->want_present || n->want_scores) {
        outputs[o++] = n->want_present ? "present_key" : "no_present_key";
        outputs[o++] = n->want_present ? "present_value" : "no_present_value";
    }
    if (n->want_scores)
        outputs[o++] = "scores";
    if (n->scale)
        attributes[a++] = "scale";
    if (n->softcap != 0)
        attributes[a++] = "softcap";
    g_autofree char *in = joined(inputs), *out = joined(outputs), *names = joined(attributes);
    g_autoptr(GString) text = g_string_new(NULL);
    g_string_printf(text, "<domain: \"\", opset_import: [\"\" : %d]>\nAttention %s%s%s(%s) => (%s) {\n", (int)n->version, a ? "<" : "", names,
                    a ? "> " : "", in, out);
    append_operands(text, n);
    append_heads(text);
    append_product(text, n);
    append_softmax(text, n, append_bias(text, n));
    if (n->want_scores && !n->want_present)
        g_string_append(text, "no_present_key = Identity (own_K)\nno_present_value = Identity (own_V)\n");
    g_string_append(text, "}");
    scenario_function(s, text->str);
}
