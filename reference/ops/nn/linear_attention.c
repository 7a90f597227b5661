#include "reference/bounds/softmax.h"
#include "reference/bounds/sums.h"
#include "reference/ops/shared/attention_core.h"
#include "reference/ops/shared/compensated.h"
#include "reference/ops/shared/wide.h"
#include "reference/tensor/convert.h"

#include <string.h>

/* The state S of one key-value head is [dk, dv]; it stays in binary64 from token to token. */
typedef struct {
    const Tensor *q, *k, *v, *past, *decay, *beta; /* the last three may be NULL */
    Tensor       *y, *present;                     /* present NULL: not wanted */
    int64_t       batch, tokens, q_heads, heads, dk, dv;
    gboolean      decay_each;                      /* one decay for each row of S, not one a head */
    gboolean      beta_each;                       /* one beta a head, not one for all */
    gboolean      delta;
    double        scale;
    gint          out_of_memory;
} Linear;

static gboolean packed(const Tensor *t, const char *name, const Linear *l, int64_t channels, GError **error)
{
    const Shape wanted = SHAPE(l->batch, l->tokens, channels);
    if (shape_equal(&t->shape, &wanted))
        return TRUE;
    g_autofree char *found = shape_to_string(&t->shape), *expected = shape_to_string(&wanted);
    return eval_fail(error, "%s has shape %s, expected %s", name, found, expected);
}

static gboolean read_shapes(const Eval *ev, Linear *l, GError **error)
{
    l->q_heads = eval_int(ev, "q_num_heads");
    l->heads = eval_int(ev, "kv_num_heads");
    if (l->q->shape.rank != 3 || l->k->shape.rank != 3 || l->v->shape.rank != 3)
        return eval_fail(error, "query, key and value must have rank 3: [B, T, H * D]");
    if (l->heads < 1 || l->q_heads < 1 || l->q_heads % l->heads != 0)
        return eval_fail(error, "%" G_GINT64_FORMAT " query heads are no multiple of %" G_GINT64_FORMAT " key heads",
                         l->q_heads, l->heads);
    l->batch = l->q->shape.dims[0];
    l->tokens = l->q->shape.dims[1];
    l->dk = l->q->shape.dims[2] / l->q_heads;
    l->dv = l->v->shape.dims[2] / l->heads;
    int64_t keys, queries;
    if (__builtin_mul_overflow(l->dk, l->heads, &keys) || __builtin_mul_overflow(l->dk, l->q_heads, &queries))
        return eval_fail(error, "too many heads");
    return packed(l->q, "query", l, queries, error) && packed(l->k, "key", l, keys, error) &&
           packed(l->v, "value", l, l->dv * l->heads, error);
}

/* Each rule has exactly its inputs. */
static gboolean read_rule(const Eval *ev, Linear *l, GError **error)
{
    const char *rule = eval_string(ev, "update_rule");
    const gboolean gated = strcmp(rule, "gated") == 0 || strcmp(rule, "gated_delta") == 0;
    l->delta = strcmp(rule, "delta") == 0 || strcmp(rule, "gated_delta") == 0;
    if (!gated && !l->delta && strcmp(rule, "linear") != 0)
        return eval_fail(error, "update_rule is '%s', expected linear, gated, delta or gated_delta", rule);
    if ((l->decay != NULL) != gated || (l->beta != NULL) != l->delta)
        return eval_fail(error, "update_rule %s %s decay and %s beta", rule, gated ? "needs" : "has no",
                         l->delta ? "needs" : "has no");
    if (l->decay) {
        l->decay_each = l->decay->shape.rank == 3 && l->decay->shape.dims[2] != l->heads;
        if (!packed(l->decay, "decay", l, l->decay_each ? l->heads * l->dk : l->heads, error))
            return FALSE;
    }
    if (l->beta) {
        l->beta_each = l->beta->shape.rank == 3 && l->beta->shape.dims[2] != 1;
        if (!packed(l->beta, "beta", l, l->beta_each ? l->heads : 1, error))
            return FALSE;
    }
    const Shape state = SHAPE(l->batch, l->heads, l->dk, l->dv);
    if (l->past && !shape_equal(&l->past->shape, &state)) {
        g_autofree char *found = shape_to_string(&l->past->shape), *expected = shape_to_string(&state);
        return eval_fail(error, "past_state has shape %s, expected %s", found, expected);
    }
    return TRUE;
}

