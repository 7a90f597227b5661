/* Routing, experts and their sum in operators that opset 20 has already; arithmetic is float32 where the
 * fused operators say so, whatever the tensors' type. */
#include "generators/proposals/moe.h"

#include <math.h>

/* ---- routing ----------------------------------------------------------------------------------------------------- */

static const char *normalized(Net *net, const char *weights, gboolean zero_is_zero)
{
    const char *sum = net_sum(net, weights, -1, TRUE), *quotient = net_2(net, "Div", weights, sum);
    if (!zero_is_zero)
        return quotient;
    const char *zero = net_number(net, DTYPE_FLOAT, 0);
    return net_add(net, "Where", NAMES(net_2(net, "Equal", sum, zero), zero, quotient), NULL);
}

/* One round of the sparse mixer: the largest of `left`, and its softmax among what is close to it. */
static const char *mixer_round(Net *net, const char *logits, const char *left, const char **index)
{
    const char *top = net_top(net, left, 1, index);
    const char *scale = net_2(net, "Max", net_1(net, "Abs", logits), top);
    const char *ratio = net_2(net, "Div", net_2(net, "Sub", top, logits), scale);
    const char *far = net_2(net, "Greater", ratio, net_number(net, DTYPE_FLOAT, 0.02));
    const char *kept = net_add(net, "Where", NAMES(far, net_number(net, DTYPE_FLOAT, -INFINITY), left), NULL);
    return net_2_axis(net, "GatherElements", net_axis(net, "Softmax", kept, -1), *index, 1);
}

static const char *sparse_mixer(Net *net, const MoeLayer *l, const char *logits, const char **indices)
{
    const char *first, *second, *w1 = mixer_round(net, logits, logits, &first);
    const char *gone = net_tensor(net, data_constant(DTYPE_FLOAT, &SHAPE(l->tokens, 1), -INFINITY));
    Node *node;
    const char *left = net_add(net, "ScatterElements", NAMES(logits, first, gone), &node);
    node_set_int(node, net->graph, "axis", 1);
    const char *w2 = mixer_round(net, logits, left, &second);
    *indices = net_2_axis(net, "Concat", first, second, 1);
    return net_2_axis(net, "Concat", w1, w2, 1);
}

/* Scores [T, E] with `floor` in every group but the best ones; a group's score is the sum of its `of` largest. */
static const char *best_groups(Net *net, const MoeLayer *l, const char *scores, int64_t of, double floor)
{
    const int64_t size = l->experts / l->groups;
    const char *ignored, *chosen, *grouped = net_reshape(net, scores, INTS(l->tokens, l->groups, size));
    const char *group_scores = net_sum(net, net_top(net, grouped, of, &ignored), -1, FALSE);
    net_top(net, group_scores, l->kept_groups, &chosen);
    const char *none = net_tensor(net, data_constant(DTYPE_FLOAT, &SHAPE(l->tokens, l->groups), 0));
    const char *ones = net_tensor(net, data_constant(DTYPE_FLOAT, &SHAPE(l->tokens, l->kept_groups), 1));
    Node *node;
    const char *mask = net_add(net, "ScatterElements", NAMES(none, chosen, ones), &node);
    node_set_int(node, net->graph, "axis", 1);
    const char *kept = net_unsqueeze(net, net_2(net, "Greater", mask, net_number(net, DTYPE_FLOAT, 0)), 2);
    const char *left = net_add(net, "Where", NAMES(kept, grouped, net_number(net, DTYPE_FLOAT, floor)), NULL);
    return net_reshape(net, left, INTS(l->tokens, l->experts));
}

static const char *scaled(Net *net, const MoeLayer *l, const char *weights)
{
    return l->scaling != 0 ? net_2(net, "Mul", weights, net_number(net, DTYPE_FLOAT, l->scaling)) : weights;
}

static const char *sigmoid_groups(Net *net, const MoeLayer *l, const char *logits, const char **indices)
{
    const char *scores = net_1(net, "Sigmoid", logits), *biased = net_2(net, "Add", scores, "correction");
    net_top(net, best_groups(net, l, biased, 2, -INFINITY), l->k, indices);
    const char *weights = net_2_axis(net, "GatherElements", scores, *indices, 1);
    if (l->normalize) {
        const char *plain = net_sum(net, weights, -1, TRUE), *tiny = net_number(net, DTYPE_FLOAT, 1e-20);
        const char *sum = net_2(net, "Add", plain, tiny);
        weights = net_2(net, "Div", weights, sum);
    }
    return scaled(net, l, weights);
}

