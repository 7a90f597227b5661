/* Attention-23 to 25 and ai.onnx.preview FlexAttention-1, each stage a loop, in the order of the operators' texts.
 *
 * Attention: scores = scale * Q . K (each operand times the root of the scale); softcap; mask, causal frontier, window and padding
 * added as -infinity; softmax; rows in which all is masked give 0; times V. Query head h uses key head h / (Hq / Hkv). */
#include "golden/mutants/softmax.h"
#include "golden/mutants/sums.h"

#include <math.h>

MUTANT_DEFINE(attn_heads_modulo, "attention-heads-modulo", MUST_DIE, 33, "query head h uses key head h mod Hkv")
MUTANT_DEFINE(attn_top_left, "attention-causal-top-left", MUST_DIE, 34, "the causal frontier starts at the first key, whatever the cache holds")
MUTANT_DEFINE(attn_strict, "attention-causal-strict", MUST_DIE, 35, "a query does not see the key at its own place")
MUTANT_DEFINE(attn_ahead, "attention-causal-ahead", MUST_DIE, 35, "a query sees one key after its own place")
MUTANT_DEFINE(attn_no_scale, "attention-no-scale", MUST_DIE, 36, "scores are not scaled")
MUTANT_DEFINE(attn_scale_depth, "attention-scale-1/d", MUST_DIE, 36, "the default scale is 1 / D")
MUTANT_DEFINE(attn_scale_late, "attention-scale-after", MUST_DIE, 37, "the scale is applied to the probabilities")
MUTANT_DEFINE(attn_softcap_late, "attention-softcap-after-mask", MUST_DIE, 38, "softcap comes after the mask")
MUTANT_DEFINE(attn_no_softcap, "attention-no-softcap", MUST_DIE, 38, "softcap is ignored")
MUTANT_DEFINE(attn_finite_mask, "attention-mask-10", MUST_DIE, 40, "what is masked gets -10 instead of -infinity")
MUTANT_DEFINE(attn_empty_nan, "attention-empty-row-nan", MUST_DIE, 41, "a row in which all is masked gives NaN")
MUTANT_DEFINE(attn_empty_uniform, "attention-empty-row-mean", MUST_DIE, 41, "a row in which all is masked gives the mean of V")
MUTANT_DEFINE(attn_cache_after, "attention-cache-after", MUST_DIE, 42, "the cache is appended after the new keys and values")
MUTANT_DEFINE(attn_last_key, "attention-last-key", MUST_DIE, 42, "the last key is never seen")
MUTANT_DEFINE(attn_window, "attention-window-off-by-1", MUST_DIE, 35, "the window is one key wider on the left")
MUTANT_DEFINE(attn_window_ignored, "attention-window-ignored", MUST_DIE, 35, "the window is ignored")
MUTANT_DEFINE(attn_padding, "attention-padding-ignored", MUST_DIE, 42, "nonpad_kv_seqlen is ignored")
MUTANT_DEFINE(attn_padding_first, "attention-padding-first-batch", MUST_DIE, 42, "nonpad_kv_seqlen of the first batch is used for all")
MUTANT_DEFINE(attn_mask_inverted, "attention-mask-inverted", MUST_DIE, 0, "a boolean mask hides where it is true")
MUTANT_DEFINE(attn_mask_ignored, "attention-mask-ignored", MUST_DIE, 0, "the mask is ignored")
MUTANT_DEFINE(attn_mask_scaled, "attention-mask-scaled", MUST_DIE, 36, "the mask is added before the scale")
MUTANT_DEFINE(attn_weights_bf16, "attention-weights-bf16", MUST_DIE, 29, "the probabilities of float attention are rounded to bfloat16")
MUTANT_DEFINE(attn_scores_f16, "attention-scores-f16", MUST_DIE, 29, "the scores of float attention are rounded to float16")
MUTANT_DEFINE(attn_mode_zero, "attention-mode-ignored", MUST_DIE, 0, "qk_matmul_output is always the scaled product")
MUTANT_DEFINE(attn_layout, "attention-rank3-heads-last", MUST_DIE, 22, "an operand of rank 3 is split as [D, H], not [H, D]")
MUTANT_DEFINE(attn_scale_once, "attention-scale-on-scores", MUST_LIVE, 0, "the scale is applied to the scores, not its root to both operands")
MUTANT_DEFINE(attn_scale_q, "attention-scale-on-q", MUST_LIVE, 0, "the scale is applied to Q alone")
MUTANT_DEFINE(attn_split, "attention-split-keys", MUST_LIVE, 0, "keys are attended in two halves, merged by their sums")
MUTANT_DEFINE(attn_late_division, "attention-late-division", MUST_LIVE, 0, "V is summed with unnormalized weights and divided once")
MUTANT_DEFINE(flex_guard, "flex-guards-empty-row", MUST_DIE, 41, "FlexAttention gives 0, not NaN, for a row in which all is masked")
MUTANT_DEFINE(flex_mod_before, "flex-score-mod-ignored", MUST_DIE, 38, "FlexAttention does not apply score_mod")
MUTANT_DEFINE(flex_prob_ignored, "flex-prob-mod-ignored", MUST_DIE, 38, "FlexAttention does not apply prob_mod")
MUTANT_DEFINE(flex_prob_first, "flex-prob-mod-first", MUST_DIE, 38, "FlexAttention applies prob_mod to the scores, before softmax")

