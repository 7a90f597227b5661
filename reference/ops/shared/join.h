/* Cutting a tensor along one axis and putting tensors together along one: Concat, Split, scan outputs, sequences. */
#ifndef ASSAY_OPS_SHARED_JOIN_H
#define ASSAY_OPS_SHARED_JOIN_H

#include "reference/ops/shared/move.h"

/* The elements [from, from + count) of `axis`, which must lie inside the dim; a new reference. */
Tensor *join_slice(const Tensor *x, int axis, int64_t from, int64_t count, GError **error);

/* Element `index` of `axis`, and that axis is gone. */
Tensor *join_take(const Tensor *x, int axis, int64_t index, GError **error);

/* One after the other along an existing axis. Dtypes, ranks and all other dims must agree: an error names the item that
 * does not. n must be 1 or more, axis in [-rank, rank). */
Tensor *join_concat(const Tensor *const *items, gsize n, int64_t axis, GError **error);

/* Along a new axis in [-rank - 1, rank]; dtypes and shapes must agree. n must be 1 or more. */
Tensor *join_stack(const Tensor *const *items, gsize n, int64_t axis, GError **error);

/* What scan outputs are when nothing was scanned: no elements, with the dtype and dims that the body declares; dims it
 * leaves open become 0. The new axis, of dim 0, is in [-rank - 1, rank]. */
Tensor *join_nothing(const ValueInfo *declared, int64_t axis, GError **error);

#endif
