/* The steps of attention_core.h for many queries of a head at once: the same operations on each number in the same order, but
 * as matrix products, and the softmax of all queries next to each other. For results of less than binary64.
 *
 * A block's scores lie key by key: scores[j * n + i] is that of query i, of n, and key j. */
#ifndef ASSAY_OPS_SHARED_ATTENTION_BLOCK_H
#define ASSAY_OPS_SHARED_ATTENTION_BLOCK_H

#include "reference/eval/operator.h"

/* Queries in a block, at most: a multiple of what gemm_kernels.c does at a time. */
#define ATTENTION_BLOCK 96

typedef struct {
    const double *keys, *values;            /* [depth, total] and [total, value_depth] of one head */
    int64_t       total, depth, value_depth;
    double        scale;
} AttentionHead;

/* q is [n, depth]. */
void attention_block_scores(const AttentionHead *head, const double *q, int64_t n, double *scores);
/* In place: exp(x - max) / sum over the keys of each query. */
void attention_block_softmax(const AttentionHead *head, int64_t n, double *scores);
/* out is [n, value_depth]. */
void attention_block_mix(const AttentionHead *head, const double *p, int64_t n, double *out);

#endif
