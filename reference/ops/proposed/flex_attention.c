/* ai.onnx.preview FlexAttention-1: attention whose scores and probabilities pass through graphs of the model's.
 *
 * Scores are rounded to the softmax's type where a graph sees them, otherwise carried in binary64; the output is rounded
 * once. A row in which everything is masked is NaN, as the softmax of the function body gives. */
#include "reference/bounds/attention.h"
#include "reference/ops/shared/attention_core.h"
#include "reference/ops/shared/wide.h"
#include "reference/tensor/convert.h"

#include <math.h>

typedef struct {
    const Tensor *q, *k, *v;
    Tensor       *scores; /* [B, Hq, L, S], then the probabilities */
    Tensor       *y;
    int64_t       batch, heads, kv_heads, queries, keys, depth, out_depth;
    double        scale;
    gboolean      precise;
    gint          out_of_memory;
} Flex;

static gboolean read_shapes(const Eval *ev, Flex *f, GError **error)
{
    f->q = eval_input(ev, 0);
    f->k = eval_input(ev, 1);
    f->v = eval_input(ev, 2);
    const int64_t *q = f->q->shape.dims, *k = f->k->shape.dims, *v = f->v->shape.dims;
    if (f->q->shape.rank != 4 || f->k->shape.rank != 4 || f->v->shape.rank != 4)
        return eval_fail(error, "Q, K and V have ranks %d, %d and %d, expected 4", f->q->shape.rank, f->k->shape.rank,
                         f->v->shape.rank);
    if (k[0] != q[0] || v[0] != q[0] || k[3] != q[3] || v[1] != k[1] || v[2] != k[2]) {
        g_autofree char *sq = shape_to_string(&f->q->shape), *sk = shape_to_string(&f->k->shape),
                        *sv = shape_to_string(&f->v->shape);
        return eval_fail(error, "shapes of Q %s, K %s and V %s do not go together", sq, sk, sv);
    }
    if (k[1] < 1 || q[1] % k[1] != 0)
        return eval_fail(error, "%" G_GINT64_FORMAT " query heads are no multiple of %" G_GINT64_FORMAT " key heads", q[1], k[1]);
    f->batch = q[0];
    f->heads = q[1];
    f->kv_heads = k[1];
    f->queries = q[2];
    f->keys = k[2];
    f->depth = q[3];
    f->out_depth = v[3];
    f->precise = f->q->dtype == DTYPE_DOUBLE;
    return TRUE;
}

/* The type in which scores stand: that of the softmax where a graph or the attribute makes it visible. */
static gboolean read_precision(const Eval *ev, const Flex *f, DType *dtype, GError **error)
{
    const gboolean given = eval_has(ev, "softmax_precision");
    const int64_t precision = given ? eval_int(ev, "softmax_precision") : f->precise ? DTYPE_DOUBLE : DTYPE_FLOAT;
    if (precision != DTYPE_FLOAT && precision != DTYPE_FLOAT16 && precision != DTYPE_DOUBLE && precision != DTYPE_BFLOAT16)
        return eval_fail(error, "softmax_precision is %" G_GINT64_FORMAT ", expected 1, 10, 11 or 16", precision);
    const gboolean seen = given || eval_has(ev, "score_mod") || eval_has(ev, "prob_mod");
    *dtype = seen ? (DType)precision : DTYPE_DOUBLE;
    return TRUE;
}

/* ---- the three steps ------------------------------------------------------------------------------------------------------ */

static void load(const Tensor *t, int64_t from, double *out, int64_t n)
{
    convert_to_double(t->dtype, (const uint8_t *)t->data + from * dtype_info(t->dtype)->width, out, (gsize)n);
}

static void store(Tensor *t, int64_t to, const double *in, int64_t n)
{
    convert_from_double(t->dtype, in, (uint8_t *)t->data + to * dtype_info(t->dtype)->width, (gsize)n);
}

