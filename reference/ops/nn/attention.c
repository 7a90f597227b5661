/* Attention-23, -24 and -25 as they stand after the errata of 2025 and 2026: query head h uses key-value head
 * h / (Hq / Hkv); softcap comes before the bias; with a cache the causal frontier is offset by what lies before the first
 * query; rows in which everything is masked give 0.
 *
 * Where published data and text differ: the value is that of exact arithmetic, rounded once to T1 (the function body
 * rounds at each node); a mask whose query axis is 1 broadcasts before the causal frontier applies; a mask longer than
 * the keys is refused. */
#include "reference/bounds/attention.h"
#include "reference/bounds/relaxation.h"
#include "reference/bounds/store.h"
#include "reference/eval/on_the_way.h"
#include "reference/ops/shared/attention_block.h"
#include "reference/ops/shared/attention_core.h"
#include "reference/ops/shared/attention_exact.h"
#include "reference/ops/shared/attention_node.h"
#include "reference/ops/shared/attention_precise.h"
#include "reference/ops/shared/wide.h"
#include "reference/tensor/clones.h"
#include "reference/tensor/convert.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The certificate as far as blocks of queries give it on the way (reference/eval/on_the_way.h): float32 ends of Y, but for
 * rows that the rule has to go through one by one. */
typedef struct {
    Tensor  *lower, *upper;
    guint8  *left_out;             /* per row of Y as [B, Hq, Sq] */
    gboolean dense, may_be_exact;  /* AttentionErrors */
    gint     some_left_out, apart, open; /* apart: some ends are no point; open: some element has no interval */
} Gathered;

/* ---- rows --------------------------------------------------------------------------------------------------------------- */

/* What is known when the node has run. */
typedef struct {
    AttentionNode node;
    Gathered     *gathered; /* NULL: no certificate, or not this way */
    gint          out_of_memory, open; /* open: some result may not be rounded right */
} Run;

static void through(DType narrow, double *row, int64_t n)
{
    for (int64_t j = 0; narrow != DTYPE_UNDEFINED && j < n; j++) {
        uint64_t cell;
        convert_from_double(narrow, &row[j], &cell, 1);
        convert_to_double(narrow, &cell, &row[j], 1);
    }
}

typedef struct {
    double *keys, *values;                    /* [D, total] and [total, Dv] of one key-value head */
    double *q, *scores, *bias, *out, *rests, *line;
} Scratch;

static void store_scores(const AttentionNode *a, int mode, int64_t position, const double *row)
{
    if (a->scores && a->mode == mode)
        convert_from_double(a->scores->dtype, row,
                            (uint8_t *)a->scores->data + position * a->total * dtype_info(a->scores->dtype)->width,
                            (gsize)a->total);
}

static int64_t row_of_y(const AttentionNode *a, int64_t batch, int64_t head, int64_t i)
{
    return batch * a->out.batch_stride + head * a->out.head_stride + i * a->out.row_stride;
}

static void store_row(const AttentionNode *a, int64_t batch, int64_t head, int64_t i, const double *row)
{
    convert_from_double(a->y->dtype, row,
                        (uint8_t *)a->y->data + row_of_y(a, batch, head, i) * dtype_info(a->y->dtype)->width, (gsize)a->v.depth);
}

/* FALSE if it has to be done the plain way. */
static gboolean precise_query(const AttentionNode *a, const Scratch *s, int64_t batch, int64_t head, int64_t i, int *open)
{
    const AttentionQuery query = { .q = s->q,
                                   .keys = s->keys,
                                   .values = s->values,
                                   .bias = s->bias,
                                   .total = a->total,
                                   .depth = a->q.depth,
                                   .value_depth = a->v.depth,
                                   .scale = a->scale,
                                   .default_scale = a->default_scale,
                                   .softcap = a->softcap,
                                   .mode = a->scores ? a->mode : -1 };
    attention_load_row(&a->q, batch, head, i, s->q);
    attention_bias_row(a, batch, head, i, s->bias);
    if (a->narrow != DTYPE_UNDEFINED || !attention_precise(&query, s->scores, s->out, open))
        return FALSE;
    store_scores(a, a->mode, (batch * a->q.heads + head) * a->q.length + i, s->scores);
    store_row(a, batch, head, i, s->out);
    return TRUE;
}

