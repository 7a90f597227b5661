#include "reference/ops/shared/move.h"

/* Every element is the one element of `value`, by default float 0; no dims make a scalar. */
static gboolean constant_of_shape(Eval *ev, GError **error)
{
    gsize n;
    g_autofree int64_t *dims = move_int_list(eval_input(ev, 0), "shape", &n, error);
    Shape shape;
    if (!dims || !shape_make(dims, n, &shape, error))
        return FALSE;
    const Tensor *value = eval_attribute_tensor(ev, "value");
    if (value && value->count != 1)
        return eval_fail(error, "value has %" G_GINT64_FORMAT " elements, expected 1", value->count);
    g_autoptr(Tensor) zero = value ? NULL : tensor_new(DTYPE_FLOAT, &SHAPE0, error);
    if (!value && !zero)
        return FALSE;
    Tensor *y = eval_output(ev, 0, value ? value->dtype : DTYPE_FLOAT, &shape, error);
    if (y)
        move_fill(value ? value : zero, 0, y);
    return y != NULL;
}

#define REST                                                                                                            \
    .signature = "input:int64 -> output:T", .attributes = "value:tensor", .kernel = constant_of_shape, .bound = bound_exact
#define T20 "T: numeric13 bool float8e4m3fn float8e4m3fnuz float8e5m2 float8e5m2fnuz"
#define T21 T20 " uint4 int4"
OPERATOR_DEFINE(constant_of_shape, "ConstantOfShape", "",
    { .since = 9, .types = "T: numeric1 bool", REST },
    { .since = 20, .types = T20, REST },
    { .since = 21, .types = T21, REST },
    { .since = 23, .types = T21 " float4e2m1", REST },
    { .since = 24, .types = T21 " float4e2m1 float8e8m0", REST },
    { .since = 25, .types = T21 " float4e2m1 float8e8m0 uint2 int2", REST })
