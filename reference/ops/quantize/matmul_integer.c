#include "reference/eval/certify.h"
#include "reference/ops/shared/quantized_matmul.h"

static gboolean matmul_integer(Eval *ev, GError **error)
{
    g_auto(QuantizedMatMul) q = { 0 };
    if (!quantized_matmul_begin(&q, eval_input(ev, 0), eval_input(ev, 2), eval_input(ev, 1), eval_input(ev, 3), error))
        return FALSE;
    Tensor *sums = quantized_matmul_sums(ev, &q, error);
    if (sums)
        eval_set_tensor(ev, 0, sums);
    return sums != NULL;
}

OPERATOR_DEFINE(matmul_integer, "MatMulInteger", "",
    { .since = 10, .signature = "A:T1, B:T2, a_zero_point:T1?, b_zero_point:T2? -> Y:int32",
      .types = "T1: int8 uint8 | T2: int8 uint8", .kernel = matmul_integer, .bound = bound_exact })