static int64_t kv_plane(const Flex *f, int64_t item)
{
    return item / f->heads * f->kv_heads + item % f->heads / (f->heads / f->kv_heads);
}

static void score_heads(int64_t first, int64_t last, gpointer data)
{
    Flex *f = data;
    g_autofree double *keys = g_try_new(double, f->keys * f->depth + 1), *rows = g_try_new(double, 2 * f->keys + f->depth + 1);
    if (!keys || !rows) {
        g_atomic_int_set(&f->out_of_memory, 1);
        return;
    }
    double *q = rows + 2 * f->keys;
    for (int64_t item = first; item < last; item++) {
        for (int64_t j = 0; j < f->keys; j++) {
            load(f->k, (kv_plane(f, item) * f->keys + j) * f->depth, q, f->depth);
            for (int64_t d = 0; d < f->depth; d++)
                keys[d * f->keys + j] = q[d];
        }
        for (int64_t i = item * f->queries; i < (item + 1) * f->queries; i++) {
            load(f->q, i * f->depth, q, f->depth);
            attention_scores(q, keys, f->keys, f->depth, f->scale, rows, f->precise ? rows + f->keys : NULL);
            store(f->scores, i * f->keys, rows, f->keys);
        }
    }
}

static void mix_heads(int64_t first, int64_t last, gpointer data)
{
    Flex *f = data;
    g_autofree double *values = g_try_new(double, f->keys * f->out_depth + 1);
    g_autofree double *rows = g_try_new(double, f->keys + 2 * f->out_depth + 1);
    if (!values || !rows) {
        g_atomic_int_set(&f->out_of_memory, 1);
        return;
    }
    double *out = rows + f->keys;
    for (int64_t item = first; item < last; item++) {
        load(f->v, kv_plane(f, item) * f->keys * f->out_depth, values, f->keys * f->out_depth);
        for (int64_t i = item * f->queries; i < (item + 1) * f->queries; i++) {
            load(f->scores, i * f->keys, rows, f->keys);
            attention_mix(rows, values, f->keys, f->out_depth, out, f->precise ? out + f->out_depth : NULL);
            store(f->y, i * f->out_depth, out, f->out_depth);
        }
    }
}

static gboolean normalise(Flex *f, GError **error)
{
    g_autofree double *row = g_try_new(double, f->keys + 1);
    g_autoptr(Tensor) probabilities = tensor_new_uninitialised(f->scores->dtype, &f->scores->shape, error);
    if (!row || !probabilities)
        return probabilities ? eval_fail(error, "no memory for a row of %" G_GINT64_FORMAT " scores", f->keys) : FALSE;
    for (int64_t i = 0; i * f->keys < f->scores->count; i++) {
        load(f->scores, i * f->keys, row, f->keys);
        attention_softmax(row, f->keys, f->precise || f->scores->dtype == DTYPE_DOUBLE);
        store(probabilities, i * f->keys, row, f->keys);
    }
    tensor_unref(f->scores);
    f->scores = g_steal_pointer(&probabilities);
    return TRUE;
}

/* Scores := what the graph makes of them: one tensor of the same type and shape. */
static gboolean modify(Eval *ev, const char *attribute, Flex *f, GError **error)
{
    if (!eval_has(ev, attribute))
        return TRUE;
    Subgraph *graph = eval_subgraph(ev, attribute, error);
    if (!graph)
        return FALSE;
    if (subgraph_input_count(graph) != 1 || subgraph_output_count(graph) != 1)
        return eval_fail(error, "%s has %" G_GSIZE_FORMAT " inputs and %" G_GSIZE_FORMAT " outputs, expected one of each", attribute,
                         subgraph_input_count(graph), subgraph_output_count(graph));
    g_autoptr(Value) in = value_from_tensor(tensor_ref(f->scores)), out = NULL;
    if (!subgraph_run(graph, &in, 1, &out, error))
        return FALSE;
    if (!out || out->kind != VALUE_TENSOR || out->tensor->dtype != f->scores->dtype ||
        !shape_equal(&out->tensor->shape, &f->scores->shape)) {
        g_autofree char *found = out ? value_describe(out) : g_strdup("nothing"), *wanted = tensor_describe(f->scores);
        return eval_fail(error, "%s makes %s of %s, expected the same type and shape", attribute, found, wanted);
    }
    tensor_unref(f->scores);
    f->scores = tensor_ref(out->tensor);
    return TRUE;
}

