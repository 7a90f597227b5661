/* The product of two tensors, summed over some axes: any such product is a batch of matrix products once the axes are
 * sorted by where they occur. Source: Einsum-12. */
#ifndef ASSAY_OPS_SHARED_CONTRACTION_H
#define ASSAY_OPS_SHARED_CONTRACTION_H

#include "reference/eval/operator.h"

/* Strides in elements, 0 where the tensor does not have the axis; summed axes have no stride in y. */
typedef struct {
    int64_t  size, a, b, y;
    gboolean summed;
} ContractionAxis;

/* Sums run over the summed axes in row-major order of `axes`. Every element of y is written. */
gboolean contraction_run(Eval *ev, const Tensor *a, const Tensor *b, Tensor *y, const ContractionAxis *axes, int n, GError **error);

#endif
