/* com.microsoft GroupQueryAttention-1: attention over a cache that the node extends, with the rotation of queries and
 * keys, a normalisation of both, a window, a sink and a quantized cache on the way.
 *
 * Source: ONNX Runtime's description of the operator, as the schema in release 1.32 gives it. Where it is silent, as that
 * release does:
 *   - softcap comes before the bias; a key that a query may not see has 0 in output_qk; scale = 0 means the default;
 *   - present_* have max(past length, total_sequence_length) rows; what the description calls unspecified is 0 here;
 *   - two 4-bit codes of a byte are code + 8, the first one low; codes round half to even and saturate;
 *   - queries attend to the keys as the cache holds them, rounded to its type;
 *   - cos_cache and sin_cache narrower than half a head rotate the first channels only.
 * Key and value of another length than the query are refused: the description does not say what they would mean. */
#include "reference/eval/eval.h"
#include "reference/ops/shared/attention_core.h"
#include "reference/ops/shared/quantize.h"
#include "reference/tensor/convert.h"

#include <math.h>
#include <string.h>

#define I G_GINT64_FORMAT

enum {
    QUERY,
    KEY,
    VALUE,
    PAST_KEY,
    PAST_VALUE,
    SEQLENS_K,
    TOTAL_SEQUENCE_LENGTH,
    COS_CACHE,
    SIN_CACHE,
    POSITION_IDS,
    ATTENTION_BIAS,
    HEAD_SINK,
    K_SCALE,
    V_SCALE,
    Q_NORM_WEIGHT,
    K_NORM_WEIGHT,
    QUERY_SEQLENS
};

/* Rows of one head in some tensor: [B, S, ...] with the head's channels next to each other. */
typedef struct {
    const Tensor *tensor;
    int64_t first, row; /* elements before head 0, and from one row to the next */
} Rows;

/* Keys or values as they are kept: [B, Hkv, rows, row_bytes]. */
typedef struct {
    const Tensor *past, *scale; /* NULL: none */
    Tensor *present;            /* NULL: not wanted */
    DType dtype;
    gboolean per_channel;
    int bits;         /* of a code; 0: not quantized */
    int64_t elements; /* of `dtype` in a row */
    gsize row_bytes;
} Cache;

typedef struct {
    int64_t batch, length, heads, kv_heads, depth, past, total, capacity;
    int64_t rotated, window, qk_output;
    Rows query, key, value;
    Cache keys, values;
    const int32_t *seqlens, *valid; /* valid NULL: none */
    const Tensor *cos, *sin, *positions, *bias, *sink, *q_norm, *k_norm;
    double scale, softcap, q_epsilon, k_epsilon;
    gboolean causal, interleaved, smooth, evicts, first_prompt;
    Tensor *y, *scores;
    gint out_of_memory;
} Gqa;

/* ---- what a batch entry holds ---------------------------------------------------------------------------------------
 */

/* Tokens after this step, in it, and before it. */
static int64_t tokens_after(const Gqa *g, int64_t batch)
{
    return (int64_t)g->seqlens[batch] + 1;
}

static int64_t tokens_new(const Gqa *g, int64_t batch)
{
    return g->valid ? g->valid[batch] : MIN(g->length, tokens_after(g, batch));
}

/* How many of `tokens` a cache keeps: all, or what its capacity leaves after evicting G at once. */
static int64_t resident(const Gqa *g, int64_t tokens)
{
    if (!g->evicts || tokens <= g->capacity)
        return tokens;
    const int64_t step = g->capacity - g->window + 1;
    return tokens - step * ((tokens - g->capacity + step - 1) / step);
}

/* The row of the rotation's caches for new token s. */
static int64_t position(const Gqa *g, int64_t batch, int64_t s)
{
    if (!g->positions)
        return tokens_after(g, batch) - tokens_new(g, batch) + s;
    const int64_t *ids = g->positions->data;
    return g->first_prompt ? ids[0] + s : ids[batch * g->length + s];
}

/* ---- reading the node -----------------------------------------------------------------------------------------------
 */

static gboolean flag(const Eval *ev, const char *name, gboolean *value, GError **error)
{
    const int64_t found = eval_int(ev, name);
    *value = found == 1;
    return found == 0 || found == 1 || eval_fail(error, "%s is %" I ", expected 0 or 1", name, found);
}

