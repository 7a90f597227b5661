#include "reference/ops/shared/attention_node.h"

#include "reference/ops/shared/move.h"
#include "reference/tensor/convert.h"

#include <math.h>

/* ---- shapes
 * ------------------------------------------------------------------------------------------------------------- */

gboolean attention_operand(const Tensor *t, const char *name, int64_t heads, AttentionOperand *o, GError **error)
{
    const int64_t *d = t->shape.dims;
    if (t->shape.rank == 4) {
        *o = (AttentionOperand){ t, d[0], d[1], d[2], d[3], d[1] * d[2] * d[3], d[2] * d[3], d[3] };
        return TRUE;
    }
    if (heads < 1 || d[2] % heads != 0)
        return eval_fail(error,
                         "%s has %" G_GINT64_FORMAT " channels, expected a multiple of %" G_GINT64_FORMAT " heads",
                         name, d[2], heads);
    *o = (AttentionOperand){ t, d[0], heads, d[1], d[2] / heads, d[1] * d[2], d[2] / heads, d[2] };
    return TRUE;
}

static gboolean read_heads(const Eval *ev, int rank, int64_t *q_heads, int64_t *kv_heads, GError **error)
{
    const gboolean given_q = eval_has(ev, "q_num_heads"), given_kv = eval_has(ev, "kv_num_heads");
    *q_heads = eval_int(ev, "q_num_heads");
    *kv_heads = eval_int(ev, "kv_num_heads");
    if (rank == 3 && (*q_heads < 1 || *kv_heads < 1))
        return eval_fail(error, "operands of rank 3 need q_num_heads and kv_num_heads, both positive");
    if (rank == 4 && eval_version(ev) >= 25 && (given_q || given_kv))
        return eval_fail(error, "q_num_heads and kv_num_heads are for operands of rank 3, these have rank 4");
    return TRUE;
}

static gboolean read_operands(const Eval *ev, AttentionNode *a, GError **error)
{
    const Tensor *q = eval_input(ev, 0), *k = eval_input(ev, 1), *v = eval_input(ev, 2);
    const int rank = q->shape.rank;
    if ((rank != 3 && rank != 4) || k->shape.rank != rank || v->shape.rank != rank)
        return eval_fail(error, "Q, K and V have ranks %d, %d and %d, expected all 3 or all 4", rank, k->shape.rank,
                         v->shape.rank);
    int64_t q_heads, kv_heads;
    if (!read_heads(ev, rank, &q_heads, &kv_heads, error) || !attention_operand(q, "Q", q_heads, &a->q, error) ||
        !attention_operand(k, "K", kv_heads, &a->k, error) || !attention_operand(v, "V", kv_heads, &a->v, error))
        return FALSE;
    if (a->k.batch != a->q.batch || a->v.batch != a->q.batch || a->k.depth != a->q.depth ||
        a->v.length != a->k.length || a->v.heads != a->k.heads) {
        g_autofree char *sq = shape_to_string(&q->shape), *sk = shape_to_string(&k->shape),
                        *sv = shape_to_string(&v->shape);
        return eval_fail(error, "shapes of Q %s, K %s and V %s do not go together", sq, sk, sv);
    }
    if (a->k.heads < 1 || a->q.heads % a->k.heads != 0)
        return eval_fail(error, "%" G_GINT64_FORMAT " query heads are no multiple of %" G_GINT64_FORMAT " key heads",
                         a->q.heads, a->k.heads);
    return TRUE;
}

static gboolean read_past(const Eval *ev, AttentionNode *a, GError **error)
{
    const Tensor *k = eval_input(ev, 4), *v = eval_input(ev, 5);
    a->total = a->k.length;
    if (!k && !v)
        return TRUE;
    if (!k || !v)
        return eval_fail(error, "past_key and past_value go together, only one is given");
    if (k->shape.rank != 4 || v->shape.rank != 4)
        return eval_fail(error, "past_key and past_value have ranks %d and %d, expected 4", k->shape.rank,
                         v->shape.rank);
    if (!attention_operand(k, "past_key", 0, &a->past_k, error) ||
        !attention_operand(v, "past_value", 0, &a->past_v, error))
        return FALSE;
    const AttentionOperand *pk = &a->past_k, *pv = &a->past_v;
    if (pk->batch != a->k.batch || pk->heads != a->k.heads || pk->depth != a->k.depth || pv->batch != a->k.batch ||
        pv->heads != a->k.heads || pv->depth != a->v.depth || pv->length != pk->length) {
        g_autofree char *sk = shape_to_string(&k->shape), *sv = shape_to_string(&v->shape);
        return eval_fail(error, "past_key %s and past_value %s do not go with K and V", sk, sv);
    }
    a->past = pk->length;
    return !__builtin_add_overflow(a->total, a->past, &a->total) || eval_fail(error, "too many keys");
}

