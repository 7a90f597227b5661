/* A total order on elements of any real dtype, as unsigned keys: TopK, ArgMax, ArgMin.
 *
 * -0 and +0 are equal. NaN (whatever its sign and payload) is above everything: the order numpy sorts by, which the
 * published test data follow; the operators' texts do not speak of NaN. */
#ifndef ASSAY_OPS_SHARED_ORDER_H
#define ASSAY_OPS_SHARED_ORDER_H

#include "reference/ops/shared/move.h"

#define ORDER_NAN G_MAXUINT64 /* the key of every NaN, and of no number of a float type */

/* keys[i] orders x[offset + i * step]; not for strings and complex numbers. */
void order_keys(const Tensor *x, int64_t offset, int64_t step, int64_t n, uint64_t *keys);

#endif
