/* The sums that the certificate of a block's mix is made of (attention_block.h). */
#ifndef ASSAY_OPS_SHARED_ATTENTION_SPREAD_H
#define ASSAY_OPS_SHARED_ATTENTION_SPREAD_H

#include <glib.h>

/* Of n queries: weights and errors are [total, n], values [total, depth] of the head, out [n, depth]. */
typedef struct {
    const double *weights, *errors, *values, *out;
    int64_t       n, total, depth;
} AttentionSpread;

/* For each query i and column d of [n, depth]:
 *   moved  := sum over keys j of errors[j, i] * |values[j, d] - out[i, d]|
 *   totals := sum over keys j of weights[j, i] * |values[j, d]|
 * j ascending, each product and its addition rounded once together, on every machine. */
void attention_spread(const AttentionSpread *spread, double *moved, double *totals);

/* The same by the loops of each instruction set that the machine has, for the test that they agree; FALSE: there is no i-th. */
gboolean attention_spread_nth(const AttentionSpread *spread, gsize i, double *moved, double *totals);

#endif
