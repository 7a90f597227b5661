/* Designed operands, and a plain computation of what they give. */
#include "generators/proposals/attention_standard.h"

#include <math.h>

#define GAP 1024.0
#define UNDERFLOW_GAP 746.0

int64_t attention_total(const AttentionNode *n)
{
    return n->past + n->keys;
}

static Shape mask_shape(const AttentionNode *n)
{
    return n->mask_shape.rank > 0 ? n->mask_shape : SHAPE(n->queries, attention_total(n));
}

/* A pattern that changes along every axis that the mask has. */
static gboolean mask_shows(const AttentionNode *n, int64_t batch, int64_t head, int64_t i, int64_t j)
{
    const Shape shape = mask_shape(n);
    const int64_t at[4] = { batch, head, i, j };
    int64_t place[4] = { 0, 0, 0, 0 };
    for (int d = 0; d < shape.rank; d++) /* right-aligned; an axis of one element is the same everywhere */
        place[4 - shape.rank + d] = shape.dims[d] == 1 ? 0 : at[4 - shape.rank + d];
    const int64_t length = shape.dims[shape.rank - 1];
    if (j >= length && !(length == 1 && n->version < 24))
        return FALSE;
    return (place[0] * 2 + place[1] * 3 + place[2] + place[3]) % 3 != 0;
}

double attention_mask_bias(const AttentionNode *n, int64_t batch, int64_t head, int64_t i, int64_t j)
{
    if (n->mask != MASK_FLOAT)
        return 0;
    return mask_shows(n, batch, head, i, j) ? 0 : -8 * GAP;
}

static int64_t offset(const AttentionNode *n, int64_t batch, gboolean at_start)
{
    return at_start ? 0 : n->cache ? n->past : n->nonpad ? n->nonpad[batch] - n->queries : 0;
}

static gboolean sees(const AttentionNode *n, int64_t batch, int64_t head, int64_t i, int64_t j, gboolean at_start)
{
    const int64_t here = i + offset(n, batch, at_start);
    const Shape shape = mask_shape(n);
    const int64_t length = shape.dims[shape.rank - 1];
    if (n->mask != MASK_NONE && j >= length && !(length == 1 && n->version < 24))
        return FALSE;
    return (n->mask != MASK_BOOL || mask_shows(n, batch, head, i, j)) && (!n->causal || j <= here) &&
           (!n->windows || n->left < 0 || j >= here - n->left) && (!n->windows || n->right < 0 || j <= here + n->right) &&
           (!n->nonpad || j < n->nonpad[batch]);
}

gboolean attention_sees(const AttentionNode *n, int64_t batch, int64_t head, int64_t i, int64_t j)
{
    return sees(n, batch, head, i, j, FALSE);
}

static double scale_of(const AttentionNode *n)
{
    return n->scale ? (double)*n->scale : 1 / sqrt((double)n->depth);
}

/* Each head prefers keys in an order of its own, ascending or descending, round and round. */
static int64_t rank_of(const AttentionNode *n, int64_t batch, int64_t head, int64_t j)
{
    const int64_t total = attention_total(n), turn = head / 2 * 3 + batch;
    const int64_t ahead = head % 2 == 0 ? j - turn : total - 1 - turn - j;
    return total - 1 - (ahead % total + total) % total;
}

/* Keys that a row may put weight on: visible and not pushed down by a float mask. */
static gboolean counts(const AttentionNode *n, int64_t batch, int64_t head, int64_t i, int64_t j)
{
    return attention_sees(n, batch, head, i, j) && attention_mask_bias(n, batch, head, i, j) >= 0;
}

static void design_row(const AttentionNode *n, int64_t batch, int64_t head, int64_t i, double *row)
{
    const int64_t total = attention_total(n);
    int64_t seen = 0, level = 1, order = 0;
    for (int64_t j = 0; j < total; j++)
        seen += counts(n, batch, head, i, j);
    while (2 * level <= seen)
        level *= 2;
    for (int64_t j = 0; j < total; j++) {
        const gboolean shown = counts(n, batch, head, i, j);
        const int64_t place = seen > 0 ? ((order - (head + i)) % seen + seen) % seen : 0;
        const double cap = fabs((double)n->softcap);
        if (cap != 0)
            row[j] = 16 * cap * (!shown || place == 0 ? 1 : -1);
        else if (!n->level)
            row[j] = GAP * (double)rank_of(n, batch, head, j);
        else
            row[j] = !shown || place < level ? 0 : -4 * GAP;
        order += shown;
    }
}

