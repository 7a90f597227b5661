/* Adding elements around a tensor, or cutting them away: Pad, CenterCropPad. */
#ifndef ASSAY_OPS_SHARED_PAD_H
#define ASSAY_OPS_SHARED_PAD_H

#include "reference/ops/shared/move.h"

typedef enum {
    PAD_CONSTANT,
    PAD_REFLECT, /* mirrored at the first and last element, which are not repeated; again and again if need be */
    PAD_EDGE,
    PAD_WRAP
} PadMode;

/* begins and ends have one entry for each axis; negative ones cut elements away before anything is added. `value` has
 * x's dtype and one element. A new reference, or NULL with an error. */
Tensor *pad_tensor(const Tensor *x, const int64_t *begins, const int64_t *ends, PadMode mode, const Tensor *value,
                   GError **error);

#endif
