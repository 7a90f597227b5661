/* The granularity attributes of assay.block_qdq: blocks along any number of axes at once.
 *
 *   block_shape   one block length an axis, -1 for the whole axis. The scale has the tensor's rank, ceil(D/b) elements
 *                 along an axis of D (1 for -1). Last blocks may be short
 *   axes, block_sizes   the same as a list of pairs; an axis that is not listed has a scale for each index (length 1)
 *   squeeze_whole 1: the scale's shape leaves out the whole axes
 *   axis, block_size    as in QuantizeLinear-21, where none of the others is given
 *
 * Rejected: more than one of the three spellings in a node; a length of 0 or below -1; lists of unequal or wrong length;
 * an axis out of range or listed twice; a scale of another shape; a zero point of another shape than the scale's.
 * Rule: block-qdq/R30 to R42, and the recorded alternatives R60 (pairs) and R61 (squeezed). The list is one of axes, not of
 * levels. */
#ifndef ASSAY_OPS_SHARED_BLOCK_ATTRIBUTES_H
#define ASSAY_OPS_SHARED_BLOCK_ATTRIBUTES_H

#include "reference/ops/shared/quantize.h"

#define BLOCK_ATTRIBUTES "axis:int, block_size:int, block_shape:ints, axes:ints, block_sizes:ints, squeeze_whole:int=0"

/* Fills q->grid and checks the shapes of scale and zero point. */
gboolean block_attributes(const Eval *ev, Quantization *q, GError **error);

#endif
