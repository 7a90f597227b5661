/* Matrix products of quantised operands: sums over (a - a_zero_point) * (b - b_zero_point).
 *
 * Source: MatMulInteger-10, QLinearMatMul-10 and 21. Products are exact; integer sums wrap in 32 bits; sums of float8
 * operands carry twice the precision of binary64. */
#ifndef ASSAY_OPS_SHARED_QUANTIZED_MATMUL_H
#define ASSAY_OPS_SHARED_QUANTIZED_MATMUL_H

#include "reference/eval/operator.h"
#include "reference/ops/shared/matmul_plan.h"

/* A zero point or scale of one operand: one element; or one for each row of the left operand or column of the right one,
 * as a vector or in the operand's shape with 1 in place of the summed dim. */
typedef struct {
    const Tensor *values;       /* NULL: none given */
    int64_t       matrix, line; /* strides */
} LineParameter;

typedef struct {
    const Tensor *a, *b;
    LineParameter a_zero, b_zero;
    MatMulPlan    plan;
    int64_t      *a_at, *b_at; /* owned: which matrix of each operand a product takes */
} QuantizedMatMul;

/* Zero points may be NULL. FALSE with an error if shapes do not go together. Clear also after a failure. */
gboolean quantized_matmul_begin(QuantizedMatMul *q, const Tensor *a, const Tensor *a_zero, const Tensor *b,
                                const Tensor *b_zero, GError **error);
void     quantized_matmul_clear(QuantizedMatMul *q);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(QuantizedMatMul, quantized_matmul_clear)

/* The sums in the product's shape: int32, or double for float8 operands. */
Tensor *quantized_matmul_sums(Eval *ev, QuantizedMatMul *q, GError **error);

/* `what` names the input in messages. */
gboolean line_parameter(LineParameter *parameter, const Tensor *values, const Shape *operand, gboolean of_columns,
                        const char *what, GError **error);
double   line_parameter_at(const LineParameter *parameter, int64_t matrix, int64_t line); /* 0 if none is given */

#endif
