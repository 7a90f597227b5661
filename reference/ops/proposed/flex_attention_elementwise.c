/* assay.flex_attention FlexAttentionElementwise: the earlier draft of FlexAttention, whose graphs see one element at a time.
 *
 *   score_mod (score, b, h, q, k) -> score     before the softmax
 *   mask_mod (b, h, q, k) -> bool              false: -inf, after score_mod
 *   prob_mod (prob, b, h, q, k) -> prob        after the softmax
 *
 * All scalars; the indices are INT64, h counts query heads. Without enable_gqa K and V have as many heads as Q. */
#include "reference/ops/shared/attention_stages.h"

#include <math.h>

enum { INDICES = 4 };

static Value *scalar(DType dtype, GError **error)
{
    Tensor *t = tensor_new(dtype, &SHAPE0, error);
    return t ? value_from_tensor(t) : NULL;
}

/* Inputs of one call: the element, unless the graph takes indices only, then b, h, q, k. */
static gboolean set_inputs(const Stages *s, int64_t at, gboolean element, Value **inputs, GError **error)
{
    const Shape *shape = &s->scores->shape;
    int64_t rest = at;
    gsize first = 0;
    if (element) {
        if (!(inputs[0] = scalar(s->scores->dtype, error)))
            return FALSE;
        tensor_set_bits(inputs[0]->tensor, 0, tensor_get_bits(s->scores, at));
        first = 1;
    }
    for (int d = INDICES; d-- > 0;) {
        Value *index = inputs[first + (gsize)d] = scalar(DTYPE_INT64, error);
        if (!index)
            return FALSE;
        tensor_set_int(index->tensor, 0, rest % shape->dims[d]);
        rest /= shape->dims[d];
    }
    return TRUE;
}

static gboolean check_arity(const Subgraph *graph, const char *attribute, gsize inputs, GError **error)
{
    return (subgraph_input_count(graph) == inputs && subgraph_output_count(graph) == 1) ||
           eval_fail(error, "%s has %" G_GSIZE_FORMAT " inputs and %" G_GSIZE_FORMAT " outputs, expected %" G_GSIZE_FORMAT " and 1",
                     attribute, subgraph_input_count(graph), subgraph_output_count(graph), inputs);
}

/* One element of the interval as the interval of a scalar; nothing where it is a point. */
static gboolean scalar_interval(const Stages *s, int64_t at, Interval *known, GError **error)
{
    *known = (Interval){ NULL, NULL };
    if (!s->low || tensor_get_bits(s->low, at) == tensor_get_bits(s->high, at))
        return TRUE;
    Tensor *low = tensor_new(s->dtype, &SHAPE0, error), *high = low ? tensor_new(s->dtype, &SHAPE0, error) : NULL;
    *known = (Interval){ low, high };
    if (!high)
        return FALSE;
    tensor_set_bits(low, 0, tensor_get_bits(s->low, at));
    tensor_set_bits(high, 0, tensor_get_bits(s->high, at));
    return TRUE;
}

static void interval_clear(Interval *interval)
{
    tensor_unref((Tensor *)interval->lower);
    tensor_unref((Tensor *)interval->upper);
}

/* Runs the graph for element `at`; `ends` receives the interval of what it makes, when tracking. */
static gboolean call(Subgraph *graph, Stages *s, int64_t at, gboolean element, Value **out, Interval *ends, GError **error)
{
    const gsize n = INDICES + (element ? 1 : 0);
    Value *inputs[1 + INDICES] = { 0 };
    Interval known[1 + INDICES] = { { NULL, NULL } };
    gboolean certified = TRUE, ok = set_inputs(s, at, element, inputs, error);
    if (ok && s->track)
        ok = (!element || scalar_interval(s, at, &known[0], error)) &&
             subgraph_run_certified(graph, inputs, known, n, out, ends, &certified, error);
    else if (ok)
        ok = subgraph_run(graph, inputs, n, out, error);
    s->certified &= certified;
    interval_clear(&known[0]);
    for (gsize i = 0; i < G_N_ELEMENTS(inputs); i++)
        value_unref(inputs[i]);
    return ok;
}

static gboolean check_result(const Value *out, const char *attribute, DType dtype, GError **error)
{
    if (out && out->kind == VALUE_TENSOR && out->tensor->dtype == dtype && out->tensor->shape.rank == 0)
        return TRUE;
    g_autofree char *found = out ? value_describe(out) : g_strdup("nothing");
    return eval_fail(error, "%s makes %s, expected a scalar of %s", attribute, found, dtype_name(dtype));
}