static gboolean read_nonpad(const Eval *ev, AttentionNode *a, GError **error)
{
    const Tensor *t = eval_version(ev) >= 24 ? eval_input(ev, 6) : NULL;
    if (!t)
        return TRUE;
    if (a->past_k.tensor)
        return eval_fail(error, "nonpad_kv_seqlen is for a cache that K and V hold, but there is past_key");
    if (eval_version(ev) >= 25 && (eval_wants(ev, 1) || eval_wants(ev, 2)))
        return eval_fail(
            error, "nonpad_kv_seqlen is for a cache that K and V hold, but present_key or present_value is wanted");
    if (t->shape.rank != 1 || t->count != a->q.batch)
        return eval_fail(error, "nonpad_kv_seqlen must have one entry for each of %" G_GINT64_FORMAT " batch items",
                         a->q.batch);
    a->nonpad = t->data;
    for (int64_t b = 0; b < t->count; b++)
        if (a->nonpad[b] < 0 || a->nonpad[b] > a->total)
            return eval_fail(error,
                             "nonpad_kv_seqlen has the entry %" G_GINT64_FORMAT ", expected 0 to %" G_GINT64_FORMAT,
                             a->nonpad[b], a->total);
    return TRUE;
}

/* The mask broadcasts to [B, Hq, Sq, Skv]; from 24 on its last dim is not broadcast but padded with "masked". */
static gboolean read_mask(const Eval *ev, AttentionNode *a, GError **error)
{
    a->mask = eval_input(ev, 3);
    a->mask_length = a->total;
    if (!a->mask)
        return TRUE;
    const Shape *shape = &a->mask->shape, full = SHAPE(a->q.batch, a->q.heads, a->q.length, a->total);
    const gboolean pads = eval_version(ev) >= 24 && shape->rank > 0;
    int64_t dense[SHAPE_MAX_RANK];
    shape_strides(shape, dense);
    gboolean fits = shape->rank <= 4;
    for (int i = 1; fits && i <= shape->rank; i++) {
        const int64_t dim = shape->dims[shape->rank - i], wanted = full.dims[4 - i];
        const gboolean last = i == 1 && pads;
        fits = last ? dim <= wanted : dim == 1 || dim == wanted;
        a->mask_strides[4 - i] = dim == 1 && !last ? 0 : dense[shape->rank - i];
        if (last)
            a->mask_length = dim;
    }
    for (int64_t b = 0; fits && a->nonpad && b < a->q.batch; b++)
        fits = a->nonpad[b] <= a->mask_length;
    if (fits)
        return TRUE;
    g_autofree char *found = shape_to_string(shape), *wanted = shape_to_string(&full);
    return eval_fail(error, "attn_mask has shape %s, expected one that broadcasts to %s%s", found, wanted,
                     pads ? " or is shorter in the last dim, but covers nonpad_kv_seqlen" : "");
}

static gboolean read_attributes(const Eval *ev, AttentionNode *a, GError **error)
{
    a->causal = eval_int(ev, "is_causal") != 0;
    a->softcap = (double)eval_float(ev, "softcap");
    const double scale = eval_has(ev, "scale") ? (double)eval_float(ev, "scale") : 1 / sqrt((double)a->q.depth);
    a->default_scale = !eval_has(ev, "scale");
    a->scale = scale >= 0 ? scale : (double)NAN; /* its square root multiplies Q and K */
    a->mode = (int)CLAMP(eval_int(ev, "qk_matmul_output_mode"), -1, 4);
    if (a->mode < 0 || a->mode > 3)
        return eval_fail(error, "qk_matmul_output_mode is %" G_GINT64_FORMAT ", expected 0 to 3",
                         eval_int(ev, "qk_matmul_output_mode"));
    a->left = eval_version(ev) >= 25 ? eval_int(ev, "left_window_size") : -1;
    a->right = eval_version(ev) >= 25 ? eval_int(ev, "right_window_size") : -1;
    if (a->left < -1 || a->right < -1)
        return eval_fail(error, "window sizes are %" G_GINT64_FORMAT " and %" G_GINT64_FORMAT ", expected -1 or more",
                         a->left, a->right);
    const DType own = a->q.tensor->dtype;
    a->precise = own == DTYPE_DOUBLE;
    if (!eval_has(ev, "softmax_precision"))
        return TRUE;
    const int64_t precision = eval_int(ev, "softmax_precision");
    if (precision != DTYPE_FLOAT && precision != DTYPE_FLOAT16 && precision != DTYPE_DOUBLE &&
        precision != DTYPE_BFLOAT16)
        return eval_fail(error, "softmax_precision is %" G_GINT64_FORMAT ", expected 1, 10, 11 or 16", precision);
    if (precision != (int64_t)own && dtype_info((DType)precision)->bits <= dtype_info(own)->bits)
        a->narrow = (DType)precision;
    return TRUE;
}

