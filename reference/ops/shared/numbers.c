#include "reference/ops/shared/numbers.h"

#include "reference/tensor/convert.h"

#include <math.h>

int64_t numbers_parts(DType dtype)
{
    return dtype_info(dtype)->domain == DOMAIN_COMPLEX ? 2 : 1;
}

/* The type of each part. */
static DType part_type(DType dtype)
{
    return dtype == DTYPE_COMPLEX64 ? DTYPE_FLOAT : dtype == DTYPE_COMPLEX128 ? DTYPE_DOUBLE : dtype;
}

double *numbers_load(const Tensor *x, GError **error)
{
    if (x->dtype == DTYPE_STRING) {
        eval_fail(error, "strings cannot be interpolated");
        return NULL;
    }
    const gsize count = (gsize)(x->count * numbers_parts(x->dtype));
    double *values = g_try_new(double, count + 1);
    if (values)
        convert_to_double(part_type(x->dtype), x->data, values, count);
    else
        eval_fail(error, "no memory for %" G_GSIZE_FORMAT " values", count);
    return values;
}

static double saturate(DType dtype, double value)
{
    if (isnan(value))
        return 0;
    /* 2^63 and 2^64 themselves are out of range; convert_from_double saturates those two types. */
    return CLAMP(value, (double)dtype_min(dtype), (double)dtype_max(dtype));
}

void numbers_store(Tensor *y, int64_t i, double value)
{
    tensor_set_double(y, i, dtype_is_integer(y->dtype) ? saturate(y->dtype, value) : value);
}

void numbers_store_all(Tensor *y, double *values)
{
    const gsize count = (gsize)(y->count * numbers_parts(y->dtype));
    if (dtype_is_integer(y->dtype))
        for (gsize i = 0; i < count; i++)
            values[i] = saturate(y->dtype, values[i]);
    convert_from_double(part_type(y->dtype), values, y->data, count);
}
