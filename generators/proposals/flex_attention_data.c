/* Designed data: Q and K whose product is any matrix of scores that one likes.
 *
 * K is a permutation matrix, rotated differently in each batch item and head, so that the scores are the elements of Q in
 * an order that only the right key head restores. Then scores are chosen so that, after the modifiers, the softmax is
 * exact (reference/ops/shared/attention_exact.h): ROUTED or LEVEL. */
#include "generators/proposals/flex_attention.h"

#include <math.h>

#define GAP 1024.0 /* between neighbouring ranks: far beyond the underflow of exp, few digits */

double flex_scale(const FlexNode *n)
{
    return n->scale ? (double)*n->scale : 1 / sqrt((double)n->sizes.depth);
}

static gboolean visible(const FlexNode *n, const int64_t *at)
{
    for (gsize i = 0; i < FLEX_STAGES && n->score[i]; i++) {
        const FlexModifier *m = flex_modifier(n->score[i]);
        if (m->visible && !m->visible(&n->sizes, at))
            return FALSE;
    }
    return TRUE;
}

static double bias(const FlexNode *n, const int64_t *at)
{
    double sum = 0;
    for (gsize i = 0; i < FLEX_STAGES && n->score[i]; i++) {
        const FlexModifier *m = flex_modifier(n->score[i]);
        sum += m->bias ? m->bias(&n->sizes, at) : 0;
    }
    return sum;
}

static double cap_of(const FlexNode *n)
{
    double cap = 0;
    for (gsize i = 0; i < FLEX_STAGES && n->score[i]; i++)
        cap = MAX(cap, flex_modifier(n->score[i])->cap);
    return cap;
}

/* Each head has an order of the keys: ascending or descending from a key of its own, round and round. */
static int64_t rank_of(const FlexSizes *z, const int64_t *at)
{
    const int64_t turn = at[1] / 2 * 3 + at[0];
    const int64_t ahead = at[1] % 2 == 0 ? at[3] - turn : z->keys - 1 - turn - at[3];
    return z->keys - 1 - (ahead % z->keys + z->keys) % z->keys;
}

/* The row's scores before the modifiers. Behind a soft cap only the sign of a large score
 * counts: 128 caps are one cap, whatever a bias adds. */
static void design_row(const FlexNode *n, int64_t *at, double *row)
{
    const FlexSizes *z = &n->sizes;
    const double cap = cap_of(n);
    int64_t seen = 0, level = 1, first = 0;
    for (at[3] = 0; at[3] < z->keys; at[3]++)
        seen += visible(n, at);
    while (2 * level <= seen)
        level *= 2;
    if (seen > 0)
        first = (at[1] + at[2]) % seen;
    int64_t order = 0;
    for (at[3] = 0; at[3] < z->keys; at[3]++) {
        const gboolean shown = visible(n, at);
        const int64_t place = seen > 0 ? (order - first + seen) % seen : 0;
        double score;
        if (cap != 0)
            score = 128 * cap * (!shown || place == 0 ? 1 : -1);
        else if (n->data == FLEX_ROUTED)
            score = GAP * (double)rank_of(z, at) - bias(n, at);
        else
            score = (!shown || place < level ? 0 : -4 * GAP) - bias(n, at);
        row[at[3]] = score;
        order += shown;
    }
}

void flex_design(const FlexNode *n, Tensor **q, Tensor **k)
{
    const FlexSizes *z = &n->sizes;
    *q = data_constant(n->dtype, &SHAPE(z->batch, z->heads, z->queries, z->depth), 0);
    *k = data_constant(n->dtype, &SHAPE(z->batch, z->kv, z->keys, z->depth), 0);
    if (z->depth < z->keys) /* no permutation of the keys fits: all scores are 0 */
        return;
    for (int64_t plane = 0; plane < z->batch * z->kv; plane++)
        for (int64_t j = 0; j < z->keys; j++)
            tensor_set_double(*k, (plane * z->keys + j) * z->depth + (j + plane) % z->depth, 1);
    g_autofree double *row = g_new(double, z->keys + 1);
    for (int64_t i = 0; i < z->batch * z->heads * z->queries; i++) {
        int64_t at[4] = { i / z->queries / z->heads, i / z->queries % z->heads, i % z->queries, 0 };
        design_row(n, at, row);
        const int64_t plane = at[0] * z->kv + at[1] / (z->heads / z->kv);
        for (int64_t j = 0; j < z->keys; j++)
            tensor_set_double(*q, i * z->depth + (j + plane) % z->depth, flex_scale(n) != 0 ? row[j] / flex_scale(n) : row[j]);
    }
}

/* Each element says where it stands: 1, 2, 3 ... small enough to be exact in bfloat16, signs alternating by channel. */
Tensor *flex_values(const FlexNode *n)
{
    const FlexSizes *z = &n->sizes;
    Tensor *t = data_constant(n->dtype, &SHAPE(z->batch, z->kv, z->keys, z->values), 0);
    for (int64_t i = 0; i < t->count; i++) {
        const int64_t row = i / z->values, d = i % z->values;
        tensor_set_double(t, i, (double)((d % 2 == 0 ? 1 : -1) * (row + 1 + d / 2 * 64)));
    }
    return t;
}
