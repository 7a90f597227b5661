/* Means of float32 that are known to intervals: the part of linear_bound.h that networks take, where zeros are not counted. The
 * whole error of a sum is then one of what each term adds to it: the kernel run on these tells it, divided as the sum itself. */
#ifndef ASSAY_OPS_SHARED_MEAN_BOUND_H
#define ASSAY_OPS_SHARED_MEAN_BOUND_H

#include "reference/ops/shared/linear_bound.h"

/* Sets the interval of output 0 if *done; else the rule has to do it: it is no such mean, or the bound of a sum of magnitudes
 * overflows, which the rule's own may not. FALSE with an error if memory is short or the kernel fails. */
gboolean mean_bound(Eval *ev, const LinearRule *rule, gboolean *done, GError **error);

#endif
