/* One layer as a model of each variant. Routing and sums are float32 in all of them, so that all have the same bits. */
#include "generators/proposals/moe.h"

#include "generators/engine/chain.h"

static void add_constants(Scenario *s, const MoeLayer *l, gboolean inputs_first)
{
    static const char *const names[] = { "fc1", "fc2", "fc3" };
    for (int fc = 1; fc <= (moe_has_fc3(l) ? 3 : 2); fc++) {
        scenario_constant(s, names[fc - 1], moe_weights(l, fc, inputs_first));
        g_autofree char *bias = g_strconcat(names[fc - 1], "_bias", NULL);
        if (l->bias)
            scenario_constant(s, arena_printf(scenario_model(s)->arena, "%s", bias), moe_bias(l, fc));
    }
}

/* ---- the fused operator ------------------------------------------------------------------------------------------ */

static void set_attributes(Scenario *s, Node *node, const MoeLayer *l, const char **names)
{
    gsize n = 0;
    names[n++] = "activation_type";
    scenario_set_string(s, node, "activation_type", moe_activation_name(l->activation));
    names[n++] = "k";
    scenario_set_int(s, node, "k", l->k);
    const struct {
        const char *name;
        int64_t value;
    } ints[] = { { "normalize_routing_weights", l->normalize },
                 { "swiglu_fusion", l->fusion },
                 { "use_sparse_mixer", l->routing == MOE_SPARSE_MIXER } };
    for (gsize i = 0; i < G_N_ELEMENTS(ints); i++)
        if (ints[i].value) {
            scenario_set_int(s, node, ints[i].name, ints[i].value);
            names[n++] = ints[i].name;
        }
    const struct {
        const char *name;
        double value;
    } floats[] = { { "swiglu_limit", l->limit }, { "activation_alpha", l->alpha }, { "activation_beta", l->beta } };
    for (gsize i = 0; i < G_N_ELEMENTS(floats); i++)
        if (floats[i].value != 0) {
            scenario_set_float(s, node, floats[i].name, (float)floats[i].value);
            names[n++] = floats[i].name;
        }
    names[n] = NULL;
}

static void attribute_variant(Scenario *s, const MoeLayer *l)
{
    const char *attributes[16], *none = l->bias ? NULL : "";
    scenario_input(s, "input", moe_input(l));
    scenario_input(s, "router_probs", moe_logits(l));
    add_constants(s, l, FALSE);
    const gboolean fc3 = moe_has_fc3(l);
    const char *inputs[9] = { "input",
                              "router_probs",
                              "fc1",
                              none ? none : "fc1_bias",
                              "fc2",
                              none ? none : "fc2_bias",
                              fc3 ? "fc3" : "",
                              fc3 && !none ? "fc3_bias" : "",
                              NULL };
    for (int last = 7; last >= 0 && !*inputs[last]; last--)
        inputs[last] = NULL;
    Node *node = scenario_node(s, VENDOR, "MoE", inputs, NAMES("output"));
    set_attributes(s, node, l, attributes);
    moe_mean_attribute(s, l, attributes);
    scenario_output(s, "output");
}

/* ---- variants with the router outside ---------------------------------------------------------------------------- */

/* The token rows [T, H] and float routing of the main graph. */
static const char *begin(Scenario *s, Net *net, const MoeLayer *l, const char **weights, const char **indices)
{
    const DType t = moe_dtype(l);
    scenario_input(s, "input", moe_input(l));
    scenario_input(s, "router_probs", moe_logits(l));
    if (l->routing == MOE_SIGMOID_GROUPS)
        scenario_constant(s, "correction", moe_correction(l));
    if (l->routing == MOE_GIVEN)
        scenario_input(s, "router_weights", moe_given(l, DTYPE_FLOAT));
    *net = (Net){ scenario_graph(s), 0 };
    *weights = moe_route(net, l, net_cast(net, "router_probs", t, DTYPE_FLOAT), indices);
    const char *x = l->batch ? net_reshape(net, "input", INTS(l->tokens, l->hidden)) : "input";
    if (l->routing != MOE_SIGMOID_INPUT)
        return x;
    x = net_2(net, "Mul", x, net_cast(net, *weights, DTYPE_FLOAT, t));
    *weights = net_tensor(net, data_constant(DTYPE_FLOAT, &SHAPE(l->tokens, 1), 1));
    return x;
}

