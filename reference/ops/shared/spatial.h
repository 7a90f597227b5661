/* The geometry of convolution and pooling: where windows lie on the spatial dims of an input [N, C, D1 ... Dn].
 *
 * Tap (k1 ... kn) of the window at output position (o1 ... on) is input position o * stride - begin + k * dilation, in
 * each dim. Sources: Conv-22, MaxPool-22, AveragePool-22. */
#ifndef ASSAY_OPS_SHARED_SPATIAL_H
#define ASSAY_OPS_SHARED_SPATIAL_H

#include "reference/eval/operator.h"

typedef struct {
    int     rank;                                             /* spatial dims */
    int64_t in[SHAPE_MAX_RANK], out[SHAPE_MAX_RANK];
    int64_t kernel[SHAPE_MAX_RANK], stride[SHAPE_MAX_RANK], dilation[SHAPE_MAX_RANK];
    int64_t begin[SHAPE_MAX_RANK], end[SHAPE_MAX_RANK];       /* pads */
    int64_t in_plane, out_plane, taps;                        /* products of in, out, kernel */
} Spatial;

/* Reads kernel_shape, strides, dilations, pads, auto_pad and ceil_mode, as far as the operator has them, and computes
 * out. `weights` is the kernel's shape where a tensor of weights has it, or NULL: kernel_shape is required then. */
gboolean spatial_read(const Eval *ev, const Shape *x, const int64_t *weights, Spatial *window, GError **error);

/* The attributes alone, without out and pads: for the operators that compute these otherwise. */
gboolean spatial_read_kernel(const Eval *ev, const Shape *x, const int64_t *weights, Spatial *window, GError **error);
/* pads as given, 0 where absent. */
gboolean spatial_read_pads(const Eval *ev, Spatial *window, GError **error);

/* Whole planes as one window. */
void spatial_global(const Shape *x, Spatial *window);

/* [N, C, out...] */
Shape spatial_shape(const Spatial *window, int64_t n, int64_t c);

/* Room for spatial_taps: no window has more taps inside the input. */
int64_t spatial_most_taps(const Spatial *window);
/* Offsets in the input plane of the taps of output `position` (row-major index) that are inside the input, in the
 * kernel's row-major order. *padded receives how many taps are inside input or pads. */
int64_t spatial_taps(const Spatial *window, int64_t position, int64_t *offsets, int64_t *padded);

/* The index in each dim of element `linear`, counted row-major; dims are positive. */
void spatial_index(const int64_t *dims, int rank, int64_t linear, int64_t *index);

#endif
