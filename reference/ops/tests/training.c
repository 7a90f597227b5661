/* Optimizer steps; values worked out with binary fractions. */
#include "reference/ops/tests/expect.h"

#include <criterion/criterion.h>

#define STEP "float r = {0.5}, float[1] x = {1.0}, float[1] g = {2.0}"

Test(momentum, standard_and_nesterov)
{
    /* The first iteration: beta is 1. v = 0.5 * 4 + 2 = 4, x = 1 - 0.5 * 4. */
    expect_holds("g () => (float[1] y, float[1] w) <" STEP
                 ", int64 t = {0}, float[1] v = {4.0}, float[1] want_y = {-1.0}, float[1] want_w = {4.0}>"
                 "{ y, w = ai.onnx.preview.training.Momentum<alpha = 0.5, beta = 0.25, mode = \"standard\", "
                 "norm_coefficient = 0.0>(r, t, x, g, v) }",
                 14);
    /* Later: v = 2 + 0.25 * (2 + 1) = 2.75; x = 1 - 0.5 * (3 + 0.5 * 2.75). */
    expect_holds("g () => (float[1] y, float[1] w) <" STEP
                 ", int64 t = {1}, float[1] v = {4.0}, float[1] want_y = {-1.1875}, float[1] want_w = {2.75}>"
                 "{ y, w = ai.onnx.preview.training.Momentum<alpha = 0.5, beta = 0.25, mode = \"nesterov\", "
                 "norm_coefficient = 1.0>(r, t, x, g, v) }",
                 14);
}

Test(adagrad, decays_the_rate)
{
    /* r = 0.5 / (1 + 3 * 1) = 0.125; h = 0 + 4; x = 1 - 0.125 * 2 / 2. */
    expect_holds("g () => (float[1] y, float[1] k) <" STEP
                 ", int64 t = {3}, float[1] h = {0.0}, float[1] want_y = {0.875}, float[1] want_k = {4.0}>"
                 "{ y, k = ai.onnx.preview.training.Adagrad<decay_factor = 1.0, epsilon = 0.0>(r, t, x, g, h) }",
                 14);
}

Test(adam, corrects_its_bias_after_the_first_update)
{
    /* v = 0.5 * 0 + 0.5 * 2 = 1, h = 0.75 * 0 + 0.25 * 4 = 1. */
    expect_holds("g () => (float[1] y, float[1] w, float[1] k) <" STEP ", int64 t = {0}, float[1] z = {0.0},"
                 " float[1] want_y = {0.25}, float[1] want_w = {1.0}, float[1] want_k = {1.0}>"
                 "{ y, w, k = ai.onnx.preview.training.Adam<alpha = 0.5, beta = 0.75, epsilon = 0.0, "
                 "norm_coefficient_post = 0.5>(r, t, x, g, z, z) }",
                 14);
    /* T = 1: r = 0.5 * sqrt(0.25) / 0.5 = 0.5 as well, without the post-update norm. */
    expect_holds(
        "g () => (float[1] y, float[1] w, float[1] k) <" STEP ", int64 t = {1}, float[1] z = {0.0},"
        " float[1] want_y = {0.5}, float[1] want_w = {1.0}, float[1] want_k = {1.0}>"
        "{ y, w, k = ai.onnx.preview.training.Adam<alpha = 0.5, beta = 0.75, epsilon = 0.0>(r, t, x, g, z, z) }",
        14);
}

Test(optimizers, several_tensors_and_errors)
{
    expect_holds("g () => (float[1] y, double[2] z, float[1] vy, double[2] vz) <float r = {1.0}, int64 t = {0}, "
                 "float[1] x = {1.0}, double[2] u = {2.0, 3.0},"
                 " float[1] want_y = {0.0}, double[2] want_z = {0.0, 0.0}, float[1] want_vy = {1.0}, double[2] want_vz "
                 "= {2.0, 3.0}>"
                 "{ y, z, vy, vz = ai.onnx.preview.training.Momentum<alpha = 0.0, beta = 1.0, mode = \"standard\", "
                 "norm_coefficient = 0.0>(r, t, x, u, x, u, x, u) }",
                 14);
    expect_fails("g () => (float[1] y, float[1] w) <" STEP ", int64 t = {0}, float[2] v = {4.0, 1.0}>"
                 "{ y, w = ai.onnx.preview.training.Adagrad(r, t, x, g, v) }", 14, "expected float[1]");
    expect_fails("g () => (float[1] y) <" STEP ", int64 t = {0}> { y = ai.onnx.preview.training.Adagrad(r, t, x, g) }",
                 14, "multiple of 3");
    expect_fails("g () => (float[1] y) <" STEP
                 ", int64 t = {0}> { y = ai.onnx.preview.training.Adagrad(r, t, x, g, g) }",
                 14, "expected 2");
    expect_fails("g () => (float[1] y, float[1] w) <" STEP ", int64 t = {0}, string[1] v = {\"a\"}>"
                 "{ y, w = ai.onnx.preview.training.Adagrad(r, t, v, g, g) }", 14, "expected float or double");
}
