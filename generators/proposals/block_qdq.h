/* What the files of the block-qdq generator share. */
#ifndef ASSAY_GENERATORS_PROPOSALS_BLOCK_QDQ_H
#define ASSAY_GENERATORS_PROPOSALS_BLOCK_QDQ_H

#include "generators/engine/data.h"
#include "generators/engine/scenario.h"

#define BLOCK_QDQ "assay.block_qdq"

/* How a scale is laid over a tensor, in the general form: a block length per axis, -1 the whole axis. */
typedef struct {
    Shape   x;
    int64_t block[SHAPE_MAX_RANK];
} Blocks;

Shape blocks_scale_shape(const Blocks *blocks);

/* The meaning of one Q or DQ node in standard operators, as a function of that domain and name in the scenario. The
 * function's parameters are x, scale and, if `zero_point`, zero_point. `scale_shape` is the actual scale's shape, which
 * may have fewer dims than the general form (rank 0 or 1 for per-tensor and per-axis scales). `attributes` names the
 * attributes that the node carries (NULL-terminated). */
typedef struct {
    const char  *domain;
    gboolean     zero_point;
    Blocks       blocks;
    DType        target;    /* of the output */
    DType        precision; /* quantising: in which the division is done */
    gboolean     saturate;
    const char *const *attributes;
} Meaning;
void meaning_of_dequantize(Scenario *s, const Meaning *m);
void meaning_of_quantize(Scenario *s, const Meaning *m);

/* ---- designed data ----------------------------------------------------------------------------------------------------- */

/* Scales that differ from block to block: odd multiples of 1/16 (6 bits, so products with narrow codes are exact), or
 * powers of two for float8e8m0 and where `powers` asks for exact quotients. */
Tensor *block_scales(DType dtype, const Shape *shape, gboolean powers);
/* Zero points that differ from block to block, odd and even, inside the type's range. */
Tensor *block_zero_points(DType dtype, const Shape *shape);
/* Codes of the quantized type: all of them in turn, starting high, never constant along an axis. */
Tensor *block_codes(DType dtype, const Shape *shape);
/* Values to quantize: the scale of each element's block times quotients that are multiples of 1/4, ties and values
 * beyond the range included. All products are exact in `dtype` if the scales are powers of two. */
Tensor *block_values(DType dtype, const Blocks *blocks, const Tensor *scale, DType target);

/* "blocks" as the general form of today's kinds. */
Blocks blocks_per_tensor(Shape x);
Blocks blocks_per_axis(Shape x, int axis);
Blocks blocks_on_axis(Shape x, int axis, int64_t size);
Blocks blocks_of(Shape x, const int64_t *lengths);

/* ---- the subjects ------------------------------------------------------------------------------------------------------- */

void block_qdq_standard(Generator *g);
void block_qdq_quantize(Generator *g);
void block_qdq_versions(Generator *g);
void block_qdq_shape(Generator *g);
void block_qdq_practice(Generator *g);
void block_qdq_alternatives(Generator *g);
void block_qdq_rejects(Generator *g);

#endif
