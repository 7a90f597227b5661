#include "reference/ops/shared/quantize.h"

static gboolean begin(const Eval *ev, Quantization *q, GError **error)
{
    if (!dequantization_begin(ev, q, error))
        return FALSE;
    if (eval_version(ev) < 13 && q->scale->count != 1)
        return eval_fail(error, "the scale has %" G_GINT64_FORMAT " elements, expected one: there is no axis before opset 13",
                         q->scale->count);
    return scale_grid_linear(&q->grid, &q->x->shape, &q->scale->shape, eval_int(ev, "axis"), eval_int(ev, "block_size"),
                             error) &&
           (!q->zero_point || scale_grid_check_zero_point(&q->scale->shape, &q->zero_point->shape, error));
}

static gboolean dequantize_linear(Eval *ev, GError **error)
{
    Quantization q;
    return begin(ev, &q, error) && dequantize(ev, &q, error);
}

static gboolean bound(Eval *ev, GError **error)
{
    Quantization q;
    return begin(ev, &q, error) && dequantize_bound(ev, &q, error);
}

#define Q_10 "int8 uint8 int32"
#define Q_19 Q_10 " float8e4m3fn float8e4m3fnuz float8e5m2 float8e5m2fnuz"
#define Q_21 Q_19 " int16 uint16 uint4 int4"
#define Q_23 Q_21 " float4e2m1"
#define Q_25 Q_23 " uint2 int2"
#define F_19 "float float16 bfloat16"
#define LINEAR(q, scale, y) .signature = "x:" q ", x_scale:" scale ", x_zero_point:" q "? -> y:" y, \
                            .kernel = dequantize_linear, .bound = bound
#define A_13 "axis:int=1"
#define A_21 A_13 ", block_size:int=0"
#define A_23 A_21 ", output_dtype:int=0"
OPERATOR_DEFINE(dequantize_linear, "DequantizeLinear", "",
    { .since = 10, LINEAR("T", "float", "float"), .types = "T: " Q_10 },
    { .since = 13, LINEAR("T", "float", "float"), .types = "T: " Q_10, .attributes = A_13 },
    { .since = 19, LINEAR("T1", "T2", "T2"), .types = "T1: " Q_19 " | T2: " F_19, .attributes = A_13 },
    { .since = 21, LINEAR("T1", "T2", "T2"), .types = "T1: " Q_21 " | T2: " F_19, .attributes = A_21 },
    { .since = 23, LINEAR("T1", "T2", "T3"), .types = "T1: " Q_23 " | T2: " F_19 " | T3: " F_19, .attributes = A_23 },
    { .since = 24, LINEAR("T1", "T2", "T3"), .types = "T1: " Q_23 " | T2: " F_19 " float8e8m0 | T3: " F_19,
      .attributes = A_23 },
    { .since = 25, LINEAR("T1", "T2", "T3"), .types = "T1: " Q_25 " | T2: " F_19 " float8e8m0 | T3: " F_19,
      .attributes = A_23 })