static void finish(Scenario *s, Net *net, const MoeLayer *l, const char *y, DType from)
{
    const DType t = moe_dtype(l);
    if (l->batch)
        y = net_reshape(net, y, INTS(l->batch, l->tokens / l->batch, l->hidden));
    Node *node = scenario_node(s, "", from == t ? "Identity" : "Cast", NAMES(y), NAMES("output"));
    if (from != t)
        scenario_set_int(s, node, "to", t);
    scenario_output(s, "output");
}

static Graph *activation_graph(Scenario *s, const MoeLayer *l)
{
    Model *model = scenario_model(s);
    Graph *graph = graph_new(model, "activation");
    const DType t = moe_dtype(l);
    const int64_t rows = l->tokens * l->k;
    graph_add_input(graph, "g", type_tensor(model, t, &SHAPE(rows, moe_fused(l) * l->inner)));
    if (moe_has_fc3(l))
        graph_add_input(graph, "l", type_tensor(model, t, &SHAPE(rows, l->inner)));
    Net net = { graph, 1000 }; /* names must differ from the outer graph's */
    const char *h = moe_activate(&net, l, t, "g", moe_has_fc3(l) ? "l" : NULL);
    graph_add_node(graph, "", "Identity", NAMES(h), NAMES("h"));
    graph_add_output(graph, "h", type_tensor(model, t, &SHAPE(rows, l->inner)));
    return graph;
}

static void graph_variant(Scenario *s, const MoeLayer *l)
{
    Net net;
    const char *weights, *indices, *x = begin(s, &net, l, &weights, &indices);
    add_constants(s, l, TRUE);
    const gboolean fc3 = moe_has_fc3(l);
    const char *y = net_fresh(&net);
    const char *inputs[10] = { x,
                               indices,
                               weights,
                               "fc1",
                               l->bias ? "fc1_bias" : "",
                               "fc2",
                               l->bias ? "fc2_bias" : "",
                               fc3 ? "fc3" : "",
                               fc3 && l->bias ? "fc3_bias" : "",
                               NULL };
    for (int last = 8; last >= 0 && !*inputs[last]; last--)
        inputs[last] = NULL;
    Node *node = scenario_node(s, MOE_DOMAIN, "GraphMoE", inputs, NAMES(y));
    scenario_set_graph(s, node, "activation", activation_graph(s, l));
    moe_mean_graph(s, l);
    finish(s, &net, l, y, moe_dtype(l));
}

static const char *grouped(Scenario *s, Net *net, const MoeLayer *l, const char *x, const char *weights,
                           const char *bias, const char *indices)
{
    const char *y = net_fresh(net);
    scenario_node(s, MOE_DOMAIN, "GroupedMatMul",
                  l->bias ? NAMES(x, weights, indices, bias) : NAMES(x, weights, indices), NAMES(y));
    return y;
}

/* As the RFC has it: the second projection is called with one index a row. */
static void grouped_variant(Scenario *s, const MoeLayer *l)
{
    Net net;
    const DType t = moe_dtype(l);
    const int64_t rows = l->tokens * l->k;
    const char *weights, *indices, *x = begin(s, &net, l, &weights, &indices);
    add_constants(s, l, TRUE);
    const char *g = grouped(s, &net, l, x, "fc1", "fc1_bias", indices);
    const char *linear = moe_has_fc3(l) ? grouped(s, &net, l, x, "fc3", "fc3_bias", indices) : NULL;
    const char *h = net_reshape(&net, moe_activate(&net, l, t, g, linear), INTS(rows, l->inner));
    const char *answers = grouped(s, &net, l, h, "fc2", "fc2_bias", net_reshape(&net, indices, INTS(rows, 1)));
    answers = net_cast(&net, net_reshape(&net, answers, INTS(l->tokens, l->k, l->hidden)), t, DTYPE_FLOAT);
    moe_mean_grouped(s, l->bias);
    finish(s, &net, l, moe_combine(&net, answers, weights, FALSE), DTYPE_FLOAT);
}

/* Every expert computes every token; weights of those that were not chosen are zero. */
/* Statements, not nested calls: C leaves the order of arguments open, and names are numbered in the order of nodes. */
static const char *add_bias(Net *net, const MoeLayer *l, const char *y, const char *name)
{
    const char *bias = l->bias ? net_unsqueeze(net, name, 1) : NULL;
    return bias ? net_2(net, "Add", y, bias) : y;
}

