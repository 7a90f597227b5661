/* assay.moe::GraphMoE: a mixture of experts whose router is outside and whose activation is a graph.
 *
 *     g = GroupedMatMul(input, fc1_weights, group_indices, fc1_bias), l likewise with fc3, if there is fc3
 *     h = activation(g [, l]), on all rows [tokens * k, features] at once; no activation: h = g
 *     output = sum over j of routing_weights[., j] * GroupedMatMul(h, fc2_weights, group_indices, fc2_bias)[., j]
 *
 * g, l, h and the experts' answers are of the input's type, the weighted sum is float32 and rounded once more to it.
 * The graph gets its data through its inputs and sees the outer scope, like every graph attribute. */
#include "reference/ops/shared/experts.h"

#define I G_GINT64_FORMAT

typedef struct {
    const Tensor *input, *indices, *weights;
    Projection fc1, fc2, fc3;
    int64_t tokens, k, experts, hidden;
    DType dtype;
    gboolean certify, certified;
} GraphMoe;

static gboolean read_projection(const Eval *ev, const GraphMoe *g, gsize at, const char *name, int64_t inputs,
                                Projection *p, GError **error)
{
    const Tensor *weights = eval_input(ev, at);
    *p = (Projection){ .weights = weights, .bias = eval_input(ev, at + 1), .inputs_first = TRUE };
    if (!weights)
        return !p->bias || eval_fail(error, "%s_bias is given without %s_weights", name, name);
    if (weights->shape.rank != 3 || weights->shape.dims[0] != g->experts ||
        (inputs >= 0 && weights->shape.dims[1] != inputs)) {
        g_autofree char *found = shape_to_string(&weights->shape);
        return eval_fail(error, "%s_weights has shape %s, expected [%" I ", %" I ", output features]", name, found,
                         g->experts, inputs);
    }
    p->inputs = weights->shape.dims[1];
    p->outputs = weights->shape.dims[2];
    g_autofree char *bias = g_strconcat(name, "_bias", NULL);
    return eval_expect_shape(p->bias, bias, &SHAPE(g->experts, p->outputs), error);
}

static gboolean read_indices(const Eval *ev, GraphMoe *g, GError **error)
{
    g->indices = eval_input(ev, 1);
    g->weights = eval_input(ev, 2);
    if (g->indices->shape.rank != 2 || g->indices->shape.dims[0] != g->tokens) {
        g_autofree char *found = shape_to_string(&g->indices->shape);
        return eval_fail(error, "group_indices has shape %s, expected [%" I ", k]", found, g->tokens);
    }
    g->k = g->indices->shape.dims[1];
    if (!eval_expect_shape(g->weights, "routing_weights", &g->indices->shape, error))
        return FALSE;
    for (int64_t i = 0; i < g->indices->count; i++) {
        const int64_t group = tensor_get_int(g->indices, i);
        if (group < -g->experts || group >= g->experts)
            return eval_fail(error, "group index %" I " at %" I " is outside [-%" I ", %" I ")", group, i, g->experts,
                             g->experts);
    }
    return TRUE;
}

static gboolean begin(const Eval *ev, GraphMoe *g, GError **error)
{
    const Tensor *fc1 = eval_input(ev, 3);
    *g = (GraphMoe){ .input = eval_input(ev, 0), .dtype = eval_input(ev, 0)->dtype, .certified = TRUE };
    if (g->input->shape.rank != 2 || fc1->shape.rank != 3)
        return eval_fail(error, "input and fc1_weights have ranks %d and %d, expected 2 and 3", g->input->shape.rank,
                         fc1->shape.rank);
    g->tokens = g->input->shape.dims[0];
    g->hidden = g->input->shape.dims[1];
    g->experts = fc1->shape.dims[0];
    if (!read_indices(ev, g, error) || !read_projection(ev, g, 3, "fc1", g->hidden, &g->fc1, error) ||
        !read_projection(ev, g, 5, "fc2", -1, &g->fc2, error) ||
        !read_projection(ev, g, 7, "fc3", g->hidden, &g->fc3, error))
        return FALSE;
    if (g->fc2.outputs != g->hidden)
        return eval_fail(error, "fc2_weights has %" I " output features, expected %" I " like input", g->fc2.outputs,
                         g->hidden);
    if (g->fc3.weights && !eval_has(ev, "activation"))
        return eval_fail(error, "fc3_weights is given without an activation that takes it");
    return TRUE;
}

