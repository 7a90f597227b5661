/* Certified intervals of attention: valid ways to compute stay inside, probes are points, wrong ones leave. */
#include "reference/ops/tests/enclosed.h"

#include <criterion/criterion.h>
#include <math.h>

#define KEYS  48
#define DEPTH 16

typedef struct {
    gboolean online, roots, binary, reversed; /* blocks of 16 keys; sqrt(scale) on both operands; 2^x; order of sums */
    float    scale;
    int      keys;                            /* of KEYS; fewer: a mutant */
} Way;

static float power(const Way *way, float x)
{
    return way->binary ? exp2f(x * 1.44269504f) : expf(x);
}

static float score(const Way *way, const float *q, const float *k)
{
    const float root = sqrtf(way->scale);
    float s = 0;
    for (int i = 0; i < DEPTH; i++) {
        const int d = way->reversed ? DEPTH - 1 - i : i;
        s += way->roots ? (q[d] * root) * (k[d] * root) : q[d] * k[d];
    }
    return way->roots ? s : s * way->scale;
}

static void attend(const Way *way, const float *q, const float *k, const float *v, float *out)
{
    float s[KEYS], m = -INFINITY, sum = 0;
    const int block = way->online ? 16 : way->keys;
    for (int d = 0; d < DEPTH; d++)
        out[d] = 0;
    for (int j = 0; j < way->keys; j++)
        s[j] = score(way, q, k + j * DEPTH);
    for (int first = 0; first < way->keys; first += block) {
        float top = m;
        for (int j = first; j < first + block && j < way->keys; j++)
            top = fmaxf(top, s[j]);
        const float shrink = m == -INFINITY ? 0 : power(way, m - top);
        sum *= shrink;
        for (int d = 0; d < DEPTH; d++)
            out[d] *= shrink;
        for (int j = first; j < first + block && j < way->keys; j++) {
            const float e = power(way, s[j] - top);
            sum += e;
            for (int d = 0; d < DEPTH; d++)
                out[d] += e * v[j * DEPTH + d];
        }
        m = top;
    }
    for (int d = 0; d < DEPTH; d++)
        out[d] /= sum;
}

static const Way ways[] = { { .scale = 0.25f, .keys = KEYS },
                            { .scale = 0.25f, .keys = KEYS, .online = TRUE },
                            { .scale = 0.25f, .keys = KEYS, .roots = TRUE, .reversed = TRUE },
                            { .scale = 0.25f, .keys = KEYS, .online = TRUE, .binary = TRUE } };

static void try_ways(const char *graph, int opset, float scale)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(11);
    g_autoptr(Enclosed) m = enclosed_new(graph, opset);
    for (guint round = 0; round < enclosed_rounds(40); round++) {
        g_autoptr(Tensor) q = enclosed_data(rand, round % DATA_KINDS, DTYPE_FLOAT, &SHAPE(1, 1, 1, DEPTH));
        g_autoptr(Tensor) k = enclosed_data(rand, DATA_NORMAL, DTYPE_FLOAT, &SHAPE(1, 1, KEYS, DEPTH));
        g_autoptr(Tensor) v = enclosed_data(rand, round / 5 % DATA_KINDS, DTYPE_FLOAT, &SHAPE(1, 1, KEYS, DEPTH));
        enclosed_run(m, (Tensor *[]){ q, k, v }, 3);
        if (!enclosed_certified(m, 0)) /* exponents that leave the rule's range */
            continue;
        for (gsize i = 0; i < G_N_ELEMENTS(ways); i++) {
            Way way = ways[i];
            float out[DEPTH];
            way.scale = scale;
            attend(&way, q->data, k->data, v->data, out);
            for (int d = 0; d < DEPTH; d++)
                enclosed_expect(m, 0, d, (double)out[d], "attention");
        }
    }
}

#define OPERANDS "g (float[1,1,1,16] q, float[1,1,48,16] k, float[1,1,48,16] v) => (float[1,1,1,16] y) "

