/* The same computation said by graphs, by attributes, and by both. */
#include "generators/proposals/attention_precision.h"

#include "reference/onnx/text.h"

#include <math.h>

const char *const precision_names[PLACES] = { "q", "k", "p", "v" };
static const char *const operators[SAYS] = { "GraphAttention", "QuantizedAttention", "HybridAttention" };
static const char *const graphs[PLACES] = { "Q_prologue", "K_prologue", "Softmax_epilogue", "V_prologue" };

/* Scores are integers times the quanta; this factor, whose root is a power of two, puts them far apart. */
#define SCALE 1048576.0f

Shape precision_shape(const PrecisionNode *n, PrecisionPlace place)
{
    return place == PLACE_Q   ? SHAPE(n->batch, n->heads, n->queries, n->depth)
           : place == PLACE_K ? SHAPE(n->batch, n->kv, n->keys, n->depth)
           : place == PLACE_V ? SHAPE(n->batch, n->kv, n->keys, n->values)
                              : SHAPE(n->batch, n->heads, n->queries, n->keys);
}

static gboolean is_blocked(const PrecisionQuant *q)
{
    return q->block[0] != 0;
}

Tensor *precision_scale(const PrecisionNode *n, PrecisionPlace place)
{
    const PrecisionQuant *q = &n->quant[place];
    const Shape x = precision_shape(n, place);
    Shape shape = SHAPE0;
    for (int d = 0; is_blocked(q) && d < 4; d++) {
        shape.rank = 4;
        shape.dims[d] = q->block[d] < 0 ? 1 : x.dims[d] / q->block[d] + (x.dims[d] % q->block[d] != 0);
    }
    Tensor *t = data_constant(DTYPE_FLOAT, &shape, 0);
    for (int64_t i = 0; i < t->count; i++)
        tensor_set_double(t, i, ldexp(q->scale, (int)(i % 4)));
    return t;
}

/* What is quantized and dequantized at once shows its zero point only where it saturates. Probabilities are 0 or 1 here: the
 * zero point puts 1 beyond the last code of uint8, the one asymmetric type at that place. */
Tensor *precision_zero_point(const PrecisionNode *n, PrecisionPlace place)
{
    g_autoptr(Tensor) scale = precision_scale(n, place);
    return data_constant(n->quant[place].type, &scale->shape, place == PLACE_P ? 252 : 3);
}

/* ---- quantizing, in standard operators -------------------------------------------------------------------------------------- */

/* A scale of blocks spread to one for each element: on each axis a list says which block an index is in. */
static void append_spread(GString *out, const PrecisionNode *n, PrecisionPlace place, const char *what)
{
    const PrecisionQuant *q = &n->quant[place];
    const Shape x = precision_shape(n, place);
    const char *p = precision_names[place];
    for (int d = 0; d < 4; d++) {
        g_string_append_printf(out, "%s_%s_at%d = Constant <value_ints: ints = [", p, what, d);
        for (int64_t i = 0; i < x.dims[d]; i++)
            g_string_append_printf(out, "%s%d", i ? ", " : "", q->block[d] < 0 ? 0 : (int)(i / q->block[d]));
        g_string_append_printf(out, "]> ()\n%s_%s_wide%d = Gather <axis: int = %d> (%s_%s%s, %s_%s_at%d)\n", p, what, d, d, p, what,
                               d == 0 ? "" : d == 1 ? "_wide0" : d == 2 ? "_wide1" : "_wide2", p, what, d);
    }
}

/* int8 with halves rounded away from zero: trunc(x / s + sign(x) / 2). */
static void append_ties_away(GString *out, PrecisionPlace place, const char *in, const char *to)
{
    const char *p = precision_names[place];
    g_string_append_printf(out, "%s_quotient = Div (%s, %s_scale)\n%s_size = Abs (%s_quotient)\n%s_half = Constant <value_float: float = 0.5> ()\n"
                                "%s_more = Add (%s_size, %s_half)\n%s_whole = Floor (%s_more)\n%s_sign = Sign (%s_quotient)\n"
                                "%s_signed = Mul (%s_whole, %s_sign)\n%s_low = Constant <value_float: float = -127.0> ()\n"
                                "%s_high = Constant <value_float: float = 127.0> ()\n%s_code = Clip (%s_signed, %s_low, %s_high)\n"
                                "%s = Mul (%s_code, %s_scale)\n",
                           p, in, p, p, p, p, p, p, p, p, p, p, p, p, p, p, p, p, p, p, p, p, to, p, p);
}

