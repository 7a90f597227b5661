#include "reference/eval/certify.h"
#include "reference/ops/shared/quantized_convolution.h"
#include "reference/ops/shared/requantize.h"

enum { X, X_SCALE, X_ZERO, W, W_SCALE, W_ZERO, Y_SCALE, Y_ZERO, BIAS };

static Tensor *sums(Eval *ev, GError **error)
{
    const Tensor *w = eval_input(ev, W);
    if (!check_per_tensor(eval_input(ev, X_SCALE), "x_scale", error) ||
        !check_per_tensor(eval_input(ev, Y_SCALE), "y_scale", error) ||
        !check_per_tensor(eval_input(ev, Y_ZERO), "y_zero_point", error) ||
        !check_per_channel(eval_input(ev, W_SCALE), w->shape.rank > 0 ? w->shape.dims[0] : 0, "w_scale", error))
        return NULL;
    return quantized_convolution(ev, eval_input(ev, X), eval_input(ev, X_ZERO), w, eval_input(ev, W_ZERO),
                                 eval_input(ev, BIAS), error);
}

/* For the output element at a row-major position. */
static Requantizer at(const Eval *ev, const Tensor *accumulated, int64_t position)
{
    const int64_t plane = shape_span(&accumulated->shape, 2, accumulated->shape.rank);
    const int64_t channel = position / plane % accumulated->shape.dims[1];
    const Tensor *zero = eval_input(ev, Y_ZERO);
    return (Requantizer){ .scale_type = DTYPE_FLOAT, .target = zero->dtype,
                          .a_scale = tensor_get_double(eval_input(ev, X_SCALE), 0),
                          .b_scale = per_channel(eval_input(ev, W_SCALE), channel),
                          .y_scale = tensor_get_double(eval_input(ev, Y_SCALE), 0),
                          .zero_point = tensor_get_double(zero, 0) };
}

static gboolean qlinear_conv(Eval *ev, GError **error)
{
    g_autoptr(Tensor) accumulated = sums(ev, error);
    if (!accumulated)
        return FALSE;
    Tensor *y = eval_output(ev, 0, eval_input(ev, Y_ZERO)->dtype, &accumulated->shape, error);
    for (int64_t i = 0; y && i < y->count; i++) {
        const Requantizer r = at(ev, accumulated, i);
        tensor_set_double(y, i, requantize(&r, tensor_get_double(accumulated, i)));
    }
    return y != NULL;
}

static gboolean bound(Eval *ev, GError **error)
{
    const Tensor *y = eval_output_tensor(ev, 0);
    if (!eval_inputs_exact(ev)) {
        eval_set_uncertified(ev, 0);
        return TRUE;
    }
    g_autoptr(Tensor) accumulated = sums(ev, error);
    g_autoptr(Tensor) lower = accumulated ? tensor_copy(y, error) : NULL, upper = lower ? tensor_copy(y, error) : NULL;
    if (!upper)
        return FALSE;
    for (int64_t i = 0; i < y->count; i++) {
        const Requantizer r = at(ev, accumulated, i);
        double low, high;
        requantize_range(&r, tensor_get_double(accumulated, i), &low, &high);
        tensor_set_double(lower, i, low);
        tensor_set_double(upper, i, high);
    }
    if (!tensor_equal(lower, upper))
        eval_set_interval(ev, 0, g_steal_pointer(&lower), g_steal_pointer(&upper));
    return TRUE;
}

OPERATOR_DEFINE(qlinear_conv, "QLinearConv", "",
    { .since = 10,
      .signature = "x:T1, x_scale:float, x_zero_point:T1, w:T2, w_scale:float, w_zero_point:T2, y_scale:float, "
                   "y_zero_point:T3, B:int32? -> y:T3",
      .types = "T1: int8 uint8 | T2: int8 uint8 | T3: int8 uint8",
      .attributes = "auto_pad:string=NOTSET, dilations:ints, group:int=1, kernel_shape:ints, pads:ints, strides:ints",
      .kernel = qlinear_conv, .bound = bound })