static void one_query(const AttentionNode *a, const Scratch *s, int64_t batch, int64_t head, int64_t i, int *open)
{
    const int64_t position = (batch * a->q.heads + head) * a->q.length + i;
    if (a->precise && precise_query(a, s, batch, head, i, open))
        return;
    *open = 1;
    attention_load_row(&a->q, batch, head, i, s->q);
    attention_scores(s->q, s->keys, a->total, a->q.depth, a->scale, s->scores, a->precise ? s->rests : NULL);
    store_scores(a, 0, position, s->scores);
    for (int64_t j = 0; a->softcap != 0 && j < a->total; j++)
        s->scores[j] = a->softcap * attention_tanh(s->scores[j] / a->softcap, a->precise);
    store_scores(a, 1, position, s->scores);
    const gboolean visible = attention_bias_row(a, batch, head, i, s->bias);
    for (int64_t j = 0; j < a->total; j++)
        s->scores[j] += s->bias[j];
    store_scores(a, 2, position, s->scores);
    through(a->narrow, s->scores, a->total);
    attention_softmax(s->scores, a->total, a->precise);
    through(a->narrow, s->scores, a->total);
    for (int64_t j = 0; !visible && j < a->total; j++)
        s->scores[j] = 0;
    store_scores(a, 3, position, s->scores);
    attention_mix(s->scores, s->values, a->total, a->v.depth, s->out, a->precise ? s->rests : NULL);
    store_row(a, batch, head, i, s->out);
}

/* Whether nothing is asked for between scores and weights, so that queries can go in blocks. */
static gboolean in_blocks(const AttentionNode *a)
{
    return !a->precise && a->softcap == 0 && !a->scores && a->narrow == DTYPE_UNDEFINED && a->total > 0;
}

/* Room for a block of queries. */
typedef struct {
    double *scores, *rows;         /* [total, n], and [n, depth] of Q or Y */
    double *bounds, *room;         /* [n, depth] and twice that; NULL unless certified, as is */
    AttentionErrors *errors;
} Block;

/* A bias, -infinity where masked, on the scores of query i of the block and on their errors; FALSE where it is NaN. */
static gboolean add_bias(const AttentionNode *a, const double *bias, int64_t n, int64_t i, const Block *b)
{
    gboolean number = TRUE;
    for (int64_t j = 0; j < a->total; j++) {
        b->scores[j * n + i] += bias[j];
        if (b->errors)
            bounds_attention_bias_error(a->y->dtype, bias[j], b->scores[j * n + i], &b->errors->errors[j * n + i]);
        number &= !isnan(bias[j]);
    }
    return number;
}

/* Y is stored. Where every key is masked it is zero, exactly. */
static void gather_row(const AttentionNode *a, Gathered *g, const Block *b, int64_t position, int64_t at, int64_t i, gboolean visible)
{
    const gsize n = (gsize)a->v.depth;
    const float *y = (const float *)a->y->data + at;
    float *low = (float *)g->lower->data + at, *high = (float *)g->upper->data + at;
    const double *out = b->rows + i * a->v.depth, *bounds = b->bounds + i * a->v.depth;
    if (visible && b->errors->plain[i]) {
        for (gsize d = 0; d < n; d++)
            if (!isfinite(bounds[d]) || isnan(out[d]))
                g_atomic_int_set(&g->open, 1);
        if (bounds_store_floats(out, bounds, y, n, low, high))
            g_atomic_int_set(&g->apart, 1);
        return;
    }
    memcpy(low, y, n * sizeof *y);
    memcpy(high, y, n * sizeof *y);
    if (visible) {
        g->left_out[position] = 1;
        g_atomic_int_set(&g->some_left_out, 1);
    }
}

