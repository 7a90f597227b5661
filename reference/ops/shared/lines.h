/* Operators that map each line of elements along an axis to a line of results: softmax and its relatives. */
#ifndef ASSAY_OPS_SHARED_LINES_H
#define ASSAY_OPS_SHARED_LINES_H

#include "reference/eval/operator.h"

/* y[0..n) := results for x[0..n), n > 0, as doubles still to be rounded to dtype. Runs on several threads at once. */
typedef void (*LineFn)(const double *x, gsize n, DType dtype, double *y);

/* Output 0 of input 0's float type and shape, a line at a time along the attribute `axis`. With `coerce` (the versions
 * of opset 11 and before) a line is everything from that axis on: [a_0..a_k-1, a_k..a_n-1] as a matrix. */
gboolean lines_apply(Eval *ev, gboolean coerce, LineFn function, GError **error);

/* The elements of a line and their distance, once lines_apply has accepted the axis. */
void lines_layout(const Eval *ev, gboolean coerce, int64_t *length, int64_t *inner);

#endif
