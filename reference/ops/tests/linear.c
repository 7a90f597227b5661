/* MatMul, Gemm and the kernels under them. */
#include "reference/ops/shared/gemm_kernels.h"
#include "reference/ops/tests/expect.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

Test(matmul, matrices_and_vectors)
{
    expect_holds("g () => (float[2,2] y) <float[2,3] a = {1.0, 2.0, 3.0, 4.0, 5.0, 6.0},"
                 " float[3,2] b = {1.0, 0.0, 0.0, 1.0, 1.0, 1.0}, float[2,2] want_y = {4.0, 5.0, 10.0, 11.0}>"
                 "{ y = MatMul(a, b) }", 13);
    expect_holds("g () => (float y) <float[3] a = {1.0, 2.0, 3.0}, float[3] b = {4.0, 5.0, 6.0}, float want_y = {32.0}>"
                 "{ y = MatMul(a, b) }", 13);
    expect_holds("g () => (float[2] y) <float[3] a = {1.0, 2.0, 3.0}, float[3,2] b = {1.0, 0.0, 0.0, 1.0, 1.0, 1.0},"
                 " float[2] want_y = {4.0, 5.0}> { y = MatMul(a, b) }", 13);
    expect_holds("g () => (float[2,1] y) <float[2,1,2] a = {1.0, 2.0, 3.0, 4.0}, float[2] b = {1.0, 10.0},"
                 " float[2,1] want_y = {21.0, 43.0}> { y = MatMul(a, b) }", 13);
}

Test(matmul, batches_broadcast_both_ways)
{
    expect_holds("g () => (int64[2,3,1,1] y) <int64[2,1,1,1] a = {2, 3}, int64[3,1,1] b = {5, 7, 11},"
                 " int64[2,3,1,1] want_y = {10, 14, 22, 15, 21, 33}> { y = MatMul(a, b) }", 13);
}

Test(matmul, no_terms_sum_to_zero_and_empty_results_are_empty)
{
    expect_holds("g () => (float[2,1] y) <float[2,0] a = {}, float[0,1] b = {}, float[2,1] want_y = {0.0, 0.0}>"
                 "{ y = MatMul(a, b) }", 13);
    expect_holds("g () => (float[0,1] y) <float[0,2] a = {}, float[2,1] b = {1.0, 2.0}, float[0,1] want_y = {}>"
                 "{ y = MatMul(a, b) }", 13);
}

Test(matmul, one_rounding)
{
    /* 2^12 + 1 squared is 2^24 + 2^13 + 1: float32 would lose the 1 before the difference is taken. */
    expect_holds("g () => (float y) <float[2] a = {4097.0, 1.0}, float[2] b = {4097.0, -16785408.0}, float want_y = {1.0}>"
                 "{ y = MatMul(a, b) }", 13);
    /* In binary64 as well: 1 + 2^100 - 2^100. */
    expect_holds("g () => (double y) <double[3] a = {0x1p+100, 1.0, -0x1p+100}, double[3] b = {1.0, 1.0, 1.0},"
                 " double want_y = {1.0}> { y = MatMul(a, b) }", 13);
    /* float16: overflow only in the result. */
    expect_holds("g () => (float16 y) <float16[2] a = {60000.0, 60000.0}, float16[2] b = {2.0, -1.0},"
                 " float16 want_y = {60000.0}> { y = MatMul(a, b) }", 13);
    expect_holds("g () => (double y) <double[2] a = {0x1p+1000, 1.0}, double[2] b = {0x1p+1000, 1.0},"
                 " double want_y = {inf}> { y = MatMul(a, b) }", 13);
}

Test(matmul, integers_wrap)
{
    expect_holds("g () => (int32 y) <int32[2] a = {2147483647, 1}, int32[2] b = {2, 3}, int32 want_y = {1}>"
                 "{ y = MatMul(a, b) }", 9);
    expect_holds("g () => (uint64 y) <uint64[1] a = {18446744073709551615}, uint64[1] b = {3},"
                 " uint64 want_y = {18446744073709551613}> { y = MatMul(a, b) }", 9);
}

