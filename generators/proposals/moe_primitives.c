/* GroupedMatMul and GraphMoE by themselves, shared experts, and SwiGLU-28 between projections. */
#include "generators/proposals/moe.h"

/* ---- GroupedMatMul ----------------------------------------------------------------------------------------------- */

static void grouped(Generator *g)
{
    static const struct {
        const char *tag, *requirements, *summary;
        int64_t rows, k, inputs, outputs, groups;
        gboolean bias;
        int64_t indices[12];
    } rows[] = {
        { "plain", "R30", "Three rows, two groups each.", 3, 2, 5, 4, 4, FALSE, { 3, 1, 0, 2, 2, 3 } },
        { "bias", "R30", "A bias of each group's own.", 3, 2, 5, 4, 4, TRUE, { 3, 1, 0, 2, 2, 3 } },
        { "one-index", "R30", "One index a row.", 4, 1, 5, 3, 3, TRUE, { 2, 0, 1, 2 } },
        { "repeated", "R30", "A row may name one group twice.", 2, 3, 4, 3, 3, FALSE, { 1, 1, 1, 2, 0, 2 } },
        { "negative", "R31", "Negative indices count from the end.", 3, 2, 5, 4, 4, TRUE, { -1, 1, -4, 2, 3, -2 } },
        { "all-groups", "R30", "Every row meets every group.", 2, 4, 3, 5, 4, FALSE, { 0, 1, 2, 3, 3, 2, 1, 0 } },
        { "one-group", "R30", "A single group: an ordinary product.", 3, 1, 5, 4, 1, TRUE, { 0, 0, 0 } },
        { "no-rows", "R34", "M = 0.", 0, 2, 5, 4, 4, TRUE, { 0 } },
        { "no-indices", "R34", "k = 0.", 3, 0, 5, 4, 4, TRUE, { 0 } },
        { "no-outputs", "R34", "N = 0.", 3, 2, 5, 0, 4, FALSE, { 3, 1, 0, 2, 2, 3 } },
        { "no-inputs", "R30", "K = 0: the bias alone.", 3, 2, 0, 4, 4, TRUE, { 3, 1, 0, 2, 2, 3 } },
        { "square", "R30", "K = N: the order of dims cannot be guessed.", 3, 2, 4, 4, 4, FALSE, { 3, 1, 0, 2, 2, 3 } },
    };
    static const DType dtypes[] = { DTYPE_FLOAT, DTYPE_FLOAT16, DTYPE_BFLOAT16 };
    for (gsize t = 0; t < G_N_ELEMENTS(dtypes); t++)
        for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
            Scenario *s = scenario_new(g, "grouped-matmul-%s-%s", dtype_name(dtypes[t]), rows[i].tag);
            g_autofree char *all = g_strconcat(rows[i].requirements, " R32 R33", NULL);
            scenario_about(s, "grouped-matmul", all, "%s", rows[i].summary);
            const Shape x = SHAPE(rows[i].rows, rows[i].inputs),
                        w = SHAPE(rows[i].groups, rows[i].inputs, rows[i].outputs);
            scenario_input(s, "input", data_integers(dtypes[t], &x, data_seed("rows"), -3, 3));
            scenario_input(s, "weights", data_integers(dtypes[t], &w, data_seed("matrices"), -3, 3));
            scenario_input(s, "group_indices", data_int64s(&SHAPE(rows[i].rows, rows[i].k), rows[i].indices));
            if (rows[i].bias)
                scenario_input(
                    s, "bias",
                    data_integers(dtypes[t], &SHAPE(rows[i].groups, rows[i].outputs), data_seed("biases"), -9, 9));
            scenario_node(s, MOE_DOMAIN, "GroupedMatMul",
                          rows[i].bias ? NAMES("input", "weights", "group_indices", "bias")
                                       : NAMES("input", "weights", "group_indices"),
                          NAMES("output"));
            moe_mean_grouped(s, rows[i].bias);
            scenario_output(s, "output");
            scenario_emit(s);
        }
}

/* Sums long enough, and elements enough, for the statistics of errors (golden/compare/statistics.h) to tell full precision from
 * less. Exact probes do the rest: on random data an interval alone forgives a narrow accumulator much. */
