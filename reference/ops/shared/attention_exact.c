#include "reference/ops/shared/attention_exact.h"

#include "reference/bounds/derivation.h"
#include "reference/bounds/relaxation.h"
#include "reference/tensor/convert.h"

#include <math.h>

static int precision_of(DType dtype)
{
    return dtype == DTYPE_DOUBLE ? 53 : dtype == DTYPE_FLOAT ? 24 : dtype == DTYPE_FLOAT16 ? 11 : 8;
}

static gboolean is_value(DType dtype, double x)
{
    uint64_t cell = 0;
    double back;
    convert_from_double(dtype, &x, &cell, 1);
    convert_to_double(dtype, &cell, &back, 1);
    return back == x;
}

/* The exponent of the lowest set bit of a finite x that is not 0. */
static int lowest_bit(double x)
{
    int exponent;
    int64_t digits = (int64_t)ldexp(frexp(x, &exponent), 53);
    exponent -= 53;
    for (; digits % 2 == 0; digits /= 2)
        exponent++;
    return exponent;
}

typedef struct {
    int64_t  terms;     /* that are not 0 */
    double   magnitude, sum;
    int      lowest;    /* of all factors' products */
    gboolean finite;
} Products;

static Products products(const double *a, const double *b, int64_t stride, int64_t n)
{
    Products s = { .lowest = 4096, .finite = TRUE };
    for (int64_t i = 0; i < n; i++) {
        const double x = a[i], y = b[i * stride];
        s.finite &= isfinite(x) && isfinite(y);
        if (x == 0 || y == 0 || !s.finite)
            continue;
        s.terms++;
        s.magnitude += fabs(x * y);
        s.sum += x * y;
        s.lowest = MIN(s.lowest, lowest_bit(x) + lowest_bit(y));
    }
    return s;
}

/* Every partial sum in every order is a multiple of 2^lowest and no larger than the magnitude. */
static gboolean sums_exactly(const Products *s, DType dtype)
{
    return s->finite && (s->terms == 0 || s->magnitude <= ldexp(1, precision_of(dtype) + s->lowest));
}

gboolean attention_row_is_decided(const double *low, const double *high, int64_t n)
{
    int64_t best = -1, level = 0;
    for (int64_t j = 0; j < n; j++) {
        if (isnan(low[j]) || (isinf(low[j]) && low[j] > 0))
            return low[j] == high[j] || isnan(high[j]); /* the whole row is NaN */
        if (best < 0 || low[j] > low[best])
            best = j;
    }
    gboolean exact = TRUE;
    for (int64_t j = 0; j < n; j++) {
        if (isinf(low[best]) && !isinf(high[j]))
            return FALSE; /* masked or not? */
        if (isinf(low[best]))
            continue; /* all masked */
        if (high[j] <= low[best] - ATTENTION_UNDERFLOW_GAP)
            continue;
        level++;
        exact &= low[j] == low[best] && high[j] == high[best] && low[j] == high[j];
    }
    return level == 1 || (exact && (level & (level - 1)) == 0);
}

/* How far a profile that moves operands moves one product. */
static double demoted_product(DType dtype, double a, double b)
{
    const double of_a = relaxation_demotion(dtype, a), of_b = relaxation_demotion(dtype, b);
    return a == 0 ? 0 : fabs(a) * of_b + fabs(b) * of_a + of_a * of_b;
}

double attention_mix_error(DType dtype, const double *p, const double *values, int64_t stride, int64_t n)
{
    const Products s = products(p, values, stride, n);
    double moved = 0;
    for (int64_t j = 0; j < n; j++)
        moved += demoted_product(dtype, p[j], values[j * stride]);
    if (!s.finite || (moved == 0 && sums_exactly(&s, dtype) && is_value(dtype, s.sum)))
        return 0;
    const double strict = (double)(s.terms + 1) * ldexp(s.magnitude, -precision_of(dtype));
    const double error = strict + moved + relaxation_dot_excess(dtype, (double)s.terms, s.magnitude, strict);
    derivation_note("dot/any-order", dtype, (double)s.terms, error);
    return error;
}
