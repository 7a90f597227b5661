#include "reference/bounds/expm1.h"

#include "reference/tensor/clones.h"

#include <math.h>
#include <sleef.h>
#include <stdint.h>

#define SMALL 0x1p-6

/* Up to x^7 / 7!: what is left out is below 2^-57 of the sum. INFINITY stays. */
static inline double series(double x)
{
    double sum = x * (1.0 / 5040) + 1.0 / 720;
    sum = sum * x + 1.0 / 120;
    sum = sum * x + 1.0 / 24;
    sum = sum * x + 1.0 / 6;
    sum = sum * x + 1.0 / 2;
    return x + x * x * sum;
}

double bounds_expm1(double x)
{
    return x < SMALL || isinf(x) ? series(x) : Sleef_cinz_expm1d1_u10purec(x);
}

CLONES static int64_t all_series(double *restrict x, double *restrict out, gsize n)
{
    int64_t large = 0;
    for (gsize i = 0; i < n; i++) {
        large |= !(x[i] < SMALL) & (x[i] != (double)INFINITY);
        out[i] = series(x[i]);
    }
    return large;
}

#define BLOCK 128

void bounds_expm1_row(double *x, gsize n)
{
    for (gsize at = 0, some; at < n; at += some) {
        double out[BLOCK];
        some = MIN(n - at, BLOCK);
        const int64_t large = all_series(x + at, out, some);
        for (gsize i = 0; i < some; i++)
            x[at + i] = large ? bounds_expm1(x[at + i]) : out[i];
    }
}
