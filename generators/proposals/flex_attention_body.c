/* What the node means in published operators. A graph attribute is handed its tensor by a Scan, the one published operator
 * that calls a graph with inputs; or the modifier's nodes stand in the body, as a context-dependent function has them. */
#include "generators/proposals/flex_attention.h"

#define HEADS(x)                                                                                        \
    "wide_" x " = Unsqueeze (" x ", axis2)\n"                                                           \
    "length_" x " = Shape <start: int = 2, end: int = 4> (" x ")\n"                                     \
    "spread_" x " = Concat <axis: int = 0> (batch, kv_heads, group, length_" x ")\n"                    \
    "each_" x " = Expand (wide_" x ", spread_" x ")\n"                                                  \
    "merged_" x " = Concat <axis: int = 0> (batch, heads, length_" x ")\n"                              \
    "all_" x " = Reshape <allowzero: int = 1> (each_" x ", merged_" x ")\n"

static const char shapes_text[] = "axis2 = Constant <value_ints: ints = [2]> ()\n"
                                  "batch = Shape <start: int = 0, end: int = 1> (Q)\n"
                                  "heads = Shape <start: int = 1, end: int = 2> (Q)\n"
                                  "kv_heads = Shape <start: int = 1, end: int = 2> (K)\n"
                                  "group = Div (heads, kv_heads)\n" HEADS("K") HEADS("V");

static void append_root(GString *out, const FlexNode *n)
{
    if (n->scale)
        g_string_append(out, "scale_value = Constant <value_float: float = @scale> ()\n");
    else
        g_string_append(out, "depth = Shape <start: int = 3, end: int = 4> (Q)\ndepth_float = Cast <to: int = 1> (depth)\n"
                             "depth_root = Sqrt (depth_float)\nunit = Constant <value_floats: floats = [1.0]> ()\n"
                             "scale_value = Div (unit, depth_root)\n");
    g_string_append_printf(out, "scale_root = Sqrt (scale_value)\nr = Cast <to: int = %d> (scale_root)\n"
                                "scaled_Q = Mul (Q, r)\nscaled_K = Mul (all_K, r)\n"
                                "turned_K = Transpose <perm: ints = [0, 1, 3, 2]> (scaled_K)\nproduct = MatMul (scaled_Q, turned_K)\n"
                                "scores = Cast <to: int = %d> (product)\n",
                           (int)n->dtype, (int)flex_precision(n));
}

/* A Scan of one step hands the whole tensor to the graph that the attribute refers to. */
static void append_call(GString *out, const char *attribute, const char *in, const char *to)
{
    g_string_append_printf(out, "lead_%s = Constant <value_ints: ints = [0]> ()\nouter_%s = Unsqueeze (%s, lead_%s)\n"
                                "stacked_%s = Scan <num_scan_inputs: int = 1, body: graph = @%s> (outer_%s)\n"
                                "%s = Squeeze (stacked_%s, lead_%s)\n",
                           to, to, in, to, to, attribute, to, to, to, to);
}

/* A Scan over all elements and their indices. `mask`: no element goes in. */
static void append_each(GString *out, const char *attribute, const char *in, const char *to, gboolean mask)
{
    g_string_append_printf(out, "flat_%s = Reshape (%s, all_in_one)\n"
                                "list_%s = Scan <num_scan_inputs: int = %d, body: graph = @%s> (%s%s%sindex_b, index_h, index_q, index_k)\n"
                                "%s = Reshape <allowzero: int = 1> (list_%s, scores_shape)\n",
                           to, in, to, mask ? 4 : 5, attribute, mask ? "" : "flat_", mask ? "" : to, mask ? "" : ", ", to, to);
}

static void append_index_lists(GString *out)
{
    static const char *const across[] = { "-1, 1, 1, 1", "1, -1, 1, 1", "1, 1, -1, 1", "1, 1, 1, -1" };
    g_string_append(out, "scores_shape = Shape (scores)\nall_in_one = Constant <value_ints: ints = [-1]> ()\n"
                         "zero = Constant <value_int: int = 0> ()\none = Constant <value_int: int = 1> ()\n");
    for (int d = 0; d < 4; d++) {
        const char c = "bhqk"[d];
        g_string_append_printf(out, "axis_%c = Constant <value_int: int = %d> ()\nsize_%c = Gather (scores_shape, axis_%c)\n"
                                    "range_%c = Range (zero, size_%c, one)\nacross_%c = Constant <value_ints: ints = [%s]> ()\n"
                                    "turned_%c = Reshape (range_%c, across_%c)\nspread_%c = Expand (turned_%c, scores_shape)\n"
                                    "index_%c = Reshape (spread_%c, all_in_one)\n",
                               c, d, c, c, c, c, c, across[d], c, c, c, c, c, c, c);
    }
}

