/* Which experts serve a token, and with which weight. One row of logits at a time; float32 steps.
 *
 * Among equal numbers the lower index wins, as in TopK. Logits are exact; the weights' ends follow numerics of softmax:
 * reference/bounds/. Thread-safe. */
#ifndef ASSAY_OPS_SHARED_ROUTER_H
#define ASSAY_OPS_SHARED_ROUTER_H

#include "reference/ops/shared/span.h"

typedef struct {
    int64_t  experts, k;
    gboolean certify;
    gboolean uncertain; /* out: some choice depends on rounding, so that other experts might be right as well */
} Router;

/* indices[k], weights[k]: softmax over all experts, then the k largest of it. */
void route_softmax_top(Router *r, double *logits, int64_t *indices, Span *weights);
/* The k largest logits, then a softmax over these. */
void route_top_softmax(Router *r, double *logits, int64_t *indices, Span *weights);
/* The k largest logits; the weights are elements of `given` at those places. */
void route_top_given(Router *r, double *logits, const double *given, int64_t *indices, Span *weights);
/* Two rounds, each the softmax over what lies within 2% of the largest score, the first choice left out of the second
 * round: k is 2, there are two experts at least. */
void route_sparse_mixer(Router *r, double *logits, int64_t *indices, Span *weights);

/* Weights divided by their sum; by a sum of zero: all 0 if `zero_sum_is_zero`, else NaN. */
void route_normalize(const Router *r, gboolean zero_sum_is_zero, Span *weights);

#endif
