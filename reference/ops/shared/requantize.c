#include "reference/ops/shared/requantize.h"

#include "reference/ops/shared/quantize.h"

#include <math.h>

/* Whether sum * scale lies below (-1), on (0) or above (1) middle * y_scale. The product of two scales is exact in
 * binary64 (at most 48 bits), so is middle * y_scale, and the product with the sum is exact as high + low. */
static int side(double sum, double scale, double middle, double y_scale)
{
    const double high = sum * scale, low = fma(sum, scale, -high);
    const double distance = (high - middle * y_scale) + low; /* the difference of near equals is exact */
    const int sign = (distance > 0) - (distance < 0);
    return y_scale < 0 ? -sign : sign;
}

/* RNE of the real quotient: binary64 decides all but what lies next to a tie. */
static double nearest(const Requantizer *r, double sum)
{
    const double scale = r->a_scale * r->b_scale, value = sum * scale / r->y_scale;
    if (!isfinite(value) || fabs(value) > 0x1p24)
        return value;
    const double below = floor(value), middle = below + 0.5;
    if (fabs(value - middle) > 0x1p-20)
        return rint(value);
    switch (side(sum, scale, middle, r->y_scale)) {
    case -1:
        return below;
    case 1:
        return below + 1;
    default:
        return rint(middle);
    }
}

double requantize(const Requantizer *r, double sum)
{
    if (dtype_is_integer(r->target))
        return quantize_to_range(nearest(r, sum), r->zero_point, (double)dtype_min(r->target), (double)dtype_max(r->target));
    const FloatFormat *format = dtype_info(r->target)->format;
    const double value = sum * (r->a_scale * r->b_scale) / r->y_scale + r->zero_point;
    return float_decode(format, float_encode(format, value, OVERFLOW_SATURATE));
}

static gboolean is_power_of_two(double value)
{
    int exponent;
    return fabs(frexp(value, &exponent)) == 0.5;
}

void requantize_range(const Requantizer *r, double sum, double *low, double *high)
{
    const double smallest = (double)dtype_min(r->target), largest = (double)dtype_max(r->target);
    const double scale = r->a_scale * r->b_scale, ratio = scale / r->y_scale, value = sum * ratio;
    *low = *high = requantize(r, sum);
    if (isnan(value)) {
        *low = smallest;
        *high = largest;
        return;
    }
    if (!isfinite(value) || sum == 0 ||
        (is_power_of_two(r->a_scale) && is_power_of_two(r->b_scale) && is_power_of_two(r->y_scale) && fabs(sum) <= 0x1p24))
        return;
    /* Up to four roundings: of the sum to float, of two products and a quotient; and what underflow takes from them. */
    const FloatFormat *f = dtype_info(r->scale_type)->format;
    const double u = ldexp(1.0, -f->mantissa_bits - 1), tiny = float_min(f);
    const double relative = 4 * u * (1 + 8 * u) + tiny / fabs(scale) + tiny / fabs(ratio) + 0x1p-45;
    const double slack = fabs(value) * relative;
    *low = MIN(*low, quantize_to_range(ceil(value - slack - 0.5), r->zero_point, smallest, largest));
    *high = MAX(*high, quantize_to_range(floor(value + slack + 0.5), r->zero_point, smallest, largest));
}