static gboolean epsilon(const Eval *ev, const char *name, double *value, GError **error)
{
    *value = (double)eval_float(ev, eval_has(ev, name) ? name : "qk_norm_epsilon");
    return (*value > 0 && isfinite(*value)) || eval_fail(error, "%s is %g, expected a positive number", name, *value);
}

static gboolean read_attributes(const Eval *ev, Gqa *g, GError **error)
{
    gboolean rotary;
    const int64_t smooth = eval_int(ev, "smooth_softmax");
    g->heads = eval_int(ev, "num_heads");
    g->kv_heads = eval_int(ev, "kv_num_heads");
    g->window = eval_int(ev, "local_window_size");
    g->qk_output = eval_int(ev, "qk_output");
    g->softcap = (double)eval_float(ev, "softcap");
    g->smooth = smooth == 1;
    if (g->heads < 1 || g->kv_heads < 1 || g->heads % g->kv_heads != 0 || g->heads > G_MAXINT32)
        return eval_fail(error, "num_heads is %" I " and kv_num_heads %" I ", expected a multiple and its divisor",
                         g->heads, g->kv_heads);
    if (!flag(ev, "causal", &g->causal, error) || !flag(ev, "do_rotary", &rotary, error) ||
        !flag(ev, "rotary_interleaved", &g->interleaved, error) ||
        !flag(ev, "sliding_window_cache", &g->evicts, error) || !epsilon(ev, "q_norm_epsilon", &g->q_epsilon, error) ||
        !epsilon(ev, "k_norm_epsilon", &g->k_epsilon, error))
        return FALSE;
    if (smooth < -1 || smooth > 1)
        return eval_fail(error, "smooth_softmax is %" I ", expected -1, 0 or 1", smooth);
    if (g->window != -1 && (g->window < 1 || !g->causal))
        return eval_fail(error, "local_window_size is %" I ", expected -1, or with causal = 1 a positive number",
                         g->window);
    if (g->evicts && g->window < 1)
        return eval_fail(error, "sliding_window_cache = 1 needs local_window_size");
    if (g->qk_output < 0 || g->qk_output > 2)
        return eval_fail(error, "qk_output is %" I ", expected 0, 1 or 2", g->qk_output);
    g->rotated = rotary ? 1 : 0; /* until the caches say how many channels */
    return TRUE;
}

static gboolean read_operands(const Eval *ev, Gqa *g, GError **error)
{
    const Tensor *q = eval_input(ev, QUERY), *k = eval_input(ev, KEY), *v = eval_input(ev, VALUE);
    if (!k != !v)
        return eval_fail(error, "key and value go together, only one is given");
    if (q->shape.rank != 3)
        return eval_fail(error, "query has rank %d, expected 3", q->shape.rank);
    g->batch = q->shape.dims[0];
    g->length = q->shape.dims[1];
    const int64_t heads = k ? g->heads : g->heads + 2 * g->kv_heads, channels = q->shape.dims[2];
    g->depth = channels / heads;
    if (channels < heads || channels % heads != 0)
        return eval_fail(error, "query has %" I " channels, expected a multiple of %" I " heads", channels, heads);
    const int64_t kv_channels = g->kv_heads * g->depth;
    g->query = (Rows){ q, 0, channels };
    g->key = k ? (Rows){ k, 0, kv_channels } : (Rows){ q, g->heads * g->depth, channels };
    g->value = v ? (Rows){ v, 0, kv_channels } : (Rows){ q, g->heads * g->depth + kv_channels, channels };
    return eval_expect_shape(k, "key", &SHAPE(g->batch, g->length, kv_channels), error) &&
           eval_expect_shape(v, "value", &SHAPE(g->batch, g->length, kv_channels), error);
}

