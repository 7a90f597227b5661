#include "generators/engine/data.h"

#include "reference/tensor/float_format.h"

#include <math.h>

static Tensor *make(DType dtype, const Shape *shape)
{
    return data_constant(dtype, shape, 0);
}

static int64_t row_length(const Shape *shape)
{
    return MAX(shape->rank ? shape->dims[shape->rank - 1] : 1, 1);
}

static double sign_at(uint64_t seed, uint64_t index)
{
    return data_bits(seed, index) & 1 ? -1 : 1;
}

Tensor *data_precise(DType dtype, const Shape *shape, uint64_t seed, int bits)
{
    Tensor *t = make(dtype, shape);
    const int64_t quarter = INT64_C(1) << (bits - 2);
    for (int64_t i = 0; i < t->count; i++) {
        const int64_t odd = 2 * data_range(seed, 2 * (uint64_t)i, quarter, 2 * quarter - 1) + 1;
        tensor_set_double(t, i, sign_at(seed, 2 * (uint64_t)i + 1) * (double)odd);
    }
    return t;
}

Tensor *data_signs(DType dtype, const Shape *shape, uint64_t seed)
{
    Tensor *t = make(dtype, shape);
    for (int64_t i = 0; i < t->count; i++)
        tensor_set_double(t, i, sign_at(seed, (uint64_t)i));
    return t;
}

Tensor *data_cancelling(DType dtype, const Shape *shape, uint64_t seed)
{
    Tensor *t = data_normal(dtype, shape, seed);
    const FloatFormat *format = dtype_info(dtype)->format;
    const int64_t length = row_length(shape);
    for (int64_t i = 0; i < t->count; i++)
        if (i % length % 2 == 1)
            tensor_set_double(t, i, -float_next(format, tensor_get_double(t, i - 1), data_bits(seed, (uint64_t)i) & 1));
    return t;
}

Tensor *data_stagnating(DType dtype, const Shape *shape)
{
    const double half = ldexp(1, -dtype_info(dtype)->format->mantissa_bits - 1);
    Tensor *t = data_constant(dtype, shape, half);
    const int64_t length = row_length(shape);
    for (int64_t row = 0; row < t->count / length; row++)
        tensor_set_double(t, row * length + (row % 2 ? length - 1 : 0), 1);
    return t;
}

Tensor *data_log_uniform(DType dtype, const Shape *shape, uint64_t seed, int low, int high)
{
    Tensor *t = make(dtype, shape);
    for (int64_t i = 0; i < t->count; i++) {
        const uint64_t at = 3 * (uint64_t)i;
        const double significand = ldexp((double)data_range(seed, at, INT64_C(1) << 30, (INT64_C(1) << 31) - 1), -30);
        tensor_set_double(t, i, sign_at(seed, at + 1) * ldexp(significand, (int)data_range(seed, at + 2, low, high)));
    }
    return t;
}

Tensor *data_sparse(DType dtype, const Shape *shape, uint64_t seed, int64_t filled)
{
    g_autoptr(Tensor) all = data_normal(dtype, shape, seed);
    Tensor *t = make(dtype, shape);
    const int64_t length = row_length(shape);
    for (int64_t i = 0; i < t->count; i++)
        if ((i % length + 1) * filled / length != i % length * filled / length)
            tensor_set_double(t, i, tensor_get_double(all, i));
    return t;
}
