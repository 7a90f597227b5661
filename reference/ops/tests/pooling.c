/* MaxPool, AveragePool, LpPool, their global forms, MaxUnpool, MaxRoiPool. */
#include "reference/ops/tests/expect.h"

#include <criterion/criterion.h>

Test(max_pool, first_of_equal_maxima_and_indices)
{
    expect_holds("g () => (float[1,2,2] y, int64[1,2,2] i) <float[1,2,3] x = {1.0, 1.0, 0.0, -1.0, -3.0, -2.0},"
                 " float[1,2,2] want_y = {1.0, 1.0, -1.0, -2.0}, int64[1,2,2] want_i = {0, 1, 3, 5}>"
                 "{ y, i = MaxPool<kernel_shape = [2]>(x) }", 12);
    expect_holds("g () => (int8[1,1,1,1] y, int64[1,1,1,1] i) <int8[1,1,2,3] x = {1, 2, 9, 4, 5, 6}, int8[1,1,1,1] want_y = {9},"
                 " int64[1,1,1,1] want_i = {4}> { y, i = MaxPool<kernel_shape = [2, 3], storage_order = 1>(x) }", 12);
}

Test(max_pool, pads_never_win_and_nan_always_does)
{
    expect_holds("g () => (float[1,1,3] y) <float[1,1,2] x = {-2.0, nan}, float[1,1,3] want_y = {-2.0, nan, nan}>"
                 "{ y = MaxPool<kernel_shape = [2], pads = [1, 1]>(x) }", 12);
}

Test(max_pool, ceiling_windows_must_begin_inside)
{
    expect_holds("g () => (float[1,1,2] y) <float[1,1,3] x = {1.0, 2.0, 3.0}, float[1,1,2] want_y = {2.0, 3.0}>"
                 "{ y = MaxPool<kernel_shape = [2], strides = [2], ceil_mode = 1>(x) }", 10);
    /* The first window sees pads only; a third would begin in the end's pad. */
    expect_holds("g () => (float[1,1,2] y) <float[1,1,2] x = {1.0, 2.0}, float[1,1,2] want_y = {-inf, 2.0}>"
                 "{ y = MaxPool<kernel_shape = [1], strides = [2], pads = [1, 1], ceil_mode = 1, dilations = [1]>(x) }", 10);
}

Test(max_pool, refuses)
{
    expect_fails("g () => (float y) <float[1,1] x = {1.0}> { y = MaxPool<kernel_shape = [1]>(x) }", 12, "rank 2");
    expect_fails("g () => (float y) <float[1,1,1] x = {1.0}> { y = MaxPool<kernel_shape = [9223372036854775807]>(x) }", 12,
                 "kernel_shape has the entry");
    expect_fails("g () => (float y) <float[1,1,1] x = {1.0}> { y = MaxPool<kernel_shape = [2]>(x) }", 12, "spans 2");
}

Test(average_pool, pads_count_when_told)
{
    const char *graph = "g () => (float[1,1,3] y) <float[1,1,2] x = {2.0, 6.0}, float[1,1,3] want_y = {%s}>"
                        "{ y = AveragePool<kernel_shape = [2], pads = [1, 1], count_include_pad = %d>(x) }";
    g_autofree char *without = g_strdup_printf(graph, "2.0, 4.0, 6.0", 0), *with = g_strdup_printf(graph, "1.0, 4.0, 3.0", 1);
    expect_holds(without, 7);
    expect_holds(with, 7);
}

Test(average_pool, what_lies_beyond_the_pads_never_counts)
{
    expect_holds("g () => (float[1,1,2] y) <float[1,1,3] x = {2.0, 4.0, 6.0}, float[1,1,2] want_y = {3.0, 6.0}>"
                 "{ y = AveragePool<kernel_shape = [2], strides = [2], ceil_mode = 1, count_include_pad = 1>(x) }", 19);
}

Test(average_pool, dilated_in_float64_with_one_rounding)
{
    expect_holds("g () => (double[1,1,1] y) <double[1,1,5] x = {0x1p+80, 7.0, 3.0, 7.0, -0x1p+80}, double[1,1,1] want_y = {1.0}>"
                 "{ y = AveragePool<kernel_shape = [3], dilations = [2]>(x) }", 19);
}

