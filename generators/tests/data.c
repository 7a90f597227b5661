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
