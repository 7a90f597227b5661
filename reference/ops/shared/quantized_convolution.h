/* Convolution of quantised tensors: int32 sums over (x - x_zero_point) * (w - w_zero_point), wrapping, plus a bias. Pads
 * stand for the zero point and so add nothing.
 *
 * Source: ConvInteger-10, QLinearConv-10. */
#ifndef ASSAY_OPS_SHARED_QUANTIZED_CONVOLUTION_H
#define ASSAY_OPS_SHARED_QUANTIZED_CONVOLUTION_H

#include "reference/ops/shared/convolution.h"

/* Zero points and bias may be NULL. x_zero has one element, w_zero one or one for each output channel; the bias is int32
 * [M]. A new int32 tensor [N, M, out...], or NULL with an error. */
Tensor *quantized_convolution(Eval *ev, const Tensor *x, const Tensor *x_zero, const Tensor *w, const Tensor *w_zero,
                              const Tensor *bias, GError **error);

/* A scale or zero point of the weights must have one element (rank 0 or 1) or [channels]. */
gboolean check_per_channel(const Tensor *values, int64_t channels, const char *what, GError **error);
gboolean check_per_tensor(const Tensor *values, const char *what, GError **error);
/* The element for a channel. */
double   per_channel(const Tensor *values, int64_t channel);

#endif