Test(bounds_attention, every_way_stays_inside)
{
    try_ways(OPERANDS "{ y = Attention (q, k, v) }", 23, 0.25f);
    try_ways(OPERANDS "{ y = Attention <scale = 0.3> (q, k, v) }", 23, 0.3f);
    try_ways(OPERANDS "{ y = ai.onnx.preview.FlexAttention (q, k, v) }", 26, 0.25f);
}

Test(bounds_attention, modifiers_carry_intervals)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(12);
    g_autoptr(Enclosed) m = enclosed_new(
        OPERANDS "{ y = ai.onnx.preview.FlexAttention <score_mod = a (float[1,1,1,48] s) => (float[1,1,1,48] t) "
                 "<float two = {2.0}> { t = Mul (s, two) }> (q, k, v) }", 26);
    g_autoptr(Tensor) q = enclosed_data(rand, DATA_NORMAL, DTYPE_FLOAT, &SHAPE(1, 1, 1, DEPTH));
    g_autoptr(Tensor) k = enclosed_data(rand, DATA_NORMAL, DTYPE_FLOAT, &SHAPE(1, 1, KEYS, DEPTH));
    g_autoptr(Tensor) v = enclosed_data(rand, DATA_NORMAL, DTYPE_FLOAT, &SHAPE(1, 1, KEYS, DEPTH));
    enclosed_run(m, (Tensor *[]){ q, k, v }, 3);
    const Way doubled = { .scale = 0.5f, .keys = KEYS }, plain = { .scale = 0.25f, .keys = KEYS };
    float out[DEPTH];
    attend(&doubled, q->data, k->data, v->data, out);
    for (int d = 0; d < DEPTH; d++)
        enclosed_expect(m, 0, d, (double)out[d], "doubled scores");
    attend(&plain, q->data, k->data, v->data, out);
    for (int d = 0; d < DEPTH; d++)
        cr_assert(!enclosed_holds(m, 0, d, (double)out[d]), "channel %d does not show that the modifier is ignored", d);
}

Test(bounds_attention, wrong_scale_and_dropped_key_leave_the_interval)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(13);
    g_autoptr(Enclosed) m = enclosed_new(OPERANDS "{ y = Attention (q, k, v) }", 23);
    guint scaled = 0, dropped = 0;
    for (guint round = 0; round < 20; round++) {
        g_autoptr(Tensor) q = enclosed_data(rand, DATA_INTEGERS, DTYPE_FLOAT, &SHAPE(1, 1, 1, DEPTH));
        g_autoptr(Tensor) k = enclosed_data(rand, DATA_NORMAL, DTYPE_FLOAT, &SHAPE(1, 1, KEYS, DEPTH));
        g_autoptr(Tensor) v = enclosed_data(rand, DATA_NORMAL, DTYPE_FLOAT, &SHAPE(1, 1, KEYS, DEPTH));
        for (int64_t d = 0; d < DEPTH; d++) /* every key counts */
            tensor_set_double(q, d, tensor_get_double(q, d) / 64);
        const Way wrong = { .scale = 0.2501f, .keys = KEYS }, fewer = { .scale = 0.25f, .keys = KEYS - 1 };
        float out[DEPTH];
        gboolean seen[2] = { FALSE, FALSE };
        enclosed_run(m, (Tensor *[]){ q, k, v }, 3);
        for (int which = 0; which < 2; which++) {
            attend(which ? &fewer : &wrong, q->data, k->data, v->data, out);
            for (int d = 0; d < DEPTH; d++)
                seen[which] |= !enclosed_holds(m, 0, d, (double)out[d]);
        }
        scaled += seen[0] ? 1 : 0;
        dropped += seen[1] ? 1 : 0;
    }
    cr_assert(scaled == 20 && dropped == 20, "%u %u", scaled, dropped);
}

