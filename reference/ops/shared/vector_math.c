#include "reference/ops/shared/vector_math.h"

#include <sleef.h>

#include <string.h>

#if defined __x86_64__
#include <immintrin.h>

/* sleef.h declares these only where the whole file is compiled for the instructions; clang wants to know of a callee, too,
 * that it takes vectors in registers. */
__attribute__((target("avx512f"))) __m512d Sleef_cinz_expd8_u10avx512fnofma(__m512d x);
__attribute__((target("avx"))) __m256d Sleef_cinz_expd4_u10avx(__m256d x);

/* Whole vectors only; returns how many elements that were. */
__attribute__((target("avx512f"))) static gsize exp8(double *x, gsize n)
{
    gsize i = 0;
    for (; i + 8 <= n; i += 8)
        _mm512_storeu_pd(x + i, Sleef_cinz_expd8_u10avx512fnofma(_mm512_loadu_pd(x + i)));
    return i;
}

__attribute__((target("avx"))) static gsize exp4(double *x, gsize n)
{
    gsize i = 0;
    for (; i + 4 <= n; i += 4)
        _mm256_storeu_pd(x + i, Sleef_cinz_expd4_u10avx(_mm256_loadu_pd(x + i)));
    return i;
}

#endif

enum { SCALAR, AVX, AVX512, NONE };

static int width_at(int level)
{
#if defined __x86_64__
    const int best = __builtin_cpu_supports("avx512f") ? AVX512 : __builtin_cpu_supports("avx") ? AVX : SCALAR;
#else
    const int best = SCALAR;
#endif
    return level <= best ? best - level : NONE;
}

gboolean vector_exp_at(int level, double *x, gsize n)
{
    const int width = width_at(level);
    gsize done = 0;
#if defined __x86_64__
    done = width == AVX512 ? exp8(x, n) : width == AVX ? exp4(x, n) : 0;
#endif
    for (; width != NONE && done < n; done++)
        x[done] = Sleef_cinz_expd1_u10purec(x[done]);
    return width != NONE;
}

gboolean vector_pow_at(int level, double *x, double exponent, gsize n)
{
    const int width = width_at(level);
    /* One at a time at every level: built by clang 14, the vector forms did not agree with each other to the last bit. */
    for (gsize done = 0; width != NONE && done < n; done++)
        x[done] = Sleef_cinz_powd1_u10purec(x[done], exponent);
    return width != NONE;
}

void vector_exp(double *x, gsize n)
{
    vector_exp_at(0, x, n);
}

void vector_pow(double *x, double exponent, gsize n)
{
    vector_pow_at(0, x, exponent, n);
}
