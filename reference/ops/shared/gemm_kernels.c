#include "reference/ops/shared/gemm_kernels.h"

#include "reference/tensor/unroll.h"

#include <math.h>
#include <string.h>

#if defined __x86_64__
#include <immintrin.h>
#endif

typedef double   Double2 __attribute__((vector_size(16)));
typedef uint64_t Word2 __attribute__((vector_size(16)));
typedef float    Float4 __attribute__((vector_size(16)));

static inline Double2 fused2(Double2 a, Double2 b, Double2 c)
{
    return (Double2){ fma(a[0], b[0], c[0]), fma(a[1], b[1], c[1]) };
}

static inline Float4 fused4(Float4 a, Float4 b, Float4 c)
{
    return (Float4){ fmaf(a[0], b[0], c[0]), fmaf(a[1], b[1], c[1]), fmaf(a[2], b[2], c[2]), fmaf(a[3], b[3], c[3]) };
}

#define TARGET
#define VECTOR Double2
#define WORDS Word2
#define FLOATS Float4
#define CELLS 2
#define ROWS 4
#define VECTORS 2
#define DD_ROWS 2
#define DD_VECTORS 2
#define NARROW(a, b, c) ((a) * (b) + (c))
#define FUSED fused2
#define FUSED_FLOATS fused4
#define NAME(suffix) portable_##suffix
#include "reference/ops/shared/gemm_kernel.inc"

#if defined __x86_64__
typedef double   Double4 __attribute__((vector_size(32)));
typedef uint64_t Word4 __attribute__((vector_size(32)));
typedef float    Float8 __attribute__((vector_size(32)));

#define TARGET __attribute__((target("avx2,fma")))
#define VECTOR Double4
#define WORDS Word4
#define FLOATS Float8
#define CELLS 4
#define ROWS 4
#define VECTORS 3
#define DD_ROWS 3
#define DD_VECTORS 2
#define NARROW(a, b, c) ((Double4)_mm256_fmadd_pd((__m256d)(a), (__m256d)(b), (__m256d)(c)))
#define FUSED NARROW
#define FUSED_FLOATS(a, b, c) ((Float8)_mm256_fmadd_ps((__m256)(a), (__m256)(b), (__m256)(c)))
#define NAME(suffix) avx2_##suffix
#include "reference/ops/shared/gemm_kernel.inc"

typedef double   Double8 __attribute__((vector_size(64)));
typedef uint64_t Word8 __attribute__((vector_size(64)));
typedef float    Float16 __attribute__((vector_size(64)));

#define TARGET __attribute__((target("avx512f,avx512dq,fma")))
#define VECTOR Double8
#define WORDS Word8
#define FLOATS Float16
#define CELLS 8
#define ROWS 8
#define VECTORS 3
#define DD_ROWS 4
#define DD_VECTORS 2
#define NARROW(a, b, c) ((Double8)_mm512_fmadd_pd((__m512d)(a), (__m512d)(b), (__m512d)(c)))
#define FUSED NARROW
#define FUSED_FLOATS(a, b, c) ((Float16)_mm512_fmadd_ps((__m512)(a), (__m512)(b), (__m512)(c)))
#define NAME(suffix) avx512_##suffix
#include "reference/ops/shared/gemm_kernel.inc"
#endif

const GemmKernel *gemm_kernel_nth(GemmArithmetic arithmetic, gsize i)
{
#if defined __x86_64__
    if (i == 0 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq"))
        return &avx512_kernels[arithmetic];
    if (i <= 1 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return &avx2_kernels[arithmetic];
#endif
    return i <= 2 ? &portable_kernels[arithmetic] : NULL;
}

const GemmKernel *gemm_kernel(GemmArithmetic arithmetic)
{
    return gemm_kernel_nth(arithmetic, 0);
}
