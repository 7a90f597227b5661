/* Vectors of every width give the bits of the scalar functions, whatever the length. */
#include "reference/ops/shared/vector_math.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

enum { COUNT = 100003 };

static double *numbers(double scale)
{
    double *x = g_new(double, COUNT);
    uint64_t state = 9;
    for (gsize i = 0; i < COUNT; i++) {
        state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        x[i] = ldexp((double)(int64_t)state, -63) * scale;
    }
    const double special[] = { 0.0, -0.0, INFINITY, -INFINITY, 1, -1, 0x1p-1074, 709.78, 710, -745.2, 0x1.fffffffffffffp1023 };
    memcpy(x, special, sizeof special);
    return x;
}

Test(vector_math, exp_has_the_same_bits_at_every_width)
{
    g_autofree double *x = numbers(750), *expected = g_memdup2(x, COUNT * sizeof *x);
    vector_exp(expected, COUNT);
    int level = 0;
    for (;; level++) {
        g_autofree double *y = g_memdup2(x, COUNT * sizeof *x);
        if (!vector_exp_at(level, y, COUNT))
            break;
        cr_assert_arr_eq(y, expected, COUNT * sizeof *y, "level %d", level);
    }
    cr_assert_geq(level, 1);
}

Test(vector_math, pow_has_the_same_bits_at_every_width)
{
    g_autofree double *x = numbers(4), *expected = g_memdup2(x, COUNT * sizeof *x);
    for (gsize i = 0; i < COUNT; i++)
        x[i] = expected[i] = fabs(x[i]);
    vector_pow(expected, 0.75, COUNT);
    int level = 0;
    for (;; level++) {
        g_autofree double *y = g_memdup2(x, COUNT * sizeof *x);
        if (!vector_pow_at(level, y, 0.75, COUNT))
            break;
        cr_assert_arr_eq(y, expected, COUNT * sizeof *y, "level %d", level);
    }
    cr_assert_geq(level, 1);
}