static void load(const Tensor *t, int64_t from, double *out, int64_t n)
{
    convert_to_double(t->dtype, (const uint8_t *)t->data + from * dtype_info(t->dtype)->width, out, (gsize)n);
}

static void store(Tensor *t, int64_t to, const double *in, int64_t n)
{
    convert_from_double(t->dtype, in, (uint8_t *)t->data + to * dtype_info(t->dtype)->width, (gsize)n);
}

/* S := diag(exp(g)) S; then S += k u^T with u = v, or beta (v - S^T k). */
static void update(const Linear *l, int64_t token, int64_t head, const double *k, double *u, double *rests, double *state)
{
    const gboolean precise = rests != NULL;
    for (int64_t i = 0; l->decay && i < l->dk; i++) {
        const int64_t at = l->decay_each ? (token * l->heads + head) * l->dk + i : token * l->heads + head;
        const double factor = attention_exp(tensor_get_double(l->decay, at), precise);
        for (int64_t j = 0; j < l->dv; j++)
            state[i * l->dv + j] *= factor;
    }
    if (l->delta) {
        const double beta = tensor_get_double(l->beta, l->beta_each ? token * l->heads + head : token);
        attention_mix(k, state, l->dk, l->dv, u, rests);
        for (int64_t j = 0; j < l->dv; j++)
            u[j] = beta * (tensor_get_double(l->v, (token * l->heads + head) * l->dv + j) - u[j]);
    } else {
        load(l->v, (token * l->heads + head) * l->dv, u, l->dv);
    }
    for (int64_t i = 0; i < l->dk; i++)
        for (int64_t j = 0; j < l->dv; j++)
            state[i * l->dv + j] += k[i] * u[j];
}

static void one_head(const Linear *l, int64_t batch, int64_t head, double *state, double *rows)
{
    const int64_t plane = (batch * l->heads + head) * l->dk * l->dv, group = l->q_heads / l->heads;
    double *k = rows, *u = rows + l->dk, *rests = l->y->dtype == DTYPE_DOUBLE ? u + l->dv : NULL;
    if (l->past)
        load(l->past, plane, state, l->dk * l->dv);
    else
        memset(state, 0, (gsize)(l->dk * l->dv) * sizeof *state);
    for (int64_t t = batch * l->tokens; t < (batch + 1) * l->tokens; t++) {
        load(l->k, (t * l->heads + head) * l->dk, k, l->dk);
        update(l, t, head, k, u, rests, state);
        for (int64_t h = head * group; h < (head + 1) * group; h++) {
            load(l->q, (t * l->q_heads + h) * l->dk, k, l->dk);
            attention_mix(k, state, l->dk, l->dv, u, rests);
            for (int64_t j = 0; j < l->dv; j++)
                u[j] *= l->scale;
            store(l->y, (t * l->q_heads + h) * l->dv, u, l->dv);
        }
    }
    if (l->present)
        store(l->present, plane, state, l->dk * l->dv);
}

static void some_heads(int64_t first, int64_t last, gpointer data)
{
    Linear *l = data;
    g_autofree double *state = g_try_new(double, (gsize)l->dk * (gsize)l->dv + 1);
    g_autofree double *rows = g_try_new(double, l->dk + 2 * l->dv + 1);
    if (!state || !rows)
        g_atomic_int_set(&l->out_of_memory, 1);
    else
        for (int64_t i = first; i < last; i++)
            one_head(l, i / l->heads, i % l->heads, state, rows);
}

