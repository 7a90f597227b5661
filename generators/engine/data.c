#include "generators/engine/data.h"

#include "reference/cli/subcommand.h"
#include "reference/tensor/float_format.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

uint64_t data_bits(uint64_t seed, uint64_t index)
{
    uint64_t x = seed + (index + 1) * UINT64_C(0x9E3779B97F4A7C15);
    x = (x ^ x >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ x >> 27) * UINT64_C(0x94D049BB133111EB);
    return x ^ x >> 31;
}

uint64_t data_seed(const char *name)
{
    uint64_t hash = UINT64_C(0xCBF29CE484222325); /* FNV-1a */
    for (; *name; name++)
        hash = (hash ^ (unsigned char)*name) * UINT64_C(0x100000001B3);
    return data_bits(hash, 0);
}

int64_t data_range(uint64_t seed, uint64_t index, int64_t low, int64_t high)
{
    const uint64_t span = (uint64_t)high - (uint64_t)low + 1;
    const uint64_t bits = data_bits(seed, index);
    return (int64_t)((uint64_t)low + (span == 0 ? bits : (uint64_t)(((unsigned __int128)bits * span) >> 64)));
}

/* The data of a case is small and of our own making: without memory for it there is nothing to go on with, and what was
 * written so far stands under no final name. */
static Tensor *make(DType dtype, const Shape *shape)
{
    g_autoptr(GError) error = NULL;
    Tensor *tensor = tensor_new(dtype, shape, &error);
    if (!tensor) {
        g_printerr("assay generate: test data: %s\n", error->message);
        _exit(EXIT_HARNESS);
    }
    return tensor;
}

Tensor *data_integers(DType dtype, const Shape *shape, uint64_t seed, int64_t low, int64_t high)
{
    Tensor *t = make(dtype, shape);
    for (int64_t i = 0; i < t->count; i++)
        tensor_set_int(t, i, data_range(seed, (uint64_t)i, low, high));
    return t;
}

Tensor *data_scaled(DType dtype, const Shape *shape, uint64_t seed, int64_t low, int64_t high, int exponent)
{
    Tensor *t = make(dtype, shape);
    for (int64_t i = 0; i < t->count; i++)
        tensor_set_double(t, i, ldexp((double)data_range(seed, (uint64_t)i, low, high), exponent));
    return t;
}

Tensor *data_powers(DType dtype, const Shape *shape, uint64_t seed, int low, int high)
{
    Tensor *t = make(dtype, shape);
    for (int64_t i = 0; i < t->count; i++)
        tensor_set_double(t, i, ldexp(1.0, (int)data_range(seed, (uint64_t)i, low, high)));
    return t;
}

Tensor *data_normal(DType dtype, const Shape *shape, uint64_t seed)
{
    Tensor *t = make(dtype, shape);
    for (int64_t i = 0; i < t->count; i++) {
        int64_t sum = 0;
        for (uint64_t k = 0; k < 12; k++)
            sum += data_range(seed, (uint64_t)i * 12 + k, -512, 512);
        tensor_set_double(t, i, ldexp((double)sum, -10));
    }
    return t;
}

Tensor *data_codes(DType dtype, const Shape *shape, uint64_t seed, gboolean finite)
{
    Tensor *t = make(dtype, shape);
    const int bits = dtype_info(dtype)->bits;
    for (int64_t i = 0; i < t->count; i++)
        for (uint64_t attempt = 0;; attempt++) {
            const uint64_t code = data_bits(seed + attempt, (uint64_t)i) >> (64 - bits);
            tensor_set_bits(t, i, code);
            if (!finite || !dtype_is_float(dtype) || isfinite(tensor_get_double(t, i)))
                break;
        }
    return t;
}

Tensor *data_all_codes(DType dtype, const Shape *shape)
{
    Tensor *t = make(dtype, shape);
    const uint64_t mask = (UINT64_C(1) << dtype_info(dtype)->bits) - 1;
    for (int64_t i = 0; i < t->count; i++)
        tensor_set_bits(t, i, (uint64_t)i & mask);
    return t;
}

