/* Random operators: what holds of any generator, and that this one depends on seeds alone. */
#include "reference/ops/tests/expect.h"

#include <criterion/criterion.h>
#include <math.h>

static Tensor *output(const char *graph, int opset)
{
    g_autofree Tensor **outputs = expect_outputs(graph, opset);
    return outputs[0];
}

static void moments(const Tensor *y, double *mean, double *deviation)
{
    double sum = 0, squares = 0;
    for (int64_t i = 0; i < y->count; i++) {
        sum += tensor_get_double(y, i);
        squares += tensor_get_double(y, i) * tensor_get_double(y, i);
    }
    *mean = sum / (double)y->count;
    *deviation = sqrt(squares / (double)y->count - *mean * *mean);
}

Test(random_operators, uniform_has_its_range_and_mean)
{
    g_autoptr(Tensor) y =
        output("g () => (float[10000] y) { y = RandomUniform<shape = [10000], low = 2.0, high = 4.0>() }", 1);
    double mean, deviation;
    moments(y, &mean, &deviation);
    cr_assert(fabs(mean - 3) < 0.03 && fabs(deviation - 2 / sqrt(12)) < 0.03, "%g %g", mean, deviation);
    for (int64_t i = 0; i < y->count; i++)
        cr_assert(tensor_get_double(y, i) >= 2 && tensor_get_double(y, i) < 4);
}

Test(random_operators, the_open_end_is_never_reached_in_narrow_types)
{
    g_autoptr(Tensor) y = output("g () => (bfloat16[5000] y) { y = RandomUniform<shape = [5000], dtype = 16>() }", 22);
    for (int64_t i = 0; i < y->count; i++)
        cr_assert(tensor_get_double(y, i) < 1);
}

Test(random_operators, normal_has_its_moments)
{
    g_autoptr(Tensor) y =
        output("g () => (double[100,100] y) { s = Constant<value_ints = [100, 100]>()"
               " z = ConstantOfShape(s) y = RandomNormalLike<mean = -1.0, scale = 3.0, dtype = 11>(z) }",
               20);
    double mean, deviation;
    moments(y, &mean, &deviation);
    cr_assert(fabs(mean + 1) < 0.1 && fabs(deviation - 3) < 0.1, "%g %g", mean, deviation);
}

Test(random_operators, one_seed_gives_one_stream_and_another_another)
{
    expect_holds(
        "g () => (float z) <float want_z = {0.0}> { a = RandomNormal<shape = [50], seed = 7.0>()"
        " b = RandomNormal<shape = [50], seed = 7.0>() d = Sub(a, b) e = Abs(d) z = ReduceSum<keepdims = 0>(e) }",
        13);
    g_autoptr(Tensor) z =
        output("g () => (float z) { a = RandomNormal<shape = [50], seed = 7.0>()"
               " b = RandomNormal<shape = [50]>() d = Sub(a, b) e = Abs(d) z = ReduceSum<keepdims = 0>(e) }",
               13);
    cr_assert(tensor_get_double(z, 0) > 1);
}

Test(random_operators, bernoulli_and_multinomial_obey_certainty)
{
    expect_holds("g () => (bool[4] y) <float[4] p = {0.0, 1.0, 0.0, 1.0}, bool[4] want_y = {0, 1, 0, 1}>"
                 "{ y = Bernoulli<dtype = 9>(p) }", 15);
    expect_holds("g () => (int64[2,3] y) <float[2,3] p = {-inf, -inf, 500.0, -inf, 3.0, -inf}, int64[2,3] want_y = {2, "
                 "2, 2, 1, 1, 1}>"
                 "{ y = Multinomial<sample_size = 3, dtype = 7>(p) }",
                 7);
    expect_fails("g () => (float[1] y) <float[1] p = {1.5}> { y = Bernoulli(p) }", 15, "[0, 1]");
    expect_fails("g () => (int32[1,1] y) <float[1,2] p = {-inf, -inf}> { y = Multinomial(p) }", 7, "above zero");
    expect_fails("g () => (int32[1,1] y) <float[1,0] p = {}> { y = Multinomial(p) }", 7, "above zero");
}

Test(random_operators, refuses_types_and_shapes)
{
    expect_fails("g () => (int32[1] y) { y = RandomNormal<shape = [1], dtype = 6>() }", 1, "not a type of the output");
    expect_fails("g () => (float[1] y) { y = RandomUniform<shape = [-1]>() }", 1, "");
    expect_fails("g () => (string[1] y) <string[1] x = {\"a\"}> { y = RandomUniformLike(x) }", 1,
                 "not a type of the output");
}