static gboolean read_scale(const Eval *ev, const Gqa *g, Cache *c, gsize input, const char *type_attribute,
                           GError **error)
{
    const char *type = eval_string(ev, type_attribute);
    const int64_t bits = eval_has(ev, "kv_cache_bit_width") ? eval_int(ev, "kv_cache_bit_width") : 8;
    c->scale = eval_input(ev, input);
    c->per_channel = strcmp(type, "PER_CHANNEL") == 0;
    if (strcmp(type, "NONE") == 0)
        return c->dtype == g->query.tensor->dtype ||
               eval_fail(error, "%s is NONE, but the cache is %s", type_attribute, dtype_name(c->dtype));
    if (!c->per_channel && strcmp(type, "PER_TENSOR") != 0)
        return eval_fail(error, "%s is '%s', expected NONE, PER_TENSOR or PER_CHANNEL", type_attribute, type);
    c->bits = (int)CLAMP(bits, 0, 9);
    const DType wanted = c->bits == 4 ? DTYPE_UINT8 : DTYPE_INT8;
    if ((c->bits != 4 && c->bits != 8) || (c->dtype != wanted && !(c->bits == 8 && c->dtype == DTYPE_FLOAT8E4M3FN)))
        return eval_fail(
            error, "kv_cache_bit_width is %" I " for a cache of %s, expected 4 for uint8, 8 for int8 and float8e4m3fn",
            bits, dtype_name(c->dtype));
    if (c->bits == 4 && g->depth % 2 != 0)
        return eval_fail(error, "a head has %" I " channels, expected an even number for 4-bit codes", g->depth);
    const int64_t scales = c->per_channel ? g->kv_heads * g->depth : 1;
    if (!c->scale || c->scale->count != scales)
        return eval_fail(error, "%s is %s: its scale has %" I " elements, expected %" I, type_attribute, type,
                         c->scale ? c->scale->count : 0, scales);
    return TRUE;
}

static gboolean read_cache(const Eval *ev, Gqa *g, Cache *c, gsize past, const char *name, GError **error)
{
    const gboolean keys = past == PAST_KEY;
    c->past = eval_input(ev, past);
    c->dtype = c->past ? c->past->dtype : g->query.tensor->dtype;
    if (!read_scale(ev, g, c, keys ? K_SCALE : V_SCALE, keys ? "k_quant_type" : "v_quant_type", error))
        return FALSE;
    c->elements = c->bits == 4 ? g->depth / 2 : g->depth;
    c->row_bytes = (gsize)c->elements * (gsize)dtype_info(c->dtype)->width;
    if (c->past && c->past->shape.rank != 4)
        return eval_fail(error, "%s has rank %d, expected 4", name, c->past->shape.rank);
    g->past = c->past ? c->past->shape.dims[2] : 0;
    return eval_expect_shape(c->past, name, &SHAPE(g->batch, g->kv_heads, g->past, c->elements), error);
}

static gboolean read_counts(const Eval *ev, Gqa *g, GError **error)
{
    const Tensor *seqlens = eval_input(ev, SEQLENS_K), *total = eval_input(ev, TOTAL_SEQUENCE_LENGTH),
                 *valid = eval_input(ev, QUERY_SEQLENS);
    if (seqlens->count != g->batch)
        return eval_fail(error, "seqlens_k has %" I " elements, expected %" I, seqlens->count, g->batch);
    if (total->count != 1)
        return eval_fail(error, "total_sequence_length has %" I " elements, expected 1", total->count);
    if (!eval_expect_shape(valid, "query_seqlens", &SHAPE(g->batch), error))
        return FALSE;
    g->seqlens = seqlens->data;
    g->valid = valid ? valid->data : NULL;
    g->total = tensor_get_int(total, 0);
    g->first_prompt = !valid && g->total == g->length;
    if (g->total < g->length)
        return eval_fail(error, "total_sequence_length is %" I ", expected at least the %" I " tokens of query",
                         g->total, g->length);
    if (valid && (!g->causal || !g->keys.past))
        return eval_fail(error, "query_seqlens needs causal = 1 and a past");
    if (g->evicts && g->past < g->window)
        return eval_fail(error, "the cache has %" I " rows, expected at least local_window_size = %" I, g->past,
                         g->window);
    g->capacity = g->evicts ? g->past : MAX(g->past, g->total);
    for (int64_t b = 0; b < g->batch; b++) {
        const int64_t after = tokens_after(g, b), new_ones = tokens_new(g, b), before = after - new_ones;
        if (after < 1 || after > g->total)
            return eval_fail(error, "seqlens_k has the entry %" I ", expected 0 to %" I, after - 1, g->total - 1);
        if (new_ones < 0 || new_ones > MIN(g->length, after))
            return eval_fail(error, "query_seqlens has the entry %" I ", expected 0 to %" I, new_ones,
                             MIN(g->length, after));
        if (!g->evicts && before > g->past)
            return eval_fail(error,
                             "seqlens_k has the entry %" I ": %" I " tokens came before, but the past has %" I " rows",
                             after - 1, before, g->past);
    }
    return TRUE;
}