Test(matmul, refuses)
{
    expect_fails("g () => (float y) <float a = {1.0}, float[1] b = {1.0}> { y = MatMul(a, b) }", 13, "rank of at least 1");
    expect_fails("g () => (float y) <float[1,2] a = {1.0, 2.0}, float[3] b = {1.0, 2.0, 3.0}> { y = MatMul(a, b) }", 13,
                 "inner dims differ");
    expect_fails("g () => (float y) <float[2,1,1] a = {1.0, 2.0}, float[3,1,1] b = {1.0, 2.0, 3.0}> { y = MatMul(a, b) }", 13,
                 "batch dims");
}

Test(gemm, transposed_scaled_and_shifted)
{
    /* A' = [[1,3],[2,4]], B' = [[5],[6]]: 2 * (23, 34) - (1, 2) */
    expect_holds("g () => (float[2,1] y) <float[2,2] a = {1.0, 2.0, 3.0, 4.0}, float[1,2] b = {5.0, 6.0},"
                 " float[2,1] c = {1.0, 2.0}, float[2,1] want_y = {45.0, 66.0}>"
                 "{ y = Gemm<transA = 1, transB = 1, alpha = 2.0, beta = -1.0>(a, b, c) }", 13);
    expect_holds("g () => (float[2,2] y) <float[2,1] a = {1.0, 2.0}, float[1,2] b = {3.0, 4.0}, float[2] c = {10.0, 20.0},"
                 " float[2,2] want_y = {13.0, 24.0, 16.0, 28.0}> { y = Gemm(a, b, c) }", 7);
    expect_holds("g () => (int32[1,1] y) <int32[1,1] a = {2147483647}, int32[1,1] b = {2}, int32[1,1] want_y = {-2}>"
                 "{ y = Gemm(a, b) }", 11);
}

Test(gemm, c_is_not_read_when_beta_is_zero)
{
    expect_holds("g () => (float[1,1] y) <float[1,1] a = {2.0}, float[1,1] b = {3.0}, float c = {nan}, float[1,1] want_y = {6.0}>"
                 "{ y = Gemm<beta = 0.0>(a, b, c) }", 13);
}

Test(gemm, opset_6_broadcasts_only_when_told)
{
    const char *graph = "g () => (float[1,2] y) <float[1,1] a = {2.0}, float[1,2] b = {3.0, 4.0}, float[2] c = {1.0, 1.0},"
                        " float[1,2] want_y = {7.0, 9.0}> { y = Gemm<broadcast = %d>(a, b, c) }";
    g_autofree char *told = g_strdup_printf(graph, 1), *not_told = g_strdup_printf(graph, 0);
    expect_holds(told, 6);
    expect_fails(not_told, 6, "C has shape [2], expected [1,2]");
}

Test(gemm, refuses)
{
    expect_fails("g () => (float y) <float[2] a = {1.0, 2.0}, float[2,1] b = {1.0, 2.0}> { y = Gemm(a, b) }", 13, "A has rank 1");
    expect_fails("g () => (float y) <float[1,2] a = {1.0, 2.0}, float[1,1] b = {1.0}> { y = Gemm(a, b) }", 13, "expected as many");
    expect_fails("g () => (float y) <float[1,1] a = {1.0}, float[1,1] b = {1.0}, float[2,1] c = {1.0, 2.0}> { y = Gemm(a, b, c) }",
                 13, "broadcasts to [1,1]");
}

/* One element's sum with panels of this kernel of `units` units, every other cell of the tile different. */
static void first_sum(const GemmKernel *kernel, int64_t units, GemmArithmetic arithmetic, int64_t depth, const double *a, const double *b,
                      double result[2])
{
    const int64_t columns = units * kernel->unit;
    double *left = g_aligned_alloc0((gsize)(kernel->rows * depth), 8, 64), *right = g_aligned_alloc0((gsize)(columns * depth), 8, 64);
    double *sums = g_aligned_alloc0((gsize)(kernel->rows * columns), 8, 64);
    double *rests = g_aligned_alloc0((gsize)(kernel->rows * columns), 8, 64);
    for (int64_t j = 0; j < depth; j++) {
        for (int64_t r = 0; r < kernel->rows; r++)
            left[j * kernel->rows + r] = a[j];
        for (int64_t c = 0; c < columns; c++)
            right[j * columns + c] = b[j];
    }
    kernel->add[units - 1](depth, left, kernel->rows, right, columns, FALSE, sums, arithmetic == GEMM_COMPENSATED ? rests : NULL, columns);
    for (int64_t i = 1; i < kernel->rows * columns; i++)
        cr_assert_eq(memcmp(&sums[i], &sums[0], 8), 0, "equal operands, but cell %d differs", (int)i);
    result[0] = sums[0];
    result[1] = rests[0];
    g_aligned_free(left);
    g_aligned_free(right);
    g_aligned_free(sums);
    g_aligned_free(rests);
}

