/* What the three operators mean in published operators: explicit quantization around the primitives. In the graphs' variant a
 * Scan of one step hands the tensor to the graph. */
#include "generators/proposals/attention_precision.h"

static const char *const graphs[PLACES] = { "Q_prologue", "K_prologue", "Softmax_epilogue", "V_prologue" };

static void append_call(GString *out, const char *attribute, const char *in, const char *to)
{
    g_string_append_printf(out, "lead_%s = Constant <value_ints: ints = [0]> ()\nouter_%s = Unsqueeze (%s, lead_%s)\n"
                                "stacked_%s = Scan <num_scan_inputs: int = 1, body: graph = @%s> (outer_%s)\n%s = Squeeze (stacked_%s, lead_%s)\n",
                           to, to, in, to, to, attribute, to, to, to, to);
}

static void append_place(GString *out, const PrecisionNode *n, PrecisionSay say, PrecisionPlace place, const char *in, const char *to)
{
    if (!n->quant[place].type)
        g_string_append_printf(out, "%s = Identity (%s)\n", to, in);
    else if (say == SAY_GRAPHS)
        append_call(out, graphs[place], in, to);
    else
        precision_append_qdq(out, n, place, in, to);
}

static void append_heads(GString *out)
{
    g_string_append(out, "axis2 = Constant <value_ints: ints = [2]> ()\nbatch = Shape <start: int = 0, end: int = 1> (Q)\n"
                         "heads = Shape <start: int = 1, end: int = 2> (Q)\nkv_heads = Shape <start: int = 1, end: int = 2> (K)\n"
                         "group = Div (heads, kv_heads)\n");
    for (const char *c = "KV"; *c; c++)
        g_string_append_printf(out, "wide_%c = Unsqueeze (done_%c, axis2)\nsize_%c = Shape <start: int = 2, end: int = 4> (done_%c)\n"
                                    "spread_%c = Concat <axis: int = 0> (batch, kv_heads, group, size_%c)\neach_%c = Expand (wide_%c, spread_%c)\n"
                                    "merged_%c = Concat <axis: int = 0> (batch, heads, size_%c)\nall_%c = Reshape <allowzero: int = 1> (each_%c, merged_%c)\n",
                               *c, *c, *c, *c, *c, *c, *c, *c, *c, *c, *c, *c, *c, *c);
}

static void append_cast(GString *out, DType type, const char *in, const char *to)
{
    if (type)
        g_string_append_printf(out, "short_%s = Cast <to: int = %d> (%s)\n%s = Cast <to: int = 1> (short_%s)\n", to, (int)type, in, to, to);
    else
        g_string_append_printf(out, "%s = Identity (%s)\n", to, in);
}

/* Scores as the softmax sees them: rounded, masked, bent. A graph sees them masked; rounding leaves -inf alone. */
static void append_scores(GString *out, const PrecisionNode *n, PrecisionSay say)
{
    g_string_append(out, "scale_value = Constant <value_float: float = @scale> ()\nr = Sqrt (scale_value)\nscaled_Q = Mul (done_Q, r)\n"
                         "scaled_K = Mul (all_K, r)\nturned_K = Transpose <perm: ints = [0, 1, 3, 2]> (scaled_K)\nproduct = MatMul (scaled_Q, turned_K)\n");
    append_cast(out, say == SAY_GRAPHS ? DTYPE_UNDEFINED : n->qk_accum, "product", "rounded");
    if (n->causal)
        g_string_append(out, "ones_shape = Shape (rounded)\nyes = ConstantOfShape <value: tensor = bool[1] {1}> (ones_shape)\n"
                             "zero = Constant <value_int: int = 0> ()\nones = Cast <to: int = 1> (yes)\nkept = Trilu <upper: int = 0> (ones, zero)\n"
                             "visible = Cast <to: int = 9> (kept)\nhidden = Constant <value: tensor = float {-inf}> ()\n"
                             "masked = Where (visible, rounded, hidden)\n");
    else
        g_string_append(out, "masked = Identity (rounded)\n");
    if (say == SAY_GRAPHS && (n->qk_accum || n->cap))
        append_call(out, "MatMul1_epilogue", "masked", "scores");
    else if (say == SAY_HYBRID && n->cap)
        append_call(out, "score_mod", "masked", "scores");
    else
        g_string_append(out, "scores = Identity (masked)\n");
}

static char *attribute_list(const PrecisionNode *n, PrecisionSay say)
{
    GString *list = g_string_new("scale");
    if (n->causal)
        g_string_append(list, ", is_causal");
    for (int place = 0; place < PLACES; place++) {
        const PrecisionQuant *q = &n->quant[place];
        const char *p = precision_names[place];
        if (q->type && say == SAY_GRAPHS)
            g_string_append_printf(list, ", %s", graphs[place]);
        else if (q->type)
            g_string_append_printf(list, q->block[0] != 0 ? ", %s_dtype, %s_block" : ", %s_dtype", p, p);
    }
    if (say == SAY_GRAPHS && (n->qk_accum || n->cap))
        g_string_append(list, ", MatMul1_epilogue");
    if (say == SAY_GRAPHS && n->pv_accum)
        g_string_append(list, ", MatMul2_epilogue");
    if (say != SAY_GRAPHS && n->qk_accum)
        g_string_append(list, ", qk_accum");
    if (say != SAY_GRAPHS && n->pv_accum)
        g_string_append(list, ", pv_accum");
    if (say == SAY_HYBRID && n->cap)
        g_string_append(list, ", score_mod");
    return g_string_free(list, FALSE);
}

void precision_function(Scenario *s, const PrecisionNode *n, PrecisionSay say)
{
    static const char *const names[SAYS] = { "GraphAttention", "QuantizedAttention", "HybridAttention" };
    g_autofree char *attributes = attribute_list(n, say);
    g_autoptr(GString) text = g_string_new(NULL);
    g_string_printf(text, "<domain: \"" PRECISION_DOMAIN "\", opset_import: [\"\" : 25]>\n%s <%s> (Q, K, V%s) => (Y) {\n", names[say], attributes,
                    say == SAY_GRAPHS ? "" : ", q_scale, k_scale, p_scale, v_scale, q_zero_point, k_zero_point, p_zero_point, v_zero_point");
    append_place(text, n, say, PLACE_Q, "Q", "done_Q");
    append_place(text, n, say, PLACE_K, "K", "done_K");
    append_place(text, n, say, PLACE_V, "V", "done_V");
    append_heads(text);
    append_scores(text, n, say);
    g_string_append(text, "probabilities = Softmax <axis: int = 3> (scores)\n");
    append_place(text, n, say, PLACE_P, "probabilities", "weights");
    g_string_append(text, "mixed = MatMul (weights, all_V)\n");
    if (say == SAY_GRAPHS && n->pv_accum)
        append_call(text, "MatMul2_epilogue", "mixed", "Y");
    else
        append_cast(text, say == SAY_GRAPHS ? DTYPE_UNDEFINED : n->pv_accum, "mixed", "Y");
    g_string_append(text, "}");
    scenario_function(s, text->str);
}
