/* assay.block_qdq::DequantizeLinear: DequantizeLinear-25 with blocks along several axes.
 * Rule: reference/ops/shared/block_attributes.h; arithmetic as in reference/ops/shared/quantize.h. */
#include "reference/ops/shared/block_attributes.h"

static gboolean block_dequantize_linear(Eval *ev, GError **error)
{
    Quantization q;
    return dequantization_begin(ev, &q, error) && block_attributes(ev, &q, error) && dequantize(ev, &q, error);
}

static gboolean bound(Eval *ev, GError **error)
{
    Quantization q;
    return dequantization_begin(ev, &q, error) && block_attributes(ev, &q, error) && dequantize_bound(ev, &q, error);
}

OPERATOR_DEFINE(block_dequantize_linear, "DequantizeLinear", "assay.block_qdq",
    { .since = 1, .signature = "x:T1, x_scale:T2, x_zero_point:T1? -> y:T3",
      .types = "T1: int8 uint8 int16 uint16 int32 float8e4m3fn float8e4m3fnuz float8e5m2 float8e5m2fnuz uint4 int4 "
               "float4e2m1 uint2 int2 | T2: float float16 bfloat16 float8e8m0 | T3: float float16 bfloat16",
      .attributes = BLOCK_ATTRIBUTES ", output_dtype:int=0",
      .kernel = block_dequantize_linear, .bound = bound })
