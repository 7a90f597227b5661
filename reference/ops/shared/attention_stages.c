#include "reference/ops/shared/attention_stages.h"

#include "reference/ops/shared/attention_core.h"
#include "reference/ops/shared/attention_stages_bound.h"
#include "reference/tensor/convert.h"

#include <math.h>

/* ---- what the node says -------------------------------------------------------------------------------------------------- */

gboolean stages_check_shapes(Stages *s, GError **error)
{
    const Shape *q = &s->q->shape, *k = &s->k->shape, *v = &s->v->shape;
    if (q->rank != 4 || k->rank != 4 || v->rank != 4)
        return eval_fail(error, "Q, K and V have ranks %d, %d and %d, expected 4", q->rank, k->rank, v->rank);
    if (k->dims[0] != q->dims[0] || v->dims[0] != q->dims[0] || k->dims[3] != q->dims[3] || v->dims[1] != k->dims[1] ||
        v->dims[2] != k->dims[2]) {
        g_autofree char *sq = shape_to_string(q), *sk = shape_to_string(k), *sv = shape_to_string(v);
        return eval_fail(error, "shapes of Q %s, K %s and V %s do not go together", sq, sk, sv);
    }
    if (k->dims[1] < 1 || q->dims[1] % k->dims[1] != 0)
        return eval_fail(error, "%" G_GINT64_FORMAT " query heads are no multiple of %" G_GINT64_FORMAT " key heads", q->dims[1],
                         k->dims[1]);
    s->batch = q->dims[0];
    s->heads = q->dims[1];
    s->kv_heads = k->dims[1];
    s->queries = q->dims[2];
    s->keys = k->dims[2];
    s->depth = q->dims[3];
    s->out_depth = v->dims[3];
    s->precise = s->q->dtype == DTYPE_DOUBLE;
    return TRUE;
}

void stages_set_scale(Stages *s, DType dtype, const float *scale)
{
    const double depth = (double)s->q->shape.dims[3];
    const float given = scale ? *scale : (float)(1 / sqrt(depth));
    const double root = (double)(float)sqrt((double)given); /* of a float32, so one rounding */
    uint64_t cell;
    convert_from_double(dtype, &root, &cell, 1);
    convert_to_double(dtype, &cell, &s->root, 1);
    s->scale = scale ? (double)given : 1 / sqrt(depth);
}

gboolean stages_precision(const Eval *ev, DType own, DType *dtype, GError **error)
{
    *dtype = own == DTYPE_DOUBLE ? DTYPE_DOUBLE : DTYPE_FLOAT;
    if (!eval_has(ev, "softmax_precision"))
        return TRUE;
    const int64_t precision = eval_int(ev, "softmax_precision");
    if (precision != DTYPE_FLOAT && precision != DTYPE_FLOAT16 && precision != DTYPE_DOUBLE && precision != DTYPE_BFLOAT16)
        return eval_fail(error, "softmax_precision is %" G_GINT64_FORMAT ", expected 1, 10, 11 or 16", precision);
    *dtype = (DType)precision;
    return TRUE;
}

/* ---- rows ---------------------------------------------------------------------------------------------------------------- */

static void load(const Tensor *t, int64_t from, double *out, int64_t n)
{
    convert_to_double(t->dtype, (const uint8_t *)t->data + from * dtype_info(t->dtype)->width, out, (gsize)n);
}

static void store(Tensor *t, int64_t to, const double *in, int64_t n)
{
    convert_from_double(t->dtype, in, (uint8_t *)t->data + to * dtype_info(t->dtype)->width, (gsize)n);
}

static int64_t kv_plane(const Stages *s, int64_t item)
{
    return item / s->heads * s->kv_heads + item % s->heads / (s->heads / s->kv_heads);
}