static gboolean compute(Eval *ev, Flex *f, DType dtype, GError **error)
{
    const Shape scores = SHAPE(f->batch, f->heads, f->queries, f->keys);
    f->scores = tensor_new_uninitialised(dtype, &scores, error);
    if (!f->scores)
        return FALSE;
    if (f->scores->count > 0) /* empty tensors may have any number of empty rows */
        eval_parallel(ev, f->batch * f->heads, 1, score_heads, f);
    if (!modify(ev, "score_mod", f, error) || !normalise(f, error) || !modify(ev, "prob_mod", f, error))
        return FALSE;
    const Shape shape = SHAPE(f->batch, f->heads, f->queries, f->out_depth);
    f->y = eval_output(ev, 0, f->q->dtype, &shape, error);
    if (!f->y)
        return FALSE;
    if (f->y->count > 0)
        eval_parallel(ev, f->batch * f->heads, 1, mix_heads, f);
    return !f->out_of_memory || eval_fail(error, "no memory for a head of %" G_GINT64_FORMAT " keys", f->keys);
}

/* The square root, in float32, multiplies Q and K: a negative scale is a NaN. */
static void read_scale(const Eval *ev, Flex *f)
{
    const float scale = eval_has(ev, "scale") ? eval_float(ev, "scale") : (float)(1 / sqrt((double)f->depth));
    const double root = (double)(float)sqrt((double)scale);
    f->scale = isnan(root) ? (double)NAN : root * root;
}

static gboolean flex_attention(Eval *ev, GError **error)
{
    Flex f = { 0 };
    DType dtype = DTYPE_UNDEFINED;
    if (!read_shapes(ev, &f, error) || !read_precision(ev, &f, &dtype, error))
        return FALSE;
    read_scale(ev, &f);
    const gboolean ok = compute(ev, &f, dtype, error);
    tensor_unref(f.scores);
    return ok;
}

/* ---- bounds ------------------------------------------------------------------------------------------------------------- */

/* Scores, or probabilities, of all queries with their ends. */
typedef struct {
    Tensor *value, *lower, *upper;
} Rows;

static void rows_clear(Rows *r)
{
    tensor_unref(r->value);
    tensor_unref(r->lower);
    tensor_unref(r->upper);
    *r = (Rows){ NULL, NULL, NULL };
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Rows, rows_clear)

static gboolean rows_new(Rows *r, const Flex *f, DType dtype, GError **error)
{
    const Shape shape = SHAPE(f->batch, f->heads, f->queries, f->keys);
    return (r->value = tensor_new(dtype, &shape, error)) && (r->lower = tensor_new(dtype, &shape, error)) &&
           (r->upper = tensor_new(dtype, &shape, error));
}

/* Outwards: a backend need not round what no other operator sees. */
static void rows_set(Rows *r, int64_t at, double value, double error)
{
    const Range range = bounds_store(r->value->dtype, value, error, TRUE);
    tensor_set_double(r->value, at, value);
    tensor_set_double(r->lower, at, range.low);
    tensor_set_double(r->upper, at, range.high);
}

static void rows_load(const Rows *r, int64_t at, int64_t n, double *middle, double *radius)
{
    for (int64_t j = 0; j < n; j++) {
        const double low = tensor_get_double(r->lower, at + j), high = tensor_get_double(r->upper, at + j);
        middle[j] = wide_middle(low, high);
        radius[j] = wide_radius(low, high);
    }
}