static void dense_variant(Scenario *s, const MoeLayer *l)
{
    Net net;
    const DType t = moe_dtype(l);
    const char *weights, *indices, *x = begin(s, &net, l, &weights, &indices);
    add_constants(s, l, TRUE);
    const char *rows = net_unsqueeze(&net, x, 0), *g = add_bias(&net, l, net_2(&net, "MatMul", rows, "fc1"), "fc1_bias");
    const char *linear = moe_has_fc3(l) ? add_bias(&net, l, net_2(&net, "MatMul", rows, "fc3"), "fc3_bias") : NULL;
    const char *h = moe_activate(&net, l, t, g, linear);
    const char *answers = net_cast(&net, add_bias(&net, l, net_2(&net, "MatMul", h, "fc2"), "fc2_bias"), t, DTYPE_FLOAT);
    const char *none = net_tensor(&net, data_constant(DTYPE_FLOAT, &SHAPE(l->tokens, l->experts), 0));
    Node *node;
    const char *spread = net_add(&net, "ScatterElements", NAMES(none, indices, weights), &node);
    node_set_int(node, net.graph, "axis", 1);
    spread = net_unsqueeze(&net, net_transpose(&net, spread, INTS(1, 0)), 2);
    finish(s, &net, l, net_sum(&net, net_2(&net, "Mul", answers, spread), 0, FALSE), DTYPE_FLOAT);
}

/* ---- together ---------------------------------------------------------------------------------------------------- */

Scenario *moe_scenario(Generator *g, const MoeLayer *l, MoeVariant variant, const char *name)
{
    static void (*const makers[])(Scenario *, const MoeLayer *) = { attribute_variant, graph_variant, grouped_variant,
                                                                    dense_variant };
    static const char *const tags[] = { "attribute", "graph", "grouped", "dense" };
    Scenario *s = scenario_new(g, "%s-%s", name, tags[variant]);
    makers[variant](s, l);
    return s;
}

/* The same layer without the attribute, as a scenario of its own; its answer is what those give who ignore it. */
static void without_mixer(Generator *g, const MoeLayer *l, Scenario *mixed, const char *name)
{
    MoeLayer plain = *l;
    plain.routing = MOE_SOFTMAX_TOP;
    g_autofree char *other = g_strconcat(name, "-off", NULL);
    Scenario *s = moe_scenario(g, &plain, MOE_ATTRIBUTE, other);
    scenario_about(s, "attribute", "R4", "The logits of %s without use_sparse_mixer.", name);
    Tensor *answer;
    if (scenario_run(s, &answer, 1))
        scenario_alternative(mixed, "ONNX Runtime's CPU provider accepts use_sparse_mixer and routes as if it were 0",
                             &answer, 1);
    scenario_emit(s);
}

void moe_emit(Generator *g, const MoeLayer *layer, guint variants, const char *name, const char *requirements,
              const char *summary)
{
    static const char *const ids[] = { "attribute", "graph-activation", "grouped-matmul", "decomposed" };
    /* The rules about inputs that every valid model keeps, of each variant. */
    static const char *const own[] = { "R7 R8 R14 R17", "R42 R43 R44", "R32 R33", "R3" };
    const MoeLayer complete = moe_layer(*layer), *l = &complete;
    for (MoeVariant v = MOE_ATTRIBUTE; v <= MOE_DENSE; v++) {
        if (!(variants >> v & 1))
            continue;
        Scenario *s = moe_scenario(g, l, v, name);
        g_autofree char *all = g_strdup_printf("%s %s", requirements, own[v]);
        scenario_about(s, ids[v], all, "%s", summary);
        scenario_semantic(s, name);
        Tensor *answer = moe_answer(l, FALSE), *other = l->router == ROUTER_TIED ? moe_answer(l, TRUE) : NULL;
        if (answer)
            scenario_expect(s, 0, answer);
        if (other)
            scenario_alternative(
                s, "ONNX Runtime's MoE sorts (weight, index) pairs in descending order: the higher index wins a tie",
                &other, 1);
        if (l->routing == MOE_SPARSE_MIXER && v == MOE_ATTRIBUTE)
            without_mixer(g, l, s, name);
        scenario_emit(s);
    }
}