static gboolean read_rotation(const Eval *ev, Gqa *g, GError **error)
{
    if (!g->rotated)
        return TRUE;
    g->cos = eval_input(ev, COS_CACHE);
    g->sin = eval_input(ev, SIN_CACHE);
    g->positions = eval_input(ev, POSITION_IDS);
    if (!g->cos || !g->sin)
        return eval_fail(error, "do_rotary = 1 needs cos_cache and sin_cache");
    const Shape *shape = &g->cos->shape;
    if (shape->rank != 2 || shape->dims[1] < 1 || shape->dims[1] > g->depth / 2) {
        g_autofree char *found = shape_to_string(shape);
        return eval_fail(error, "cos_cache has shape %s, expected [positions,%" I "]", found, g->depth / 2);
    }
    g->rotated = 2 * shape->dims[1];
    if (!eval_expect_shape(g->sin, "sin_cache", shape, error) ||
        !eval_expect_shape(g->positions, "position_ids", &SHAPE(g->batch, g->length), error))
        return FALSE;
    for (int64_t b = 0; b < g->batch; b++)
        for (int64_t s = 0; s < tokens_new(g, b); s++)
            if (position(g, b, s) < 0 || position(g, b, s) >= shape->dims[0])
                return eval_fail(
                    error, "token %" I " of batch entry %" I " is at position %" I ", but cos_cache has %" I " rows", s,
                    b, position(g, b, s), shape->dims[0]);
    return TRUE;
}

static gboolean read_scores(const Eval *ev, Gqa *g, GError **error)
{
    const float scale = eval_float(ev, "scale");
    g->scale = scale == 0 ? 1 / sqrt((double)g->depth) : (double)scale;
    g->bias = eval_input(ev, ATTENTION_BIAS);
    g->sink = eval_input(ev, HEAD_SINK);
    g->q_norm = eval_input(ev, Q_NORM_WEIGHT);
    g->k_norm = eval_input(ev, K_NORM_WEIGHT);
    if (!g->q_norm != !g->k_norm)
        return eval_fail(error, "q_norm_weight and k_norm_weight go together, only one is given");
    if (!eval_expect_shape(g->sink, "head_sink", &SHAPE(g->heads), error) ||
        !eval_expect_shape(g->q_norm, "q_norm_weight", &SHAPE(g->depth), error) ||
        !eval_expect_shape(g->k_norm, "k_norm_weight", &SHAPE(g->depth), error))
        return FALSE;
    if (!g->bias)
        return TRUE;
    const Shape *b = &g->bias->shape;
    const gboolean shared[2] = { b->rank == 4 && b->dims[0] == 1, b->rank == 4 && b->dims[1] == 1 };
    return eval_expect_shape(g->bias, "attention_bias",
                          &SHAPE(shared[0] ? 1 : g->batch, shared[1] ? 1 : g->heads, g->length, g->total), error);
}

/* ---- rows -----------------------------------------------------------------------------------------------------------
 */

static void normalize(const Tensor *weight, double eps, double *row, int64_t n)
{
    double squares = 0;
    for (int64_t d = 0; d < n; d++)
        squares += row[d] * row[d];
    const double root = sqrt(squares / (double)n + eps);
    for (int64_t d = 0; d < n; d++)
        row[d] = row[d] / root * tensor_get_double(weight, d);
}

static void rotate(const Gqa *g, int64_t at, double *row)
{
    const int64_t half = g->rotated / 2;
    for (int64_t i = 0; i < half; i++) {
        double *x = &row[g->interleaved ? 2 * i : i], *y = &row[g->interleaved ? 2 * i + 1 : i + half];
        const double c = tensor_get_double(g->cos, at * half + i), s = tensor_get_double(g->sin, at * half + i);
        const double real = c * *x - s * *y;
        *y = s * *x + c * *y;
        *x = real;
    }
}

