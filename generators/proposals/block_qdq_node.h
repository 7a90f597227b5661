/* One Q or DQ node as a scenario: granularity, types and options as data, so that sweeps are tables. */
#ifndef ASSAY_GENERATORS_PROPOSALS_BLOCK_QDQ_NODE_H
#define ASSAY_GENERATORS_PROPOSALS_BLOCK_QDQ_NODE_H

#include "generators/proposals/block_qdq.h"

typedef enum { PER_TENSOR, PER_AXIS, BLOCKED, BLOCK_SHAPE } Granularity;
const char *granularity_name(Granularity granularity); /* "tensor", "axis", "blocked", "shape" */

/* Designated initialisers; what is left out takes the node's default. */
typedef struct {
    Granularity    granularity;
    Shape          shape;        /* of x */
    int            axis;         /* PER_AXIS, BLOCKED; may be negative */
    int64_t        block;        /* BLOCKED */
    const int64_t *lengths;      /* BLOCK_SHAPE: one per axis of shape */
    DType          quantized, scale;
    DType          real;         /* quantising: of x; default the scale's, FLOAT for float8e8m0 */
    DType          output;       /* output_dtype; 0: not given */
    DType          precision;    /* 0: not given */
    gboolean       zero_point, wrap_overflow /* saturate=0 */, arbitrary /* scales that are no powers of two */;
    gboolean       default_axis; /* the attribute is not written */
    int64_t        opset;        /* 0: 25 */
} QdqNode;

/* What the sweeps go over. */
enum { QDQ_INTEGERS = 8, QDQ_FLOATS = 5, QDQ_SCALES = 4, QDQ_LAYOUTS = 8 };
extern const DType qdq_integers[QDQ_INTEGERS], qdq_floats[QDQ_FLOATS]; /* floats: the four float8, then float4e2m1 */
extern const DType qdq_scales[QDQ_SCALES];                             /* float8e8m0 last */

/* Shapes whose dims are distinct and odd or ragged, so that a wrong axis or a wrong tail cannot go unseen. */
typedef struct {
    const char *tag;
    Granularity granularity;
    Shape       shape;
    int         axis;
    int64_t     block;
    const char *requirements, *what;
} QdqLayout;
extern const QdqLayout qdq_layouts[QDQ_LAYOUTS];

/* The blocks in the general form, and the scale's actual shape. */
Blocks qdq_blocks(const QdqNode *n);
Shape  qdq_scale_shape(const QdqNode *n);

/* Adds data, node, meaning and output to a scenario; the caller emits or rejects. Overrides, for cases that must be
 * refused: NULL or the tensor to use instead (taken). */
void qdq_dequantize(Scenario *s, const QdqNode *n, Tensor *x, Tensor *scale, Tensor *zero_point);
void qdq_quantize(Scenario *s, const QdqNode *n, Tensor *x, Tensor *scale, Tensor *zero_point);

#endif