Test(lp_pool, norms)
{
    expect_holds("g () => (float[1,1,1] y, float[1,1,1] z) <float[1,1,2] x = {3.0, -4.0}, float[1,1,1] want_y = {5.0},"
                 " float[1,1,1] want_z = {7.0}> { y = LpPool<kernel_shape = [2]>(x)  z = LpPool<kernel_shape = [2], p = 1>(x) }", 11);
    /* The cube root of 27 + 64 + 125 is exactly 6. */
    expect_holds("g () => (float[1,1,1] y, double[1,1,1] z) <float[1,1,3] x = {3.0, -4.0, 5.0}, double[1,1,3] d = {3.0, -4.0, 5.0},"
                 " float[1,1,1] want_y = {6.0}, double[1,1,1] want_z = {6.0}>"
                 "{ y = LpPool<kernel_shape = [3], p = 3>(x)  z = GlobalLpPool<p = 3>(d) }", 11);
    /* Windows of one: the root of a power is the number, whether its power is found in twice the precision or by MPFR. */
    for (int p = 3; p < 18; p++) {
        g_autofree char *graph = g_strdup_printf(
            "g () => (float[1,1,6] y) <float[1,1,6] x = {1.1, -3e17, 0.0, 1e-17, 7.3e-5, 123456.7}, float[1,1,6] want_y = {1.1, "
            "3e17, 0.0, 1e-17, 7.3e-5, 123456.7}> { y = LpPool<kernel_shape = [1], p = %d>(x) }", p);
        expect_holds(graph, 11);
    }
    expect_fails("g () => (float y) <float[1,1,1] x = {1.0}> { y = LpPool<kernel_shape = [1], p = 0>(x) }", 11, "p is 0");
}

Test(global_pools, whole_planes)
{
    expect_holds("g () => (float[1,2,1,1] y, float[1,2,1,1] z) <float[1,2,1,2] x = {1.0, 2.0, -1.0, -5.0},"
                 " float[1,2,1,1] want_y = {1.5, -3.0}, float[1,2,1,1] want_z = {2.0, -1.0}>"
                 "{ y = GlobalAveragePool(x)  z = GlobalMaxPool(x) }", 1);
    expect_holds("g () => (float[1,1,1] y, float[1,1,1] z) <float[1,1,0] x = {}, float[1,1,1] want_y = {nan}, float[1,1,1] want_z = {-inf}>"
                 "{ y = GlobalAveragePool(x)  z = GlobalMaxPool(x) }", 22);
}

Test(max_unpool, places_and_checks_indices)
{
    expect_holds("g () => (float[1,1,4] y, float[1,1,5] z) <float[1,1,2] x = {5.0, 6.0}, int64[1,1,2] i = {1, 2}, int64[3] s = {1, 1, 5},"
                 " float[1,1,4] want_y = {0.0, 5.0, 6.0, 0.0}, float[1,1,5] want_z = {0.0, 5.0, 6.0, 0.0, 0.0}>"
                 "{ y = MaxUnpool<kernel_shape = [2], strides = [2]>(x, i)  z = MaxUnpool<kernel_shape = [2], strides = [2]>(x, i, s) }", 11);
    expect_fails("g () => (float y) <float[1,1,1] x = {5.0}, int64[1,1,1] i = {2}> { y = MaxUnpool<kernel_shape = [2]>(x, i) }", 11,
                 "index 2 is outside [0, 2)");
    expect_fails("g () => (float y) <float[1,1,1] x = {5.0}, int64[1,1,1] i = {0}, int64[3] s = {1, 1, 1}>"
                 "{ y = MaxUnpool<kernel_shape = [2]>(x, i, s) }", 11, "expected at least [1,1,2]");
}

Test(max_roi_pool, bins_of_a_region)
{
    expect_holds("g () => (float[2,1,1,2] y) <float[1,1,2,4] x = {1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0},"
                 " float[2,5] r = {0.0, 0.0, 0.0, 2.0, 0.0, 0.0, 6.0, 0.0, 7.0, 0.0}, float[2,1,1,2] want_y = {2.0, 3.0, 0.0, 0.0}>"
                 "{ y = MaxRoiPool<pooled_shape = [1, 2]>(x, r) }", 1);
    expect_fails("g () => (float y) <float[1,1,1,1] x = {1.0}, float[1,5] r = {1.0, 0.0, 0.0, 0.0, 0.0}>"
                 "{ y = MaxRoiPool<pooled_shape = [1, 1]>(x, r) }", 1, "is of batch 1");
}
