/* Certified intervals of normalisations: one and two passes, division and reciprocal root stay inside. */
#include "reference/ops/tests/enclosed.h"

#include <criterion/criterion.h>
#include <math.h>

#define N 64

typedef struct {
    gboolean one_pass, reciprocal, reversed, uncentred;
    float    epsilon;
} Way;

static void normalise(const Way *way, const float *x, const float *scale, const float *bias, float *y)
{
    float sum = 0, squares = 0;
    for (int i = 0; i < N; i++)
        sum += x[way->reversed ? N - 1 - i : i];
    const float mean = way->uncentred ? 0 : sum / N;
    for (int i = 0; i < N; i++) {
        const float d = way->one_pass ? x[i] : x[i] - mean;
        squares += d * d;
    }
    const float variance = way->one_pass ? squares / N - mean * mean : squares / N, root = sqrtf(variance + way->epsilon);
    for (int i = 0; i < N; i++) {
        const float d = x[i] - mean;
        y[i] = (way->reciprocal ? d * (1 / root) : d / root) * scale[i] + bias[i];
    }
}

#define LAYER "g (float[64] x, float[64] s, float[64] b) => (float[64] y) { y = LayerNormalization (x, s, b) }"

Test(bounds_norm, passes_and_roots_stay_inside)
{
    static const Way ways[] = { { .epsilon = 1e-5f },
                                { .epsilon = 1e-5f, .one_pass = TRUE },
                                { .epsilon = 1e-5f, .reciprocal = TRUE, .reversed = TRUE },
                                { .epsilon = 1e-5f, .one_pass = TRUE, .reciprocal = TRUE } };
    g_autoptr(GRand) rand = g_rand_new_with_seed(21);
    g_autoptr(Enclosed) m = enclosed_new(LAYER, 17);
    guint certified = 0, rounds = enclosed_rounds(100);
    for (guint round = 0; round < rounds; round++) {
        g_autoptr(Tensor) x = enclosed_data(rand, round % DATA_KINDS, DTYPE_FLOAT, &SHAPE(N));
        g_autoptr(Tensor) s = enclosed_data(rand, DATA_NORMAL, DTYPE_FLOAT, &SHAPE(N));
        g_autoptr(Tensor) b = enclosed_data(rand, DATA_NORMAL, DTYPE_FLOAT, &SHAPE(N));
        for (int64_t k = 0; round % 3 == 1 && k < N; k++) /* a mean far from zero */
            tensor_set_double(x, k, tensor_get_double(x, k) + 30);
        enclosed_run(m, (Tensor *[]){ x, s, b }, 3);
        certified += enclosed_certified(m, 0) ? 1 : 0;
        for (gsize w = 0; w < G_N_ELEMENTS(ways) && enclosed_certified(m, 0); w++) {
            float y[N];
            normalise(&ways[w], x->data, s->data, b->data, y);
            for (int k = 0; k < N; k++)
                enclosed_expect(m, 0, k, (double)y[k], "layer normalisation");
        }
    }
    cr_assert(certified > rounds / 2, "only %u of %u are certified", certified, rounds);
}

Test(bounds_norm, constant_rows_give_the_bias)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(22);
    g_autoptr(Enclosed) m = enclosed_new(LAYER, 17);
    g_autoptr(Tensor) x = tensor_new(DTYPE_FLOAT, &SHAPE(N), NULL);
    g_autoptr(Tensor) s = enclosed_data(rand, DATA_NORMAL, DTYPE_FLOAT, &SHAPE(N));
    g_autoptr(Tensor) b = enclosed_data(rand, DATA_NORMAL, DTYPE_FLOAT, &SHAPE(N));
    for (int64_t k = 0; k < N; k++)
        tensor_set_double(x, k, 3);
    enclosed_run(m, (Tensor *[]){ x, s, b }, 3);
    cr_assert(enclosed_is_point(m, 0));
}

Test(bounds_norm, misplaced_epsilon_leaves_the_interval)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(23);
    g_autoptr(Enclosed) m = enclosed_new(LAYER, 17);
    g_autoptr(Tensor) x = enclosed_data(rand, DATA_NORMAL, DTYPE_FLOAT, &SHAPE(N));
    g_autoptr(Tensor) s = enclosed_data(rand, DATA_NORMAL, DTYPE_FLOAT, &SHAPE(N));
    g_autoptr(Tensor) b = tensor_new(DTYPE_FLOAT, &SHAPE(N), NULL);
    for (int64_t k = 0; k < N; k++)
        tensor_set_double(x, k, tensor_get_double(x, k) / 512); /* a deviation near the root of epsilon */
    enclosed_run(m, (Tensor *[]){ x, s, b }, 3);
    float y[N];
    guint outside = 0;
    normalise(&(Way){ .epsilon = 0 }, x->data, s->data, b->data, y);
    for (int k = 0; k < N; k++)
        outside += enclosed_holds(m, 0, k, (double)y[k]) ? 0 : 1;
    cr_assert(outside == N, "%u of %d outside", outside, N);
}