const char *moe_route(Net *net, const MoeLayer *l, const char *logits, const char **indices)
{
    const char *weights;
    switch (l->routing) {
    case MOE_SOFTMAX_TOP:
        weights = net_top(net, net_axis(net, "Softmax", logits, -1), l->k, indices);
        return l->normalize ? normalized(net, weights, FALSE) : weights;
    case MOE_TOP_SOFTMAX:
        return net_axis(net, "Softmax", net_top(net, logits, l->k, indices), -1);
    case MOE_SPARSE_MIXER:
        return sparse_mixer(net, l, logits, indices);
    case MOE_GIVEN:
        net_top(net, logits, l->k, indices);
        weights = net_2_axis(net, "GatherElements", "router_weights", *indices, 1);
        return l->normalize ? normalized(net, weights, TRUE) : weights;
    case MOE_SIGMOID_GROUPS:
        return sigmoid_groups(net, l, logits, indices);
    case MOE_GREEDY_GROUPS:
        weights = net_top(net, best_groups(net, l, net_axis(net, "Softmax", logits, -1), 1, 0), l->k, indices);
        return scaled(net, l, weights);
    default:
        return net_1(net, "Sigmoid", net_top(net, logits, l->k, indices));
    }
}

/* ---- activations ------------------------------------------------------------------------------------------------- */

static const char *swiglu(Net *net, const MoeLayer *l, DType dtype, const char *g, const char *linear)
{
    if (l->limit != 0) {
        const char *high = net_number(net, dtype, l->limit), *low = net_number(net, dtype, -l->limit);
        g = net_2(net, "Min", g, high);
        linear = net_add(net, "Clip", NAMES(linear, low, high), NULL);
    }
    const char *argument = l->alpha != 0 ? net_2(net, "Mul", g, net_number(net, dtype, l->alpha)) : g;
    const char *gate = net_2(net, "Mul", g, net_1(net, "Sigmoid", argument));
    if (l->beta != 0)
        linear = net_2(net, "Add", linear, net_number(net, dtype, l->beta));
    return net_2(net, "Mul", gate, linear);
}

const char *moe_activate(Net *net, const MoeLayer *l, DType dtype, const char *g, const char *linear)
{
    if (moe_fused(l) == 2) {
        const gboolean interleaved = l->fusion == 1;
        linear = interleaved ? net_slice(net, g, -1, 1, G_MAXINT32, 2) : net_slice(net, g, -1, l->inner, G_MAXINT32, 1);
        g = interleaved ? net_slice(net, g, -1, 0, G_MAXINT32, 2) : net_slice(net, g, -1, 0, l->inner, 1);
    }
    if (l->activation == MOE_SWIGLU)
        return swiglu(net, l, dtype, g, linear);
    const char *h = g;
    if (l->activation == MOE_RELU)
        h = net_1(net, "Relu", g);
    if (l->activation == MOE_SILU)
        h = net_2(net, "Mul", g, net_1(net, "Sigmoid", g));
    if (l->activation == MOE_GELU || l->activation == MOE_GELU_ERF) {
        Node *node;
        h = net_add(net, "Gelu", NAMES(g), &node);
        node_set_string(node, net->graph, "approximate", l->activation == MOE_GELU ? "tanh" : "none");
    }
    return linear ? net_2(net, "Mul", h, linear) : h;
}

/* ---- experts ----------------------------------------------------------------------------------------------------- */

const char *moe_project(Net *net, const char *x, gboolean each, const char *weights, gboolean inputs_first,
                        const char *bias, const char *indices)
{
    const char *matrices = net_2_axis(net, "Gather", weights, indices, 0);
    if (!inputs_first)
        matrices = net_transpose(net, matrices, INTS(0, 1, 3, 2));
    const char *rows = each ? net_unsqueeze(net, x, 2) : net_2(net, "Unsqueeze", x, net_list(net, INTS(1, 2)));
    const char *y = net_squeeze(net, net_2(net, "MatMul", rows, matrices), 2);
    return bias ? net_2(net, "Add", y, net_2_axis(net, "Gather", bias, indices, 0)) : y;
}

const char *moe_combine(Net *net, const char *answers, const char *weights, gboolean skip)
{
    const char *each = net_unsqueeze(net, weights, 2), *products = net_2(net, "Mul", answers, each);
    if (skip) {
        const char *zero = net_number(net, DTYPE_FLOAT, 0);
        products = net_add(net, "Where", NAMES(net_2(net, "Greater", each, zero), products, zero), NULL);
    }
    return net_sum(net, products, 1, FALSE);
}

/* ---- the operators' meanings ------------------------------------------------------------------------------------- */