Test(gemm_kernels, all_instruction_sets_give_the_same_bits)
{
    enum { DEPTH = 1000 };
    double a[DEPTH], b[DEPTH];
    uint64_t state = 1;
    for (int arithmetic = GEMM_NARROW; arithmetic < GEMM_REACH; arithmetic++) {
        for (int j = 0; j < 2 * DEPTH; j++) {
            state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            const double value = (double)(int64_t)state * 0x1p-63;
            (j < DEPTH ? a : b)[j % DEPTH] = arithmetic == GEMM_NARROW || arithmetic == GEMM_MAGNITUDE ? (double)(float)value : value;
        }
        double wanted[2];
        first_sum(gemm_kernel_nth((GemmArithmetic)arithmetic, 2), 1, (GemmArithmetic)arithmetic, DEPTH, a, b, wanted);
        for (gsize i = 0; i <= 2; i++) {
            const GemmKernel *kernel = gemm_kernel_nth((GemmArithmetic)arithmetic, i);
            for (int64_t units = 1; units <= kernel->columns / kernel->unit; units++) {
                double found[2];
                first_sum(kernel, units, (GemmArithmetic)arithmetic, DEPTH, a, b, found);
                cr_expect_eq(memcmp(found, wanted, sizeof wanted), 0, "arithmetic %d, kernel %zu, %d units", arithmetic, (size_t)i,
                             (int)units);
            }
        }
    }
}

/* The same of floats. */
static float first_float_sum(const GemmKernel *kernel, int64_t units, int64_t depth, const float *a, const float *b)
{
    const int64_t columns = units * kernel->unit;
    float *left = g_aligned_alloc0((gsize)(kernel->rows * depth), 4, 64), *right = g_aligned_alloc0((gsize)(columns * depth), 4, 64);
    float *sums = g_aligned_alloc0((gsize)(kernel->rows * columns), 4, 64);
    for (int64_t j = 0; j < depth; j++) {
        for (int64_t r = 0; r < kernel->rows; r++)
            left[j * kernel->rows + r] = a[j];
        for (int64_t c = 0; c < columns; c++)
            right[j * columns + c] = b[j];
    }
    kernel->add[units - 1](depth, left, kernel->rows, right, columns, FALSE, sums, NULL, columns);
    for (int64_t i = 1; i < kernel->rows * columns; i++)
        cr_assert_eq(memcmp(&sums[i], &sums[0], 4), 0, "equal operands, but cell %d differs", (int)i);
    const float sum = sums[0];
    g_aligned_free(left);
    g_aligned_free(right);
    g_aligned_free(sums);
    return sum;
}

Test(gemm_kernels, all_instruction_sets_give_the_same_floats)
{
    enum { DEPTH = 1000 };
    float a[DEPTH], b[DEPTH], wanted = 0;
    uint64_t state = 1;
    for (int j = 0; j < DEPTH; j++) {
        state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        a[j] = (float)(state >> 40) * 0x1p-24f;
        b[j] = (float)(state >> 16 & 0xffffff) * 0x1p-60f;
        wanted = fmaf(a[j], b[j], wanted);
    }
    for (gsize i = 0; i <= 2; i++) {
        const GemmKernel *kernel = gemm_kernel_nth(GEMM_REACH, i);
        for (int64_t units = 1; units <= kernel->columns / kernel->unit; units++) {
            const float found = first_float_sum(kernel, units, DEPTH, a, b);
            cr_expect_eq(memcmp(&found, &wanted, sizeof wanted), 0, "kernel %zu, %d units: %a, expected %a", (size_t)i, (int)units,
                         (double)found, (double)wanted);
        }
    }
}
