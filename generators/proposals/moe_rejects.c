/* Models that must be refused: each is a valid scenario of this proposal, its twin, with one thing changed. */
#include "generators/proposals/moe.h"

/* The node under test is the only one of its operator's name, or the first. */
static Node *node_of(Scenario *s, const char *op)
{
    Graph *graph = scenario_graph(s);
    for (gsize i = 0; i < graph->nodes.n; i++) {
        Node *node = LIST_AT(&graph->nodes, Node, i);
        if (g_strcmp0(node->op_type, op) == 0)
            return node;
    }
    g_error("no node %s", op);
}

/* Input `at` of the node comes from this constant now. */
static void rewire(Scenario *s, Node *node, gsize at, Tensor *tensor)
{
    scenario_constant(s, "wrong", tensor);
    node->inputs[at] = arena_printf(scenario_model(s)->arena, "wrong");
}

static void type_output(Scenario *s, const MoeLayer *l)
{
    LIST_AT(&scenario_graph(s)->outputs, ValueInfo, 0)->type =
        type_tensor(scenario_model(s), l->dtype, &SHAPE(l->tokens, l->hidden));
}

/* ---- the fused operator ------------------------------------------------------------------------------------------ */

enum { PLAIN, GATED, SEPARATE, MIXER, TWINS };

/* The valid layers, E = 4, H = 6, I = 5, T = 5, and the scenarios that are made of them elsewhere. */
static const struct {
    const char *twin;
    MoeLayer layer;
} twins[TWINS] = {
    { "act-relu-bias-attribute", { .router = ROUTER_EXACT, .bias = TRUE } },
    { "swiglu-plain-interleaved-attribute", { .router = ROUTER_EXACT, .activation = MOE_SWIGLU, .fusion = 1 } },
    { "swiglu-plain-separate-attribute", { .router = ROUTER_EXACT, .activation = MOE_SWIGLU } },
    { "route-sparse-mixer-attribute", { .experts = 8, .routing = MOE_SPARSE_MIXER, .router = ROUTER_EXACT } },
};

static void attributes(Generator *g)
{
    static const struct {
        int twin;
        const char *tag, *requirement, *what, *name;
        int64_t value;
        const char *because;
    } rows[] = {
        { PLAIN, "k-zero", "R7", "k is 0", "k", 0, "k is 0" },
        { PLAIN, "k-negative", "R7", "k is -1", "k", -1, "k is -1" },
        { PLAIN, "k-above-experts", "R7", "k is 5 of 4 experts", "k", 5, "k is 5" },
        { PLAIN, "k-huge", "R7", "k is 2^62", "k", INT64_C(1) << 62, "k is" },
        { GATED, "fusion-3", "R11", "swiglu_fusion is 3", "swiglu_fusion", 3, "swiglu_fusion is 3" },
        { GATED, "fusion-negative", "R11", "swiglu_fusion is -1", "swiglu_fusion", -1, "swiglu_fusion is -1" },
        { GATED, "fusion-dropped", "R19", "swiglu_fusion is 0 and there is no fc3", "swiglu_fusion", 0,
          "fc3_experts_weights is missing" },
        { SEPARATE, "fusion-interleaved-with-fc3", "R19", "the linear part is both in fc1 and in fc3", "swiglu_fusion",
          1, "fc3_experts_weights" },
        { SEPARATE, "fusion-halves-with-fc3", "R19", "the linear part is both in fc1 and in fc3", "swiglu_fusion", 2,
          "fc3_experts_weights" },
        { MIXER, "sparse-mixer-k-1", "R16", "k is 1 with the sparse mixer", "k", 1, "use_sparse_mixer" },
        { MIXER, "sparse-mixer-k-3", "R16", "k is 3 with the sparse mixer", "k", 3, "use_sparse_mixer" },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        const MoeLayer l = moe_layer(twins[rows[i].twin].layer);
        g_autofree char *name = g_strconcat("reject-", rows[i].tag, NULL);
        Scenario *s = moe_scenario(g, &l, MOE_ATTRIBUTE, name);
        scenario_about(s, "attribute", rows[i].requirement, "Must be refused: %s.", rows[i].what);
        scenario_set_int(s, node_of(s, "MoE"), rows[i].name, rows[i].value);
        type_output(s, &l);
        scenario_reject(s, twins[rows[i].twin].twin, rows[i].because);
    }
    static const char *const names[] = { "tanh", "Relu", "", "gelu_tanh" };
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        const MoeLayer l = moe_layer(twins[PLAIN].layer);
        g_autofree char *name = g_strdup_printf("reject-activation-%d", (int)i);
        Scenario *s = moe_scenario(g, &l, MOE_ATTRIBUTE, name);
        scenario_about(s, "attribute", "R8", "Must be refused: there is no activation of the name '%s'.", names[i]);
        scenario_set_string(s, node_of(s, "MoE"), "activation_type", names[i]);
        type_output(s, &l);
        scenario_reject(s, twins[PLAIN].twin, "activation_type");
    }
}