/* ---- tensors with their ends ------------------------------------------------------------------------------------- */

typedef struct {
    Tensor *value;
    SpanEnds ends;
} Known;

static void known_clear(Known *k)
{
    tensor_unref(k->value);
    tensor_unref(k->ends.lower);
    tensor_unref(k->ends.upper);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Known, known_clear)

static Interval known_interval(const Known *k)
{
    return (Interval){ k->ends.lower, k->ends.upper };
}

static Span *spans_new(int64_t n, GError **error)
{
    Span *spans = g_try_new(Span, (gsize)n + 1);
    if (!spans)
        eval_fail(error, "no memory for rows of %" I " features", n);
    return spans;
}

/* y[row] := map of x[row / share] by the row's expert; `share` rows of y have one row of x. */
static gboolean project(const GraphMoe *g, Projection p, const Tensor *x, const Interval *known, int64_t share,
                        Known *y, GError **error)
{
    const int64_t rows = g->tokens * g->k;
    y->value = tensor_new(g->dtype, &SHAPE(rows, p.outputs), error);
    g_autofree Span *in = y->value ? spans_new(p.inputs, error) : NULL, *out = in ? spans_new(p.outputs, error) : NULL;
    g_autofree double *weights = g_try_new(double, (gsize)p.inputs + 1);
    if (!out || !weights)
        return out ? eval_fail(error, "no memory for rows of %" I " features", p.inputs) : FALSE;
    p.row = weights;
    for (int pass = 0; pass < (g->certify ? 2 : 1); pass++)
        for (int64_t row = 0; row < rows; row++) {
            const int64_t group = tensor_get_int(g->indices, row);
            span_load(x, known, row / share * p.inputs, p.inputs, in);
            expert_project(&p, group < 0 ? group + g->experts : group, g->dtype, pass == 1, in, out);
            if (pass == 0)
                span_store(y->value, row * p.outputs, p.outputs, out);
            else if (!span_ends(&y->ends, y->value, row * p.outputs, p.outputs, out, error))
                return FALSE;
        }
    return TRUE;
}

/* ---- the graph --------------------------------------------------------------------------------------------------- */

static gboolean check_result(const GraphMoe *g, const Value *h, GError **error)
{
    const Shape expected = SHAPE(g->tokens * g->k, g->fc2.inputs);
    if (h && h->kind == VALUE_TENSOR && h->tensor->dtype == g->dtype && shape_equal(&h->tensor->shape, &expected))
        return TRUE;
    g_autofree char *found = h ? value_describe(h) : g_strdup("nothing"), *wanted = shape_to_string(&expected);
    return eval_fail(error, "activation makes %s, expected %s%s", found, dtype_name(g->dtype), wanted);
}

static gboolean activate(Eval *ev, GraphMoe *g, const Known *gate, const Known *linear, Known *h, GError **error)
{
    if (!eval_has(ev, "activation")) {
        *h = (Known){ tensor_ref(gate->value), { NULL, NULL } };
        if (gate->ends.lower)
            h->ends = (SpanEnds){ tensor_ref(gate->ends.lower), tensor_ref(gate->ends.upper) };
        const Shape expected = SHAPE(g->tokens * g->k, g->fc2.inputs);
        return eval_expect_shape(h->value, "the result of fc1", &expected, error);
    }
    Subgraph *graph = eval_subgraph(ev, "activation", error);
    if (!graph)
        return FALSE;
    const gsize n = g->fc3.weights ? 2 : 1;
    if (subgraph_input_count(graph) != n || subgraph_output_count(graph) != 1)
        return eval_fail(error,
                         "activation has %" G_GSIZE_FORMAT " inputs and %" G_GSIZE_FORMAT
                         " outputs, expected %" G_GSIZE_FORMAT " and 1",
                         subgraph_input_count(graph), subgraph_output_count(graph), n);
    g_autoptr(Value) a = value_from_tensor(tensor_ref(gate->value));
    g_autoptr(Value) b = n == 2 ? value_from_tensor(tensor_ref(linear->value)) : NULL;
    g_autoptr(Value) out = NULL;
    Value *const inputs[2] = { a, b };
    const Interval known[2] = { known_interval(gate), known_interval(linear) };
    Interval ends = { NULL, NULL };
    if (g->certify ? !subgraph_run_certified(graph, inputs, known, n, &out, &ends, &g->certified, error)
                   : !subgraph_run(graph, inputs, n, &out, error))
        return FALSE;
    h->ends = (SpanEnds){ (Tensor *)ends.lower, (Tensor *)ends.upper };
    if (!check_result(g, out, error))
        return FALSE;
    h->value = tensor_ref(out->tensor);
    return TRUE;
}

