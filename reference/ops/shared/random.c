#include "reference/ops/shared/random.h"

#include "reference/tensor/float_format.h"

#include <math.h>
#include <sleef.h>

#define GOLDEN UINT64_C(0x9E3779B97F4A7C15)

static uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ x >> 27) * UINT64_C(0x94D049BB133111EB);
    return x ^ x >> 31;
}

double random_uniform(uint64_t seed, uint64_t counter)
{
    return (double)(mix(seed + (counter + 1) * GOLDEN) >> 11) * 0x1p-53;
}

double random_normal(uint64_t seed, uint64_t counter)
{
    const double radius = 1 - random_uniform(seed, 2 * counter); /* in (0, 1] */
    const double angle = 0x1.921fb54442d18p+2 * random_uniform(seed, 2 * counter + 1);
    return sqrt(-2 * Sleef_cinz_logd1_u10purec(radius)) * Sleef_cinz_cosd1_u10purec(angle);
}

gboolean random_dtype(const Eval *ev, DType fallback, unsigned admitted, DType *dtype, GError **error)
{
    const int64_t number = eval_has(ev, "dtype") ? eval_int(ev, "dtype") : (int64_t)fallback;
    const DTypeInfo *info = dtype_on_wire(number) ? dtype_info((DType)number) : NULL;
    if (!info || !(admitted >> info->domain & 1))
        return eval_fail(error, "dtype %" G_GINT64_FORMAT " (%s) is not a type of the output", number,
                         info ? info->name : "unknown");
    *dtype = (DType)number;
    return TRUE;
}

gboolean random_fill_uniform(Eval *ev, DType dtype, const Shape *shape, GError **error)
{
    const double low = (double)eval_float(ev, "low"), high = (double)eval_float(ev, "high");
    Tensor *y = eval_output(ev, 0, dtype, shape, error);
    if (!y)
        return FALSE;
    const uint64_t seed = eval_random_seed(ev);
    for (int64_t i = 0; i < y->count; i++) {
        tensor_set_double(y, i, low + (high - low) * random_uniform(seed, (uint64_t)i));
        const double rounded = tensor_get_double(y, i);
        if (low < high && rounded >= high) /* the rounding to a narrow type may reach the open end */
            tensor_set_double(y, i, MAX(low, float_next(dtype_info(dtype)->format, rounded, FALSE)));
    }
    return TRUE;
}

gboolean random_fill_normal(Eval *ev, DType dtype, const Shape *shape, GError **error)
{
    const double mean = (double)eval_float(ev, "mean"), scale = (double)eval_float(ev, "scale");
    Tensor *y = eval_output(ev, 0, dtype, shape, error);
    if (!y)
        return FALSE;
    const uint64_t seed = eval_random_seed(ev);
    for (int64_t i = 0; i < y->count; i++)
        tensor_set_double(y, i, mean + scale * random_normal(seed, (uint64_t)i));
    return TRUE;
}