static void score_heads(int64_t first, int64_t last, gpointer data)
{
    Stages *s = data;
    g_autofree double *keys = g_try_new(double, s->keys * s->depth + 1), *rows = g_try_new(double, 2 * s->keys + s->depth + 1);
    if (!keys || !rows) {
        g_atomic_int_set(&s->out_of_memory, 1);
        return;
    }
    double *q = rows + 2 * s->keys;
    const double scale = isnan(s->root) ? (double)NAN : s->root * s->root;
    for (int64_t item = first; item < last; item++) {
        for (int64_t j = 0; j < s->keys; j++) {
            load(s->k, (kv_plane(s, item) * s->keys + j) * s->depth, q, s->depth);
            for (int64_t d = 0; d < s->depth; d++)
                keys[d * s->keys + j] = q[d];
        }
        for (int64_t i = item * s->queries; i < (item + 1) * s->queries; i++) {
            load(s->q, i * s->depth, q, s->depth);
            attention_scores(q, keys, s->keys, s->depth, scale, rows, s->precise ? rows + s->keys : NULL);
            store(s->scores, i * s->keys, rows, s->keys);
        }
    }
}

static void mix_heads(int64_t first, int64_t last, gpointer data)
{
    Stages *s = data;
    g_autofree double *values = g_try_new(double, s->keys * s->out_depth + 1);
    g_autofree double *rows = g_try_new(double, s->keys + 2 * s->out_depth + 1);
    if (!values || !rows) {
        g_atomic_int_set(&s->out_of_memory, 1);
        return;
    }
    double *out = rows + s->keys;
    for (int64_t item = first; item < last; item++) {
        load(s->v, kv_plane(s, item) * s->keys * s->out_depth, values, s->keys * s->out_depth);
        for (int64_t i = item * s->queries; i < (item + 1) * s->queries; i++) {
            load(s->scores, i * s->keys, rows, s->keys);
            attention_mix(rows, values, s->keys, s->out_depth, out, s->precise ? out + s->out_depth : NULL);
            store(s->y, i * s->out_depth, out, s->out_depth);
        }
    }
}

/* ---- the stages ---------------------------------------------------------------------------------------------------------- */

static gboolean scores(Eval *ev, Stages *s, GError **error)
{
    const Shape shape = SHAPE(s->batch, s->heads, s->queries, s->keys);
    s->scores = tensor_new_uninitialised(s->dtype, &shape, error);
    if (!s->scores)
        return FALSE;
    if (s->scores->count > 0) /* empty tensors may have any number of empty rows */
        eval_parallel(ev, s->batch * s->heads, 1, score_heads, s);
    return TRUE;
}

static gboolean hook(Eval *ev, Stages *s, StageHook call, GError **error)
{
    return !call || call(ev, s, error);
}

static gboolean normalise(Stages *s, GError **error)
{
    g_autofree double *row = g_try_new(double, s->keys + 1);
    g_autoptr(Tensor) probabilities = tensor_new_uninitialised(s->dtype, &s->scores->shape, error);
    if (!row || !probabilities)
        return probabilities ? eval_fail(error, "no memory for a row of %" G_GINT64_FORMAT " scores", s->keys) : FALSE;
    for (int64_t i = 0; i * s->keys < s->scores->count; i++) {
        load(s->scores, i * s->keys, row, s->keys);
        attention_softmax(row, s->keys, s->precise || s->dtype == DTYPE_DOUBLE);
        store(probabilities, i * s->keys, row, s->keys);
    }
    tensor_unref(s->scores);
    s->scores = g_steal_pointer(&probabilities);
    return TRUE;
}

static gboolean mix(Eval *ev, Stages *s, GError **error)
{
    const Shape shape = SHAPE(s->batch, s->heads, s->queries, s->out_depth);
    s->y = tensor_new_uninitialised(s->q->dtype, &shape, error);
    if (!s->y)
        return FALSE;
    if (s->y->count > 0)
        eval_parallel(ev, s->batch * s->heads, 1, mix_heads, s);
    return !s->out_of_memory || eval_fail(error, "no memory for a head of %" G_GINT64_FORMAT " keys", s->keys);
}

static gboolean track(Stages *s, gboolean (*stage)(Stages *s, GError **error), GError **error)
{
    return !s->track || !s->certified || stage(s, error);
}

