#include "reference/ops/shared/attention_stages_bound.h"

#include "reference/bounds/attention.h"
#include "reference/ops/shared/attention_exact.h"
#include "reference/ops/shared/wide.h"

#include <math.h>

static gboolean no_memory(const Stages *s, GError **error)
{
    return eval_fail(error, "no memory for a row of %" G_GINT64_FORMAT " scores", s->keys);
}

static Tensor *like(const Tensor *t, DType dtype, GError **error)
{
    return tensor_new(dtype, &t->shape, error);
}

static gboolean pair(const Tensor *t, DType dtype, Tensor **a, Tensor **b, GError **error)
{
    return (*a = like(t, dtype, error)) && (*b = like(t, dtype, error));
}

static void load(const Tensor *t, int64_t from, int64_t n, double *out)
{
    for (int64_t i = 0; i < n; i++)
        out[i] = tensor_get_double(t, from + i);
}

static int64_t rows_of(const Stages *s)
{
    return s->batch * s->heads * s->queries;
}

/* The key-value head that row i reads. */
static int64_t plane_of(const Stages *s, int64_t i)
{
    const int64_t item = i / s->queries;
    return item / s->heads * s->kv_heads + item % s->heads / (s->heads / s->kv_heads);
}

static gboolean is_finite(const Tensor *t)
{
    for (int64_t i = 0; i < t->count; i++)
        if (!isfinite(tensor_get_double(t, i)))
            return FALSE;
    return TRUE;
}

/* ---- scores -------------------------------------------------------------------------------------------------------------- */

static void score_row(Stages *s, int64_t i, double *q, double *keys, double *scores, double *errors)
{
    load(s->q, i * s->depth, s->depth, q);
    load(s->k, plane_of(s, i) * s->keys * s->depth, s->keys * s->depth, keys);
    bounds_attention_scores(s->q->dtype, q, NULL, keys, NULL, (gsize)s->keys, (gsize)s->depth, s->root * s->root,
                            s->scale, scores, errors);
    for (int64_t j = 0; j < s->keys; j++) {
        const Range r = bounds_store(s->dtype, scores[j], errors[j], TRUE);
        tensor_set_double(s->low, i * s->keys + j, r.low);
        tensor_set_double(s->high, i * s->keys + j, r.high);
    }
}

gboolean stages_bound_scores(Stages *s, GError **error)
{
    if (!is_finite(s->q) || !is_finite(s->k) || !is_finite(s->v)) {
        s->certified = FALSE;
        return TRUE;
    }
    if (isnan(s->root) || s->scores->count == 0) /* NaN throughout, or nothing */
        return TRUE;
    g_autofree double *room = g_try_new(double, (s->keys + 1) * s->depth + 2 * s->keys + 1);
    if (!room)
        return no_memory(s, error);
    if (!pair(s->scores, s->dtype, &s->low, &s->high, error))
        return FALSE;
    double *keys = room + s->depth, *scores = keys + s->keys * s->depth;
    for (int64_t i = 0; i < rows_of(s); i++)
        score_row(s, i, room, keys, scores, scores + s->keys);
    return TRUE;
}

/* ---- probabilities --------------------------------------------------------------------------------------------------------- */

typedef struct {
    Tensor *low, *high; /* of the probabilities */
    double *low_row, *high_row, *middle, *radius, *p, *error;
} Softmax;

static gboolean narrow(const Stages *s)
{
    return dtype_info(s->dtype)->bits < dtype_info(bounds_compute_type(s->q->dtype))->bits;
}

static void set_row(Tensor *t, int64_t from, int64_t n, const double *values)
{
    for (int64_t j = 0; j < n; j++)
        tensor_set_double(t, from + j, values[j]);
}

/* A row that is not decided: its probabilities' intervals for a hook, else its logits. A decided row keeps NaN as ends,
 * which stand for "as computed". */
static gboolean undecided_row(Stages *s, Softmax *x, int64_t i, GError **error)
{
    for (int64_t j = 0; j < s->keys; j++) {
        x->middle[j] = wide_middle(x->low_row[j], x->high_row[j]);
        x->radius[j] = wide_radius(x->low_row[j], x->high_row[j]);
    }
    s->certified = !narrow(s) && bounds_softmax(s->q->dtype, x->middle, x->radius, (gsize)s->keys, x->p, x->error);
    if (!s->certified)
        return TRUE;
    if (!s->prob) {
        if (!s->logits && !pair(s->scores, DTYPE_DOUBLE, &s->logits, &s->logits_radius, error))
            return FALSE;
        set_row(s->logits, i * s->keys, s->keys, x->middle);
        set_row(s->logits_radius, i * s->keys, s->keys, x->radius);
    }
    for (int64_t j = 0; j < s->keys; j++) {
        const Range r = bounds_store(s->dtype, x->p[j], x->error[j], TRUE);
        tensor_set_double(x->low, i * s->keys + j, r.low);
        tensor_set_double(x->high, i * s->keys + j, r.high);
    }
    return TRUE;
}

