#include "generators/engine/data.h"

#include "reference/tensor/float_format.h"

#include <criterion/criterion.h>
#include <math.h>

/* Random access: the value at an index does not depend on what was asked before; and the numbers are what they were
 * when the corpus was frozen. */
Test(data, is_a_function_of_seed_and_index)
{
    cr_expect_eq(data_bits(0, 0), UINT64_C(0xE220A8397B1DCDAF), "SplitMix64's first number for seed 0");
    cr_expect_eq(data_bits(0, 1), UINT64_C(0x6E789E6AA1B965F4));
    cr_expect_neq(data_seed("a"), data_seed("b"));
}

Test(data, ranges_are_kept)
{
    for (uint64_t i = 0; i < 10000; i++) {
        const int64_t v = data_range(1, i, -3, 4);
        cr_assert(v >= -3 && v <= 4);
    }
    cr_expect_eq(data_range(1, 1, 7, 7), 7);
}

Test(data, every_code_occurs)
{
    g_autoptr(Tensor) t = data_all_codes(DTYPE_INT4, &SHAPE(16));
    int seen = 0;
    for (int64_t i = 0; i < 16; i++)
        seen |= 1 << tensor_get_bits(t, i);
    cr_expect_eq(seen, 0xFFFF);
}

/* Every tie of the target is among the boundaries, with both neighbours of the source type. */
Test(data, boundaries_hold_every_tie)
{
    g_autoptr(Tensor) t = data_boundaries(DTYPE_FLOAT, DTYPE_FLOAT4E2M1, TRUE);
    static const double ties[] = { 0.25, 0.75, 1.25, 1.75, 2.5, 3.5, 5, -0.25, -5 };
    for (gsize k = 0; k < G_N_ELEMENTS(ties); k++) {
        int found = 0;
        for (int64_t i = 0; i < t->count; i++) {
            const double v = tensor_get_double(t, i);
            found |= (v == ties[k]) | (v == (double)nextafterf((float)ties[k], 9)) << 1 | (v == (double)nextafterf((float)ties[k], -9)) << 2;
        }
        cr_expect_eq(found, 7, "%g", ties[k]);
    }
    gboolean nan = FALSE, infinite = FALSE;
    for (int64_t i = 0; i < t->count; i++) {
        nan |= isnan(tensor_get_double(t, i));
        infinite |= isinf(tensor_get_double(t, i)) != 0;
    }
    cr_expect(nan && infinite);
}

enum { ROWS = 6, LENGTH = 40 };

static double row_sum(const Tensor *t, int64_t row, gboolean magnitudes)
{
    double sum = 0;
    for (int64_t i = row * LENGTH; i < (row + 1) * LENGTH; i++)
        sum += magnitudes ? fabs(tensor_get_double(t, i)) : tensor_get_double(t, i);
    return sum;
}

Test(data, precise_operands_need_all_their_bits)
{
    g_autoptr(Tensor) t = data_precise(DTYPE_FLOAT, &SHAPE(ROWS, LENGTH), 5, 13), signs = data_signs(DTYPE_FLOAT, &SHAPE(ROWS, LENGTH), 6);
    int positive = 0;
    for (int64_t i = 0; i < t->count; i++) {
        const double x = fabs(tensor_get_double(t, i));
        cr_assert(x >= 4096 && x < 8192 && fmod(x, 2) == 1, "%g", x);
        cr_assert_eq(fabs(tensor_get_double(signs, i)), 1);
        positive += tensor_get_double(signs, i) > 0;
    }
    cr_expect(positive > 60 && positive < 180);
}

Test(data, cancelling_rows_sum_to_little)
{
    g_autoptr(Tensor) t = data_cancelling(DTYPE_FLOAT, &SHAPE(ROWS, LENGTH), 7);
    for (int64_t row = 0; row < ROWS; row++) {
        cr_expect(row_sum(t, row, TRUE) > 10 && fabs(row_sum(t, row, FALSE)) < 1e-4);
        cr_expect_neq(row_sum(t, row, FALSE), 0);
    }
}

/* Added one by one to a float, every half unit is lost; from the other end none is. */
Test(data, stagnating_rows_stay_at_one)
{
    g_autoptr(Tensor) t = data_stagnating(DTYPE_FLOAT, &SHAPE(2, LENGTH));
    float sums[2] = { 0, 0 };
    for (int64_t i = 0; i < t->count; i++)
        sums[i / LENGTH] += (float)tensor_get_double(t, i);
    cr_expect_eq(sums[0], 1);
    cr_expect(sums[1] > 1);
}

Test(data, exponents_cover_their_range)
{
    g_autoptr(Tensor) t = data_log_uniform(DTYPE_FLOAT, &SHAPE(2000), 8, -20, 20);
    int seen[41] = { 0 };
    for (int64_t i = 0; i < t->count; i++) {
        const int e = ilogb(tensor_get_double(t, i));
        cr_assert(e >= -20 && e <= 21); /* rounding to the dtype may reach the next power */
        seen[MIN(e, 20) + 20]++;
    }
    for (int e = 0; e < 41; e++)
        cr_expect(seen[e] > 0, "no number of 2^%d", e - 20);
}

Test(data, sparse_rows_keep_few_and_the_last)
{
    g_autoptr(Tensor) t = data_sparse(DTYPE_FLOAT, &SHAPE(ROWS, LENGTH), 9, 6);
    for (int64_t row = 0; row < ROWS; row++) {
        int filled = 0;
        for (int64_t i = row * LENGTH; i < (row + 1) * LENGTH; i++)
            filled += tensor_get_double(t, i) != 0;
        cr_expect(filled > 3 && filled <= 6, "%d", filled); /* one may happen to be 0 */
        cr_expect_neq(tensor_get_double(t, (row + 1) * LENGTH - 1), 0);
    }
}