static void load(const Gqa *g, const Rows *rows, int64_t batch, int64_t head, int64_t s, double *row)
{
    const int64_t at = (batch * g->length + s) * rows->row + rows->first + head * g->depth;
    const DType dtype = rows->tensor->dtype;
    convert_to_double(dtype, (const uint8_t *)rows->tensor->data + at * dtype_info(dtype)->width, row, (gsize)g->depth);
}

static double scale_of(const Gqa *g, const Cache *c, int64_t head, int64_t d)
{
    return tensor_get_double(c->scale, c->per_channel ? head * g->depth + d : 0);
}

static void encode(const Gqa *g, const Cache *c, int64_t head, double *row, uint8_t *codes)
{
    const double last = c->bits == 4 ? 7 : 127;
    for (int64_t d = 0; c->bits && d < g->depth; d++) {
        row[d] /= scale_of(g, c, head, d);
        row[d] =
            c->dtype == DTYPE_FLOAT8E4M3FN ? CLAMP(row[d], -448, 448) : quantize_to_range(row[d], 0, -last - 1, last);
    }
    if (c->bits != 4)
        convert_from_double(c->dtype, row, codes, (gsize)g->depth);
    for (int64_t d = 0; c->bits == 4 && d < g->depth; d += 2)
        codes[d / 2] = (uint8_t)((int)(row[d] + 8) | (int)(row[d + 1] + 8) << 4);
}

static void decode(const Gqa *g, const Cache *c, int64_t head, const uint8_t *codes, double *row)
{
    if (c->bits != 4)
        convert_to_double(c->dtype, codes, row, (gsize)g->depth);
    for (int64_t d = 0; c->bits == 4 && d < g->depth; d++)
        row[d] = (double)((codes[d / 2] >> (d % 2 ? 4 : 0) & 15) - 8);
    for (int64_t d = 0; c->bits && d < g->depth; d++)
        row[d] *= scale_of(g, c, head, d);
}

/* ---- one key-value head of one batch entry --------------------------------------------------------------------------
 */

/* Room for `n` keys, which start at position `base`, and for one query. */
typedef struct {
    double *keys, *values; /* [D, n] and [n, D] */
    double *row, *scores, *out;
    uint8_t *codes;
    int64_t base, n;
} Head;

/* The cache's codes for one position, old or new; the new ones are made here. */
static const uint8_t *codes_at(const Gqa *g, const Cache *c, const Rows *rows, int64_t batch, int64_t head, int64_t at,
                               const Head *h)
{
    const int64_t before = tokens_after(g, batch) - tokens_new(g, batch), s = at - before;
    if (s < 0)
        return (const uint8_t *)c->past->data +
               (gsize)((batch * g->kv_heads + head) * g->past + at - h->base) * c->row_bytes;
    load(g, rows, batch, head, s, h->row);
    if (c == &g->keys && g->k_norm)
        normalize(g->k_norm, g->k_epsilon, h->row, g->depth);
    if (c == &g->keys && g->rotated)
        rotate(g, position(g, batch, s), h->row);
    encode(g, c, head, h->row, h->codes);
    return h->codes;
}

static void load_position(const Gqa *g, const Cache *c, const Rows *rows, int64_t batch, int64_t head, int64_t at,
                          const Head *h)
{
    const int64_t after = tokens_after(g, batch), first = after - resident(g, after);
    const uint8_t *codes = codes_at(g, c, rows, batch, head, at, h);
    if (c->present && at >= first)
        memcpy((uint8_t *)c->present->data +
                   (gsize)((batch * g->kv_heads + head) * g->capacity + at - first) * c->row_bytes,
               codes, c->row_bytes);
    decode(g, c, head, codes, h->row);
}

static void load_head(const Gqa *g, int64_t batch, int64_t head, const Head *h)
{
    for (int64_t j = 0; j < h->n; j++) {
        load_position(g, &g->keys, &g->key, batch, head, h->base + j, h);
        for (int64_t d = 0; d < g->depth; d++)
            h->keys[d * h->n + j] = h->row[d];
        load_position(g, &g->values, &g->value, batch, head, h->base + j, h);
        memcpy(h->values + j * g->depth, h->row, (gsize)g->depth * sizeof *h->row);
    }
}

