/* The input of a convolution or pooling widened once, with `fill` where its pads are: every tap of every window is then found by
 * adding two offsets, without a comparison or a division. */
#ifndef ASSAY_OPS_SHARED_PADDED_INPUT_H
#define ASSAY_OPS_SHARED_PADDED_INPUT_H

#include "reference/ops/shared/spatial.h"

/* Tap t of the window at output position p of channel c (batch item * channels + channel) is
 * cells[c * plane + taps[t] + positions[p]]. Free with padded_input_clear(). */
typedef struct {
    double  *cells;
    int64_t  plane;
    int64_t *taps, *positions;
} PaddedInput;

/* FALSE if that takes much more memory than the input, or memory is refused: nothing is held then. */
gboolean padded_input_make(Eval *ev, const Tensor *x, const Spatial *window, double fill, PaddedInput *padded);
void     padded_input_clear(PaddedInput *padded);

#endif
