#include "reference/ops/shared/quantize.h"

static gboolean begin(const Eval *ev, Quantization *q, GError **error)
{
    if (!quantization_begin(ev, q, error))
        return FALSE;
    if (eval_version(ev) < 13 && q->scale->count != 1)
        return eval_fail(error, "the scale has %" G_GINT64_FORMAT " elements, expected one: there is no axis before opset 13",
                         q->scale->count);
    return scale_grid_linear(&q->grid, &q->x->shape, &q->scale->shape, eval_int(ev, "axis"), eval_int(ev, "block_size"),
                             error) &&
           (!q->zero_point || scale_grid_check_zero_point(&q->scale->shape, &q->zero_point->shape, error));
}

static gboolean quantize_linear(Eval *ev, GError **error)
{
    Quantization q;
    return begin(ev, &q, error) && quantize(ev, &q, error);
}

static gboolean bound(Eval *ev, GError **error)
{
    Quantization q;
    return begin(ev, &q, error) && quantize_bound(ev, &q, error);
}

#define Q_10 "int8 uint8"
#define Q_19 Q_10 " float8e4m3fn float8e4m3fnuz float8e5m2 float8e5m2fnuz"
#define Q_21 Q_19 " int16 uint16 uint4 int4"
#define Q_23 Q_21 " float4e2m1"
#define Q_25 Q_23 " uint2 int2"
#define X_19 "float float16 bfloat16 int32"
#define LINEAR(x, scale, q) .signature = "x:" x ", y_scale:" scale ", y_zero_point:" q "? -> y:" q, \
                            .kernel = quantize_linear, .bound = bound
#define A_13 "axis:int=1"
#define A_19 A_13 ", saturate:int=1"
#define A_21 A_19 ", block_size:int=0, output_dtype:int=0"
#define A_23 A_21 ", precision:int=0"
OPERATOR_DEFINE(quantize_linear, "QuantizeLinear", "",
    { .since = 10, LINEAR("T1", "float", "T2"), .types = "T1: float int32 | T2: " Q_10 },
    { .since = 13, LINEAR("T1", "float", "T2"), .types = "T1: float int32 | T2: " Q_10, .attributes = A_13 },
    { .since = 19, LINEAR("T1", "T1", "T2"), .types = "T1: " X_19 " | T2: " Q_19, .attributes = A_19 },
    { .since = 21, LINEAR("T1", "T1", "T2"), .types = "T1: " X_19 " | T2: " Q_21, .attributes = A_21 },
    { .since = 23, LINEAR("T1", "T2", "T3"), .types = "T1: " X_19 " | T2: " X_19 " | T3: " Q_23, .attributes = A_23 },
    { .since = 24, LINEAR("T1", "T2", "T3"), .types = "T1: " X_19 " | T2: " X_19 " float8e8m0 | T3: " Q_23,
      .attributes = A_23 },
    { .since = 25, LINEAR("T1", "T2", "T3"), .types = "T1: " X_19 " | T2: " X_19 " float8e8m0 | T3: " Q_25,
      .attributes = A_23 })