/* Queries [first, first + n). */
static void some_queries(const Run *run, const Scratch *s, int64_t batch, int64_t head, int64_t first, int64_t n, const Block *b)
{
    const AttentionNode *a = &run->node;
    const AttentionHead h = { s->keys, s->values, a->total, a->k.depth, a->v.depth, a->scale };
    for (int64_t i = 0; i < n; i++)
        attention_load_row(&a->q, batch, head, first + i, b->rows + i * a->q.depth);
    attention_block_scores(&h, b->rows, n, b->scores, b->errors);
    gboolean visible[ATTENTION_BLOCK], number[ATTENTION_BLOCK];
    const gboolean biased = a->mask || a->nonpad || a->causal || a->left >= 0 || a->right >= 0;
    for (int64_t i = 0; i < n; i++)
        visible[i] = number[i] = TRUE;
    for (int64_t i = 0; biased && i < n; i++) { /* else 0 is added, which changes no weight */
        visible[i] = attention_bias_row(a, batch, head, first + i, s->bias);
        number[i] = add_bias(a, s->bias, n, i, b);
    }
    attention_block_softmax(&h, n, b->scores, b->errors);
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; !visible[i] && j < a->total; j++)
            b->scores[j * n + i] = 0;
    attention_block_mix(&h, b->scores, n, b->rows);
    if (b->errors)
        attention_block_mix_errors(&h, b->scores, n, b->rows, b->errors, b->room, b->bounds);
    for (int64_t i = 0; i < n; i++) {
        store_row(a, batch, head, first + i, b->rows + i * a->v.depth);
        if (!b->errors)
            continue;
        b->errors->plain[i] &= number[i];
        gather_row(a, run->gathered, b, (batch * a->q.heads + head) * a->q.length + first + i, row_of_y(a, batch, head, first + i), i, visible[i]);
    }
}

/* Keys at a time: one after the other they would all go to the same lines of the cache, where `total` is a power of two. */
#define LINE 8

static void load_head(const AttentionNode *a, const Scratch *s, int64_t batch, int64_t head)
{
    const int64_t depth = a->k.depth;
    for (int64_t j = 0, n; j < a->total; j += n) {
        n = MIN(a->total - j, LINE);
        for (int64_t i = 0; i < n; i++) {
            attention_load_total_row(&a->past_k, &a->k, batch, head, j + i, s->line + i * depth);
            attention_load_total_row(&a->past_v, &a->v, batch, head, j + i, s->values + (j + i) * a->v.depth);
        }
        for (int64_t d = 0; d < depth; d++)
            for (int64_t i = 0; i < n; i++)
                s->keys[d * a->total + j + i] = s->line[i * depth + d];
    }
}

/* n doubles, aligned as vectors like it; NULL if there is no memory. */
static double *aligned_new(gsize n)
{
    return n < G_MAXSIZE / 16 ? aligned_alloc(64, (n * sizeof(double) + 63) / 64 * 64) : NULL;
}

/* Items: batch * query heads. */
static void some_heads(int64_t first, int64_t last, gpointer data)
{
    Run *run = data;
    const AttentionNode *a = &run->node;
    Gathered *gathered = run->gathered;
    int open = 0;
    g_autofree double *keys = aligned_new((gsize)a->total * (gsize)a->k.depth + 1);
    g_autofree double *values = aligned_new((gsize)a->total * (gsize)a->v.depth + 1);
    const gsize row = (gsize)(a->total + a->k.depth + a->v.depth + 1);
    g_autofree double *rows = g_try_new(double, 5 * row + LINE * (gsize)a->k.depth);
    g_autofree double *block = in_blocks(a) ? aligned_new(ATTENTION_BLOCK * row) : NULL;
    g_autofree double *certificate = gathered ? aligned_new(ATTENTION_BLOCK * (row + 2 * (gsize)a->v.depth)) : NULL;
    if (!keys || !values || !rows || (gathered && (!block || !certificate))) {
        g_atomic_int_set(&run->out_of_memory, 1);
        return;
    }
    Block b = { .scores = block, .rows = block ? block + ATTENTION_BLOCK * a->total : NULL };
    AttentionErrors errors = { .errors = certificate };
    if (gathered) {
        errors.dense = gathered->dense;
        errors.may_be_exact = gathered->may_be_exact;
        b.errors = &errors;
        b.bounds = certificate + ATTENTION_BLOCK * a->total;
        b.room = b.bounds + ATTENTION_BLOCK * a->v.depth;
    }
    const Scratch s = { keys, values, rows, rows + row, rows + 2 * row, rows + 3 * row, rows + 4 * row, rows + 5 * row };
    const int64_t group = a->q.heads / a->k.heads;
    for (int64_t item = first; item < last; item++) {
        const int64_t batch = item / a->q.heads, head = item % a->q.heads;
        if (item == first || head % group == 0)
            load_head(a, &s, batch, head / group);
        for (int64_t i = 0, n; i < a->q.length; i += n) {
            n = block ? MIN(a->q.length - i, ATTENTION_BLOCK) : 1;
            if (block)
                some_queries(run, &s, batch, head, i, n, &b);
            else
                one_query(a, &s, batch, head, i, &open);
        }
    }
    if (open)
        g_atomic_int_set(&run->open, 1);
}