/* A tensor of another shape at one of the node's inputs. */
static void shapes(Generator *g)
{
    static const struct {
        int twin;
        const char *tag, *requirement, *what;
        gsize at;
        Shape shape;
        const char *because;
    } rows[] = {
        { PLAIN, "router-tokens", "R17", "logits for 4 of 5 tokens", 1, { 2, { 4, 4 } }, "router_probs" },
        { PLAIN, "router-rank", "R17", "logits of rank 1", 1, { 1, { 4 } }, "router_probs" },
        { PLAIN,
          "router-experts",
          "R14",
          "logits for 3 experts, weights of 4",
          1,
          { 2, { 5, 3 } },
          "fc1_experts_weights" },
        { PLAIN, "fc1-experts", "R14", "fc1 has 3 experts", 2, { 3, { 3, 5, 6 } }, "fc1_experts_weights" },
        { PLAIN, "fc1-rows", "R14", "fc1 has 4 rows, fc2 takes 5", 2, { 3, { 4, 4, 6 } }, "fc1_experts_weights" },
        { PLAIN,
          "fc1-columns",
          "R14",
          "fc1 takes 7 features, the input has 6",
          2,
          { 3, { 4, 5, 7 } },
          "fc1_experts_weights" },
        { PLAIN, "fc1-rank", "R14", "fc1 of rank 2", 2, { 2, { 20, 6 } }, "fc1_experts_weights" },
        { PLAIN, "fc1-bias-rows", "R13", "fc1's bias has 4 of 5 elements", 3, { 2, { 4, 4 } }, "fc1_experts_bias" },
        { PLAIN, "fc1-bias-rank", "R13", "fc1's bias is one for all experts", 3, { 1, { 5 } }, "fc1_experts_bias" },
        { PLAIN, "fc2-rows", "R14", "fc2 has 5 rows, expected 6", 4, { 3, { 4, 5, 5 } }, "fc2_experts_weights" },
        { PLAIN, "fc2-experts", "R14", "fc2 has 5 experts", 4, { 3, { 5, 6, 5 } }, "fc2_experts_weights" },
        { PLAIN, "fc2-rank", "R14", "fc2 of rank 2", 4, { 2, { 6, 5 } }, "fc2_experts_weights" },
        { PLAIN, "fc2-bias-rows", "R13", "fc2's bias has 5 of 6 elements", 5, { 2, { 4, 5 } }, "fc2_experts_bias" },
        { GATED, "fc1-not-fused", "R14", "fc1 has the gate's rows only", 2, { 3, { 4, 5, 6 } }, "fc1_experts_weights" },
        { SEPARATE, "fc3-rows", "R14", "fc3 has 4 of 5 rows", 6, { 3, { 4, 4, 6 } }, "fc3_experts_weights" },
        { PLAIN, "input-rank-1", "R1", "an input of rank 1", 0, { 1, { 6 } }, "input" },
        { PLAIN, "input-rank-4", "R1", "an input of rank 4", 0, { 4, { 5, 1, 1, 6 } }, "input" },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        const MoeLayer l = moe_layer(twins[rows[i].twin].layer);
        g_autofree char *name = g_strconcat("reject-", rows[i].tag, NULL);
        Scenario *s = moe_scenario(g, &l, MOE_ATTRIBUTE, name);
        scenario_about(s, "attribute", rows[i].requirement, "Must be refused: %s.", rows[i].what);
        rewire(s, node_of(s, "MoE"), rows[i].at, data_constant(l.dtype, &rows[i].shape, 1));
        type_output(s, &l);
        scenario_reject(s, twins[rows[i].twin].twin, rows[i].because);
    }
}

/* ---- GroupedMatMul ----------------------------------------------------------------------------------------------- */

