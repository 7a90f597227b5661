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

/* What a block's certificate needs beside the values, for float32 in the strict profile: the rules of
 * reference/bounds/attention.h, all their numbers in the same order, so to the same bits. */
typedef struct {
    gboolean dense;      /* neither queries nor keys hold a zero */
    gboolean may_be_exact; /* the root of the scale is a power of two: sums of products may be exact */
    double  *errors;     /* [total, n], of the scores; then how much each weight may move: weight times relative error */
    double   common[ATTENTION_BLOCK]; /* of each query: sum of `errors` */
    double   terms[ATTENTION_BLOCK];  /* weights that are not zero */
    gboolean plain[ATTENTION_BLOCK];  /* FALSE: one of the cases that this does not cover; the rest says nothing then */
} AttentionErrors;

/* q is [n, depth]. `errors` may be NULL, here and below. */
void attention_block_scores(const AttentionHead *head, const double *q, int64_t n, double *scores, AttentionErrors *errors);
/* In place: exp(x - max) / sum over the keys of each query. */
void attention_block_softmax(const AttentionHead *head, int64_t n, double *scores, AttentionErrors *errors);
/* out is [n, value_depth]. */
void attention_block_mix(const AttentionHead *head, const double *p, int64_t n, double *out);
/* The bound of each element of out; INFINITY where it is void. `room` is for 2 * n * value_depth doubles. */
void attention_block_mix_errors(const AttentionHead *head, const double *p, int64_t n, const double *out, const AttentionErrors *errors,
                                double *room, double *bounds);

#endif