/* ---- the node ----------------------------------------------------------------------------------------------------------- */

static void gathered_free(gpointer data)
{
    Gathered *g = data;
    tensor_unref(g->lower);
    tensor_unref(g->upper);
    g_free(g->left_out);
    g_free(g);
}

CLONES static void look_at(const float *x, int64_t n, int32_t *infinite, int32_t *zero)
{
    int32_t any_infinite = 0, any_zero = 0;
    for (int64_t i = 0; i < n; i++) {
        int32_t code;
        memcpy(&code, &x[i], sizeof code);
        code &= INT32_MAX;
        any_infinite |= code >= 0x7f800000;
        any_zero |= code == 0;
    }
    *infinite |= any_infinite;
    *zero |= any_zero;
}

/* float32 and finite throughout; *zeros if some element is zero. */
static gboolean is_plain(const AttentionOperand *o, gboolean *zeros)
{
    int32_t infinite = 0;
    if (o->tensor && o->tensor->dtype == DTYPE_FLOAT)
        look_at(o->tensor->data, o->tensor->count, &infinite, zeros);
    return !o->tensor || (o->tensor->dtype == DTYPE_FLOAT && !infinite);
}

static gboolean is_power_of_two(double x)
{
    int exponent;
    return frexp(x, &exponent) == 0.5;
}

static gboolean is_strict(const Relaxation *profile)
{
    return !profile->computing && !profile->kept && !profile->trunc && !profile->chunks && !profile->flush &&
           !profile->division && profile->functions == 1;
}

/* Where nothing but the ends of a float32 Y is wanted. Without memory the rule takes its own way. */
static void open_gathered(Eval *ev, Run *run)
{
    const AttentionNode *a = &run->node;
    gboolean zeros = FALSE, ignored = FALSE;
    if (!eval_certifies_exactly(ev) || eval_derives(ev) || eval_may_fuse(ev, 0) || !in_blocks(a) || !is_strict(relaxation_in_force()) ||
        !is_plain(&a->q, &zeros) || !is_plain(&a->k, &zeros) || !is_plain(&a->past_k, &zeros) || !is_plain(&a->v, &ignored) ||
        !is_plain(&a->past_v, &ignored))
        return;
    Gathered *g = g_new0(Gathered, 1);
    g->dense = !zeros;
    g->may_be_exact = is_power_of_two(sqrt(a->scale));
    g->left_out = g_try_new0(guint8, (gsize)(a->q.batch * a->q.heads * a->q.length) + 1);
    g->lower = tensor_new_uninitialised(DTYPE_FLOAT, &a->y->shape, NULL);
    g->upper = tensor_new_uninitialised(DTYPE_FLOAT, &a->y->shape, NULL);
    if (!g->left_out || !g->lower || !g->upper) {
        gathered_free(g);
        return;
    }
    run->gathered = g;
    eval_keep(ev, g, gathered_free);
}

static gboolean attention(Eval *ev, GError **error)
{
    Run run = { .gathered = NULL };
    AttentionNode *a = &run.node;
    if (!attention_node_read(ev, a, error) || !attention_make_outputs(ev, a, error))
        return FALSE;
    open_gathered(ev, &run);
    if (a->y->count > 0 || (a->scores && a->scores->count > 0)) /* else there may be any number of empty rows */
        eval_parallel(ev, a->q.batch * a->q.heads, 1, some_heads, &run);
    if (a->precise && !run.open)
        eval_decide(ev);
    return !run.out_of_memory || eval_fail(error, "no memory for a head of %" G_GINT64_FORMAT " keys", a->total);
}

