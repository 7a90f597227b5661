#include "reference/eval/certify.h"
#include "reference/ops/shared/quantized_convolution.h"

static gboolean conv_integer(Eval *ev, GError **error)
{
    Tensor *y = quantized_convolution(ev, eval_input(ev, 0), eval_input(ev, 2), eval_input(ev, 1), eval_input(ev, 3), NULL,
                                      error);
    if (y)
        eval_set_tensor(ev, 0, y);
    return y != NULL;
}

OPERATOR_DEFINE(conv_integer, "ConvInteger", "",
    { .since = 10, .signature = "x:T1, w:T2, x_zero_point:T1?, w_zero_point:T2? -> y:int32",
      .types = "T1: int8 uint8 | T2: int8 uint8",
      .attributes = "auto_pad:string=NOTSET, dilations:ints, group:int=1, kernel_shape:ints, pads:ints, strides:ints",
      .kernel = conv_integer, .bound = bound_exact })