typedef struct {
    int64_t batch, heads, kv_heads, queries, keys, depth, value_depth, past;
    DType   type;     /* of the inputs */
    DType   compute;  /* of the arithmetic */
    DType   softmax;  /* softmax_precision */
    double *q, *k, *v; /* [batch, heads, length, depth] */
    double *scores;    /* [batch, heads, queries, keys] */
    double *sums;      /* of a row's weights where those are not normalized yet; or NULL */
    double  scale;
} Attention;

static void attention_clear(Attention *a)
{
    g_free(a->q);
    g_free(a->k);
    g_free(a->v);
    g_free(a->scores);
    g_free(a->sums);
}

/* The numbers of an operand as [B, H, S, D]. */
static double *by_heads(const Tensor *t, int64_t heads, Shape *shape)
{
    double *v = naive_read(t);
    *shape = t->shape;
    if (t->shape.rank == 4)
        return v;
    const int64_t length = t->shape.dims[1], depth = t->shape.dims[2] / heads;
    *shape = SHAPE(t->shape.dims[0], heads, length, depth);
    double *turned = g_new(double, t->count + 1);
    const gboolean heads_last = mutant(attn_layout);
    for (int64_t i = 0; i < t->count; i++) {
        int64_t at[4];
        naive_unravel(shape, i, at);
        turned[i] = v[(at[0] * length + at[2]) * heads * depth + (heads_last ? at[3] * heads + at[1] : at[1] * depth + at[3])];
    }
    g_free(v);
    return turned;
}

/* Past and new keys of each batch and head in a row. */
static double *join(const double *past, int64_t before, const double *fresh, int64_t after, int64_t lines, int64_t depth)
{
    double *all = g_new(double, lines * (before + after) * depth + 1);
    const gboolean late = mutant(attn_cache_after);
    for (int64_t line = 0; line < lines; line++)
        for (int64_t i = 0; i < before + after; i++)
            for (int64_t d = 0; d < depth; d++) {
                const gboolean old = late ? i >= after : i < before;
                const int64_t at = late ? (old ? i - after : i) : (old ? i : i - before);
                all[(line * (before + after) + i) * depth + d] = old ? past[(line * before + at) * depth + d] : fresh[(line * after + at) * depth + d];
            }
    return all;
}

static int64_t kv_head(const Attention *a, int64_t h)
{
    return mutant(attn_heads_modulo) ? h % a->kv_heads : h / (a->heads / a->kv_heads);
}