static void grouped_random(Generator *g)
{
    enum { ROWS = 24, INPUTS = 128, OUTPUTS = 20, GROUPS = 2 };
    int64_t indices[ROWS];
    for (int i = 0; i < ROWS; i++)
        indices[i] = i % 3 == 1;
    Scenario *s = scenario_new(g, "grouped-matmul-float-random");
    scenario_about(s, "grouped-matmul", "R30 R33", "Sums of %d random products: 480 of them, for statistics of the errors.", INPUTS);
    scenario_input(s, "input", data_normal(DTYPE_FLOAT, &SHAPE(ROWS, INPUTS), data_seed("random rows")));
    scenario_input(s, "weights", data_normal(DTYPE_FLOAT, &SHAPE(GROUPS, INPUTS, OUTPUTS), data_seed("random matrices")));
    scenario_input(s, "group_indices", data_int64s(&SHAPE(ROWS, 1), indices));
    scenario_node(s, MOE_DOMAIN, "GroupedMatMul", NAMES("input", "weights", "group_indices"), NAMES("output"));
    moe_mean_grouped(s, FALSE);
    scenario_output(s, "output");
    scenario_emit(s);
}

/* Each set of data for the weakness of sums that it exposes: the last dim is the one that is summed, so weights are columns of
 * what data_sets.c calls rows. */
static void grouped_weaknesses(Generator *g)
{
    enum { ROWS = 4, INPUTS = 96, OUTPUTS = 3, GROUPS = 2 };
    static const int64_t indices[ROWS] = { 1, 0, 0, 1 };
    const DType dtype = DTYPE_FLOAT;
    const Shape x = SHAPE(ROWS, INPUTS), w = SHAPE(GROUPS, INPUTS, OUTPUTS);
    const struct {
        const char *tag, *what;
        Tensor     *rows, *weights;
    } sets[] = {
        { "precise", "Rows need 13 bits, weights are 1 and -1: exact, unless an operand is narrowed",
          data_precise(dtype, &x, data_seed("precise"), 13), data_signs(dtype, &w, data_seed("signs")) },
        { "precise-weights", "Weights need 13 bits, rows are 1 and -1",
          data_signs(dtype, &x, data_seed("signs")), data_precise(dtype, &w, data_seed("precise"), 13) },
        { "cancelling", "What is added nearly cancels", data_cancelling(dtype, &x, data_seed("cancelling")), data_constant(dtype, &w, 1) },
        { "stagnating", "One and many halves of its last place", data_stagnating(dtype, &x), data_constant(dtype, &w, 1) },
        { "range", "Exponents from -20 to 20 on both sides", data_log_uniform(dtype, &x, data_seed("range"), -20, 20),
          data_log_uniform(dtype, &w, data_seed("range of weights"), -20, 20) },
        { "sparse", "Six of 96 inputs are not zero, the last among them", data_sparse(dtype, &x, data_seed("sparse"), 6),
          data_normal(dtype, &w, data_seed("sparse weights")) },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(sets); i++) {
        Scenario *s = scenario_new(g, "grouped-matmul-float-%s", sets[i].tag);
        scenario_about(s, "grouped-matmul", "R30 R33", "%s.", sets[i].what);
        scenario_input(s, "input", sets[i].rows);
        scenario_input(s, "weights", sets[i].weights);
        scenario_input(s, "group_indices", data_int64s(&SHAPE(ROWS, 1), indices));
        scenario_node(s, MOE_DOMAIN, "GroupedMatMul", NAMES("input", "weights", "group_indices"), NAMES("output"));
        moe_mean_grouped(s, FALSE);
        scenario_output(s, "output");
        scenario_emit(s);
    }
}

/* ---- GraphMoE without a graph ------------------------------------------------------------------------------------ */

static void no_graph(Generator *g)
{
    for (int bias = 0; bias < 2; bias++) {
        const MoeLayer l = moe_layer((MoeLayer){ .activation = MOE_IDENTITY, .router = ROUTER_EXACT, .bias = bias });
        g_autofree char *name = g_strdup_printf("no-activation%s", bias ? "-bias" : "");
        Scenario *s = moe_scenario(g, &l, MOE_GRAPH, name);
        scenario_about(s, "graph-activation", "R40 R41",
                       "Without an activation graph the hidden value is the first projection.");
        Graph *graph = scenario_graph(s);
        for (gsize i = 0; i < graph->nodes.n; i++) {
            Node *node = LIST_AT(&graph->nodes, Node, i);
            if (node->attributes.n > 0 && node_attribute(node, "activation"))
                list_remove(&node->attributes, 0);
        }
        scenario_emit(s);
    }
}

/* ---- shared experts ---------------------------------------------------------------------------------------------- */