/* A last node that gives a function's result its name. */
static void finish(Net *net, const char *value, DType from, DType to, const char *name)
{
    Node *node = graph_add_node(net->graph, "", from == to ? "Identity" : "Cast", NAMES(value), NAMES(name));
    if (from != to)
        node_set_int(node, net->graph, "to", to);
}

/* One statement a node: in what order C evaluates the arguments of a call is open, and nodes are numbered as they come. */
static const char *project_as_float(Net *net, const MoeLayer *l, const char *x, gboolean each, const char *weights,
                                    const char *bias, const char *indices)
{
    const char *matrices = net_cast(net, weights, moe_dtype(l), DTYPE_FLOAT);
    const char *addends = l->bias ? net_cast(net, bias, moe_dtype(l), DTYPE_FLOAT) : NULL;
    return moe_project(net, x, each, matrices, FALSE, addends, indices);
}

void moe_mean_attribute(Scenario *s, const MoeLayer *l, const char *const *attributes)
{
    const DType t = moe_dtype(l);
    Function *f =
        model_add_function(scenario_functions(s), VENDOR, "MoE",
                           NAMES("input", "router_probs", "fc1", "fc1_bias", "fc2", "fc2_bias", "fc3", "fc3_bias"),
                           NAMES("output"), attributes);
    function_import(f, "", MOE_OPSET);
    Net net = { f->body, 0 };
    const char *input = net_cast(&net, "input", t, DTYPE_FLOAT), *router = net_cast(&net, "router_probs", t, DTYPE_FLOAT);
    const char *x = net_reshape(&net, input, INTS(l->tokens, l->hidden)), *indices;
    const char *weights = moe_route(&net, l, router, &indices);
    const char *g = project_as_float(&net, l, x, FALSE, "fc1", "fc1_bias", indices);
    const char *up = moe_has_fc3(l) ? project_as_float(&net, l, x, FALSE, "fc3", "fc3_bias", indices) : NULL;
    const char *h = moe_activate(&net, l, DTYPE_FLOAT, g, up);
    const char *answers = project_as_float(&net, l, h, TRUE, "fc2", "fc2_bias", indices);
    const char *y = moe_combine(&net, answers, weights, TRUE);
    if (l->batch)
        y = net_reshape(&net, y, INTS(l->batch, l->tokens / l->batch, l->hidden));
    finish(&net, y, DTYPE_FLOAT, t, "output");
}

void moe_mean_grouped(Scenario *s, gboolean bias)
{
    Function *f = model_add_function(scenario_functions(s), MOE_DOMAIN, "GroupedMatMul",
                                     bias ? NAMES("input", "weights", "group_indices", "bias")
                                          : NAMES("input", "weights", "group_indices"),
                                     NAMES("output"), NO_NAMES);
    function_import(f, "", MOE_OPSET);
    Net net = { f->body, 0 };
    const char *y = moe_project(&net, "input", FALSE, "weights", TRUE, bias ? "bias" : NULL, "group_indices");
    finish(&net, y, DTYPE_FLOAT, DTYPE_FLOAT, "output");
}

void moe_mean_graph(Scenario *s, const MoeLayer *l)
{
    const DType t = moe_dtype(l);
    Function *f = model_add_function(
        scenario_functions(s), MOE_DOMAIN, "GraphMoE",
        NAMES("input", "group_indices", "routing_weights", "fc1", "fc1_bias", "fc2", "fc2_bias", "fc3", "fc3_bias"),
        NAMES("output"), NAMES("activation"));
    function_import(f, "", MOE_OPSET);
    Net net = { f->body, 0 };
    const int64_t rows = l->tokens * l->k;
    const char *g = moe_project(&net, "input", FALSE, "fc1", TRUE, l->bias ? "fc1_bias" : NULL, "group_indices"),
               *up = NULL;
    if (moe_has_fc3(l)) {
        up = moe_project(&net, "input", FALSE, "fc3", TRUE, l->bias ? "fc3_bias" : NULL, "group_indices");
        up = net_reshape(&net, up, INTS(rows, l->inner));
    }
    const char *h = moe_activate(&net, l, t, net_reshape(&net, g, INTS(rows, moe_fused(l) * l->inner)), up);
    h = net_reshape(&net, h, INTS(l->tokens, l->k, l->inner));
    const char *answers = moe_project(&net, h, TRUE, "fc2", TRUE, l->bias ? "fc2_bias" : NULL, "group_indices");
    const char *y = moe_combine(&net, net_cast(&net, answers, t, DTYPE_FLOAT), "routing_weights", FALSE);
    finish(&net, y, DTYPE_FLOAT, t, "output");
}