Test(bounds_attention, uniform_weights_and_one_hot_are_points)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(14);
    g_autoptr(Enclosed) m = enclosed_new("g (float[1,1,1,16] q, float[1,1,8,16] k, float[1,1,8,16] v, float[1,8] mask) => (float[1,1,1,16] y) "
                                         "{ y = Attention (q, k, v, mask) }", 23);
    g_autoptr(Tensor) zero = tensor_new(DTYPE_FLOAT, &SHAPE(1, 1, 1, DEPTH), NULL);
    g_autoptr(Tensor) k = enclosed_data(rand, DATA_NORMAL, DTYPE_FLOAT, &SHAPE(1, 1, 8, DEPTH));
    g_autoptr(Tensor) v = enclosed_data(rand, DATA_INTEGERS, DTYPE_FLOAT, &SHAPE(1, 1, 8, DEPTH));
    static const float masks[][8] = { { 0, -INFINITY, 0, -INFINITY, 0, -INFINITY, -INFINITY, 0 },
                                      { 0, -INFINITY, 0, -INFINITY, -INFINITY, -INFINITY, -INFINITY, 0 },
                                      { -300, -200, -300, 0, -400, -500, -600, -700 } };
    static const gboolean points[] = { TRUE, FALSE, TRUE };
    for (gsize i = 0; i < G_N_ELEMENTS(masks); i++) {
        g_autoptr(Tensor) mask = tensor_from_data(DTYPE_FLOAT, &SHAPE(1, 8), masks[i], NULL);
        enclosed_run(m, (Tensor *[]){ zero, k, v, mask }, 4);
        cr_assert_eq(enclosed_is_point(m, 0), points[i], "mask %zu", (size_t)i);
    }
}

enum { LONG = 8, LONG_KEYS = 6 };

static void attend_in_double(const double *q, const double *k, const double *v, double root, double *out)
{
    double s[LONG_KEYS], top = -INFINITY, sum = 0;
    for (int j = 0; j < LONG_KEYS; j++) {
        s[j] = 0;
        for (int d = 0; d < LONG; d++)
            s[j] += q[d] * root * (k[j * LONG + d] * root);
        top = fmax(top, s[j]);
    }
    for (int d = 0; d < LONG; d++)
        out[d] = 0;
    for (int j = 0; j < LONG_KEYS; j++) {
        const double e = exp(s[j] - top);
        sum += e;
        for (int d = 0; d < LONG; d++)
            out[d] += e * v[j * LONG + d];
    }
    for (int d = 0; d < LONG; d++)
        out[d] /= sum;
}

/* Depth 8: 1/sqrt(8) and its root are no float32, and in double that shows. The body of the function rounds both, a kernel
 * need not. A root that is off by more is wrong. */
Test(bounds_attention, the_root_may_be_taken_in_float32)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(14);
    g_autoptr(Enclosed) m = enclosed_new("g (double[1,1,1,8] q, double[1,1,6,8] k, double[1,1,6,8] v) => (double[1,1,1,8] y) "
                                         "{ y = Attention (q, k, v) }", 23);
    const double exact = pow(8, -0.25), body = (double)sqrtf((float)(1 / sqrt(8)));
    const double roots[] = { exact, body, exact * (1 + 0x1p-18) };
    guint outside = 0;
    for (int round = 0; round < 20; round++) {
        g_autoptr(Tensor) q = enclosed_data(rand, DATA_NORMAL, DTYPE_DOUBLE, &SHAPE(1, 1, 1, LONG));
        g_autoptr(Tensor) k = enclosed_data(rand, DATA_NORMAL, DTYPE_DOUBLE, &SHAPE(1, 1, LONG_KEYS, LONG));
        g_autoptr(Tensor) v = enclosed_data(rand, DATA_NORMAL, DTYPE_DOUBLE, &SHAPE(1, 1, LONG_KEYS, LONG));
        enclosed_run(m, (Tensor *[]){ q, k, v }, 3);
        for (gsize r = 0; r < G_N_ELEMENTS(roots); r++) {
            double out[LONG];
            attend_in_double(q->data, k->data, v->data, roots[r], out);
            for (int d = 0; r < 2 && d < LONG; d++)
                enclosed_expect(m, 0, d, out[d], r ? "root in float32" : "exact root");
            for (int d = 0; r == 2 && d < LONG; d++)
                outside += !enclosed_holds(m, 0, d, out[d]);
        }
    }
    cr_assert(outside > 80, "%u", outside);
}