static void grouped(Generator *g)
{
    static const struct {
        const char *tag, *requirement, *what;
        Shape input, weights, indices, bias;
        int64_t last; /* the last index */
        const char *because;
    } rows[] = {
        { "index-too-large",
          "R32",
          "index 4 of 4 groups",
          { 2, { 3, 5 } },
          { 3, { 4, 5, 4 } },
          { 2, { 3, 2 } },
          { 2, { 4, 4 } },
          4,
          "group index 4" },
        { "index-too-small",
          "R32",
          "index -5 of 4 groups",
          { 2, { 3, 5 } },
          { 3, { 4, 5, 4 } },
          { 2, { 3, 2 } },
          { 2, { 4, 4 } },
          -5,
          "group index -5" },
        { "index-huge",
          "R32",
          "index 2^40",
          { 2, { 3, 5 } },
          { 3, { 4, 5, 4 } },
          { 2, { 3, 2 } },
          { 2, { 4, 4 } },
          INT64_C(1) << 40,
          "group index" },
        { "features",
          "R33",
          "6 features meet matrices of 5 rows",
          { 2, { 3, 6 } },
          { 3, { 4, 5, 4 } },
          { 2, { 3, 2 } },
          { 2, { 4, 4 } },
          3,
          "features" },
        { "rows",
          "R33",
          "indices for 2 of 3 rows",
          { 2, { 3, 5 } },
          { 3, { 4, 5, 4 } },
          { 2, { 2, 2 } },
          { 2, { 4, 4 } },
          3,
          "rows" },
        { "input-rank",
          "R33",
          "an input of rank 3",
          { 3, { 1, 3, 5 } },
          { 3, { 4, 5, 4 } },
          { 2, { 3, 2 } },
          { 2, { 4, 4 } },
          3,
          "ranks" },
        { "weights-rank",
          "R33",
          "weights of rank 2",
          { 2, { 3, 5 } },
          { 2, { 5, 4 } },
          { 2, { 3, 2 } },
          { 2, { 4, 4 } },
          3,
          "ranks" },
        { "indices-rank",
          "R33",
          "indices of rank 1",
          { 2, { 3, 5 } },
          { 3, { 4, 5, 4 } },
          { 1, { 3 } },
          { 2, { 4, 4 } },
          3,
          "ranks" },
        { "bias-groups",
          "R33",
          "biases of 3 groups",
          { 2, { 3, 5 } },
          { 3, { 4, 5, 4 } },
          { 2, { 3, 2 } },
          { 2, { 3, 4 } },
          3,
          "bias" },
        { "bias-outputs",
          "R33",
          "biases of 5 features",
          { 2, { 3, 5 } },
          { 3, { 4, 5, 4 } },
          { 2, { 3, 2 } },
          { 2, { 4, 5 } },
          3,
          "bias" },
        { "bias-rank",
          "R33",
          "one bias for all groups",
          { 2, { 3, 5 } },
          { 3, { 4, 5, 4 } },
          { 2, { 3, 2 } },
          { 1, { 4 } },
          3,
          "bias" },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        Scenario *s = scenario_new(g, "reject-grouped-%s", rows[i].tag);
        scenario_about(s, "grouped-matmul", rows[i].requirement, "Must be refused: %s.", rows[i].what);
        scenario_input(s, "input", data_constant(DTYPE_FLOAT, &rows[i].input, 1));
        scenario_input(s, "weights", data_constant(DTYPE_FLOAT, &rows[i].weights, 1));
        Tensor *indices = data_constant(DTYPE_INT64, &rows[i].indices, 1);
        tensor_set_int(indices, indices->count - 1, rows[i].last);
        scenario_input(s, "group_indices", indices);
        scenario_input(s, "bias", data_constant(DTYPE_FLOAT, &rows[i].bias, 1));
        scenario_node(s, MOE_DOMAIN, "GroupedMatMul", NAMES("input", "weights", "group_indices", "bias"),
                      NAMES("output"));
        scenario_output_typed(s, "output", type_tensor(scenario_model(s), DTYPE_FLOAT, &SHAPE(3, 2, 4)));
        scenario_reject(s, "grouped-matmul-float-bias", rows[i].because);
    }
}

/* ---- GraphMoE ---------------------------------------------------------------------------------------------------- */

typedef enum { ONE_INPUT_MORE, NO_INPUT, TWO_OUTPUTS, OTHER_TYPE, OTHER_SHAPE, GRAPHS } GraphChange;

