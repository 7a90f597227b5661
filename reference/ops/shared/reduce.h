/* What all Reduce operators share: which axes, the shape of the result, and rows of elements to be reduced. */
#ifndef ASSAY_OPS_SHARED_REDUCE_H
#define ASSAY_OPS_SHARED_REDUCE_H

#include "reference/ops/shared/sum_terms.h"
#include "reference/eval/operator.h"

/* Reduces elements [first, first + n) of x to element `at` of y, of x's dtype; FALSE if there is no memory for that.
 * Runs on several threads at once. */
typedef gboolean (*ReduceRow)(const Tensor *x, int64_t first, int64_t n, Tensor *y, int64_t at);

/* Output 0 := input 0 reduced along the axes of attribute `axes` or input 1, with keepdims and noop_with_empty_axes.
 * Elements of a row come in row-major order of the reduced dims. Without axes all are reduced; with
 * noop_with_empty_axes=1 none is, and each element is a row of its own (ReduceSum-13: the composite operators still
 * perform their other steps). */
gboolean reduce_rows(Eval *ev, ReduceRow row, GError **error);

/* The rows of reduce_rows for another tensor of input 0's shape, *length elements each; a new reference. */
Tensor *reduce_rows_of(const Eval *ev, const Tensor *x, int64_t *length, GError **error);

/* x with the given axes (ascending, unique) moved to the end, in row-major rows of *length elements; a new reference. */
Tensor *reduce_rows_last(const Tensor *x, const int *axes, gsize n, int64_t *length, GError **error);

/* The schemas of the Reduce operators: attributes of the versions before axes became an input, and after. */
#define REDUCE_AXES_ATTRIBUTE .signature = "data:T -> reduced:T", .attributes = "axes:ints, keepdims:int=1"
#define REDUCE_AXES_INPUT     .signature = "data:T, axes:int64? -> reduced:T", \
                              .attributes = "keepdims:int=1, noop_with_empty_axes:int=0"
#define REDUCE_TYPES1  "T: floats1 int32 int64 uint32 uint64"
#define REDUCE_TYPES13 "T: floats13 int32 int64 uint32 uint64"

#endif