/* An expert for every token beside those that are routed, perhaps with a gate: sigmoid(x . g) times its answer. */
static void shared(Generator *g)
{
    static const MoeVariant variants[] = { MOE_ATTRIBUTE, MOE_GRAPH, MOE_GROUPED, MOE_DENSE };
    static const char *const ids[] = { "attribute", "graph-activation", "grouped-matmul", "decomposed" };
    for (int gated = 0; gated < 2; gated++)
        for (gsize v = 0; v < G_N_ELEMENTS(variants); v++) {
            const MoeLayer l = moe_layer((MoeLayer){ .router = ROUTER_EXACT });
            g_autofree char *name = g_strdup_printf("shared-expert%s", gated ? "-gated" : "");
            Scenario *s = moe_scenario(g, &l, variants[v], name);
            scenario_about(s, ids[v], "R54 R50", "An expert that every token passes%s is added to the routed ones.",
                           gated ? ", behind a gate of its own," : "");
            scenario_semantic(s, name);
            Graph *graph = scenario_graph(s);
            LIST_AT(&graph->outputs, ValueInfo, 0)->name = "sum";
            Net net = { graph, 500 };
            const char *up =
                net_tensor(&net, data_integers(DTYPE_FLOAT, &SHAPE(l.hidden, l.inner), data_seed("up"), -2, 2));
            const char *down =
                net_tensor(&net, data_integers(DTYPE_FLOAT, &SHAPE(l.inner, l.hidden), data_seed("down"), -2, 2));
            const char *y = net_2(&net, "MatMul", net_1(&net, "Relu", net_2(&net, "MatMul", "input", up)), down);
            if (gated) {
                const char *gate =
                    net_tensor(&net, data_scaled(DTYPE_FLOAT, &SHAPE(l.hidden, 1), data_seed("gate"), -3, 3, -4));
                y = net_2(&net, "Mul", y, net_1(&net, "Sigmoid", net_2(&net, "MatMul", "input", gate)));
            }
            graph_add_node(graph, "", "Add", NAMES("output", y), NAMES("sum"));
            scenario_emit(s);
        }
}

/* ---- SwiGLU-28 --------------------------------------------------------------------------------------------------- */

#define SWIGLU_MEANING                                                                                                 \
    "<domain: \"\", opset_import: [\"\" : 20]> SwiGLU <alpha> (A, B) => (Y) {\n"                                       \
    "    slope_float = Constant <value_float: float = @alpha> ()\n    slope = CastLike (slope_float, A)\n"             \
    "    scaled = Mul (slope, A)\n    gate = Sigmoid (scaled)\n    swish = Mul (A, gate)\n    Y = Mul (swish, B)\n}"

/* Backends that do not know opset 28 can run what is left of the model without the operator. */
static void older_opset(Model *model, Form form, G_GNUC_UNUSED gpointer data)
{
    if (form == FORM_DECOMPOSED)
        model_import(model, "", 21);
}

static void swiglu_28(Generator *g)
{
    static const float alphas[] = { 1, 2, 0.5F };
    static const DType dtypes[] = { DTYPE_FLOAT, DTYPE_FLOAT16, DTYPE_BFLOAT16 };
    for (gsize t = 0; t < G_N_ELEMENTS(dtypes); t++)
        for (gsize a = 0; a < G_N_ELEMENTS(alphas); a++) {
            Scenario *s = scenario_new(g, "swiglu28-%s-alpha%d", dtype_name(dtypes[t]), (int)(alphas[a] * 10));
            scenario_about(s, "grouped-matmul", "R56",
                           "Gates whose sigmoid is 0, a half or 1, times distinct numbers.");
            scenario_opset(s, 28);
            scenario_input(s, "A", data_scaled(dtypes[t], &SHAPE(3, 7), data_seed("gate"), -2, 2, 10));
            scenario_input(s, "B", data_integers(dtypes[t], &SHAPE(3, 7), data_seed("linear"), -9, 9));
            Node *node = scenario_node(s, "", "SwiGLU", NAMES("A", "B"), NAMES("Y"));
            scenario_set_float(s, node, "alpha", alphas[a]);
            scenario_function(s, SWIGLU_MEANING);
            scenario_each_form(s, older_opset, NULL);
            scenario_output(s, "Y");
            scenario_emit(s);
        }
}

void moe_primitives(Generator *g)
{
    grouped(g);
    grouped_random(g);
    grouped_weaknesses(g);
    no_graph(g);
    shared(g);
    swiglu_28(g);
}
