/* Attention for float64 results, one query at a time: every number on the way has twice the precision of binary64, so
 * that the results are rounded once, and mostly provably right. */
#ifndef ASSAY_OPS_SHARED_ATTENTION_PRECISE_H
#define ASSAY_OPS_SHARED_ATTENTION_PRECISE_H

#include "reference/eval/operator.h"

typedef struct {
    const double *q, *keys, *values; /* [depth], [depth, total], [total, value_depth] */
    const double *bias;              /* [total], -infinity where masked */
    int64_t total, depth, value_depth;
    double scale;
    gboolean default_scale; /* in place of scale 1 / sqrt(depth), which is no double */
    double softcap;         /* 0: none */
    int mode;               /* scores that are wanted: 0 scaled, 1 capped, 2 biased, 3 probabilities; -1: none */
} AttentionQuery;

/* scores: [total], and out: [value_depth]. *open becomes 1 if some result is not proven to be rounded right. FALSE if
 * numbers are not finite, no key is visible or memory is short: the plain way is for those. */
gboolean attention_precise(const AttentionQuery *query, double *scores, double *out, int *open);

#endif