Test(bounds_norm, means_of_squares_stay_inside)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(24);
    g_autoptr(Enclosed) m = enclosed_new("g (float[64] x, float[64] s) => (float[64] y) { y = RMSNormalization (x, s) }", 23);
    static const Way ways[] = { { .epsilon = 1e-5f, .uncentred = TRUE }, { .epsilon = 1e-5f, .uncentred = TRUE, .reciprocal = TRUE } };
    const float none[N] = { 0 };
    for (guint round = 0; round < enclosed_rounds(50); round++) {
        g_autoptr(Tensor) x = enclosed_data(rand, round % DATA_KINDS, DTYPE_FLOAT, &SHAPE(N));
        g_autoptr(Tensor) s = enclosed_data(rand, DATA_NORMAL, DTYPE_FLOAT, &SHAPE(N));
        enclosed_run(m, (Tensor *[]){ x, s }, 2);
        for (gsize w = 0; w < G_N_ELEMENTS(ways); w++) {
            float y[N];
            normalise(&ways[w], x->data, s->data, none, y);
            for (int k = 0; k < N; k++)
                enclosed_expect(m, 0, k, (double)y[k], "mean square");
        }
    }
}

Test(bounds_norm, means_of_windows_stay_inside)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(25);
    g_autoptr(Enclosed) m = enclosed_new("g (float[1,1,64] x) => (float[1,1,62] y, float[1,1,1] z) "
                                         "{ y = AveragePool <kernel_shape = [3]> (x) z = GlobalAveragePool (x) }", 13);
    for (guint round = 0; round < enclosed_rounds(50); round++) {
        g_autoptr(Tensor) t = enclosed_data(rand, round % DATA_KINDS, DTYPE_FLOAT, &SHAPE(1, 1, N));
        const float *x = t->data;
        float sum = 0;
        enclosed_run(m, &t, 1);
        for (int k = 0; k < N; k++)
            sum += x[N - 1 - k];
        enclosed_expect(m, 1, 0, (double)(sum / N), "global");
        for (int k = 0; k + 2 < N; k++) {
            enclosed_expect(m, 0, k, (double)((x[k + 2] + x[k + 1] + x[k]) / 3), "division");
            enclosed_expect(m, 0, k, (double)((x[k] + x[k + 1] + x[k + 2]) * (1.0f / 3)), "reciprocal");
        }
    }
}

Test(bounds_norm, rotation_stays_inside)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(26);
    g_autoptr(Enclosed) m = enclosed_new("g (float[1,1,1,8] x, float[1,1,4] c, float[1,1,4] s) => (float[1,1,1,8] y) "
                                         "{ y = RotaryEmbedding (x, c, s) }", 23);
    for (guint round = 0; round < enclosed_rounds(50); round++) {
        g_autoptr(Tensor) x = enclosed_data(rand, DATA_NORMAL, DTYPE_FLOAT, &SHAPE(1, 1, 1, 8));
        g_autoptr(Tensor) c = enclosed_data(rand, DATA_NORMAL, DTYPE_FLOAT, &SHAPE(1, 1, 4));
        g_autoptr(Tensor) s = enclosed_data(rand, DATA_NORMAL, DTYPE_FLOAT, &SHAPE(1, 1, 4));
        const float *fx = x->data, *fc = c->data, *fs = s->data;
        enclosed_run(m, (Tensor *[]){ x, c, s }, 3);
        for (int k = 0; k < 4; k++) {
            enclosed_expect(m, 0, k, (double)(fc[k] * fx[k] - fs[k] * fx[k + 4]), "real");
            enclosed_expect(m, 0, k, (double)fmaf(fc[k], fx[k], -(fs[k] * fx[k + 4])), "real, fused");
            enclosed_expect(m, 0, k + 4, (double)fmaf(fs[k], fx[k], fc[k] * fx[k + 4]), "imaginary, fused");
        }
    }
}

/* ---- norms of windows -------------------------------------------------------------------------------------------------------- */

