#include "golden/mutants/naive.h"

#include <string.h>

#define ENTRY(id) extern const NaiveKernel naive_##id;
#include "naive.inc"
#undef ENTRY

static const NaiveKernel *const kernels[] = {
#define ENTRY(id) &naive_##id,
#include "naive.inc"
#undef ENTRY
};

OpKernel naive_substitute(const Operator *op, gpointer data)
{
    for (gsize i = 0; i < G_N_ELEMENTS(kernels); i++)
        if (strcmp(kernels[i]->name, op->name) == 0 && strcmp(kernels[i]->domain, op->domain) == 0)
            return kernels[i]->kernel;
    if (data)
        g_hash_table_add(data, (gpointer)op);
    return NULL;
}

/* ---- elements --------------------------------------------------------------------------------------------------------- */

double *naive_read(const Tensor *tensor)
{
    double *numbers = g_new(double, tensor->count + 1);
    const gboolean is_float = format_is_float(tensor->dtype);
    for (int64_t i = 0; i < tensor->count; i++) {
        const uint64_t code = tensor_get_bits(tensor, i);
        numbers[i] = is_float                        ? format_decode(tensor->dtype, code)
                     : tensor->dtype == DTYPE_UINT64 ? (double)code
                                                     : (double)format_int_decode(tensor->dtype, code);
    }
    return numbers;
}

int64_t *naive_read_ints(const Tensor *tensor)
{
    int64_t *numbers = g_new(int64_t, tensor->count + 1);
    for (int64_t i = 0; i < tensor->count; i++)
        numbers[i] = format_int_decode(tensor->dtype, tensor_get_bits(tensor, i));
    return numbers;
}

gboolean naive_give(Eval *ev, gsize i, DType dtype, const Shape *shape, const double *numbers, GError **error)
{
    Tensor *y = eval_output(ev, i, dtype, shape, error);
    for (int64_t k = 0; y && k < y->count; k++)
        tensor_set_bits(y, k, format_is_float(dtype) ? format_encode(dtype, numbers[k], NEAREST_EVEN, FALSE)
                                                     : format_int_encode(dtype, (int64_t)numbers[k]));
    return y != NULL;
}

gboolean naive_give_ints(Eval *ev, gsize i, DType dtype, const Shape *shape, const int64_t *numbers, GError **error)
{
    Tensor *y = eval_output(ev, i, dtype, shape, error);
    for (int64_t k = 0; y && k < y->count; k++)
        tensor_set_bits(y, k, format_int_encode(dtype, numbers[k]));
    return y != NULL;
}

DType naive_compute_type(DType dtype)
{
    return dtype == DTYPE_DOUBLE ? DTYPE_DOUBLE : DTYPE_FLOAT;
}

/* ---- indices ---------------------------------------------------------------------------------------------------------- */

void naive_unravel(const Shape *shape, int64_t flat, int64_t *index)
{
    for (int d = shape->rank - 1; d >= 0; d--) {
        index[d] = flat % shape->dims[d];
        flat /= shape->dims[d];
    }
}

int64_t naive_ravel(const Shape *shape, const int64_t *index)
{
    int64_t flat = 0;
    for (int d = 0; d < shape->rank; d++)
        flat = flat * shape->dims[d] + index[d];
    return flat;
}

int64_t naive_broadcast(const Shape *shape, int rank, const int64_t *index)
{
    int64_t flat = 0;
    for (int d = 0; d < shape->rank; d++)
        flat = flat * shape->dims[d] + (shape->dims[d] == 1 ? 0 : index[rank - shape->rank + d]);
    return flat;
}

int64_t naive_span(const Shape *shape, int from, int to)
{
    int64_t span = 1;
    for (int d = from; d < to; d++)
        span *= shape->dims[d];
    return span;
}
