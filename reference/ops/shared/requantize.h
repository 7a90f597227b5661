/* From an accumulator to the quantised output: clamp(RNE(sum * a_scale * b_scale / y_scale) + zero point).
 *
 * Source: QLinearMatMul-10 and 21, QLinearConv-10. Their texts do not say in which order and precision the scales are
 * combined, so the reference takes the real value and the certificate admits every order in the scales' type. */
#ifndef ASSAY_OPS_SHARED_REQUANTIZE_H
#define ASSAY_OPS_SHARED_REQUANTIZE_H

#include "reference/tensor/tensor.h"

typedef struct {
    DType  scale_type, target;
    double a_scale, b_scale, y_scale; /* values of scale_type */
    double zero_point;                /* of target */
} Requantizer;

/* The output's value for one sum, rounded once from the real value (targets: integers, or float8, which saturate). */
double requantize(const Requantizer *r, double sum);

/* Between which values the output lies for an integer sum and target. */
void requantize_range(const Requantizer *r, double sum, double *low, double *high);

#endif
