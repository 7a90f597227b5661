/* Negative log likelihoods of class labels and their reduction, for the loss operators.
 * Source: NegativeLogLikelihoodLoss-22, SoftmaxCrossEntropyLoss-13. */
#ifndef ASSAY_OPS_SHARED_LIKELIHOOD_H
#define ASSAY_OPS_SHARED_LIKELIHOOD_H

#include "reference/eval/operator.h"

typedef struct {
    const Tensor *scores, *labels, *weights; /* [N, C, D1 ...], [N, D1 ...], [C] or NULL */
    int64_t       items, classes, plane;     /* N, C, D1 * ... */
    int64_t       ignored;                   /* a label without loss; ignores: whether there is one */
    gboolean      ignores;
    enum { REDUCE_NONE, REDUCE_SUM, REDUCE_MEAN } reduction;
} Likelihood;

gboolean likelihood_read(const Eval *ev, const Tensor *scores, const Tensor *labels, const Tensor *weights, Likelihood *l,
                         GError **error);

/* Sets output 0 from log_probability(data, n * plane + d, class). */
gboolean likelihood_reduce(Eval *ev, const Likelihood *l, double (*log_probability)(gconstpointer data, int64_t at, int64_t class),
                           gconstpointer data, GError **error);

#endif
