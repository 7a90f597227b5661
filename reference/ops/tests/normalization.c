/* The normalisations, LRN and Dropout. */
#include "reference/ops/tests/expect.h"

#include <criterion/criterion.h>

Test(layer_normalization, statistics_and_scale)
{
    /* Variance 1, epsilon 0. */
    expect_holds("g () => (float[2,2] y, float[2,1] m, float[2,1] d) <float[2,2] x = {1.0, 3.0, 7.0, 5.0}, float[2] s = {1.0, 10.0}, float b = {0.5},"
                 " float[2,2] want_y = {-0.5, 10.5, 1.5, -9.5}, float[2,1] want_m = {2.0, 6.0}, float[2,1] want_d = {1.0, 1.0}>"
                 "{ y, m, d = LayerNormalization<epsilon = 0.0>(x, s, b) }", 17);
}

Test(layer_normalization, scale_may_broadcast_over_leading_dims)
{
    expect_holds("g () => (float[2,2] y) <float[2,2] x = {1.0, 3.0, 7.0, 5.0}, float[2,1] s = {1.0, 10.0},"
                 " float[2,2] want_y = {-1.0, 1.0, 10.0, -10.0}> { y = LayerNormalization<epsilon = 0.0>(x, s) }", 17);
    expect_fails("g () => (float y) <float[1,2] x = {1.0, 3.0}, float[3] s = {1.0, 1.0, 1.0}> { y = LayerNormalization(x, s) }", 17,
                 "Scale has shape [3]");
    expect_fails("g () => (float y) <float[2] x = {1.0, 3.0}, float s = {1.0}> { y = LayerNormalization<axis = 1>(x, s) }", 17, "axis is 1");
}

Test(layer_normalization, large_offsets_cancel_exactly)
{
    expect_holds("g () => (float[1,2] y) <float[1,2] x = {16777214.0, 16777216.0}, float s = {1.0}, float[1,2] want_y = {-1.0, 1.0}>"
                 "{ y = LayerNormalization<epsilon = 0.0>(x, s) }", 17);
}

Test(rms_normalization, squares_do_not_overflow)
{
    expect_holds("g () => (float16[1,2] y) <float16[1,2] x = {300.0, -300.0}, float16[2] s = {1.0, 2.0}, float16[1,2] want_y = {1.0, -2.0}>"
                 "{ y = RMSNormalization(x, s) }", 23);
}

Test(group_normalization, scale_by_group_in_18_by_channel_in_21)
{
    expect_holds("g () => (float[1,4,1] y) <float[1,4,1] x = {1.0, 3.0, 5.0, 9.0}, float[2] s = {1.0, 10.0}, float[2] b = {0.0, 1.0},"
                 " float[1,4,1] want_y = {-1.0, 1.0, -9.0, 11.0}> { y = GroupNormalization<num_groups = 2, epsilon = 0.0>(x, s, b) }", 18);
    expect_holds("g () => (float[1,4,1] y) <float[1,4,1] x = {1.0, 3.0, 5.0, 9.0}, float[4] s = {1.0, 2.0, 3.0, 4.0}, float[4] b = {0.0, 0.0, 0.0, 1.0},"
                 " float[1,4,1] want_y = {-1.0, 2.0, -3.0, 5.0}> { y = GroupNormalization<num_groups = 2, epsilon = 0.0>(x, s, b) }", 21);
    expect_fails("g () => (float y) <float[1,3,1] x = {1.0, 3.0, 5.0}, float[3] s = {1.0, 1.0, 1.0}>"
                 "{ y = GroupNormalization<num_groups = 2>(x, s, s) }", 21, "divisor of 3 channels");
}

Test(instance_normalization, planes)
{
    expect_holds("g () => (float[1,2,2] y) <float[1,2,2] x = {1.0, 3.0, 5.0, 9.0}, float[2] s = {1.0, 10.0}, float[2] b = {0.0, 1.0},"
                 " float[1,2,2] want_y = {-1.0, 1.0, -9.0, 11.0}> { y = InstanceNormalization<epsilon = 0.0>(x, s, b) }", 6);
}

