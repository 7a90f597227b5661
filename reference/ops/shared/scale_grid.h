/* Which element of a scale (and zero point) belongs to which element of the quantised tensor. Plain values, thread-safe.
 *
 * Every granularity is one rule: along each axis a block length and a stride in the scale tensor, 0 where the scale does
 * not vary. Blocks are counted from 0, the last one may be short.
 *
 * Source: the granularities of QuantizeLinear-25 (block-qdq/R1 to R9, R23); blocks along several axes block-qdq/R30 to R41. */
#ifndef ASSAY_OPS_SHARED_SCALE_GRID_H
#define ASSAY_OPS_SHARED_SCALE_GRID_H

#include "reference/tensor/shape.h"

typedef struct {
    Shape   shape;                   /* of the quantised tensor */
    int64_t block[SHAPE_MAX_RANK];   /* at least 1 */
    int64_t stride[SHAPE_MAX_RANK];  /* in elements of the scale */
} ScaleGrid;

/* The granularities of QuantizeLinear-10 and later: per tensor (scale of rank 0, or of rank 1 with one element), per axis
 * (rank 1, block_size 0), blocked along one axis (block_size > 0). FALSE with EVAL_ERROR_INVALID if the scale's shape is
 * none of these or block_size is not in the interval that the shape leaves. */
gboolean scale_grid_linear(ScaleGrid *grid, const Shape *x, const Shape *scale, int64_t axis, int64_t block_size,
                           GError **error);

/* One block length an axis, -1 for the whole axis; the scale has the tensor's rank and ceil(D/b) elements along an axis
 * of D elements (1 for -1). `squeezed`: the whole axes are left out of the scale's shape. */
gboolean scale_grid_blocks(ScaleGrid *grid, const Shape *x, const Shape *scale, const int64_t *block_shape, gsize n,
                           gboolean squeezed, GError **error);

/* A zero point has the scale's shape; one-element shapes of rank 0 and 1 stand for each other. */
gboolean scale_grid_check_zero_point(const Shape *scale, const Shape *zero_point, GError **error);

/* Runs of elements that share one element of the scale, in row-major order:
 *     for (scale_walk_begin(&w, grid); w.count > 0; scale_walk_next(&w)) ... */
typedef struct {
    int64_t first, count; /* elements of the tensor; count 0: done */
    int64_t scale;        /* element of the scale */
    /* private */
    const ScaleGrid *grid;
    int64_t total, inner; /* elements; elements under one step of the innermost axis along which the scale varies */
    int     axis;         /* that axis; -1: one scale for all */
    int64_t index[SHAPE_MAX_RANK];
} ScaleWalk;

void scale_walk_begin(ScaleWalk *walk, const ScaleGrid *grid);
void scale_walk_next(ScaleWalk *walk);

#endif