/* What the graph makes of them; *certified FALSE where it cannot be followed. */
static gboolean rows_modify(Eval *ev, const char *attribute, Rows *r, gboolean *certified, GError **error)
{
    Subgraph *graph = *certified && eval_has(ev, attribute) ? eval_subgraph(ev, attribute, error) : NULL;
    if (!graph)
        return !*certified || !eval_has(ev, attribute);
    g_autoptr(Value) in = value_from_tensor(tensor_ref(r->value)), out = NULL;
    const Interval known = { r->lower, r->upper };
    Interval ends = { NULL, NULL };
    if (!subgraph_run_certified(graph, &in, &known, 1, &out, &ends, certified, error))
        return FALSE;
    rows_clear(r);
    r->value = tensor_ref(out->tensor);
    r->lower = ends.lower ? (Tensor *)ends.lower : tensor_ref(out->tensor);
    r->upper = ends.upper ? (Tensor *)ends.upper : tensor_ref(out->tensor);
    return TRUE;
}

/* Middles and radii of one input's elements. */
typedef struct {
    Tensor *middle, *radius;
} Operand;

static void operand_clear(Operand *o)
{
    tensor_unref(o->middle);
    tensor_unref(o->radius);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Operand, operand_clear)

static double map_radius(double low, double high, G_GNUC_UNUSED gsize input, G_GNUC_UNUSED gconstpointer data)
{
    return wide_radius(low, high);
}

static gboolean operand_init(Operand *o, const Wide *w, gsize input, GError **error)
{
    return (o->middle = wide_map(w, input, wide_map_middle, NULL, error)) &&
           (o->radius = wide_map(w, input, map_radius, NULL, error));
}

static const double *from(const Tensor *t, int64_t at)
{
    return (const double *)t->data + at;
}

static gboolean bound_scores(const Flex *f, const Wide *w, Rows *scores, double *room, GError **error)
{
    g_auto(Operand) q = { NULL, NULL }, k = { NULL, NULL };
    if (!operand_init(&q, w, 0, error) || !operand_init(&k, w, 1, error))
        return FALSE;
    for (int64_t i = 0; i < f->batch * f->heads * f->queries; i++) {
        const int64_t keys = kv_plane(f, i / f->queries) * f->keys * f->depth;
        bounds_attention_scores(f->q->dtype, from(q.middle, i * f->depth), from(q.radius, i * f->depth), from(k.middle, keys),
                                from(k.radius, keys), (gsize)f->keys, (gsize)f->depth, f->scale, room, room + f->keys);
        for (int64_t j = 0; j < f->keys; j++)
            rows_set(scores, i * f->keys + j, room[j], room[f->keys + j]);
    }
    return TRUE;
}

static gboolean all_masked(const double *scores, int64_t n)
{
    gboolean masked = TRUE;
    for (int64_t j = 0; j < n; j++)
        masked &= scores[j] == -(double)INFINITY;
    return masked;
}

/* Rows of scores to rows of probabilities; a row without a finite maximum leaves nothing certified. */
static void bound_probabilities(const Flex *f, Rows *rows, double *room, gboolean *certified)
{
    double *x = room, *radius = room + f->keys, *p = room + 2 * f->keys, *e = room + 3 * f->keys;
    for (int64_t i = 0; i < f->batch * f->heads * f->queries && *certified; i++) {
        rows_load(rows, i * f->keys, f->keys, x, radius);
        *certified = bounds_softmax(f->q->dtype, x, radius, (gsize)f->keys, p, e);
        for (int64_t j = 0; *certified && j < f->keys; j++)
            rows_set(rows, i * f->keys + j, p[j], e[j]);
    }
}

