/* assay.block_qdq::QuantizeLinear: QuantizeLinear-25 with blocks along several axes.
 * Rule: reference/ops/shared/block_attributes.h; arithmetic as in reference/ops/shared/quantize.h. */
#include "reference/ops/shared/block_attributes.h"

static gboolean block_quantize_linear(Eval *ev, GError **error)
{
    Quantization q;
    return quantization_begin(ev, &q, error) && block_attributes(ev, &q, error) && quantize(ev, &q, error);
}

static gboolean bound(Eval *ev, GError **error)
{
    Quantization q;
    return quantization_begin(ev, &q, error) && block_attributes(ev, &q, error) && quantize_bound(ev, &q, error);
}

OPERATOR_DEFINE(block_quantize_linear, "QuantizeLinear", "assay.block_qdq",
    { .since = 1, .signature = "x:T1, y_scale:T2, y_zero_point:T3? -> y:T3",
      .types = "T1: float float16 bfloat16 int32 | T2: float float16 bfloat16 int32 float8e8m0 | "
               "T3: int8 uint8 int16 uint16 float8e4m3fn float8e4m3fnuz float8e5m2 float8e5m2fnuz uint4 int4 float4e2m1 "
               "uint2 int2",
      .attributes = BLOCK_ATTRIBUTES ", output_dtype:int=0, precision:int=0, saturate:int=1",
      .kernel = block_quantize_linear, .bound = bound })