static gboolean linear_attention(Eval *ev, GError **error)
{
    Linear l = { .q = eval_input(ev, 0), .k = eval_input(ev, 1), .v = eval_input(ev, 2), .past = eval_input(ev, 3),
                 .decay = eval_input(ev, 4), .beta = eval_input(ev, 5) };
    if (!read_shapes(ev, &l, error) || !read_rule(ev, &l, error))
        return FALSE;
    const float scale = eval_float(ev, "scale");
    l.scale = scale != 0 ? (double)scale : 1 / sqrt((double)l.dk);
    int64_t channels;
    if (__builtin_mul_overflow(l.q_heads, l.dv, &channels))
        return eval_fail(error, "the output has too many elements");
    const Shape y = SHAPE(l.batch, l.tokens, channels), state = SHAPE(l.batch, l.heads, l.dk, l.dv);
    l.y = eval_output(ev, 0, l.q->dtype, &y, error);
    if (!l.y)
        return FALSE;
    if (eval_wants(ev, 1)) {
        l.present = eval_output(ev, 1, l.past ? l.past->dtype : l.q->dtype, &state, error);
        if (!l.present)
            return FALSE;
    }
    if (l.y->count > 0 || (l.present && l.present->count > 0)) /* else there may be any number of empty tokens */
        eval_parallel(ev, l.batch * l.heads, 1, some_heads, &l);
    return !l.out_of_memory ||
           eval_fail(error, "no memory for a state of %" G_GINT64_FORMAT " by %" G_GINT64_FORMAT, l.dk, l.dv);
}

/* ---- bound ----------------------------------------------------------------------------------------------------------
 *
 *   "linear-attention/exact"   0 where every decay is 0 or vanishes, the scale is a power of two, every element of the state is
 *                              a multiple of 2^b of at most 2^(p + b), and the products with queries keep to the same with
 *                              their own lowest bit. A factor on the way to them that is not 0 is at least its lowest bit, so
 *                              no number on the way needs more bits, token by token as well as chunk by chunk.
 *   "linear-attention/any-order"  |y - s| <= (gamma(N) + delta) M with M the result on magnitudes, N the roundings on the
 *                              longest path and delta what rounding does to the exponents of decays and their sums. Chunked
 *                              evaluation sums the same products, so its magnitudes are M too. */

enum { QUERY, KEY, VALUE, STATE, DECAY, BETA };

/* For the delta rules u = (-|beta|) (-|v| - M^T |k|) is a sum of magnitudes. `data`: whether the rule is one. */
static double magnitude(double low, double high, gsize input, gconstpointer data)
{
    const double size = fabs(wide_middle(low, high));
    return input == DECAY                                                 ? wide_middle(low, high)
           : *(const gboolean *)data && (input == VALUE || input == BETA) ? -size
                                                                          : size;
}

/* With queries of one, each output is a column's sum of the state: no element of it is larger. */
static double magnitude_of_state(double low, double high, gsize input, gconstpointer data)
{
    return input == QUERY ? 1 : magnitude(low, high, input, data);
}

static double largest(const Tensor *t)
{
    double most = 0;
    for (int64_t i = 0; i < t->count; i++)
        most = MAX(most, ((const double *)t->data)[i]);
    return most;
}

static gboolean decays_trivially(const Wide *w, DType dtype, double *sum)
{
    gboolean trivial = TRUE;
    *sum = 0;
    for (int64_t i = 0; w->low[DECAY] && i < w->low[DECAY]->count; i++) {
        const double g = ((const double *)w->low[DECAY]->data)[i];
        trivial &= g == 0 || -g > bounds_exp_vanishes(dtype);
        *sum += -g > bounds_exp_vanishes(dtype) ? 0 : fabs(g);
    }
    return trivial;
}

/* The b of the state. The delta rule multiplies what it knows by keys and beta, token after token. */
static int64_t lowest_bit_of_state(const Wide *w, gboolean delta, int64_t tokens)
{
    const int64_t key = wide_lowest_bit(w, KEY), value = wide_lowest_bit(w, VALUE), beta = wide_lowest_bit(w, BETA);
    int64_t state = MIN(wide_lowest_bit(w, STATE), key + value + (delta ? beta : 0));
    for (int64_t t = 1; delta && t < tokens && state > G_MININT; t++)
        state = MIN(state, state + key + beta + key);
    return CLAMP(state, G_MININT, G_MAXINT);
}