static void swap_tensors(Tensor **a, Tensor **b)
{
    Tensor *t = *a;
    *a = *b;
    *b = t;
}

static void swap_output(Stages *s)
{
    swap_tensors(&s->scores, &s->y);
    swap_tensors(&s->low, &s->y_low);
    swap_tensors(&s->high, &s->y_high);
}

static gboolean finish(Eval *ev, Stages *s, GError **error)
{
    if (!s->last)
        return TRUE;
    swap_output(s);
    const gboolean ok = s->last(ev, s, error);
    swap_output(s);
    if (ok && s->track && !s->y_low) { /* a point: as computed */
        s->y_low = tensor_ref(s->y);
        s->y_high = tensor_ref(s->y);
    }
    return ok;
}

gboolean stages_run(Eval *ev, Stages *s, GError **error)
{
    return scores(ev, s, error) && track(s, stages_bound_scores, error) && hook(ev, s, s->score, error) &&
           track(s, stages_bound_softmax, error) && normalise(s, error) && hook(ev, s, s->prob, error) && mix(ev, s, error) &&
           track(s, stages_bound_mix, error) && finish(ev, s, error);
}

void stages_clear(Stages *s)
{
    g_clear_pointer(&s->scores, tensor_unref);
    g_clear_pointer(&s->low, tensor_unref);
    g_clear_pointer(&s->high, tensor_unref);
    for (gsize i = 0; i < G_N_ELEMENTS(s->own); i++)
        g_clear_pointer(&s->own[i], tensor_unref);
    g_clear_pointer(&s->logits, tensor_unref);
    g_clear_pointer(&s->logits_radius, tensor_unref);
    g_clear_pointer(&s->y, tensor_unref);
    g_clear_pointer(&s->y_low, tensor_unref);
    g_clear_pointer(&s->y_high, tensor_unref);
}

/* Ends that meet everywhere are no interval; NaN meets NaN. */
static gboolean settled(const Stages *s)
{
    for (int64_t i = 0; s->low && i < s->low->count; i++) {
        const double low = tensor_get_double(s->low, i), high = tensor_get_double(s->high, i);
        if (low != high && !(isnan(low) && isnan(high)))
            return FALSE;
    }
    return TRUE;
}

/* ---- graphs -------------------------------------------------------------------------------------------------------------- */

/* A declared type of the modifier's input or output must be that of the scores. */
static gboolean check_declared(const Stages *s, const char *attribute, const ValueInfo *info, GError **error)
{
    const Type *type = info->type;
    if (!type || type->kind == TYPE_NONE)
        return TRUE;
    g_autofree char *wanted = tensor_describe(s->scores);
    if (type->kind != TYPE_TENSOR || (type->elem && type->elem != (int64_t)s->scores->dtype))
        return eval_fail(error, "%s declares another type for '%s', expected %s", attribute, info->name, wanted);
    if (!type->has_shape)
        return TRUE;
    gboolean fits = type->rank == 4;
    for (gsize d = 0; fits && d < 4; d++)
        fits = type->dims[d].value < 0 || type->dims[d].value == s->scores->shape.dims[d];
    return fits || eval_fail(error, "%s declares another shape for '%s', expected %s", attribute, info->name, wanted);
}

static gboolean check_graph(const Stages *s, const char *attribute, const Subgraph *graph, const Graph *text, GError **error)
{
    if (subgraph_input_count(graph) != 1 || subgraph_output_count(graph) != 1)
        return eval_fail(error, "%s has %" G_GSIZE_FORMAT " inputs and %" G_GSIZE_FORMAT " outputs, expected one of each", attribute,
                         subgraph_input_count(graph), subgraph_output_count(graph));
    return check_declared(s, attribute, LIST_AT(&text->inputs, ValueInfo, 0), error) &&
           check_declared(s, attribute, LIST_AT(&text->outputs, ValueInfo, 0), error);
}