/* The raw scaled products. */
static void score(Attention *a)
{
    const DType c = a->compute;
    const double root = format_round(DTYPE_FLOAT, sqrt(a->scale)); /* "in float32", for double operands too */
    const double whole = c == DTYPE_DOUBLE ? root * root : a->scale;
    const gboolean on_scores = mutant(attn_scale_once) || a->scale < 0, on_q = mutant(attn_scale_q) && !on_scores;
    const gboolean none = mutant(attn_no_scale) || mutant(attn_scale_late), narrow = mutant(attn_scores_f16) && c == DTYPE_FLOAT;
    g_autofree double *q = g_new(double, a->depth + 1), *k = g_new(double, a->depth + 1);
    for (int64_t i = 0; i < a->batch * a->heads * a->queries * a->keys; i++) {
        const int64_t key = i % a->keys, row = i / a->keys, line = row / a->queries;
        const int64_t kv = line / a->heads * a->kv_heads + kv_head(a, line % a->heads);
        for (int64_t d = 0; d < a->depth; d++) {
            q[d] = a->q[row * a->depth + d];
            k[d] = a->k[(kv * a->keys + key) * a->depth + d];
            if (!none && !on_scores) {
                q[d] = format_round(c, q[d] * (on_q ? whole : root));
                k[d] = on_q ? k[d] : format_round(c, k[d] * root);
            }
        }
        const double s = sums_dot(c, q, 1, k, 1, a->depth);
        a->scores[i] = on_scores && !none ? format_round(c, s * (a->scale < 0 ? a->scale : whole)) : s;
        if (narrow)
            a->scores[i] = format_round(DTYPE_FLOAT16, a->scores[i]);
    }
}

/* As a fused kernel does it: exponentials now, their sum for later. Rows in which all is masked get sum 0. */
static void exponentials(Attention *a)
{
    const int64_t rows = a->batch * a->heads * a->queries;
    a->sums = g_new0(double, rows + 1);
    for (int64_t row = 0; row < rows; row++) {
        double *at = a->scores + row * a->keys, m = -INFINITY;
        for (int64_t k = 0; k < a->keys; k++)
            m = MAX(m, at[k]);
        for (int64_t k = 0; k < a->keys; k++) {
            at[k] = m == -INFINITY ? 0 : (double)expf((float)(at[k] - m));
            a->sums[row] = format_round(DTYPE_FLOAT, a->sums[row] + at[k]);
        }
    }
}

static gboolean all_numbers(const Attention *a)
{
    for (int64_t i = 0; i < a->batch * a->heads * a->queries * a->keys; i++)
        if (isnan(a->scores[i]) || a->scores[i] == INFINITY)
            return FALSE;
    return TRUE;
}

/* Softmax of each row; a row in which all is masked gives `empty`, or what softmax makes of it if `guard` is not set. */
static void normalize(Attention *a, gboolean guard)
{
    const gboolean uniform = guard && mutant(attn_empty_uniform), bare = guard && mutant(attn_empty_nan);
    for (int64_t row = 0; row < a->batch * a->heads * a->queries; row++) {
        double *at = a->scores + row * a->keys;
        gboolean empty = TRUE;
        for (int64_t k = 0; k < a->keys; k++) {
            at[k] = format_round(a->softmax, at[k]);
            empty &= at[k] == -INFINITY;
        }
        if (empty && guard && !bare)
            for (int64_t k = 0; k < a->keys; k++)
                at[k] = uniform ? 1.0 / (double)a->keys : 0;
        else if (a->keys)
            softmax_row(a->softmax == DTYPE_DOUBLE ? DTYPE_DOUBLE : DTYPE_FLOAT, at, a->keys);
    }
}

static double weighted(const Attention *a, const double *weights, const double *v)
{
    if (!mutant(attn_split) || a->keys < 2)
        return sums_dot(a->compute, weights, 1, v, a->value_depth, a->keys);
    const int64_t half = a->keys / 2;
    return format_round(a->compute, sums_dot(a->compute, weights, 1, v, a->value_depth, half) +
                                        sums_dot(a->compute, weights + half, 1, v + half * a->value_depth, a->value_depth, a->keys - half));
}