Tensor *data_indexed(DType dtype, const Shape *shape)
{
    Tensor *t = make(dtype, shape);
    for (int64_t i = 0; i < t->count; i++) {
        if (dtype == DTYPE_STRING) {
            g_autofree char *text = g_strdup_printf("s%" G_GINT64_FORMAT, i);
            tensor_set_string(t, i, text, -1);
        } else if (dtype_info(dtype)->bits <= 8) {
            tensor_set_bits(t, i, (uint64_t)i & ((UINT64_C(1) << dtype_info(dtype)->bits) - 1));
        } else if (dtype_info(dtype)->domain == DOMAIN_COMPLEX) {
            const DType part = dtype == DTYPE_COMPLEX64 ? DTYPE_FLOAT : DTYPE_DOUBLE;
            Tensor view = *t;
            view.dtype = part; /* twice the elements, in the same memory */
            tensor_set_double(&view, 2 * i, (double)i);
            tensor_set_double(&view, 2 * i + 1, (double)-i);
        } else {
            tensor_set_int(t, i, i);
        }
    }
    if (dtype == DTYPE_BOOL)
        for (int64_t i = 0; i < t->count; i++)
            tensor_set_bits(t, i, data_bits(7, (uint64_t)i) & 1);
    return t;
}

Tensor *data_constant(DType dtype, const Shape *shape, double value)
{
    Tensor *t = make(dtype, shape);
    for (int64_t i = 0; i < t->count; i++)
        tensor_set_double(t, i, value);
    return t;
}

Tensor *data_doubles(DType dtype, const Shape *shape, const double *values)
{
    Tensor *t = make(dtype, shape);
    for (int64_t i = 0; i < t->count; i++)
        tensor_set_double(t, i, values[i]);
    return t;
}

Tensor *data_int64s(const Shape *shape, const int64_t *values)
{
    Tensor *t = make(DTYPE_INT64, shape);
    memcpy(t->data, values, t->bytes);
    return t;
}

Tensor *data_scalar(DType dtype, double value)
{
    return data_constant(dtype, &SHAPE0, value);
}

/* ---- boundaries ------------------------------------------------------------------------------------------------------ */

/* A candidate and its neighbours, if the source type can hold the candidate. */
static void around(GArray *values, const FloatFormat *source, double x)
{
    if (!isfinite(x) || fabs(x) > float_max(source))
        return;
    const double held = float_decode(source, float_encode(source, x, OVERFLOW_SATURATE));
    const double below = float_next(source, held, FALSE), above = float_next(source, held, TRUE);
    if (isfinite(below))
        g_array_append_val(values, below);
    g_array_append_val(values, held);
    if (isfinite(above))
        g_array_append_val(values, above);
}

/* At most this many target values are visited; 8-bit targets have 256, and 16-bit ones are sampled evenly. */
#define MOST_VALUES 256

static void float_boundaries(GArray *values, const FloatFormat *source, DType target)
{
    const DTypeInfo *info = dtype_info(target);
    const uint64_t codes = UINT64_C(1) << MIN(info->bits, 16);
    const uint64_t step = MAX(codes / MOST_VALUES, 1);
    for (uint64_t code = 0; code < codes; code += step) {
        const uint64_t bits = info->bits > 16 ? code << (info->bits - 16) : code;
        const double value = float_decode(info->format, bits), next = float_next(info->format, value, TRUE);
        if (!isfinite(value))
            continue;
        around(values, source, value);
        if (isfinite(next) && next != value)
            around(values, source, value / 2 + next / 2);
    }
    const double most = float_max(info->format), before = float_next(info->format, most, FALSE);
    around(values, source, most + (most - before) / 2); /* where rounding leaves the range */
    around(values, source, -(most + (most - before) / 2));
    around(values, source, most + (most - before));
    around(values, source, float_min(info->format) / 2);
}

static void integer_boundaries(GArray *values, const FloatFormat *source, DType target)
{
    const double low = (double)dtype_min(target), high = (double)dtype_max(target);
    const double whole[] = { low, low + 1, -2, -1, 0, 1, 2, 3, high - 1, high };
    for (gsize i = 0; i < G_N_ELEMENTS(whole); i++) {
        around(values, source, whole[i]);
        around(values, source, whole[i] + 0.5);
    }
}

Tensor *data_boundaries(DType source, DType target, gboolean specials)
{
    const FloatFormat *format = dtype_info(source)->format;
    g_autoptr(GArray) values = g_array_new(FALSE, FALSE, sizeof(double));
    if (dtype_is_float(target))
        float_boundaries(values, format, target);
    else
        integer_boundaries(values, format, target);
    const double zeros[] = { 0.0, -0.0, float_max(format), -float_max(format), float_min(format), -float_min(format) };
    g_array_append_vals(values, zeros, G_N_ELEMENTS(zeros));
    const double special[] = { INFINITY, -INFINITY, NAN };
    if (specials)
        g_array_append_vals(values, special, G_N_ELEMENTS(special));
    return data_doubles(source, &SHAPE((int64_t)values->len), (const double *)(gpointer)values->data);
}