static double bias_at(const Gqa *g, int64_t batch, int64_t head, int64_t s, int64_t at)
{
    const int64_t *d = g->bias->shape.dims;
    return tensor_get_double(
        g->bias, (((d[0] == 1 ? 0 : batch) * d[1] + (d[1] == 1 ? 0 : head)) * g->length + s) * g->total + at);
}

static gboolean sees(const Gqa *g, int64_t query, int64_t key)
{
    return !g->causal || (key <= query && (g->window == -1 || query - key < g->window));
}

/* Row s of output_qk; the scores of `hidden` keys are written as 0. */
static void store_scores(const Gqa *g, const Head *h, int64_t batch, int64_t head, int64_t s, int64_t query)
{
    const int64_t row = ((batch * g->heads + head) * g->length + s) * g->total;
    for (int64_t j = 0; j < h->n; j++)
        if (sees(g, query, h->base + j))
            tensor_set_double(g->scores, row + h->base + j, h->scores[j]);
}

static void one_query(const Gqa *g, const Head *h, int64_t batch, int64_t head, int64_t s)
{
    const int64_t query = tokens_after(g, batch) - tokens_new(g, batch) + s;
    load(g, &g->query, batch, head, s, h->row);
    if (g->q_norm)
        normalize(g->q_norm, g->q_epsilon, h->row, g->depth);
    if (g->rotated)
        rotate(g, position(g, batch, s), h->row);
    attention_scores(h->row, h->keys, h->n, g->depth, g->scale, h->scores, NULL);
    for (int64_t j = 0; j < h->n; j++) {
        if (g->softcap != 0)
            h->scores[j] = g->softcap * attention_tanh(h->scores[j] / g->softcap, FALSE);
        if (g->bias)
            h->scores[j] += bias_at(g, batch, head, s, h->base + j);
        if (!sees(g, query, h->base + j))
            h->scores[j] = -(double)INFINITY;
    }
    if (g->qk_output == 1)
        store_scores(g, h, batch, head, s, query);
    /* A sink is one more key, without a value. */
    const gboolean sinks = g->sink || g->smooth;
    h->scores[h->n] = g->sink ? tensor_get_double(g->sink, head) : 0;
    attention_softmax(h->scores, h->n + (sinks ? 1 : 0), FALSE);
    if (g->qk_output == 2)
        store_scores(g, h, batch, head, s, query);
    attention_mix(h->scores, h->values, h->n, g->depth, h->out, NULL);
    const int64_t at = ((batch * g->length + s) * g->heads + head) * g->depth;
    convert_from_double(g->y->dtype, h->out, (uint8_t *)g->y->data + at * dtype_info(g->y->dtype)->width,
                        (gsize)g->depth);
}

static void one_head(Gqa *g, int64_t batch, int64_t kv_head)
{
    const int64_t after = tokens_after(g, batch), before = after - tokens_new(g, batch),
                  base = before - resident(g, before);
    const gsize n = (gsize)(after - base), depth = (gsize)g->depth;
    gsize cells;
    if (__builtin_mul_overflow(n, 2 * depth, &cells) || __builtin_add_overflow(cells, n + 1 + 2 * depth, &cells)) {
        g_atomic_int_set(&g->out_of_memory, 1);
        return;
    }
    g_autofree double *room = tensor_memory_allows(cells * sizeof(double)) ? g_try_new(double, cells) : NULL;
    g_autofree uint8_t *codes = g_try_malloc(MAX(g->keys.row_bytes, g->values.row_bytes));
    if (!room || !codes) {
        g_atomic_int_set(&g->out_of_memory, 1);
        return;
    }
    const Head h = { .keys = room,
                     .values = room + n * depth,
                     .row = room + 2 * n * depth,
                     .out = room + (2 * n + 1) * depth,
                     .scores = room + (2 * n + 2) * depth,
                     .codes = codes,
                     .base = base,
                     .n = (int64_t)n };
    load_head(g, batch, kv_head, &h);
    const int64_t group = g->heads / g->kv_heads;
    for (int64_t head = kv_head * group; head < (kv_head + 1) * group; head++)
        for (int64_t s = 0; s < tokens_new(g, batch); s++)
            one_query(g, &h, batch, head, s);
}

