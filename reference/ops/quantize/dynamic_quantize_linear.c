/* DynamicQuantizeLinear: scale and zero point from the data's range, which always includes 0.
 *
 * Every step rounds to float, as the operator's function body does. The text leaves a range of 0 (all zeros, or no
 * elements) open: scale and zero point are then 0, and so are the codes. */
#include "reference/ops/shared/quantize.h"
#include "reference/tensor/convert.h"

#include <math.h>

typedef struct {
    double low, high; /* of the data and 0; NaN if an element is */
    float  range, scale;
} Statistics;

static Statistics statistics(const Tensor *x)
{
    const float *in = x->data;
    Statistics s = { .low = 0, .high = 0 };
    for (int64_t i = 0; i < x->count; i++) {
        s.low = isnan(in[i]) || in[i] < s.low ? (double)in[i] : s.low;
        s.high = isnan(in[i]) || in[i] > s.high ? (double)in[i] : s.high;
        if (isnan(in[i]))
            break;
    }
    s.range = (float)(s.high - s.low);
    s.scale = (float)((double)s.range / 255.0);
    return s;
}

static Quantization quantization(const Tensor *x, const Tensor *scale, const Tensor *zero_point)
{
    Quantization q = { .x = x, .scale = scale, .zero_point = zero_point, .target = DTYPE_UINT8,
                       .precision = &float_format_float32 };
    q.grid.shape = x->shape;
    for (int d = 0; d < x->shape.rank; d++)
        q.grid.block[d] = 1;
    return q;
}

static gboolean dynamic_quantize_linear(Eval *ev, GError **error)
{
    const Tensor *x = eval_input(ev, 0);
    const Statistics s = statistics(x);
    g_autoptr(Tensor) scale = tensor_new(DTYPE_FLOAT, &SHAPE0, error);
    g_autoptr(Tensor) zero_point = scale ? tensor_new(DTYPE_UINT8, &SHAPE0, error) : NULL;
    if (!zero_point)
        return FALSE;
    tensor_set_double(scale, 0, (double)s.scale);
    const double centre = (double)(float)(0.0 - (double)(float)(s.low / (double)s.scale));
    tensor_set_double(zero_point, 0, quantize_to_range(centre, 0, 0, 255));
    const Quantization q = quantization(x, scale, zero_point);
    if (!quantize(ev, &q, error))
        return FALSE;
    eval_set_tensor(ev, 1, g_steal_pointer(&scale));
    eval_set_tensor(ev, 2, g_steal_pointer(&zero_point));
    return TRUE;
}

/* The codes depend on the scale without continuity: they are certified where range and scale are exact and the zero point
 * leaves no choice, which the data can be made to give. */
static gboolean bound(Eval *ev, GError **error)
{
    const Tensor *x = eval_input(ev, 0), *scale = eval_output_tensor(ev, 1), *zero_point = eval_output_tensor(ev, 2);
    const Statistics s = statistics(x);
    gboolean sure = eval_inputs_exact(ev) && scale && zero_point && eval_output_tensor(ev, 0) && s.range > 0 &&
                    (double)s.range == s.high - s.low && (double)s.scale * 255.0 == (double)s.range;
    if (sure) {
        const Quantization q = quantization(x, scale, zero_point);
        double low, high;
        quantize_element_range(&q, 0.0 - s.low, (double)s.scale, 0, &low, &high);
        sure = low == high && quantize_bound(ev, &q, error);
    }
    for (gsize i = 0; !sure && i < eval_output_count(ev); i++)
        eval_set_uncertified(ev, i);
    return TRUE;
}

OPERATOR_DEFINE(dynamic_quantize_linear, "DynamicQuantizeLinear", "",
    { .since = 11, .signature = "x:float -> y:uint8, y_scale:float, y_zero_point:uint8",
      .kernel = dynamic_quantize_linear, .bound = bound,
      .body = "<domain: \"\", opset_import: [\"\" : 11]> DynamicQuantizeLinear (x) => (y, y_scale, y_zero_point) {\n"
              "    least = Constant <value = float {0.0}> ()\n"
              "    most = Constant <value = float {255.0}> ()\n"
              "    x_min = ReduceMin <keepdims = 0> (x)\n"
              "    x_max = ReduceMax <keepdims = 0> (x)\n"
              "    low = Min (x_min, least)\n"
              "    high = Max (x_max, least)\n"
              "    range = Sub (high, low)\n"
              "    y_scale = Div (range, most)\n"
              "    low_scaled = Div (low, y_scale)\n"
              "    centre = Sub (least, low_scaled)\n"
              "    clipped = Clip (centre, least, most)\n"
              "    rounded = Round (clipped)\n"
              "    y_zero_point = Cast <to = 2> (rounded)\n"
              "    y = QuantizeLinear (x, y_scale, y_zero_point)\n"
              "}" })