Test(mean_variance_normalization, over_axes_that_are_not_the_last)
{
    expect_near("g () => (float[2,2] y) <float[2,2] x = {1.0, 5.0, 3.0, 9.0}, float[2,2] want_y = {-1.0, -1.0, 1.0, 1.0}>"
                "{ y = MeanVarianceNormalization<axes = [-2]>(x) }", 13, 1e-6);
    expect_holds("g () => (float[1,2] y) <float[1,2] x = {4.0, 4.0}, float[1,2] want_y = {0.0, 0.0}>"
                 "{ y = MeanVarianceNormalization<axes = [1]>(x) }", 13);
}

Test(batch_normalization, inference_and_training)
{
    expect_holds("g () => (float[2,2] y) <float[2,2] x = {1.0, 2.0, 3.0, 4.0}, float[2] s = {1.0, 10.0}, float[2] b = {0.0, 1.0}, float[2] m = {1.0, 2.0},"
                 " float[2] v = {4.0, 1.0}, float[2,2] want_y = {0.0, 1.0, 1.0, 21.0}> { y = BatchNormalization<epsilon = 0.0>(x, s, b, m, v) }", 15);
    /* Batch statistics: means 2, 3; variances 1, 1. */
    expect_holds("g () => (float[2,2] y, float[2] rm, float[2] rv) <float[2,2] x = {1.0, 2.0, 3.0, 4.0}, float[2] s = {1.0, 10.0}, float[2] b = {0.0, 1.0},"
                 " float[2] m = {0.0, 1.0}, float[2] v = {3.0, 5.0}, float[2,2] want_y = {-1.0, -9.0, 1.0, 11.0},"
                 " float[2] want_rm = {1.0, 2.0}, float[2] want_rv = {2.0, 3.0}>"
                 "{ y, rm, rv = BatchNormalization<epsilon = 0.0, momentum = 0.5, training_mode = 1>(x, s, b, m, v) }", 15);
    expect_fails("g () => (float y, float z) <float[1,1] x = {1.0}, float[1] s = {1.0}> { y, z = BatchNormalization(x, s, s, s, s) }", 15,
                 "only in training");
}

Test(batch_normalization, not_spatial_before_opset_9)
{
    expect_holds("g () => (float[1,1,2] y) <float[1,1,2] x = {1.0, 2.0}, float[1,2] s = {1.0, 10.0}, float[1,2] b = {0.0, 1.0}, float[1,2] m = {0.0, 1.0},"
                 " float[1,2] v = {1.0, 1.0}, float[1,1,2] want_y = {1.0, 11.0}> { y = BatchNormalization<epsilon = 0.0, spatial = 0>(x, s, b, m, v) }", 7);
}

Test(lrn, even_sizes_reach_further_up)
{
    /* size 2: channels c and c + 1; (1 + 1 / 2 * squares)^1 */
    expect_holds("g () => (float[1,3,1] y) <float[1,3,1] x = {1.0, 1.0, 2.0}, float[1,3,1] want_y = {0.5, 0.2857142984867096, 0.6666666865348816}>"
                 "{ y = LRN<size = 2, alpha = 1.0, beta = 1.0, bias = 1.0>(x) }", 13);
    expect_fails("g () => (float y) <float[1,1] x = {1.0}> { y = LRN<size = 0>(x) }", 13, "size is 0");
}

Test(dropout, copies_unless_training)
{
    expect_holds("g () => (float[2] y, bool[2] m) <float[2] x = {1.0, -inf}, float r = {0.9}, float[2] want_y = {1.0, -inf}, bool[2] want_m = {1, 1}>"
                 "{ y, m = Dropout(x, r) }", 13);
    expect_fails("g () => (float y) <float[1] x = {1.0}, float r = {1.0}, bool t = {1}> { y = Dropout(x, r, t) }", 13, "ratio is 1");
}

Test(dropout, keeps_and_scales_as_the_mask_says)
{
    g_autofree Tensor **out = expect_outputs("g () => (float[1000] y, bool[1000] m) <float[1] one = {2.0}, int64[1] n = {1000}, float r = {0.75}, bool t = {1}>"
                                             "{ x = Expand(one, n)  y, m = Dropout<seed = 7>(x, r, t) }", 13);
    int64_t kept = 0;
    for (int64_t i = 0; i < 1000; i++) {
        kept += tensor_get_int(out[1], i);
        cr_assert_eq(tensor_get_double(out[0], i), tensor_get_int(out[1], i) ? 8.0 : 0.0);
    }
    cr_assert(kept > 180 && kept < 320, "%d of 1000 kept at ratio 0.75", (int)kept); /* five standard deviations */
    tensor_unref(out[0]);
    tensor_unref(out[1]);
}
