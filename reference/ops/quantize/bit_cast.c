/* BitCast: the same bits under another type of the same width. A bool keeps its byte as it is. */
#include "reference/eval/certify.h"

#include <string.h>

static gboolean bit_cast(Eval *ev, GError **error)
{
    const Tensor *x = eval_input(ev, 0);
    const int64_t to = eval_int(ev, "to");
    if (!dtype_on_wire(to) || to == DTYPE_STRING)
        return eval_fail(error, "to is %" G_GINT64_FORMAT ", expected a type other than string", to);
    const DTypeInfo *from = dtype_info(x->dtype), *target = dtype_info((DType)to);
    if (from->bits != target->bits)
        return eval_fail(error, "to is %s with %d bits, expected a type of %d bits like the input's %s", target->name,
                         target->bits, from->bits, from->name);
    Tensor *y = eval_output(ev, 0, (DType)to, &x->shape, error);
    if (y)
        memcpy(y->data, x->data, x->bytes);
    return y != NULL;
}

#define NO_STRINGS "numeric13 bool complex64 complex128 float8e4m3fn float8e4m3fnuz float8e5m2 float8e5m2fnuz uint4 int4 " \
                   "float4e2m1 float8e8m0 uint2 int2"
OPERATOR_DEFINE(bit_cast, "BitCast", "",
    { .since = 26, .signature = "input:T1 -> output:T2", .types = "T1: " NO_STRINGS " | T2: " NO_STRINGS,
      .attributes = "to:int!", .kernel = bit_cast, .bound = bound_exact })