/* ---- bounds ------------------------------------------------------------------------------------------------------------- */

/* Operands as middles and radii, and room for one query. */
typedef struct {
    AttentionNode a, radius;   /* the same shapes; tensors of radius are NULL where an input is exact */
    double   *keys, *keys_radius, *values, *values_radius, *q, *q_radius;
    double   *scores, *errors, *bias, *p, *w, *out, *out_errors;
} Certificate;

static double map_radius(double low, double high, G_GNUC_UNUSED gsize input, G_GNUC_UNUSED gconstpointer data)
{
    return wide_radius(low, high);
}

static void unref_tensor(gpointer tensor)
{
    tensor_unref(tensor);
}

/* The operand's tensor becomes its middles, that of *radius its radii; `owned` keeps both. */
static gboolean widen(const Wide *w, gsize input, AttentionOperand *middle, AttentionOperand *radius, GPtrArray *owned, GError **error)
{
    *radius = *middle;
    if (!middle->tensor)
        return TRUE;
    Tensor *m = wide_map(w, input, wide_map_middle, NULL, error), *r = m ? wide_map(w, input, map_radius, NULL, error) : NULL;
    g_ptr_array_add(owned, m);
    g_ptr_array_add(owned, r);
    middle->tensor = m;
    radius->tensor = r;
    return r != NULL;
}

static void load_certificate_head(const Certificate *c, int64_t batch, int64_t head)
{
    const AttentionNode *a = &c->a, *r = &c->radius;
    for (int64_t j = 0; j < a->total; j++) {
        attention_load_total_row(&a->past_k, &a->k, batch, head, j, c->keys + j * a->k.depth);
        attention_load_total_row(&r->past_k, &r->k, batch, head, j, c->keys_radius + j * a->k.depth);
        attention_load_total_row(&a->past_v, &a->v, batch, head, j, c->values + j * a->v.depth);
        attention_load_total_row(&r->past_v, &r->v, batch, head, j, c->values_radius + j * a->v.depth);
    }
}