/* Output [batch, heads, queries, value_depth]. */
static double *combine(Attention *a)
{
    double *y = g_new(double, a->batch * a->heads * a->queries * a->value_depth + 1);
    const gboolean narrow = mutant(attn_weights_bf16) && a->compute == DTYPE_FLOAT, late = mutant(attn_scale_late);
    for (int64_t i = 0; narrow && i < a->batch * a->heads * a->queries * a->keys; i++)
        a->scores[i] = format_round(DTYPE_BFLOAT16, a->scores[i]);
    for (int64_t i = 0; i < a->batch * a->heads * a->queries * a->value_depth; i++) {
        const int64_t row = i / a->value_depth, line = row / a->queries;
        const int64_t kv = line / a->heads * a->kv_heads + kv_head(a, line % a->heads);
        y[i] = weighted(a, a->scores + row * a->keys, a->v + kv * a->keys * a->value_depth + i % a->value_depth);
        if (late)
            y[i] *= a->scale;
        if (a->sums)
            y[i] = a->sums[row] == 0 ? 0 : y[i] / a->sums[row];
    }
    return y;
}

/* ---- Attention ---------------------------------------------------------------------------------------------------------- */

static double default_scale(const Eval *ev, int64_t depth)
{
    if (eval_has(ev, "scale"))
        return (double)eval_float(ev, "scale");
    return mutant(attn_scale_depth) ? 1 / (double)depth : (double)(float)(1 / sqrt((double)depth));
}

static gboolean read_operands(Eval *ev, Attention *a)
{
    const Tensor *q = eval_input(ev, 0), *k = eval_input(ev, 1), *v = eval_input(ev, 2), *pk = eval_input(ev, 4), *pv = eval_input(ev, 5);
    const int rank = q->shape.rank;
    const int64_t hq = eval_has(ev, "q_num_heads") ? eval_int(ev, "q_num_heads") : 0, hkv = eval_has(ev, "kv_num_heads") ? eval_int(ev, "kv_num_heads") : 0;
    if ((rank != 3 && rank != 4) || k->shape.rank != rank || v->shape.rank != rank || q->dtype != k->dtype || q->dtype != v->dtype ||
        !pk != !pv || (rank == 3 && (hq < 1 || hkv < 1 || q->shape.dims[2] % hq || k->shape.dims[2] % hkv || v->shape.dims[2] % hkv)))
        return FALSE;
    Shape sq, sk, sv;
    a->q = by_heads(q, hq, &sq);
    a->k = by_heads(k, hkv, &sk);
    a->v = by_heads(v, hkv, &sv);
    *a = (Attention){ .batch = sq.dims[0], .heads = sq.dims[1], .kv_heads = sk.dims[1], .queries = sq.dims[2], .keys = sk.dims[2],
                      .depth = sq.dims[3], .value_depth = sv.dims[3], .type = q->dtype, .compute = naive_compute_type(q->dtype),
                      .q = a->q, .k = a->k, .v = a->v };
    if (sk.dims[0] != a->batch || sv.dims[0] != a->batch || sk.dims[3] != a->depth || sv.dims[1] != a->kv_heads || sv.dims[2] != a->keys ||
        a->kv_heads == 0 || a->heads % a->kv_heads)
        return FALSE;
    if (!pk)
        return TRUE;
    if (pk->shape.rank != 4 || pv->shape.rank != 4 || pk->shape.dims[0] != a->batch || pk->shape.dims[1] != a->kv_heads ||
        pv->shape.dims[0] != a->batch || pv->shape.dims[1] != a->kv_heads || pk->shape.dims[2] != pv->shape.dims[2] ||
        pk->shape.dims[3] != a->depth || pv->shape.dims[3] != a->value_depth)
        return FALSE;
    a->past = pk->shape.dims[2];
    g_autofree double *old_k = naive_read(pk), *old_v = naive_read(pv), *new_k = a->k, *new_v = a->v;
    a->k = join(old_k, a->past, new_k, a->keys, a->batch * a->kv_heads, a->depth);
    a->v = join(old_v, a->past, new_v, a->keys, a->batch * a->kv_heads, a->value_depth);
    a->keys += a->past;
    return TRUE;
}