Test(bounds_norm, norms_of_windows_stay_inside)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(26);
    g_autoptr(Enclosed) m = enclosed_new("g (float[1,1,64] x) => (float[1,1,60] one, float[1,1,60] two, float[1,1,1] all)"
                                         "{ one = LpPool <kernel_shape = [5], p = 1> (x) two = LpPool <kernel_shape = [5]> (x)"
                                         " all = GlobalLpPool (x) }", 18);
    guint outside = 0, rounds = enclosed_rounds(50);
    for (guint round = 0; round < rounds; round++) {
        g_autoptr(Tensor) t = enclosed_data(rand, round % DATA_KINDS, DTYPE_FLOAT, &SHAPE(1, 1, N));
        const float *x = t->data;
        float squares = 0;
        enclosed_run(m, &t, 1);
        cr_assert(enclosed_certified(m, 0) && enclosed_certified(m, 1) && enclosed_certified(m, 2));
        for (int k = N; k-- > 0;)
            squares += x[k] * x[k];
        enclosed_expect(m, 2, 0, (double)sqrtf(squares), "global");
        for (int k = 0; k + 5 <= N; k++) {
            float one = 0, back = 0, fused = 0, power = 0;
            for (int j = 0; j < 5; j++) {
                one += fabsf(x[k + 4 - j]);
                back += x[k + 4 - j] * x[k + 4 - j];
                fused = fmaf(x[k + j], x[k + j], fused);
                power += powf(fabsf(x[k + j]), 2);
            }
            enclosed_expect(m, 0, k, (double)one, "sum of magnitudes");
            enclosed_expect(m, 1, k, (double)sqrtf(back), "backwards");
            enclosed_expect(m, 1, k, (double)sqrtf(fused), "fused");
            enclosed_expect(m, 1, k, (double)powf(power, 0.5f), "powers");
            outside += one != 0 && !enclosed_holds(m, 1, k, (double)sqrtf(back - x[k] * x[k]));
        }
    }
    cr_expect(outside > rounds, "a tap is missing, and only %u windows notice", outside);
}

Test(bounds_norm, response_normalisation_stays_inside)
{
    enum { CHANNELS = 12 };
    g_autoptr(GRand) rand = g_rand_new_with_seed(27);
    g_autoptr(Enclosed) m = enclosed_new("g (float[1,12,1] x) => (float[1,12,1] y) { y = LRN <size = 5, alpha = 0.3, beta = 0.75, bias = 2.0> (x) }", 13);
    guint outside = 0, rounds = enclosed_rounds(200);
    for (guint round = 0; round < rounds; round++) {
        g_autoptr(Tensor) t = enclosed_data(rand, round % DATA_KINDS, DTYPE_FLOAT, &SHAPE(1, CHANNELS, 1));
        const float *x = t->data;
        enclosed_run(m, &t, 1);
        cr_assert(enclosed_certified(m, 0));
        for (int c = 0; c < CHANNELS; c++) {
            float squares = 0;
            for (int i = MIN(c + 2, CHANNELS - 1); i >= MAX(c - 2, 0); i--)
                squares += x[i] * x[i];
            const float base = 2.0f + 0.3f / 5 * squares, other = 2.0f + 0.3f * squares / 5;
            enclosed_expect(m, 0, c, (double)(x[c] / powf(base, 0.75f)), "quotient");
            enclosed_expect(m, 0, c, (double)(x[c] * powf(other, -0.75f)), "product");
            enclosed_expect(m, 0, c, (double)(x[c] / (sqrtf(base) * sqrtf(sqrtf(base)))), "two roots");
            outside += !enclosed_holds(m, 0, c, (double)(x[c] / powf(2.0f + 0.3f * squares, 0.75f)));
        }
    }
    cr_expect(outside > rounds, "alpha is not divided by the size, and only %u elements notice", outside);
}

/* The numbers come out of a product, so that windows see intervals. */
Test(bounds_norm, windows_of_inexact_numbers_stay_inside)
{
    enum { K = 32, COUNT = 12 };
    g_autoptr(GRand) rand = g_rand_new_with_seed(28);
    g_autoptr(Enclosed) m = enclosed_new("g (float[1,32] a, float[32,12] b) => (float[1,12,1] y, float[1,1,8] z) <int64[3] s = {1, 12, 1}, "
                                         "int64[3] t = {1, 1, 12}> { h = MatMul (a, b) c = Reshape (h, s) y = LRN <size = 3, alpha = 0.5> (c)"
                                         " d = Reshape (h, t) z = LpPool <kernel_shape = [5]> (d) }", 18);
    for (guint round = 0; round < enclosed_rounds(100); round++) {
        g_autoptr(Tensor) a = enclosed_data(rand, round % DATA_KINDS, DTYPE_FLOAT, &SHAPE(1, K));
        g_autoptr(Tensor) b = enclosed_data(rand, round % DATA_KINDS, DTYPE_FLOAT, &SHAPE(K, COUNT));
        const float *x = a->data, *w = b->data;
        float h[COUNT] = { 0 };
        enclosed_run(m, (Tensor *[]){ a, b }, 2);
        cr_assert(enclosed_certified(m, 0) && enclosed_certified(m, 1));
        for (int k = K; k-- > 0;)
            for (int c = 0; c < COUNT; c++)
                h[c] += x[k] * w[k * COUNT + c];
        for (int c = 0; c < COUNT; c++) {
            float squares = 0, norm = 0;
            for (int i = MAX(c - 1, 0); i <= MIN(c + 1, COUNT - 1); i++)
                squares += h[i] * h[i];
            enclosed_expect(m, 0, c, (double)(h[c] / powf(1.0f + 0.5f / 3 * squares, 0.75f)), "response");
            for (int j = 0; c + 5 <= COUNT && j < 5; j++)
                norm += h[c + j] * h[c + j];
            if (c + 5 <= COUNT)
                enclosed_expect(m, 1, c, (double)sqrtf(norm), "norm");
        }
    }
}