/* The graph on the scores, or on their intervals too. */
static gboolean run_graph(Stages *s, Subgraph *graph, Value **out, GError **error)
{
    g_autoptr(Value) in = value_from_tensor(tensor_ref(s->scores));
    if (!s->track)
        return subgraph_run(graph, &in, 1, out, error);
    const gboolean exact = !s->low || tensor_equal(s->low, s->high);
    const Interval known = { exact ? NULL : s->low, exact ? NULL : s->high };
    Interval ends = { NULL, NULL };
    gboolean certified;
    if (!subgraph_run_certified(graph, &in, &known, 1, out, &ends, &certified, error))
        return FALSE;
    tensor_unref(s->low);
    tensor_unref(s->high);
    s->low = (Tensor *)ends.lower;
    s->high = (Tensor *)ends.upper;
    s->certified &= certified;
    return TRUE;
}

gboolean stages_through_graph(Eval *ev, Stages *s, const char *attribute, GError **error)
{
    if (!eval_has(ev, attribute))
        return TRUE;
    Subgraph *graph = eval_subgraph(ev, attribute, error);
    if (!graph || !check_graph(s, attribute, graph, eval_attribute(ev, attribute)->graph, error))
        return FALSE;
    g_autoptr(Value) out = NULL;
    if (!run_graph(s, graph, &out, error))
        return FALSE;
    if (!out || out->kind != VALUE_TENSOR || out->tensor->dtype != s->scores->dtype ||
        !shape_equal(&out->tensor->shape, &s->scores->shape)) {
        g_autofree char *found = out ? value_describe(out) : g_strdup("nothing"), *wanted = tensor_describe(s->scores);
        return eval_fail(error, "%s makes %s of %s, expected the same type and shape", attribute, found, wanted);
    }
    tensor_unref(s->scores);
    s->scores = tensor_ref(out->tensor);
    return TRUE;
}

gboolean stages_operand_through_graph(Eval *ev, Stages *s, gsize which, const char *attribute, GError **error)
{
    const Tensor **operands[] = { &s->q, &s->k, &s->v };
    s->scores = tensor_ref(*operands[which]);
    const gboolean ok = stages_through_graph(ev, s, attribute, error);
    s->certified &= settled(s); /* operands must be points */
    g_clear_pointer(&s->low, tensor_unref);
    g_clear_pointer(&s->high, tensor_unref);
    tensor_unref(s->own[which]);
    s->own[which] = g_steal_pointer(&s->scores);
    *operands[which] = s->own[which];
    return ok;
}

void stages_hide_later_keys(Stages *s)
{
    Tensor *const all[] = { s->scores, s->low, s->high };
    for (gsize t = 0; t < G_N_ELEMENTS(all); t++)
        for (int64_t i = 0; all[t] && i < all[t]->count; i++)
            if (i % s->keys > i / s->keys % s->queries)
                tensor_set_double(all[t], i, -(double)INFINITY);
}

/* ---- operators ----------------------------------------------------------------------------------------------------------- */

gboolean stages_kernel(Eval *ev, StagesRead read, GError **error)
{
    g_auto(Stages) s = { .certified = TRUE };
    if (!read(ev, &s, error) || !stages_run(ev, &s, error))
        return FALSE;
    eval_set_tensor(ev, 0, g_steal_pointer(&s.y));
    return TRUE;
}

gboolean stages_bound(Eval *ev, StagesRead read, GError **error)
{
    g_auto(Stages) s = { .track = TRUE, .certified = TRUE, .fused = eval_may_fuse(ev, 0) };
    if (!read(ev, &s, error) || !stages_run(ev, &s, error))
        return FALSE;
    for (gsize i = 0; i < eval_input_count(ev); i++) {
        Interval interval;
        s.certified &= eval_input_interval(ev, i, &interval) && !interval.lower;
    }
    if (!s.certified)
        eval_set_uncertified(ev, 0);
    else if (!tensor_equal(s.y_low, s.y_high))
        eval_set_interval(ev, 0, g_steal_pointer(&s.y_low), g_steal_pointer(&s.y_high));
    return TRUE;
}