gboolean attention_node_read(const Eval *ev, AttentionNode *a, GError **error)
{
    *a = (AttentionNode){ .narrow = DTYPE_UNDEFINED };
    return read_operands(ev, a, error) && read_past(ev, a, error) && read_nonpad(ev, a, error) &&
           read_mask(ev, a, error) && read_attributes(ev, a, error);
}

/* ---- rows
 * --------------------------------------------------------------------------------------------------------------- */

void attention_load_row(const AttentionOperand *o, int64_t batch, int64_t head, int64_t row, double *out)
{
    const int64_t at = batch * o->batch_stride + head * o->head_stride + row * o->row_stride;
    convert_to_double(o->tensor->dtype, (const uint8_t *)o->tensor->data + at * dtype_info(o->tensor->dtype)->width,
                      out, (gsize)o->depth);
}

void attention_load_total_row(const AttentionOperand *past, const AttentionOperand *now, int64_t batch, int64_t head,
                              int64_t row, double *out)
{
    if (row < past->length)
        attention_load_row(past, batch, head, row, out);
    else
        attention_load_row(now, batch, head, row - past->length, out);
}

gboolean attention_bias_row(const AttentionNode *a, int64_t batch, int64_t head, int64_t i, double *bias)
{
    const int64_t at = batch * a->mask_strides[0] + head * a->mask_strides[1] + i * a->mask_strides[2];
    const int64_t before = a->past_k.tensor ? a->past : a->nonpad ? a->nonpad[batch] - a->q.length : 0;
    const int64_t here = i + before; /* the position of this query among the keys; may be negative */
    gboolean visible = FALSE;
    for (int64_t j = 0; j < a->total; j++) {
        bias[j] = 0;
        if (a->mask && j < a->mask_length) {
            const double mask = tensor_get_double(a->mask, at + j * a->mask_strides[3]);
            bias[j] = a->mask->dtype != DTYPE_BOOL ? mask : mask != 0 ? 0 : -(double)INFINITY;
        }
        if (j >= a->mask_length || (a->nonpad && j >= a->nonpad[batch]) || (a->causal && j > here) ||
            (a->left >= 0 && j < here && here - j > a->left) || (a->right >= 0 && j > here && j - here > a->right))
            bias[j] = -(double)INFINITY;
        visible |= !(bias[j] == -(double)INFINITY);
    }
    return visible;
}

/* ---- outputs
 * ------------------------------------------------------------------------------------------------------------ */

static gboolean present(Eval *ev, gsize output, const AttentionOperand *past, const AttentionOperand *now,
                        GError **error)
{
    if (!eval_wants(ev, output))
        return TRUE;
    const int64_t total = past->length + now->length;
    const Shape shape = SHAPE(now->batch, now->heads, total, now->depth);
    Tensor *t = eval_output(ev, output, now->tensor->dtype, &shape, error);
    if (!t)
        return FALSE;
    int64_t at = 0;
    for (int64_t b = 0; t->count > 0 && b < now->batch; b++)
        for (int64_t h = 0; h < now->heads; h++) {
            if (past->tensor)
                move_run(past->tensor, b * past->batch_stride + h * past->head_stride, t, at,
                         past->length * past->depth);
            at += past->length * now->depth;
            for (int64_t j = 0; j < now->length; j++, at += now->depth)
                move_run(now->tensor, b * now->batch_stride + h * now->head_stride + j * now->row_stride, t, at,
                         now->depth);
        }
    return TRUE;
}

gboolean attention_make_outputs(Eval *ev, AttentionNode *a, GError **error)
{
    const AttentionOperand *q = &a->q;
    const gboolean flat = q->tensor->shape.rank == 3;
    int64_t channels;
    if (__builtin_mul_overflow(q->heads, a->v.depth, &channels))
        return eval_fail(error, "the output has too many elements");
    const Shape shape = flat ? SHAPE(q->batch, q->length, channels) : SHAPE(q->batch, q->heads, q->length, a->v.depth);
    a->y = eval_output(ev, 0, q->tensor->dtype, &shape, error);
    if (!a->y || !attention_operand(a->y, "Y", q->heads, &a->out, error))
        return FALSE;
    if (eval_wants(ev, 3)) {
        const Shape scores = SHAPE(q->batch, q->heads, q->length, a->total);
        a->scores = eval_output(ev, 3, q->tensor->dtype, &scores, error);
        if (!a->scores)
            return FALSE;
    }
    if (eval_version(ev) >= 25 && eval_wants(ev, 1) != eval_wants(ev, 2))
        return eval_fail(error, "present_key and present_value go together, only one is wanted");
    return present(ev, 1, &a->past_k, &a->k, error) && present(ev, 2, &a->past_v, &a->v, error);
}