/* Where the interval of each result goes: two copies of the scores, or nothing. */
static gboolean open_ends(const Stages *s, Tensor **low, Tensor **high, GError **error)
{
    if (!s->track)
        return TRUE;
    *low = tensor_copy(s->low ? s->low : s->scores, error);
    *high = *low ? tensor_copy(s->high ? s->high : s->scores, error) : NULL;
    return *high != NULL;
}

static void put_ends(Tensor *low, Tensor *high, int64_t at, const Interval *ends, const Tensor *value)
{
    if (!low)
        return;
    tensor_set_bits(low, at, tensor_get_bits(ends->lower ? ends->lower : value, 0));
    tensor_set_bits(high, at, tensor_get_bits(ends->upper ? ends->upper : value, 0));
}

static void put_masked(Tensor *t, int64_t at)
{
    if (t)
        tensor_set_double(t, at, -(double)INFINITY);
}

static gboolean each_element(Eval *ev, Stages *s, const char *attribute, gboolean mask, GError **error)
{
    if (!eval_has(ev, attribute))
        return TRUE;
    Subgraph *graph = eval_subgraph(ev, attribute, error);
    g_autoptr(Tensor) next = tensor_copy(s->scores, error), low = NULL, high = NULL;
    if (!graph || !next || !check_arity(graph, attribute, INDICES + (mask ? 0 : 1), error) || !open_ends(s, &low, &high, error))
        return FALSE;
    for (int64_t at = 0; at < next->count; at++) {
        g_autoptr(Value) out = NULL;
        Interval ends = { NULL, NULL };
        const gboolean ok = eval_tick(ev, error) && call(graph, s, at, !mask, &out, &ends, error) &&
                            check_result(out, attribute, mask ? DTYPE_BOOL : next->dtype, error);
        if (ok && !mask) {
            tensor_set_bits(next, at, tensor_get_bits(out->tensor, 0));
            put_ends(low, high, at, &ends, out->tensor);
        } else if (ok && tensor_get_bits(out->tensor, 0) == 0) {
            put_masked(next, at);
            put_masked(low, at);
            put_masked(high, at);
        }
        interval_clear(&ends);
        if (!ok)
            return FALSE;
    }
    tensor_unref(s->scores);
    s->scores = g_steal_pointer(&next);
    tensor_unref(s->low);
    tensor_unref(s->high);
    s->low = g_steal_pointer(&low);
    s->high = g_steal_pointer(&high);
    return TRUE;
}

static gboolean score(Eval *ev, Stages *s, GError **error)
{
    return each_element(ev, s, "score_mod", FALSE, error) && each_element(ev, s, "mask_mod", TRUE, error);
}

static gboolean prob(Eval *ev, Stages *s, GError **error)
{
    return each_element(ev, s, "prob_mod", FALSE, error);
}

static gboolean read_node(Eval *ev, Stages *s, GError **error)
{
    s->q = eval_input(ev, 0);
    s->k = eval_input(ev, 1);
    s->v = eval_input(ev, 2);
    s->score = score;
    s->prob = eval_has(ev, "prob_mod") ? prob : NULL;
    if (!stages_check_shapes(s, error) || !stages_precision(ev, s->q->dtype, &s->dtype, error))
        return FALSE;
    if (!eval_int(ev, "enable_gqa") && s->k->shape.dims[1] != s->q->shape.dims[1])
        return eval_fail(error, "%" G_GINT64_FORMAT " query heads and %" G_GINT64_FORMAT " key heads without enable_gqa",
                         s->q->shape.dims[1], s->k->shape.dims[1]);
    const float scale = eval_float(ev, "scale");
    stages_set_scale(s, s->q->dtype, eval_has(ev, "scale") ? &scale : NULL);
    return TRUE;
}

static gboolean flex_attention_elementwise(Eval *ev, GError **error)
{
    return stages_kernel(ev, read_node, error);
}

static gboolean bound(Eval *ev, GError **error)
{
    return stages_bound(ev, read_node, error);
}

OPERATOR_DEFINE(flex_attention_elementwise, "FlexAttentionElementwise", "assay.flex_attention",
    { .since = 1, .signature = "Q:T1, K:T1, V:T1 -> Y:T1", .types = "T1: floats13",
      .attributes = "enable_gqa:int=0, scale:float, softmax_precision:int, score_mod:graph, mask_mod:graph, prob_mod:graph",
      .kernel = flex_attention_elementwise, .bound = bound })