/* From "scores" to the name that the result has. */
static const char *append_score(GString *out, const FlexNode *n)
{
    const char *scores[FLEX_STAGES] = { 0 }, *masks[FLEX_STAGES] = { 0 };
    if (!n->elementwise) {
        if (n->score[0])
            append_call(out, "score_mod", "scores", "modified");
        return n->score[0] ? "modified" : "scores";
    }
    flex_split_masks(n, scores, masks);
    append_index_lists(out);
    if (scores[0])
        append_each(out, "score_mod", "scores", "modified", FALSE);
    const char *last = scores[0] ? "modified" : "scores";
    if (!masks[0])
        return last;
    append_each(out, "mask_mod", last, "visible", TRUE);
    g_string_append_printf(out, "hidden = Constant <value: tensor = %s {-inf}> ()\nmasked = Where (visible, %s, hidden)\n",
                           dtype_name(flex_precision(n)), last);
    return "masked";
}

static const char *append_prob(GString *out, const FlexNode *n)
{
    if (!n->prob[0])
        return "probabilities";
    if (n->elementwise)
        append_each(out, "prob_mod", "probabilities", "weights", FALSE);
    else
        append_call(out, "prob_mod", "probabilities", "weights");
    return "weights";
}

static char *attribute_names(const FlexNode *n)
{
    const char *scores[FLEX_STAGES] = { 0 }, *masks[FLEX_STAGES] = { 0 }, *names[8] = { 0 };
    gsize k = 0;
    flex_split_masks(n, scores, masks);
    if (n->scale)
        names[k++] = "scale";
    if (n->precision)
        names[k++] = "softmax_precision";
    if (n->elementwise && n->sizes.heads != n->sizes.kv)
        names[k++] = "enable_gqa";
    if (n->elementwise ? scores[0] != NULL : n->score[0] != NULL)
        names[k++] = "score_mod";
    if (n->elementwise && masks[0])
        names[k++] = "mask_mod";
    if (n->prob[0])
        names[k++] = "prob_mod";
    g_autofree char *list = g_strjoinv(", ", (char **)names);
    return k > 0 ? g_strdup_printf("<%s> ", list) : g_strdup("");
}

/* The modifier's own nodes in the body; `kind` "s" or "p". Returns the name of the result; free with g_free. */
static char *append_inlined(GString *out, const FlexNode *n, const char *const *stages, const char *kind, const char *in)
{
    if (!stages[0])
        return g_strdup(in);
    g_string_append_printf(out, "%s_%ss0 = Identity (%s)\n", flex_prefix(n), kind, in);
    flex_append_indices(out, n, stages, kind);
    const gsize count = flex_append_stages(out, n, stages, kind);
    return g_strdup_printf("%s_%ss%" G_GSIZE_FORMAT, flex_prefix(n), kind, count);
}

void flex_function(Scenario *s, const FlexNode *n)
{
    g_autofree char *attributes = attribute_names(n), *scored = NULL, *weights = NULL;
    g_autoptr(GString) text = g_string_new(NULL);
    g_string_printf(text, "<domain: \"%s\", opset_import: [\"\" : 25]>\n%s %s(Q, K, V) => (Y) {\n%s",
                    n->elementwise ? FLEX_ELEMENTWISE : FLEX_PREVIEW, n->elementwise ? "FlexAttentionElementwise" : "FlexAttention",
                    attributes, shapes_text);
    append_root(text, n);
    scored = n->inlined ? append_inlined(text, n, n->score, "s", "scores") : g_strdup(append_score(text, n));
    g_string_append_printf(text, "probabilities = Softmax <axis: int = 3> (%s)\n", scored);
    weights = n->inlined ? append_inlined(text, n, n->prob, "p", "probabilities") : g_strdup(append_prob(text, n));
    g_string_append_printf(text, "values = Cast <to: int = %d> (all_V)\nmixed = MatMul (%s, values)\nY = Cast <to: int = %d> (mixed)\n}",
                           (int)flex_precision(n), weights, (int)n->dtype);
    scenario_function(s, text->str);
    if (n->inlined) {
        Model *model = scenario_functions(s);
        Graph *body = LIST_AT(&model->functions, Function, 0)->body;
        flex_add_constants(s, n, body, FLEX_CONSTANT_NODE, n->score, "s");
        flex_add_constants(s, n, body, FLEX_CONSTANT_NODE, n->prob, "p");
    }
}