void precision_append_qdq(GString *out, const PrecisionNode *n, PrecisionPlace place, const char *in, const char *to)
{
    const PrecisionQuant *q = &n->quant[place];
    const char *p = precision_names[place];
    if (n->ties_away && place <= PLACE_K) {
        append_ties_away(out, place, in, to);
        return;
    }
    const gboolean blocked = is_blocked(q);
    if (blocked) {
        append_spread(out, n, place, "scale");
        if (q->asymmetric)
            append_spread(out, n, place, "zero_point");
    }
    const char *wide = blocked ? "_wide3" : "";
    g_autofree char *zero = q->asymmetric ? g_strdup_printf(", %s_zero_point%s", p, wide) : g_strdup("");
    const char *granularity = blocked ? "axis: int = 3, block_size: int = 1" : "axis: int = 0";
    g_autofree char *type = q->asymmetric ? g_strdup("") : g_strdup_printf(", output_dtype: int = %d", (int)q->type);
    g_string_append_printf(out, "%s_code = QuantizeLinear <%s%s> (%s, %s_scale%s%s)\n%s = DequantizeLinear <%s> (%s_code, %s_scale%s%s)\n", p,
                           granularity, type, in, p, wide, zero, to, granularity, p, p, wide, zero);
}

void precision_append_cap(GString *out, const char *in, const char *to)
{
    g_string_append_printf(out, "cap = Constant <value_float: float = 4096.0> ()\npart = Div (%s, cap)\nbent = Tanh (part)\n%s = Mul (cap, bent)\n",
                           in, to);
}

/* ---- graphs ------------------------------------------------------------------------------------------------------------------ */

static Graph *parse(Scenario *s, const char *name, const char *nodes, const char *in, const char *to)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *text = g_strdup_printf("%s (float[B,H,M,N] %s) => (float[B,H,M,N] %s) {\n%s}", name, in, to, nodes);
    Graph *graph = graph_from_text(scenario_model(s), text, &error);
    if (!graph)
        g_error("attention-precision: %s in\n%s", error->message, text);
    return graph;
}

static void set_graph(Scenario *s, Node *node, const PrecisionNode *n, PrecisionPlace place)
{
    const PrecisionQuant *q = &n->quant[place];
    const char *p = precision_names[place];
    g_autoptr(GString) nodes = g_string_new(NULL);
    if (q->computed)
        g_string_append_printf(nodes, "%s_abs = Abs (%s_in)\n%s_most = ReduceMax <keepdims: int = 0> (%s_abs)\n"
                                      "%s_step = Constant <value: tensor = float {0x1p-7}> ()\n%s_scale = Mul (%s_most, %s_step)\n",
                               p, p, p, p, p, p, p, p);
    g_autofree char *in = g_strdup_printf("%s_in", p), *to = g_strdup_printf("%s_out", p);
    precision_append_qdq(nodes, n, place, in, to);
    Graph *graph = parse(s, graphs[place], nodes->str, in, to);
    g_autofree char *scale = g_strdup_printf("%s_scale", p), *zero = g_strdup_printf("%s_zero_point", p);
    if (!q->computed)
        graph_add_initializer(graph, scale, precision_scale(n, place));
    if (q->asymmetric)
        graph_add_initializer(graph, zero, precision_zero_point(n, place));
    scenario_set_graph(s, node, graphs[place], graph);
}

static void set_round(Scenario *s, Node *node, const PrecisionNode *n)
{
    g_autoptr(GString) scores = g_string_new(NULL);
    if (n->qk_accum)
        g_string_append_printf(scores, "short_scores = Cast <to: int = %d> (scores_in)\nscores_long = Cast <to: int = 1> (short_scores)\n",
                               (int)n->qk_accum);
    if (n->cap)
        precision_append_cap(scores, n->qk_accum ? "scores_long" : "scores_in", "scores_out");
    if (n->qk_accum || n->cap)
        scenario_set_graph(s, node, "MatMul1_epilogue", parse(s, "epilogue1", scores->str, "scores_in", n->cap ? "scores_out" : "scores_long"));
    if (!n->pv_accum)
        return;
    g_autofree char *cast = g_strdup_printf("short_y = Cast <to: int = %d> (y_in)\ny_out = Cast <to: int = 1> (short_y)\n", (int)n->pv_accum);
    scenario_set_graph(s, node, "MatMul2_epilogue", parse(s, "epilogue2", cast, "y_in", "y_out"));
}

/* ---- attributes -------------------------------------------------------------------------------------------------------------- */