static gboolean sums_fit(const Wide *w, gboolean delta, int64_t tokens, double state, double output, DType dtype)
{
    const int64_t b = lowest_bit_of_state(w, delta, tokens), with_query = CLAMP(b + wide_lowest_bit(w, QUERY), G_MININT, G_MAXINT);
    return bounds_sum_exact(dtype, state, (int)b) && bounds_sum_exact(dtype, output, (int)with_query);
}

static gboolean store_ends(Eval *ev, gsize output, const Tensor *value, const Tensor *magnitudes, double relative,
                           GError **error)
{
    const Tensor *y = eval_output_tensor(ev, output);
    Ends ends = ENDS_OF(ev, output);
    for (int64_t i = 0; i < y->count; i++) {
        const double e = relative * ((const double *)magnitudes->data)[i];
        const Range range = bounds_store(y->dtype, ((const double *)value->data)[i], e, eval_may_fuse(ev, output));
        if (range.low < range.high && !ends_set(&ends, i, range.low, range.high, error))
            return FALSE;
    }
    ends_finish(&ends);
    return TRUE;
}

static gboolean linear_attention_bound(Eval *ev, GError **error)
{
    g_auto(Wide) w = { 0 };
    if (!wide_init(&w, ev, error))
        return FALSE;
    const Tensor *y = eval_output_tensor(ev, 0), *q = eval_input(ev, QUERY);
    const char *rule = eval_string(ev, "update_rule");
    const gboolean delta = strcmp(rule, "delta") == 0 || strcmp(rule, "gated_delta") == 0;
    g_autoptr(Tensor) state = NULL;
    if (w.known && w.exact && w.finite && !(state = wide_run(&w, magnitude_of_state, &delta, 0, error)))
        return FALSE;
    const float given = eval_float(ev, "scale");
    const double depth = (double)(q->shape.dims[2] / eval_int(ev, "q_num_heads")), tokens = (double)q->shape.dims[1];
    const double scale = given != 0 ? fabs((double)given) : 1 / sqrt(depth), huge = bounds_huge(y->dtype);
    if (!state || !(largest(state) <= huge * MIN(scale, 1))) { /* inexact inputs, or what overflows depends on the order */
        eval_set_uncertified(ev, 0);
        if (eval_wants(ev, 1))
            eval_set_uncertified(ev, 1);
        return TRUE;
    }
    g_autoptr(Tensor) size = wide_run(&w, magnitude, &delta, 0, error);
    if (!size)
        return FALSE;
    double sum, relative = 0;
    gboolean exact = decays_trivially(&w, y->dtype, &sum);
    int exponent;
    exact &= frexp(scale, &exponent) == 0.5 && sums_fit(&w, delta, (int64_t)tokens, largest(state) / scale, largest(size) / scale, y->dtype);
    if (!exact)
        relative = bounds_gamma(y->dtype, tokens * (depth + tokens + 10) + depth + tokens + 4) +
                   expm1(bounds_unit(y->dtype) * (tokens + 2) * sum);
    for (gsize output = 0; !exact && output < 2; output++) {
        if (!eval_wants(ev, output))
            continue;
        g_autoptr(Tensor) value = wide_run(&w, wide_map_middle, NULL, output, error);
        g_autoptr(Tensor) magnitudes = value ? wide_run(&w, magnitude, &delta, output, error) : NULL;
        if (!magnitudes || !store_ends(ev, output, value, magnitudes, relative, error))
            return FALSE;
    }
    return TRUE;
}

OPERATOR_DEFINE(linear_attention, "LinearAttention", "",
    { .since = 27, .signature = "query:T, key:T, value:T, past_state:S?, decay:T?, beta:T? -> output:T, present_state:S",
      .types = "T: float float16 bfloat16 | S: float float16 bfloat16",
      .attributes = "chunk_size:int=64, kv_num_heads:int!, q_num_heads:int!, scale:float=0, update_rule:string=gated_delta",
      .kernel = linear_attention, .bound = linear_attention_bound })