/* The bias of one score: the mask's number, or -infinity for what is hidden. */
typedef struct {
    const Tensor *mask;
    double       *numbers;
    const Tensor *nonpad;
    gboolean      causal;
    int64_t       left, right;
} Bias;

static double mask_number(const Bias *m, const int64_t *index)
{
    if (!m->mask || mutant(attn_mask_ignored))
        return 0;
    const Shape *s = &m->mask->shape;
    int64_t at[4] = { index[0], index[1], index[2], index[3] };
    if (at[3] >= s->dims[s->rank - 1] && s->dims[s->rank - 1] != 1)
        return -INFINITY; /* shorter than the keys: what it does not speak of is hidden */
    const double n = m->numbers[naive_broadcast(s, 4, at)];
    if (m->mask->dtype != DTYPE_BOOL)
        return n;
    return (n != 0) != mutant(attn_mask_inverted) ? 0 : -INFINITY;
}

static gboolean hidden(const Attention *a, const Bias *m, const int64_t *index)
{
    const int64_t b = mutant(attn_padding_first) ? 0 : index[0], key = index[3];
    const int64_t nonpad = m->nonpad ? tensor_get_int(m->nonpad, b) : a->keys;
    int64_t offset = m->nonpad ? nonpad - a->queries : a->past;
    if (mutant(attn_top_left))
        offset = 0;
    const int64_t own = index[2] + offset;
    if (m->nonpad && key >= nonpad && !mutant(attn_padding))
        return TRUE;
    if (a->keys > 1 && key == a->keys - 1 && mutant(attn_last_key))
        return TRUE;
    if (m->causal && key > own + (mutant(attn_ahead) ? 1 : mutant(attn_strict) ? -1 : 0))
        return TRUE;
    if (mutant(attn_window_ignored))
        return FALSE;
    return (m->left >= 0 && key < own - m->left - (mutant(attn_window) ? 1 : 0)) || (m->right >= 0 && key > own + m->right);
}

static double capped(double s, double cap)
{
    return cap == 0 || mutant(attn_no_softcap) ? s : cap * tanh(s / cap);
}

/* Softcap, mask and the rest; `capped_scores` (or NULL) receives the scores before the bias. */
static void apply_bias(Attention *a, const Bias *m, double cap, double *capped_scores)
{
    const Shape shape = SHAPE(a->batch, a->heads, a->queries, a->keys);
    const double nothing = mutant(attn_finite_mask) ? -10 : -INFINITY;
    const gboolean late = mutant(attn_softcap_late);
    for (int64_t i = 0; i < shape_count(&shape); i++) {
        int64_t index[4];
        naive_unravel(&shape, i, index);
        double bias = hidden(a, m, index) ? -INFINITY : mask_number(m, index);
        if (isfinite(bias) && mutant(attn_mask_scaled))
            bias *= a->scale;
        bias = bias == -INFINITY ? nothing : bias;
        const double first = late ? a->scores[i] : format_round(a->compute, capped(a->scores[i], cap));
        if (capped_scores)
            capped_scores[i] = first;
        a->scores[i] = format_round(a->compute, first + bias);
        if (late)
            a->scores[i] = capped(a->scores[i], cap);
    }
}