static void set_attributes(Scenario *s, Node *node, const PrecisionNode *n)
{
    for (int place = 0; place < PLACES; place++) {
        const PrecisionQuant *q = &n->quant[place];
        g_autofree char *type = g_strdup_printf("%s_dtype", precision_names[place]), *block = g_strdup_printf("%s_block", precision_names[place]);
        if (q->type)
            scenario_set_int(s, node, type, q->type);
        if (q->type && is_blocked(q))
            scenario_set_ints(s, node, block, q->block, 4);
    }
    if (n->qk_accum)
        scenario_set_int(s, node, "qk_accum", n->qk_accum);
    if (n->pv_accum)
        scenario_set_int(s, node, "pv_accum", n->pv_accum);
}

/* Inputs 3 to 10: scales, then zero points; "" for those not given. */
static void add_parameters(Scenario *s, const PrecisionNode *n, const char **inputs)
{
    for (int place = 0; place < PLACES; place++) {
        const PrecisionQuant *q = &n->quant[place];
        const char *p = precision_names[place];
        Model *model = scenario_model(s);
        const char *scale = arena_printf(model->arena, "%s_scale", p), *zero = arena_printf(model->arena, "%s_zero_point", p);
        inputs[3 + place] = q->type ? scale : "";
        inputs[7 + place] = q->type && q->asymmetric ? zero : "";
        if (q->computed) {
            const char *x = inputs[place == PLACE_V ? 2 : place], *abs = arena_printf(model->arena, "%s_abs", p),
                       *most = arena_printf(model->arena, "%s_most", p), *step = arena_printf(model->arena, "%s_step", p);
            scenario_node(s, "", "Abs", NAMES(x), NAMES(abs));
            Node *reduce = scenario_node(s, "", "ReduceMax", NAMES(abs), NAMES(most));
            scenario_set_int(s, reduce, "keepdims", 0);
            scenario_constant(s, step, data_scalar(DTYPE_FLOAT, 0x1p-7));
            scenario_node(s, "", "Mul", NAMES(most, step), NAMES(scale));
        } else if (q->type) {
            scenario_constant(s, scale, precision_scale(n, (PrecisionPlace)place));
        }
        if (q->type && q->asymmetric)
            scenario_constant(s, zero, precision_zero_point(n, (PrecisionPlace)place));
    }
}

/* ---- the node ------------------------------------------------------------------------------------------------------------------ */

static Tensor *operand(const PrecisionNode *n, PrecisionPlace place)
{
    const Shape shape = precision_shape(n, place);
    const double quantum = n->quantum != 0 ? n->quantum : 0.125;
    Tensor *t = data_integers(DTYPE_FLOAT, &shape, data_seed(precision_names[place]) + n->salt, -40, 40);
    for (int64_t i = 0; i < t->count; i++)
        tensor_set_double(t, i, tensor_get_double(t, i) * quantum);
    return t;
}

Node *precision_node(Scenario *s, const PrecisionNode *n, PrecisionSay say)
{
    const char *inputs[12] = { "Q", "K", "V" };
    scenario_input(s, "Q", operand(n, PLACE_Q));
    scenario_input(s, "K", operand(n, PLACE_K));
    scenario_input(s, "V", operand(n, PLACE_V));
    if (n->smooth_k) {
        scenario_constant(s, "key_axis", data_int64s(&SHAPE(1), (const int64_t[]){ 2 }));
        scenario_node(s, "", "ReduceMean", NAMES("K", "key_axis"), NAMES("mean_K"));
        scenario_node(s, "", "Sub", NAMES("K", "mean_K"), NAMES("smooth_K"));
        inputs[1] = "smooth_K";
    }
    if (say != SAY_GRAPHS)
        add_parameters(s, n, inputs);
    Node *node = scenario_node(s, PRECISION_DOMAIN, operators[say], inputs, NAMES("Y"));
    scenario_set_float(s, node, "scale", SCALE);
    if (n->causal)
        scenario_set_int(s, node, "is_causal", 1);
    if (say == SAY_GRAPHS) {
        for (int place = 0; place < PLACES; place++)
            if (n->quant[place].type)
                set_graph(s, node, n, (PrecisionPlace)place);
        set_round(s, node, n);
    } else {
        set_attributes(s, node, n);
    }
    if (say == SAY_HYBRID && n->cap) {
        g_autoptr(GString) nodes = g_string_new(NULL);
        precision_append_cap(nodes, "scores_in", "scores_out");
        scenario_set_graph(s, node, "score_mod", parse(s, "score_mod", nodes->str, "scores_in", "scores_out"));
    }
    precision_function(s, n, say);
    scenario_output(s, "Y");
    return node;
}