/* *open where an error is infinite or a value is no number. */
static gboolean set_row(Ends *ends, int64_t first, int64_t step, const double *values, const double *errors, int64_t n,
                        gboolean *open, GError **error)
{
    const DType dtype = eval_output_tensor(ends->ev, ends->output)->dtype;
    for (int64_t i = 0; i < n && !*open; i++) {
        *open = !isfinite(errors[i]) || isnan(values[i]);
        const Range r = bounds_store(dtype, values[i], errors[i], eval_may_fuse(ends->ev, ends->output));
        if (!*open && r.low != r.high && !ends_set(ends, first + i * step, r.low, r.high, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean set_scores(const Certificate *c, int mode, Ends *scores, int64_t position, const double *values,
                           const double *errors, gboolean *open, GError **error)
{
    return !c->a.scores || c->a.mode != mode || set_row(scores, position * c->a.total, 1, values, errors, c->a.total, open, error);
}

/* Whether the row's probabilities are the same in every type and for every error of the scores, which then do not matter. */
static gboolean is_decided(const Certificate *c)
{
    const AttentionNode *a = &c->a;
    const double limit = a->narrow == DTYPE_FLOAT16 ? 65504 : (double)G_MAXFLOAT / 2;
    for (int64_t j = 0; j < a->total; j++) { /* p and w are not in use yet */
        c->p[j] = c->scores[j] - c->errors[j];
        c->w[j] = c->scores[j] + c->errors[j];
        if (fabs(c->scores[j]) > limit && c->scores[j] != -(double)INFINITY)
            return FALSE;
    }
    return attention_row_is_decided(c->p, c->w, a->total);
}

static gboolean certify_query(const Certificate *c, int64_t batch, int64_t head, int64_t i, Ends *y, Ends *scores, gboolean *open,
                              GError **error)
{
    const AttentionNode *a = &c->a;
    const DType dtype = a->y->dtype;
    const gsize n = (gsize)a->total, depth = (gsize)a->v.depth;
    const int64_t position = (batch * a->q.heads + head) * a->q.length + i;
    attention_load_row(&a->q, batch, head, i, c->q);
    attention_load_row(&c->radius.q, batch, head, i, c->q_radius);
    const double root = (double)sqrtf((float)a->scale); /* as the function's body takes it */
    bounds_attention_scores(dtype, c->q, c->q_radius, c->keys, c->keys_radius, n, (gsize)a->k.depth, a->scale, root * root, c->scores,
                            c->errors);
    if (!set_scores(c, 0, scores, position, c->scores, c->errors, open, error))
        return FALSE;
    if (a->softcap != 0)
        bounds_attention_softcap(dtype, a->softcap, n, c->scores, c->errors);
    if (!set_scores(c, 1, scores, position, c->scores, c->errors, open, error))
        return FALSE;
    const gboolean visible = attention_bias_row(a, batch, head, i, c->bias);
    bounds_attention_bias(dtype, c->bias, n, c->scores, c->errors);
    if (!set_scores(c, 2, scores, position, c->scores, c->errors, open, error))
        return FALSE;
    if (!visible) /* zeros, exactly */
        return TRUE;
    const gboolean decided = is_decided(c);
    if (decided)
        memset(c->errors, 0, n * sizeof *c->errors);
    if ((a->narrow != DTYPE_UNDEFINED && !decided) || !bounds_softmax(dtype, c->scores, c->errors, n, c->p, c->w)) {
        *open = TRUE;
        return TRUE;
    }
    if (!set_scores(c, 3, scores, position, c->p, c->w, open, error))
        return FALSE;
    gboolean exact;
    bounds_weights(dtype, c->scores, c->errors, n, c->p, c->w, &exact);
    if (!exact && !a->precise) { /* the kernel's own, whose sum is compensated: the bits of what is gathered on the way */
        memcpy(c->p, c->scores, n * sizeof *c->p);
        attention_softmax(c->p, a->total, FALSE);
    }
    bounds_attention_mix(dtype, c->p, c->w, exact, c->values, c->values_radius, n, depth, c->out, c->out_errors);
    return set_row(y, batch * a->out.batch_stride + head * a->out.head_stride + i * a->out.row_stride, 1, c->out, c->out_errors,
                   a->v.depth, open, error);
}

static double *take(double **room, int64_t n)
{
    double *from = *room;
    *room += n;
    return from;
}

/* Rows of Y that `only` marks; NULL: all. */
static gboolean certify_heads(Certificate *c, const guint8 *only, Ends *y, Ends *scores, gboolean *open, GError **error)
{
    const AttentionNode *a = &c->a;
    const int64_t n = a->total, dk = a->k.depth, dv = a->v.depth;
    g_autofree double *room = g_try_new(double, (gsize)(2 * n * (dk + dv) + 2 * dk + 5 * n + 2 * dv + 1));
    if (!room)
        return eval_fail(error, "no memory for a head of %" G_GINT64_FORMAT " keys", n);
    double *at = room;
    c->keys = take(&at, n * dk);
    c->keys_radius = take(&at, n * dk);
    c->values = take(&at, n * dv);
    c->values_radius = take(&at, n * dv);
    c->q = take(&at, dk);
    c->q_radius = take(&at, dk);
    c->scores = take(&at, n);
    c->errors = take(&at, n);
    c->bias = take(&at, n);
    c->p = take(&at, n);
    c->w = take(&at, n);
    c->out = take(&at, dv);
    c->out_errors = take(&at, dv);
    for (int64_t item = 0; item < a->q.batch * a->q.heads && !*open; item++) {
        const int64_t batch = item / a->q.heads, head = item % a->q.heads;
        load_certificate_head(c, batch, head / (a->q.heads / a->k.heads));
        for (int64_t i = 0; i < a->q.length && !*open; i++)
            if (!(only && !only[item * a->q.length + i]) && !certify_query(c, batch, head, i, y, scores, open, error))
                return FALSE;
    }
    return TRUE;
}

/* Caches are moved, not computed: their ends are those of the keys and values. */
static gboolean bound_caches(Eval *ev, GError **error)
{
    if (eval_inputs_exact(ev) || (!eval_output_tensor(ev, 1) && !eval_output_tensor(ev, 2)))
        return TRUE;
    return bound_monotone(ev, error);
}

static gboolean certify_rows(Certificate *c, const Wide *w, const guint8 *only, Ends *y, Ends *scores, gboolean *open, GError **error)
{
    g_autoptr(GPtrArray) owned = g_ptr_array_new_with_free_func(unref_tensor);
    return widen(w, 0, &c->a.q, &c->radius.q, owned, error) && widen(w, 1, &c->a.k, &c->radius.k, owned, error) &&
           widen(w, 2, &c->a.v, &c->radius.v, owned, error) && widen(w, 4, &c->a.past_k, &c->radius.past_k, owned, error) &&
           widen(w, 5, &c->a.past_v, &c->radius.past_v, owned, error) && attention_operand(c->a.y, "Y", c->a.q.heads, &c->a.out, error) &&
           certify_heads(c, only, y, scores, open, error);
}

/* What blocks of queries left over, and whether anything is no point. */
static gboolean finish_gathered(Eval *ev, Certificate *c, Gathered *g, Ends *y, gboolean *open, GError **error)
{
    g_auto(Wide) w = { 0 };
    Ends none = ENDS_OF(ev, 3);
    y->lower = g_steal_pointer(&g->lower);
    y->upper = g_steal_pointer(&g->upper);
    *open = g->open;
    if (g->some_left_out && !*open && (!wide_init(&w, ev, error) || !certify_rows(c, &w, g->left_out, y, &none, open, error)))
        return FALSE;
    if (!g->apart && tensor_equal(y->lower, y->upper)) {
        g_clear_pointer(&y->lower, tensor_unref);
        g_clear_pointer(&y->upper, tensor_unref);
    }
    return TRUE;
}

static gboolean certify_all(Eval *ev, Certificate *c, Ends *y, Ends *scores, gboolean *open, GError **error)
{
    g_auto(Wide) w = { 0 };
    if (!wide_init(&w, ev, error))
        return FALSE;
    *open = !w.known || (w.n > 3 && w.high[3]) /* an inexact mask has no rule */ || !c->a.y;
    return *open || c->a.y->count == 0 || certify_rows(c, &w, NULL, y, scores, open, error);
}

static gboolean attention_bound(Eval *ev, GError **error)
{
    Certificate c = { .scores = NULL };
    if (!bound_caches(ev, error) || !attention_node_read(ev, &c.a, error))
        return FALSE;
    c.a.y = (Tensor *)eval_output_tensor(ev, 0);
    c.a.scores = (Tensor *)eval_output_tensor(ev, 3);
    Ends y = ENDS_OF(ev, 0), scores = ENDS_OF(ev, 3);
    Gathered *gathered = eval_kept(ev);
    gboolean open = FALSE;
    const gboolean ok = gathered ? finish_gathered(ev, &c, gathered, &y, &open, error)
                                 : certify_all(ev, &c, &y, &scores, &open, error);
    (open || !ok ? ends_abandon : ends_finish)(&y);
    if (c.a.scores)
        (open || !ok ? ends_abandon : ends_finish)(&scores);
    return ok;
}

#define INPUTS "Q:T1, K:T1, V:T2, attn_mask:U?, past_key:T1?, past_value:T2?"
#define OUTPUTS " -> Y:T1, present_key:T1?, present_value:T2?, qk_matmul_output:T1?"
#define TYPES .types = "T1: floats13 | T2: floats13 | U: numeric13 bool", .kernel = attention, .bound = attention_bound
#define BASE "is_causal:int=0, kv_num_heads:int, q_num_heads:int, qk_matmul_output_mode:int=0, scale:float, softcap:float=0, " \
             "softmax_precision:int"
OPERATOR_DEFINE(attention, "Attention", "",
    { .since = 23, .signature = INPUTS OUTPUTS, .attributes = BASE, TYPES },
    { .since = 24, .signature = INPUTS ", nonpad_kv_seqlen:int64?" OUTPUTS, .attributes = BASE, TYPES },
    { .since = 25, .signature = INPUTS ", nonpad_kv_seqlen:int64?" OUTPUTS,
      .attributes = BASE ", left_window_size:int=-1, right_window_size:int=-1", TYPES })