/* ---- together ---------------------------------------------------------------------------------------------------- */

/* y is written to, or finished and its ends wanted. */
static gboolean combine(const GraphMoe *g, const Known *answers, const Interval *weights, Tensor *y,
                        const Tensor *finished, SpanEnds *ends, GError **error)
{
    if (g->input->count == 0)
        return TRUE;
    const int64_t row = g->k * g->hidden; /* no more than the answers' elements */
    g_autofree Span *a = spans_new(row, error), *w = a ? spans_new(g->k, error) : NULL,
                    *sum = w ? spans_new(g->hidden, error) : NULL;
    if (!sum)
        return FALSE;
    const Interval known = known_interval(answers);
    for (int64_t m = 0; m < g->tokens; m++) {
        span_load(answers->value, &known, m * row, row, a);
        span_load(g->weights, weights, m * g->k, g->k, w);
        expert_combine(w, a, g->k, g->hidden, FALSE, g->certify, sum);
        if (y)
            span_store(y, m * g->hidden, g->hidden, sum);
        else if (!span_ends(ends, finished, m * g->hidden, g->hidden, sum, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean experts(Eval *ev, GraphMoe *g, const Interval *x, Known *answers, GError **error)
{
    g_auto(Known) gate = { 0 }, linear = { 0 }, h = { 0 };
    if (!project(g, g->fc1, g->input, x, MAX(g->k, 1), &gate, error) ||
        (g->fc3.weights && !project(g, g->fc3, g->input, x, MAX(g->k, 1), &linear, error)) ||
        !activate(ev, g, &gate, &linear, &h, error))
        return FALSE;
    const Interval known = known_interval(&h);
    return project(g, g->fc2, h.value, &known, 1, answers, error);
}

static gboolean graph_moe(Eval *ev, GError **error)
{
    GraphMoe g;
    g_auto(Known) answers = { 0 };
    if (!begin(ev, &g, error) || !experts(ev, &g, NULL, &answers, error))
        return FALSE;
    Tensor *y = eval_output(ev, 0, g.dtype, &g.input->shape, error);
    return y && combine(&g, &answers, NULL, y, NULL, NULL, error);
}

static gboolean bound(Eval *ev, GError **error)
{
    GraphMoe g;
    g_auto(Known) answers = { 0 };
    Interval x, weights, rest;
    if (!begin(ev, &g, error))
        return FALSE;
    gboolean known = eval_input_interval(ev, 0, &x) && eval_input_interval(ev, 2, &weights);
    for (gsize i = 1; i < eval_input_count(ev); i++)
        known = eval_input_interval(ev, i, &rest) && (i == 2 || !rest.lower) && known;
    SpanEnds ends = { NULL, NULL };
    g.certify = TRUE;
    if (known && (!experts(ev, &g, &x, &answers, error) ||
                  !combine(&g, &answers, &weights, NULL, eval_output_tensor(ev, 0), &ends, error)))
        return FALSE;
    eval_set_interval(ev, 0, ends.lower, ends.upper);
    if (!known || !g.certified)
        eval_set_uncertified(ev, 0);
    return TRUE;
}

OPERATOR_DEFINE(graph_moe, "GraphMoE", "assay.moe",
    { .since = 1,
      .signature =
          "input:T, group_indices:int64, routing_weights:R, fc1_weights:T, fc1_bias:T?, fc2_weights:T, fc2_bias:T?, "
          "fc3_weights:T?, fc3_bias:T? -> output:T",
      .types = "T: float float16 bfloat16 | R: float float16 bfloat16",
      .attributes = "activation:graph",
      .kernel = graph_moe,
      .bound = bound })