static gboolean give_by_heads(Eval *ev, const Attention *a, const double *y, GError **error)
{
    if (eval_input(ev, 0)->shape.rank == 4)
        return naive_give(ev, 0, a->type, &SHAPE(a->batch, a->heads, a->queries, a->value_depth), y, error);
    const Shape shape = SHAPE(a->batch, a->queries, a->heads, a->value_depth);
    g_autofree double *turned = g_new(double, shape_count(&shape) + 1);
    for (int64_t i = 0; i < shape_count(&shape); i++) {
        int64_t at[4];
        naive_unravel(&shape, i, at);
        turned[i] = y[((at[0] * a->heads + at[2]) * a->queries + at[1]) * a->value_depth + at[3]];
    }
    return naive_give(ev, 0, a->type, &SHAPE(a->batch, a->queries, a->heads * a->value_depth), turned, error);
}

static gboolean run_stages(Eval *ev, Attention *a, const Bias *m, GError **error)
{
    const Shape shape = SHAPE(a->batch, a->heads, a->queries, a->keys);
    const double cap = (double)eval_float(ev, "softcap");
    const int mode = mutant(attn_mode_zero) ? 0 : (int)eval_int(ev, "qk_matmul_output_mode");
    g_autofree double *shown = g_new(double, shape_count(&shape) + 1);
    a->scores = g_new(double, shape_count(&shape) + 1);
    score(a);
    for (int64_t i = 0; mode == 0 && i < shape_count(&shape); i++)
        shown[i] = a->scores[i];
    apply_bias(a, m, cap, mode == 1 ? shown : NULL);
    for (int64_t i = 0; mode == 2 && i < shape_count(&shape); i++)
        shown[i] = a->scores[i];
    if (mode != 3 && a->softmax == DTYPE_FLOAT && mutant(attn_late_division) && all_numbers(a))
        exponentials(a);
    else
        normalize(a, TRUE);
    for (int64_t i = 0; mode == 3 && i < shape_count(&shape); i++)
        shown[i] = a->scores[i];
    g_autofree double *y = combine(a);
    const Shape keys = SHAPE(a->batch, a->kv_heads, a->keys, a->depth), values = SHAPE(a->batch, a->kv_heads, a->keys, a->value_depth);
    return give_by_heads(ev, a, y, error) && (!eval_wants(ev, 1) || naive_give(ev, 1, a->type, &keys, a->k, error)) &&
           (!eval_wants(ev, 2) || naive_give(ev, 2, a->type, &values, a->v, error)) &&
           (!eval_wants(ev, 3) || naive_give(ev, 3, a->type, &shape, shown, error));
}

static gboolean mask_fits(const Attention *a, const Eval *ev, const Tensor *mask)
{
    const int64_t dims[4] = { a->batch, a->heads, a->queries, a->keys };
    if (!mask)
        return TRUE;
    if (mask->shape.rank < 1 || mask->shape.rank > 4 || (!format_is_float(mask->dtype) && mask->dtype != DTYPE_BOOL))
        return FALSE;
    for (int d = 0; d < mask->shape.rank; d++) {
        const gboolean last = d == mask->shape.rank - 1;
        const int64_t have = mask->shape.dims[d], want = dims[4 - mask->shape.rank + d];
        if (last ? have > want || (eval_version(ev) >= 24 && have == 1 && want > 1) : have != 1 && have != want)
            return FALSE;
    }
    return TRUE;
}

static gboolean attention(Eval *ev, GError **error)
{
    Attention a = { 0 };
    Bias m = { .mask = eval_input(ev, 3), .nonpad = eval_input(ev, 6), .causal = eval_int(ev, "is_causal") != 0, .left = -1, .right = -1 };
    if (eval_version(ev) >= 25) {
        m.left = eval_int(ev, "left_window_size");
        m.right = eval_int(ev, "right_window_size");
    }
    gboolean fits = read_operands(ev, &a) && mask_fits(&a, ev, m.mask) && (!m.nonpad || m.nonpad->count == a.batch);
    const int64_t precision = eval_has(ev, "softmax_precision") ? eval_int(ev, "softmax_precision") : 0;
    a.softmax = precision ? (DType)precision : a.compute;
    a.scale = default_scale(ev, a.depth);
    if (!format_is_float(a.softmax) || (a.type != DTYPE_FLOAT && a.type != DTYPE_DOUBLE))
        fits = FALSE; /* the narrow types are run by the operator's own kernel: its text leaves their roundings open */
    m.numbers = m.mask ? naive_read(m.mask) : NULL;
    const gboolean ok = fits ? run_stages(ev, &a, &m, error) : eval_own_kernel(ev, error);
    g_free(m.numbers);
    attention_clear(&a);
    return ok;
}
NAIVE_DEFINE(attention, "Attention", "", attention)