static void some_heads(int64_t first, int64_t last, gpointer data)
{
    Gqa *g = data;
    for (int64_t item = first; item < last; item++)
        one_head(g, item / g->kv_heads, item % g->kv_heads);
}

/* ---- outputs --------------------------------------------------------------------------------------------------------
 */

/* Zeros, for what the description leaves unspecified. */
static Tensor *output(Eval *ev, gsize i, DType dtype, const Shape *shape, GError **error)
{
    Tensor *t = eval_output(ev, i, dtype, shape, error);
    if (t)
        memset(t->data, 0, t->bytes);
    return t;
}

static gboolean present(Eval *ev, const Gqa *g, gsize i, Cache *c, GError **error)
{
    if (!eval_wants(ev, i))
        return TRUE;
    c->present = output(ev, i, c->dtype, &SHAPE(g->batch, g->kv_heads, g->capacity, c->elements), error);
    return c->present != NULL;
}

static gboolean make_outputs(Eval *ev, Gqa *g, GError **error)
{
    g->y = output(ev, 0, g->query.tensor->dtype, &SHAPE(g->batch, g->length, g->heads * g->depth), error);
    if (!g->y || !present(ev, g, 1, &g->keys, error) || !present(ev, g, 2, &g->values, error))
        return FALSE;
    if (!eval_wants(ev, 3)) {
        g->qk_output = 0;
        return TRUE;
    }
    if (g->qk_output == 0)
        return eval_fail(error, "output_qk is wanted, but qk_output is 0");
    g->scores = output(ev, 3, g->query.tensor->dtype, &SHAPE(g->batch, g->heads, g->length, g->total), error);
    return g->scores != NULL;
}

static gboolean group_query_attention(Eval *ev, GError **error)
{
    Gqa g = { 0 };
    if (!read_attributes(ev, &g, error) || !read_operands(ev, &g, error))
        return FALSE;
    if (!eval_input(ev, PAST_KEY) != !eval_input(ev, PAST_VALUE))
        return eval_fail(error, "past_key and past_value go together, only one is given");
    if (!read_cache(ev, &g, &g.keys, PAST_KEY, "past_key", error) ||
        !read_cache(ev, &g, &g.values, PAST_VALUE, "past_value", error))
        return FALSE;
    if (g.keys.past && g.keys.past->shape.dims[2] != g.past)
        return eval_fail(error, "past_key has %" I " rows and past_value %" I, g.keys.past->shape.dims[2], g.past);
    if (!read_counts(ev, &g, error) || !read_rotation(ev, &g, error) || !read_scores(ev, &g, error) ||
        !make_outputs(ev, &g, error))
        return FALSE;
    eval_parallel(ev, g.batch * g.kv_heads, 1, some_heads, &g);
    return !g.out_of_memory || eval_fail(error, "no memory for a head of %" I " keys", g.total);
}

OPERATOR_DEFINE(
    group_query_attention, "GroupQueryAttention", "com.microsoft",
    { .since = 1,
      .signature =
          "query:T, key:T?, value:T?, past_key:C?, past_value:C?, seqlens_k:int32, total_sequence_length:int32, "
          "cos_cache:T?, sin_cache:T?, position_ids:int64?, attention_bias:T?, head_sink:T?, k_scale:float?, "
          "v_scale:float?, q_norm_weight:T?, k_norm_weight:T?, query_seqlens:int32? -> output:T, present_key:C?, "
          "present_value:C?, output_qk:T?",
      .types = "T: float float16 bfloat16 | C: float float16 bfloat16 uint8 int8 float8e4m3fn",
      .attributes =
          "num_heads:int!, kv_num_heads:int!, causal:int=1, local_window_size:int=-1, sliding_window_cache:int=0, "
          "do_rotary:int=0, rotary_interleaved:int=0, scale:float=0, softcap:float=0, smooth_softmax:int=-1, "
          "qk_output:int=0, qk_norm_epsilon:float=1e-6, q_norm_epsilon:float, k_norm_epsilon:float, "
          "k_quant_type:string=NONE, v_quant_type:string=NONE, kv_cache_bit_width:int",
      .kernel = group_query_attention })
