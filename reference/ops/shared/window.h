/* Windows that are sums of cosines: (a0 - a1 cos(2 pi n / N) + a2 cos(4 pi n / N)) / scale for n = 0 .. size - 1, with
 * N = size for periodic windows and size - 1 for symmetric ones. Coefficients are integers, so that sums that cancel
 * are exact. Correctly rounded; a symmetric window of one element divides by zero, as its function body does: NaN. */
#ifndef ASSAY_OPS_SHARED_WINDOW_H
#define ASSAY_OPS_SHARED_WINDOW_H

#include "reference/eval/eval.h"

typedef struct {
    long a0, a1, a2, scale;
} CosineWindow;

gboolean window_run(Eval *ev, const CosineWindow *window, GError **error);

#define WINDOW_SCHEMA                                                                                   \
    .signature = "size:T1 -> output:T2", .types = "T1: int32 int64 | T2: numeric13",                    \
    .attributes = "output_datatype:int=1, periodic:int=1"

#endif