AttentionData attention_design(const AttentionNode *n)
{
    const int64_t total = attention_total(n);
    AttentionData data = { data_constant(n->dtype, &SHAPE(n->batch, n->heads, n->queries, n->depth), 0),
                           data_constant(n->dtype, &SHAPE(n->batch, n->kv, total, n->depth), 0),
                           data_constant(n->dtype, &SHAPE(n->batch, n->kv, total, n->values), 0) };
    for (int64_t i = 0; i < data.v->count; i++) { /* 1, 2, 3 ... down the rows, signs alternating by channel */
        const int64_t row = i / n->values, d = i % n->values;
        tensor_set_double(data.v, i, (double)((d % 2 == 0 ? 1 : -1) * (row + 1 + d / 2 * 64)));
    }
    if (n->depth < total) /* no permutation of the keys fits: all scores are 0 */
        return data;
    for (int64_t plane = 0; plane < n->batch * n->kv; plane++)
        for (int64_t j = 0; j < total; j++)
            tensor_set_double(data.k, (plane * total + j) * n->depth + (j + plane) % n->depth, 1);
    g_autofree double *row = g_new(double, total + 1);
    for (int64_t i = 0; i < n->batch * n->heads * n->queries; i++) {
        const int64_t head = i / n->queries % n->heads, batch = i / n->queries / n->heads;
        const int64_t plane = batch * n->kv + head / (n->heads / n->kv);
        design_row(n, batch, head, i % n->queries, row);
        for (int64_t j = 0; j < total; j++)
            tensor_set_double(data.q, i * n->depth + (j + plane) % n->depth, row[j] / scale_of(n));
    }
    return data;
}

void attention_data_clear(AttentionData *data)
{
    g_clear_pointer(&data->q, tensor_unref);
    g_clear_pointer(&data->k, tensor_unref);
    g_clear_pointer(&data->v, tensor_unref);
}

/* ---- the oracle -------------------------------------------------------------------------------------------------------------- */

typedef struct {
    const AttentionNode *n;
    const AttentionData *data;
    AttentionReading     reading;
    double              *scores;
} Oracle;

static void oracle_scores(const Oracle *o, int64_t batch, int64_t head, int64_t i, int64_t plane)
{
    const AttentionNode *n = o->n;
    const int64_t total = attention_total(n), query = ((batch * n->heads + head) * n->queries + i) * n->depth;
    for (int64_t j = 0; j < total; j++) {
        double sum = 0;
        for (int64_t d = 0; d < n->depth; d++)
            sum += tensor_get_double(o->data->q, query + d) * tensor_get_double(o->data->k, (plane * total + j) * n->depth + d);
        sum *= scale_of(n);
        if (n->softcap != 0) /* scores are 0 or far beyond the cap */
            sum = sum > 0 ? fabs((double)n->softcap) : sum < 0 ? -fabs((double)n->softcap) : 0;
        const gboolean shown = sees(n, batch, head, i, j, o->reading == READ_CAUSAL_AT_START);
        o->scores[j] = shown ? sum + attention_mask_bias(n, batch, head, i, j) : -(double)INFINITY;
    }
}

/* One row of Y; FALSE if the row is not decided. */
static gboolean oracle_row(const Oracle *o, int64_t plane, int64_t at, Tensor *y)
{
    const AttentionNode *n = o->n;
    const int64_t total = attention_total(n);
    double most = -(double)INFINITY, count = 0;
    for (int64_t j = 0; j < total; j++)
        most = MAX(most, o->scores[j]);
    for (int64_t j = 0; j < total; j++) {
        count += o->scores[j] == most ? 1 : 0;
        if (o->scores[j] != most && most - o->scores[j] < UNDERFLOW_GAP)
            return FALSE;
    }
    if (isfinite(most) && count != 1 && count != 2 && count != 4 && count != 8)
        return FALSE;
    for (int64_t d = 0; d < n->values; d++) {
        double sum = 0;
        for (int64_t j = 0; j < total; j++)
            sum += o->scores[j] == most ? tensor_get_double(o->data->v, (plane * total + j) * n->values + d) : 0;
        const double masked = o->reading == READ_NAN_ROWS ? (double)NAN : 0;
        tensor_set_double(y, at * n->values + d, isfinite(most) ? sum / count : masked);
    }
    return TRUE;
}

/* [B,H,S,D] as the node has it: the same, or [B,S,H*D]. */
static Tensor *in_rank(const AttentionNode *n, Tensor *y)
{
    if (!n->flat)
        return y;
    Tensor *flat = data_constant(n->dtype, &SHAPE(n->batch, n->queries, n->heads * n->values), 0);
    for (int64_t i = 0; i < y->count; i++) {
        const int64_t d = i % n->values, q = i / n->values % n->queries, h = i / n->values / n->queries % n->heads,
                      b = i / n->values / n->queries / n->heads;
        tensor_set_double(flat, ((b * n->queries + q) * n->heads + h) * n->values + d, tensor_get_double(y, i));
    }
    tensor_unref(y);
    return flat;
}

Tensor *attention_oracle(const AttentionNode *n, const AttentionData *data, AttentionReading reading)
{
    g_autofree double *scores = g_new(double, attention_total(n) + 1);
    const Oracle o = { n, data, reading, scores };
    g_autoptr(Tensor) y = data_constant(n->dtype, &SHAPE(n->batch, n->heads, n->queries, n->values), 0);
    for (int64_t at = 0; at < n->batch * n->heads * n->queries; at++) {
        const int64_t head = at / n->queries % n->heads, batch = at / n->queries / n->heads;
        const int64_t kv = reading == READ_TILED_HEADS ? head % n->kv : head / (n->heads / n->kv);
        oracle_scores(&o, batch, head, at % n->queries, batch * n->kv + kv);
        if (!oracle_row(&o, batch * n->kv + kv, at, y))
            return NULL;
    }
    return in_rank(n, g_steal_pointer(&y));
}