static Graph *wrong_activation(Scenario *s, const MoeLayer *l, GraphChange change)
{
    Model *model = scenario_model(s);
    Graph *graph = graph_new(model, "activation");
    const Shape shape = SHAPE(l->tokens * l->k, l->inner);
    if (change != NO_INPUT)
        graph_add_input(graph, "g", type_tensor(model, l->dtype, &shape));
    if (change == ONE_INPUT_MORE)
        graph_add_input(graph, "l", type_tensor(model, l->dtype, &shape));
    Net net = { graph, 1000 };
    const char *h =
        change == NO_INPUT ? net_tensor(&net, data_constant(l->dtype, &shape, 1)) : net_1(&net, "Relu", "g");
    if (change == OTHER_TYPE)
        h = net_cast(&net, h, l->dtype, DTYPE_DOUBLE);
    if (change == OTHER_SHAPE)
        h = net_slice(&net, h, 1, 0, l->inner - 1, 1);
    graph_add_node(graph, "", "Identity", NAMES(h), NAMES("h"));
    graph_add_output(graph, "h", NULL);
    if (change == TWO_OUTPUTS) {
        graph_add_node(graph, "", "Identity", NAMES(h), NAMES("h2"));
        graph_add_output(graph, "h2", NULL);
    }
    return graph;
}

static void graphs(Generator *g)
{
    static const struct {
        const char *tag, *requirement, *what, *because;
    } rows[GRAPHS] = {
        { "two-inputs", "R42", "the graph takes two inputs, there is no fc3", "inputs" },
        { "no-input", "R42", "the graph takes no input", "inputs" },
        { "two-outputs", "R42", "the graph makes two values", "outputs" },
        { "type", "R43", "the graph makes doubles of floats", "activation makes" },
        { "shape", "R43", "the graph drops a feature", "activation makes" },
    };
    const MoeLayer l = moe_layer(twins[PLAIN].layer);
    for (GraphChange change = ONE_INPUT_MORE; change < GRAPHS; change++) {
        g_autofree char *name = g_strconcat("reject-activation-", rows[change].tag, NULL);
        Scenario *s = moe_scenario(g, &l, MOE_GRAPH, name);
        scenario_about(s, "graph-activation", rows[change].requirement, "Must be refused: %s.", rows[change].what);
        scenario_set_graph(s, node_of(s, "GraphMoE"), "activation", wrong_activation(s, &l, change));
        type_output(s, &l);
        scenario_reject(s, "act-relu-bias-graph", rows[change].because);
    }
    static const struct {
        const char *tag, *what;
        gsize at;
        Shape shape;
        const char *because;
    } inputs[] = {
        { "weights-k", "three weights for two experts", 2, { 2, { 5, 3 } }, "routing_weights" },
        { "weights-tokens", "weights for 4 of 5 tokens", 2, { 2, { 4, 2 } }, "routing_weights" },
        { "weights-rank", "weights of rank 1", 2, { 1, { 10 } }, "routing_weights" },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(inputs); i++) {
        g_autofree char *name = g_strconcat("reject-routing-", inputs[i].tag, NULL);
        Scenario *s = moe_scenario(g, &l, MOE_GRAPH, name);
        scenario_about(s, "graph-activation", "R44", "Must be refused: %s.", inputs[i].what);
        rewire(s, node_of(s, "GraphMoE"), inputs[i].at, data_constant(DTYPE_FLOAT, &inputs[i].shape, 1));
        type_output(s, &l);
        scenario_reject(s, "act-relu-bias-graph", inputs[i].because);
    }
}

static void swiglu_28(Generator *g)
{
    static const Shape others[] = { { 2, { 1, 7 } }, { 2, { 3, 1 } }, { 1, { 7 } }, { 2, { 7, 3 } }, { 0, { 0 } } };
    for (gsize i = 0; i < G_N_ELEMENTS(others); i++) {
        Scenario *s = scenario_new(g, "reject-swiglu28-shape%d", (int)i);
        scenario_about(s, "grouped-matmul", "R56", "Must be refused: the linear part has another shape than the gate.");
        scenario_opset(s, 28);
        scenario_input(s, "A", data_constant(DTYPE_FLOAT, &SHAPE(3, 7), 1));
        scenario_input(s, "B", data_constant(DTYPE_FLOAT, &others[i], 1));
        scenario_node(s, "", "SwiGLU", NAMES("A", "B"), NAMES("Y"));
        scenario_output_typed(s, "Y", type_tensor(scenario_model(s), DTYPE_FLOAT, &SHAPE(3, 7)));
        scenario_reject(s, "swiglu28-float-alpha10", "shape");
    }
}

void moe_rejects(Generator *g)
{
    attributes(g);
    shapes(g);
    grouped(g);
    graphs(g);
    swiglu_28(g);
}
