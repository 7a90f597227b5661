/* How much an element of a factor that is known to an interval adds to the error of a sum of products: what it may move by, r
 * from its value x to the farther end, and a share of the largest it may be, for the roundings. The sum of |w| (share (|x| + r) +
 * r) is then the whole error of the sum of w x. */
#ifndef ASSAY_OPS_SHARED_LINEAR_REACH_H
#define ASSAY_OPS_SHARED_LINEAR_REACH_H

#include "reference/eval/operator.h"

/* FALSE unless one of inputs 0 and 1 is known to an interval and all others exactly; *factor is 0 otherwise. */
gboolean linear_reach_find(const Eval *ev, gsize *factor);

/* A new float32 tensor of that input's shape, every element rounded upwards; the input must be float32. NULL if an element may
 * be infinite or NaN, or memory is short. */
Tensor *linear_reach(Eval *ev, gsize factor, double share);

#endif
