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
