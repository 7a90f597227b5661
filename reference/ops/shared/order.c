#include "reference/ops/shared/order.h"

#include <math.h>
#include <string.h>

#define SIGN (UINT64_C(1) << 63)

static uint64_t float_key(double value)
{
    uint64_t bits;
    if (isnan(value))
        return ORDER_NAN;
    value += 0.0; /* -0 becomes +0 */
    memcpy(&bits, &value, sizeof bits);
    return bits & SIGN ? ~bits : bits | SIGN;
}

void order_keys(const Tensor *x, int64_t offset, int64_t step, int64_t n, uint64_t *keys)
{
    switch (dtype_info(x->dtype)->domain) {
    case DOMAIN_FLOAT:
        for (int64_t i = 0; i < n; i++)
            keys[i] = float_key(tensor_get_double(x, offset + i * step));
        break;
    case DOMAIN_SIGNED:
        for (int64_t i = 0; i < n; i++)
            keys[i] = (uint64_t)tensor_get_int(x, offset + i * step) ^ SIGN;
        break;
    default:
        for (int64_t i = 0; i < n; i++)
            keys[i] = tensor_get_bits(x, offset + i * step);
    }
}
