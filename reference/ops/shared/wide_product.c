#include "reference/ops/shared/wide_product.h"

#include "reference/ops/shared/transcendental.h"
#include "reference/tensor/float_format.h"

#include <math.h>

void wide_product_multiply(WideProduct *p, double x)
{
    int scale = 0, shift;
    const double m = isfinite(x) ? frexp(x, &scale) : x;
    const double high = p->high * m;
    if (!isfinite(high) || high == 0) {
        *p = (WideProduct){ .high = high };
        return;
    }
    p->inexact |= p->low != 0;
    const double rest = fma(p->high, m, -high) + p->low * m;
    const double sum = high + rest, low = rest - (sum - high);
    p->high = frexp(sum, &shift);
    p->low = ldexp(low, -shift);
    p->exponent += scale + shift;
}

/* high + low is within factors * 2^-104 of the product, relatively: each step rounds the low part three times. */
gboolean wide_product_decided(const WideProduct *p, int64_t factors, DType dtype, double *value)
{
    *value = p->high;
    if (!isfinite(p->high) || p->high == 0)
        return TRUE;
    if (dtype == DTYPE_DOUBLE && (p->exponent > 1020 || p->exponent < -960))
        return FALSE; /* scaling might round once more */
    const int exponent = (int)CLAMP(p->exponent, -5000, 5000);
    const double margin = p->inexact ? ((double)factors + 2) * 0x1p-102 : 0;
    const double lows[] = { p->low, p->low - margin, p->low + margin };
    double ends[3];
    for (int i = 0; i < 3; i++) {
        const double sum = p->high + lows[i], rest = lows[i] - (sum - p->high);
        ends[i] = ldexp(dtype == DTYPE_DOUBLE ? sum : float_round_to_odd(sum, rest), exponent);
    }
    *value = ends[0];
    return margin == 0 || real_same(dtype, ends[1], ends[2]);
}

typedef struct {
    const Tensor *x;
    int64_t       first, step, factors;
} Factors;

static gboolean evaluate_product(mpfr_ptr y, gconstpointer data)
{
    const Factors *f = data;
    mpfr_t product; /* 2^63 factors cost 63 bits */
    mpfr_init2(product, mpfr_get_prec(y) + 64);
    mpfr_set_ui(product, 1, MPFR_RNDN);
    int rounded = 0;
    for (int64_t k = 0; k < f->factors; k++)
        rounded |= mpfr_mul_d(product, product, tensor_get_double(f->x, f->first + k * f->step), MPFR_RNDN);
    rounded |= mpfr_set(y, product, MPFR_RNDN);
    mpfr_clear(product);
    return rounded == 0;
}

double product_exactly(const Tensor *x, int64_t first, int64_t step, int64_t factors)
{
    return real_decide(x->dtype, evaluate_product, &(Factors){ x, first, step, factors });
}
