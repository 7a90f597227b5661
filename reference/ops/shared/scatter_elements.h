/* The kernel of Scatter and of ScatterElements, which took its place: y[i, index[i, j], ...] meets updates[i, j, ...], the
 * index replacing the coordinate of `axis`. */
#ifndef ASSAY_OPS_SHARED_SCATTER_ELEMENTS_H
#define ASSAY_OPS_SHARED_SCATTER_ELEMENTS_H

#include "reference/ops/shared/scatter.h"

gboolean scatter_elements(Eval *ev, GError **error);

#endif
