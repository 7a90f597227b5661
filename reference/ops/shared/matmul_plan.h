/* Shapes of a matrix product in the manner of MatMul: batch dims broadcast, vectors stand for a row or a column. */
#ifndef ASSAY_OPS_SHARED_MATMUL_PLAN_H
#define ASSAY_OPS_SHARED_MATMUL_PLAN_H

#include "reference/tensor/shape.h"

typedef struct {
    Shape   batch_a, batch_b, batch; /* of the operands, and of the products */
    Shape   y;                       /* batch, then m and n, less the dim that a vector lacks */
    int64_t m, n, k;
} MatMulPlan;

/* FALSE with EVAL_ERROR_INVALID if the shapes do not multiply. */
gboolean matmul_plan(const Shape *a, const Shape *b, MatMulPlan *plan, GError **error);

/* Which matrix of each operand product i takes; both lists hold shape_count(&plan->batch) entries. */
void matmul_batches(const MatMulPlan *plan, int64_t *a, int64_t *b);

#endif
