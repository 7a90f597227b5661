/* assay.moe::GroupedMatMul: output[m, j] = input[m] . weights[g] + bias[g] with g = group_indices[m, j].
 *
 * Source: the RFC for GroupedMatMul (onnx/onnx pull request 8193). Matrices that no index names are never read. */
#include "reference/ops/shared/experts.h"

#define I G_GINT64_FORMAT

typedef struct {
    const Tensor *input, *indices;
    Projection projection;
    int64_t rows, groups, k;
} Grouped;

static gboolean begin(const Eval *ev, Grouped *g, GError **error)
{
    const Tensor *weights = eval_input(ev, 1), *bias = eval_input(ev, 3);
    *g = (Grouped){ .input = eval_input(ev, 0), .indices = eval_input(ev, 2) };
    if (g->input->shape.rank != 2 || weights->shape.rank != 3 || g->indices->shape.rank != 2)
        return eval_fail(error, "input, weights and group_indices have ranks %d, %d and %d, expected 2, 3 and 2",
                         g->input->shape.rank, weights->shape.rank, g->indices->shape.rank);
    const int64_t *w = weights->shape.dims;
    g->rows = g->input->shape.dims[0];
    g->k = g->indices->shape.dims[1];
    g->groups = w[0];
    g->projection =
        (Projection){ .weights = weights, .bias = bias, .inputs = w[1], .outputs = w[2], .inputs_first = TRUE };
    if (g->input->shape.dims[1] != w[1])
        return eval_fail(error, "input has %" I " features, weights take %" I, g->input->shape.dims[1], w[1]);
    if (g->indices->shape.dims[0] != g->rows)
        return eval_fail(error, "group_indices has %" I " rows, expected %" I " like input", g->indices->shape.dims[0],
                         g->rows);
    for (int64_t i = 0; i < g->indices->count; i++) {
        const int64_t group = tensor_get_int(g->indices, i);
        if (group < -g->groups || group >= g->groups)
            return eval_fail(error, "group index %" I " at %" I " is outside [-%" I ", %" I ")", group, i, g->groups,
                             g->groups);
    }
    return eval_expect_shape(bias, "bias", &SHAPE(g->groups, w[2]), error);
}

typedef gboolean (*Keep)(gpointer data, int64_t at, int64_t n, const Span *y, GError **error);

/* Every row of the result, to `keep`. */
static gboolean each_row(Grouped *g, const Interval *x, gboolean certify, Keep keep, gpointer data, GError **error)
{
    const Projection *p = &g->projection;
    g_autofree Span *in = g_try_new(Span, (gsize)p->inputs + 1), *out = g_try_new(Span, (gsize)p->outputs + 1);
    g_autofree double *row = g_try_new(double, (gsize)p->inputs + 1);
    if (!in || !out || !row)
        return eval_fail(error, "no memory for a row of %" I " and %" I " features", p->inputs, p->outputs);
    g->projection.row = row;
    for (int64_t m = 0; m < g->rows && g->k > 0; m++) {
        span_load(g->input, x, m * p->inputs, p->inputs, in);
        for (int64_t j = 0; j < g->k; j++) {
            const int64_t group = tensor_get_int(g->indices, m * g->k + j);
            expert_project(p, group < 0 ? group + g->groups : group, g->input->dtype, certify, in, out);
            if (!keep(data, (m * g->k + j) * p->outputs, p->outputs, out, error))
                return FALSE;
        }
    }
    return TRUE;
}

static gboolean keep_values(gpointer data, int64_t at, int64_t n, const Span *y, G_GNUC_UNUSED GError **error)
{
    span_store(data, at, n, y);
    return TRUE;
}

static gboolean grouped_mat_mul(Eval *ev, GError **error)
{
    Grouped g;
    if (!begin(ev, &g, error))
        return FALSE;
    Tensor *y = eval_output(ev, 0, g.input->dtype, &SHAPE(g.rows, g.k, g.projection.outputs), error);
    return y && (y->count == 0 || each_row(&g, NULL, FALSE, keep_values, y, error));
}

typedef struct {
    const Tensor *y;
    SpanEnds ends;
} Certificate;

static gboolean keep_ends(gpointer data, int64_t at, int64_t n, const Span *y, GError **error)
{
    Certificate *c = data;
    return span_ends(&c->ends, c->y, at, n, y, error);
}

static gboolean bound(Eval *ev, GError **error)
{
    Grouped g;
    Interval x, rest;
    if (!begin(ev, &g, error))
        return FALSE;
    gboolean known = eval_input_interval(ev, 0, &x);
    for (gsize i = 1; i < eval_input_count(ev); i++)
        known = eval_input_interval(ev, i, &rest) && !rest.lower && known;
    Certificate c = { .y = eval_output_tensor(ev, 0) };
    if (known && c.y->count > 0 && !each_row(&g, &x, TRUE, keep_ends, &c, error))
        return FALSE;
    eval_set_interval(ev, 0, c.ends.lower, c.ends.upper);
    if (!known)
        eval_set_uncertified(ev, 0);
    return TRUE;
}

OPERATOR_DEFINE(grouped_mat_mul, "GroupedMatMul", "assay.moe",
                { .since = 1,
                  .signature = "input:T, weights:T, group_indices:int64, bias:T? -> output:T",
                  .types = "T: float float16 bfloat16",
                  .kernel = grouped_mat_mul,
                  .bound = bound })