/* Probabilities of a decided row: each maximum 1 / their number, or NaN all over. */
static void decided_row(const Stages *s, Softmax *x, int64_t i)
{
    double most = -(double)INFINITY, count = 0;
    gboolean nan = FALSE;
    for (int64_t j = 0; j < s->keys; j++) {
        nan |= isnan(x->low_row[j]) || x->low_row[j] == (double)INFINITY;
        most = MAX(most, x->low_row[j]);
    }
    for (int64_t j = 0; j < s->keys; j++)
        count += x->low_row[j] == most ? 1 : 0;
    nan |= !isfinite(most);
    for (int64_t j = 0; j < s->keys; j++) {
        const double p = nan ? (double)NAN : x->low_row[j] == most ? 1 / count : 0;
        tensor_set_double(x->low, i * s->keys + j, p);
        tensor_set_double(x->high, i * s->keys + j, p);
    }
}

gboolean stages_bound_softmax(Stages *s, GError **error)
{
    if (s->scores->count == 0)
        return TRUE;
    g_autofree double *room = g_try_new(double, 6 * s->keys + 1);
    g_autoptr(Tensor) low = NULL, high = NULL;
    if (!room)
        return no_memory(s, error);
    if (!pair(s->scores, s->dtype, &low, &high, error))
        return FALSE;
    Softmax x = { low, high, room, room + s->keys, room + 2 * s->keys, room + 3 * s->keys, room + 4 * s->keys, room + 5 * s->keys };
    for (int64_t i = 0; i < rows_of(s) && s->certified; i++) {
        load(s->low ? s->low : s->scores, i * s->keys, s->keys, x.low_row);
        load(s->high ? s->high : s->scores, i * s->keys, s->keys, x.high_row);
        if (attention_row_is_decided(x.low_row, x.high_row, s->keys))
            decided_row(s, &x, i);
        else if (!undecided_row(s, &x, i, error))
            return FALSE;
    }
    tensor_unref(s->low);
    tensor_unref(s->high);
    s->low = g_steal_pointer(&low);
    s->high = g_steal_pointer(&high);
    return TRUE;
}

/* ---- output ---------------------------------------------------------------------------------------------------------------- */

typedef struct {
    double *low, *high, *p, *w, *values, *out, *errors;
} Mix;

/* The row's probabilities are known: each sum as exact as its terms let it be. */
static void known_row(const Stages *s, Mix *m)
{
    for (int64_t d = 0; d < s->out_depth; d++) {
        m->out[d] = 0;
        for (int64_t j = 0; j < s->keys; j++)
            m->out[d] += m->low[j] * m->values[j * s->out_depth + d];
        m->errors[d] = attention_mix_error(s->dtype, m->low, m->values + d, s->out_depth, s->keys);
    }
}

static gboolean is_known(const Stages *s, const Mix *m)
{
    gboolean known = TRUE;
    for (int64_t j = 0; j < s->keys; j++)
        known &= m->low[j] == m->high[j] || (isnan(m->low[j]) && isnan(m->high[j]));
    return known;
}

static void interval_row(Stages *s, Mix *m, int64_t i)
{
    const gsize keys = (gsize)s->keys, depth = (gsize)s->out_depth;
    const DType dtype = s->q->dtype;
    if (s->logits) {
        gboolean exact = FALSE;
        const double *logits = (const double *)s->logits->data + i * s->keys;
        const double *radius = (const double *)s->logits_radius->data + i * s->keys;
        s->certified = bounds_weights(dtype, logits, radius, keys, m->p, m->w, &exact);
        if (s->certified)
            bounds_attention_mix(dtype, m->p, m->w, exact, m->values, NULL, keys, depth, m->out, m->errors);
        return;
    }
    for (int64_t j = 0; j < s->keys; j++) {
        m->p[j] = wide_middle(m->low[j], m->high[j]);
        m->w[j] = wide_radius(m->low[j], m->high[j]);
    }
    s->certified = !narrow(s);
    bounds_weighted_sum(dtype, m->p, m->w, m->values, NULL, keys, depth, m->out, m->errors);
}

static void mix_row(Stages *s, Mix *m, int64_t i)
{
    load(s->low ? s->low : s->scores, i * s->keys, s->keys, m->low);
    load(s->high ? s->high : s->scores, i * s->keys, s->keys, m->high);
    load(s->v, plane_of(s, i) * s->keys * s->out_depth, s->keys * s->out_depth, m->values);
    if (is_known(s, m))
        known_row(s, m);
    else
        interval_row(s, m, i);
    for (int64_t d = 0; d < s->out_depth && s->certified; d++) {
        s->certified = isfinite(m->errors[d]);
        const Range r = bounds_store(s->y->dtype, m->out[d], m->errors[d], s->fused);
        tensor_set_double(s->y_low, i * s->out_depth + d, r.low);
        tensor_set_double(s->y_high, i * s->out_depth + d, r.high);
    }
}

gboolean stages_bound_mix(Stages *s, GError **error)
{
    if (!pair(s->y, s->y->dtype, &s->y_low, &s->y_high, error))
        return FALSE;
    if (s->y->count == 0)
        return TRUE;
    g_autofree double *room = g_try_new(double, s->keys * (4 + s->out_depth) + 2 * s->out_depth + 1);
    if (!room)
        return no_memory(s, error);
    double *values = room + 4 * s->keys, *out = values + s->keys * s->out_depth;
    Mix m = { room, room + s->keys, room + 2 * s->keys, room + 3 * s->keys, values, out, out + s->out_depth };
    for (int64_t i = 0; i < rows_of(s) && s->certified; i++)
        mix_row(s, &m, i);
    return TRUE;
}