static gboolean bound_output(const Flex *f, const Wide *w, const Rows *rows, gboolean probabilities, double *room, Ends *ends,
                             gboolean *certified, GError **error)
{
    g_auto(Operand) v = { NULL, NULL };
    if (!operand_init(&v, w, 2, error))
        return FALSE;
    const DType dtype = f->q->dtype;
    double *x = room, *radius = room + f->keys, *p = room + 2 * f->keys, *e = room + 3 * f->keys, *out = room + 4 * f->keys;
    for (int64_t i = 0; i < f->batch * f->heads * f->queries && *certified; i++) {
        const int64_t values = kv_plane(f, i / f->queries) * f->keys * f->out_depth;
        const double *middle = from(v.middle, values), *spread = from(v.radius, values);
        gboolean exact = FALSE;
        rows_load(rows, i * f->keys, f->keys, x, radius);
        if (!probabilities && all_masked(x, f->keys)) /* NaN, as the kernel says */
            continue;
        if (probabilities)
            bounds_weighted_sum(dtype, x, radius, middle, spread, (gsize)f->keys, (gsize)f->out_depth, out, out + f->out_depth);
        else if ((*certified = bounds_weights(dtype, x, radius, (gsize)f->keys, p, e, &exact)))
            bounds_attention_mix(dtype, p, e, exact, middle, spread, (gsize)f->keys, (gsize)f->out_depth, out, out + f->out_depth);
        for (int64_t d = 0; d < f->out_depth && *certified; d++) {
            *certified = isfinite(out[d]) && isfinite(out[f->out_depth + d]);
            const Range r = bounds_store(f->y->dtype, out[d], out[f->out_depth + d], eval_may_fuse(ends->ev, 0));
            if (*certified && r.low != r.high && !ends_set(ends, i * f->out_depth + d, r.low, r.high, error))
                return FALSE;
        }
    }
    return TRUE;
}

/* Scores and probabilities travel as intervals through the graphs. Of narrower softmax types there is no rule. */
static gboolean flex_attention_bound(Eval *ev, GError **error)
{
    Flex f = { 0 };
    DType dtype = DTYPE_UNDEFINED;
    g_auto(Wide) w = { 0 };
    g_auto(Rows) rows = { NULL, NULL, NULL };
    if (!read_shapes(ev, &f, error) || !read_precision(ev, &f, &dtype, error) || !wide_init(&w, ev, error))
        return FALSE;
    read_scale(ev, &f);
    f.y = (Tensor *)eval_output_tensor(ev, 0);
    Ends ends = ENDS_OF(ev, 0);
    gboolean certified = w.known && w.finite && dtype_info(dtype)->bits >= dtype_info(bounds_compute_type(f.q->dtype))->bits;
    if (certified && f.y->count > 0) {
        g_autofree double *room = g_try_new(double, (gsize)(4 * f.keys + 2 * f.out_depth + 1));
        const gboolean probabilities = eval_has(ev, "prob_mod");
        if (!room)
            return eval_fail(error, "no memory for a row of %" G_GINT64_FORMAT " scores", f.keys);
        if (!rows_new(&rows, &f, dtype, error) || !bound_scores(&f, &w, &rows, room, error) ||
            !rows_modify(ev, "score_mod", &rows, &certified, error))
            return FALSE;
        if (probabilities && certified)
            bound_probabilities(&f, &rows, room, &certified);
        if (!rows_modify(ev, "prob_mod", &rows, &certified, error) ||
            (certified && !bound_output(&f, &w, &rows, probabilities, room, &ends, &certified, error))) {
            ends_abandon(&ends);
            return FALSE;
        }
    }
    (certified ? ends_finish : ends_abandon)(&ends);
    return TRUE;
}

OPERATOR_DEFINE(flex_attention, "FlexAttention", "ai.onnx.preview",
    { .since = 1, .signature = "Q:T1, K:T1, V:T1 -> Y:T1", .types = "T1: floats13",
      .attributes = "scale:float, softmax_precision:int, score_mod:graph, prob_mod:graph", .kernel = flex_attention,
      .bound = flex_attention_bound })
