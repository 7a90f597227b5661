/* Certified intervals of reductions that are no plain sums, and of functions composed of others: any order stays inside. */
#include "reference/ops/tests/enclosed.h"

#include <criterion/criterion.h>
#include <math.h>

enum { N = 48 };

/* Factors near 1: products of 48 stay in range. */
static Tensor *factors(GRand *rand)
{
    Tensor *t = tensor_new(DTYPE_FLOAT, &SHAPE(N), NULL);
    for (int64_t i = 0; i < N; i++)
        tensor_set_double(t, i, g_rand_double_range(rand, 0.5, 2) * (g_rand_boolean(rand) ? 1 : -1));
    return t;
}

static float product(const float *x, int from, int to, gboolean pairwise)
{
    if (pairwise && to - from > 1)
        return product(x, from, (from + to) / 2, TRUE) * product(x, (from + to) / 2, to, TRUE);
    float p = 1;
    for (int i = from; i < to; i++)
        p *= x[i];
    return p;
}

Test(bounds_rows, products_in_any_order)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(41);
    g_autoptr(Enclosed) m = enclosed_new("g (float[48] x) => (float y) { y = ReduceProd <keepdims = 0> (x) }", 18);
    guint wrong = 0, rounds = enclosed_rounds(200);
    for (guint round = 0; round < rounds; round++) {
        g_autoptr(Tensor) x = factors(rand);
        const float *v = x->data;
        float backwards[N];
        for (int i = 0; i < N; i++)
            backwards[i] = v[N - 1 - i];
        enclosed_run(m, &x, 1);
        enclosed_expect(m, 0, 0, (double)product(v, 0, N, FALSE), "product forward");
        enclosed_expect(m, 0, 0, (double)product(v, 0, N, TRUE), "product pairwise");
        enclosed_expect(m, 0, 0, (double)product(backwards, 0, N, FALSE), "product backwards");
        wrong += !enclosed_holds(m, 0, 0, (double)product(v, 0, N - 1, FALSE));
    }
    cr_expect_eq(wrong, rounds, "a product that lacks a factor is inside");
}

Test(bounds_rows, logarithms_of_sums)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(42);
    g_autoptr(Enclosed) m = enclosed_new("g (float[48] x) => (float y) { y = ReduceLogSum <keepdims = 0> (x) }", 18);
    guint wrong = 0, rounds = enclosed_rounds(200);
    for (guint round = 0; round < rounds; round++) {
        g_autoptr(Tensor) x = enclosed_data(rand, round % 2 ? DATA_NORMAL : DATA_RANGE, DTYPE_FLOAT, &SHAPE(N));
        for (int64_t i = 0; i < N; i++)
            tensor_set_double(x, i, fabs(tensor_get_double(x, i)) + 0x1p-10);
        const float *v = x->data;
        float forward = 0, backwards = 0, lacking = 0;
        int most = 0;
        for (int i = 0; i < N; i++)
            most = v[i] > v[most] ? i : most;
        for (int i = 0; i < N; i++) {
            forward += v[i];
            backwards += v[N - 1 - i];
            lacking += i == most ? 0 : v[i];
        }
        enclosed_run(m, &x, 1);
        enclosed_expect(m, 0, 0, (double)logf(forward), "log of the sum");
        enclosed_expect(m, 0, 0, (double)logf(backwards), "log of the sum backwards");
        wrong += !enclosed_holds(m, 0, 0, (double)logf(lacking));
    }
    cr_expect_eq(wrong, rounds, "a sum that lacks its largest term is inside");
}

static float sigmoid(float x) { return 1 / (1 + expf(-x)); }
static float softplus(float x) { return log1pf(expf(x)); }
static float gelu(float x) { return 0.5f * x * (1 + erff(x * 0.70710678f)); }
static float gelu_by_tanh(float x) { return 0.5f * x * (1 + tanhf(0.79788456f * (x + 0.044715f * x * x * x))); }
static float softsign(float x) { return x / (1 + fabsf(x)); }
static float hard_swish(float x) { return x * fmaxf(0, fminf(1, x / 6 + 0.5f)); }
static float elu(float x) { return x < 0 ? expm1f(x) : x; }
static float elu_by_exp(float x) { return x < 0 ? expf(x) - 1 : x; }
static float mish(float x) { return x * tanhf(log1pf(expf(x))); }
static float swish(float x) { return x * (1 / (1 + expf(-x))); }
static float swish_by_quotient(float x) { return x / (1 + expf(-x)); }
static float log_of(float x) { return logf(fabsf(x)); }
static float root(float x) { return sqrtf(fabsf(x)); }

static const struct {
    const char *name, *nodes;
    int         opset;
    float     (*fn)(float);
} functions[] = {
    { "Sigmoid", "y = Sigmoid (x)", 13, sigmoid },
    { "Softplus", "y = Softplus (x)", 22, softplus },
    { "Gelu by erf", "y = Gelu (x)", 20, gelu },
    { "Gelu by tanh", "y = Gelu <approximate = \"tanh\"> (x)", 20, gelu_by_tanh },
    { "Softsign", "y = Softsign (x)", 22, softsign },
    { "HardSwish", "y = HardSwish (x)", 22, hard_swish },
    { "Elu by expm1", "y = Elu (x)", 22, elu },
    { "Elu by exp", "y = Elu (x)", 22, elu_by_exp },
    { "Mish", "y = Mish (x)", 22, mish },
    { "Swish by a product", "y = Swish (x)", 24, swish },
    { "Swish by a quotient", "y = Swish (x)", 24, swish_by_quotient },
    { "Log", "a = Abs (x) y = Log (a)", 13, log_of },
    { "Sqrt", "a = Abs (x) y = Sqrt (a)", 13, root },
};

Test(bounds_rows, functions_composed_of_others)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(43);
    for (gsize f = 0; f < G_N_ELEMENTS(functions); f++) {
        g_autofree char *graph = g_strdup_printf("g (float[48] x) => (float[48] y) { %s }", functions[f].nodes);
        g_autoptr(Enclosed) m = enclosed_new(graph, functions[f].opset);
        for (guint round = 0; round < enclosed_rounds(20); round++) {
            g_autoptr(Tensor) x = enclosed_data(rand, round % 2 ? DATA_NORMAL : DATA_INTEGERS, DTYPE_FLOAT, &SHAPE(N));
            enclosed_run(m, &x, 1);
            for (int k = 0; k < N; k++)
                enclosed_expect(m, 0, k, (double)functions[f].fn(((const float *)x->data)[k]), functions[f].name);
        }
    }
}