/* ---- FlexAttention ------------------------------------------------------------------------------------------------------- */

/* Runs the scores through a graph attribute, in the softmax's type. */
static gboolean through_graph(Eval *ev, Attention *a, const char *attribute, GError **error)
{
    Subgraph *graph = eval_subgraph(ev, attribute, error);
    const Shape shape = SHAPE(a->batch, a->heads, a->queries, a->keys);
    Tensor *t = graph && subgraph_input_count(graph) == 1 && subgraph_output_count(graph) == 1 ? tensor_new(a->softmax, &shape, error) : NULL;
    if (!t)
        return eval_fail(error, "%s is not a graph of one input and one output", attribute);
    for (int64_t i = 0; i < t->count; i++)
        tensor_set_bits(t, i, format_encode(a->softmax, a->scores[i], NEAREST_EVEN, FALSE));
    g_autoptr(Value) in = value_from_tensor(t), out = NULL;
    if (!subgraph_run(graph, (Value *const[]){ in }, 1, &out, error))
        return FALSE;
    if (!out || out->kind != VALUE_TENSOR || out->tensor->dtype != a->softmax || !shape_equal(&out->tensor->shape, &shape))
        return eval_fail(error, "%s changes the type or shape", attribute);
    g_free(a->scores);
    a->scores = naive_read(out->tensor);
    return TRUE;
}

static gboolean flex_stages(Eval *ev, Attention *a, GError **error)
{
    a->scores = g_new(double, a->batch * a->heads * a->queries * a->keys + 1);
    score(a);
    if (mutant(flex_prob_first) && eval_has(ev, "prob_mod") && !through_graph(ev, a, "prob_mod", error))
        return FALSE;
    if (eval_has(ev, "score_mod") && !mutant(flex_mod_before) && !through_graph(ev, a, "score_mod", error))
        return FALSE;
    normalize(a, FALSE);
    for (int64_t i = 0; mutant(flex_guard) && i < a->batch * a->heads * a->queries * a->keys; i++)
        a->scores[i] = isnan(a->scores[i]) ? 0 : a->scores[i];
    if (eval_has(ev, "prob_mod") && !mutant(flex_prob_ignored) && !mutant(flex_prob_first) && !through_graph(ev, a, "prob_mod", error))
        return FALSE;
    g_autofree double *y = combine(a);
    return give_by_heads(ev, a, y, error);
}

static gboolean flex_attention(Eval *ev, GError **error)
{
    Attention a = { 0 };
    gboolean fits = eval_input(ev, 0)->shape.rank == 4 && eval_input_count(ev) == 3 && read_operands(ev, &a) && a.keys > 0;
    const int64_t precision = eval_has(ev, "softmax_precision") ? eval_int(ev, "softmax_precision") : 0;
    a.softmax = precision ? (DType)precision : a.compute;
    a.scale = fits ? default_scale(ev, a.depth) : 1;
    fits = fits && (a.softmax == DTYPE_FLOAT || a.softmax == DTYPE_DOUBLE) && a.type == DTYPE_FLOAT && a.scale >= 0;
    const gboolean ok = fits ? flex_stages(ev, &a, error) : eval_own_kernel(ev, error);
    attention_clear(&a);
    return ok;
}
NAIVE_DEFINE(flex_attention, "FlexAttention", "ai.onnx.preview", flex_attention)
