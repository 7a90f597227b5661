/* Certified intervals of sums, elementwise functions and softmax: valid ways to compute never leave them, wrong ones do. */
#include "reference/bounds/rounding.h"
#include "reference/ops/tests/enclosed.h"

#include <criterion/criterion.h>
#include <math.h>

/* ---- ways to compute a dot product in float32 ------------------------------------------------------------------------- */

#define K 96

typedef float (*DotFn)(const float *a, const float *b, int n);

static float dot_forward(const float *a, const float *b, int n)
{
    float s = 0;
    for (int k = 0; k < n; k++)
        s = s + a[k] * b[k];
    return s;
}

static float dot_reversed(const float *a, const float *b, int n)
{
    float s = 0;
    for (int k = n - 1; k >= 0; k--)
        s = s + a[k] * b[k];
    return s;
}

static float dot_fused(const float *a, const float *b, int n)
{
    float s = 0;
    for (int k = 0; k < n; k++)
        s = fmaf(a[k], b[k], s);
    return s;
}

static float dot_pairwise(const float *a, const float *b, int n)
{
    return n == 1 ? a[0] * b[0] : dot_pairwise(a, b, n / 2) + dot_pairwise(a + n / 2, b + n / 2, n - n / 2);
}

static float dot_lanes(const float *a, const float *b, int n)
{
    float s[8] = { 0 };
    for (int k = 0; k < n; k++)
        s[k % 8] = fmaf(a[k], b[k], s[k % 8]);
    return ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]));
}

static const struct {
    const char *name;
    DotFn       fn;
} dots[] = { { "forward", dot_forward }, { "reversed", dot_reversed }, { "fused", dot_fused },
             { "pairwise", dot_pairwise }, { "lanes", dot_lanes } };

#define MATMUL "g (float[1,96] a, float[96,1] b) => (float[1,1] y) { y = MatMul (a, b) }"

Test(bounds, dot_products_in_any_order_stay_inside)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(1);
    g_autoptr(Enclosed) m = enclosed_new(MATMUL, 13);
    for (guint round = 0; round < enclosed_rounds(200); round++) {
        g_autoptr(Tensor) a = enclosed_data(rand, round % DATA_KINDS, DTYPE_FLOAT, &SHAPE(1, K));
        g_autoptr(Tensor) b = enclosed_data(rand, round / DATA_KINDS % DATA_KINDS, DTYPE_FLOAT, &SHAPE(K, 1));
        enclosed_run(m, (Tensor *[]){ a, b }, 2);
        for (gsize i = 0; i < G_N_ELEMENTS(dots); i++)
            enclosed_expect(m, 0, 0, (double)dots[i].fn(a->data, b->data, K), dots[i].name);
        double wa[K], wb[K];
        for (int k = 0; k < K; k++) {
            wa[k] = tensor_get_double(a, k);
            wb[k] = tensor_get_double(b, k);
        }
        enclosed_vouch_dot(m, 0, 0, wa, wb, K);
    }
}

Test(bounds, narrow_results_round_once_after_any_order)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(2);
    g_autoptr(Enclosed) m = enclosed_new("g (float16[1,96] a, float16[96,1] b) => (float16[1,1] y) { y = MatMul (a, b) }", 13);
    guint points = 0, rounds = enclosed_rounds(200);
    for (guint round = 0; round < rounds; round++) {
        g_autoptr(Tensor) a = enclosed_data(rand, DATA_NORMAL, DTYPE_FLOAT16, &SHAPE(1, K));
        g_autoptr(Tensor) b = enclosed_data(rand, DATA_NORMAL, DTYPE_FLOAT16, &SHAPE(K, 1));
        float fa[K], fb[K];
        for (int k = 0; k < K; k++) {
            fa[k] = (float)tensor_get_double(a, k);
            fb[k] = (float)tensor_get_double(b, k);
        }
        enclosed_run(m, (Tensor *[]){ a, b }, 2);
        points += enclosed_is_point(m, 0) ? 1 : 0;
        for (gsize i = 0; i < G_N_ELEMENTS(dots); i++)
            enclosed_expect(m, 0, 0, bounds_nearest(DTYPE_FLOAT16, (double)dots[i].fn(fa, fb, K)), dots[i].name);
    }
    cr_assert(points > rounds / 2, "only %u of %u results have one right bit pattern", points, rounds);
}

Test(bounds, integers_that_fit_the_accumulator_are_points)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(3);
    g_autoptr(Enclosed) m = enclosed_new(MATMUL, 13);
    for (guint round = 0; round < 20; round++) {
        g_autoptr(Tensor) a = enclosed_data(rand, DATA_INTEGERS, DTYPE_FLOAT, &SHAPE(1, K));
        g_autoptr(Tensor) b = enclosed_data(rand, DATA_INTEGERS, DTYPE_FLOAT, &SHAPE(K, 1));
        enclosed_run(m, (Tensor *[]){ a, b }, 2);
        cr_assert(enclosed_is_point(m, 0));
    }
}

Test(bounds, wrong_dot_products_leave_the_interval)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(4);
    g_autoptr(Enclosed) m = enclosed_new(MATMUL, 13);
    guint dropped = 0, scaled = 0, demoted = 0;
    for (guint round = 0; round < 50; round++) {
        g_autoptr(Tensor) a = enclosed_data(rand, DATA_NORMAL, DTYPE_FLOAT, &SHAPE(1, K));
        g_autoptr(Tensor) b = enclosed_data(rand, DATA_INTEGERS, DTYPE_FLOAT, &SHAPE(K, 1));
        float *fa = a->data, *fb = b->data, narrow[K];
        for (int k = 0; k < K; k++) { /* 13 significant bits against +-1: exact, and lost in tf32 */
            fa[k] = (float)(4096 + 2 * g_rand_int_range(rand, 0, 2048) + 1);
            fb[k] = g_rand_boolean(rand) ? 1 : -1;
            narrow[k] = rintf(fa[k] / 8) * 8; /* 11 bits */
        }
        enclosed_run(m, (Tensor *[]){ a, b }, 2);
        const float right = dot_forward(fa, fb, K);
        dropped += !enclosed_holds(m, 0, 0, (double)dot_forward(fa, fb, K - 1)) ? 1 : 0;
        scaled += !enclosed_holds(m, 0, 0, (double)(right * 1.0005f)) || right == 0 ? 1 : 0;
        demoted += !enclosed_holds(m, 0, 0, (double)dot_forward(narrow, fb, K)) ? 1 : 0;
    }
    cr_assert(dropped == 50 && scaled == 50 && demoted >= 40, "%u %u %u", dropped, scaled, demoted);
}

/* ---- sums and means ---------------------------------------------------------------------------------------------------- */

static float sum_of(const float *x, int n, gboolean backwards)
{
    float s = 0;
    for (int k = 0; k < n; k++)
        s += x[backwards ? n - 1 - k : k];
    return s;
}

Test(bounds, sums_and_means_in_any_order_stay_inside)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(5);
    g_autoptr(Enclosed) m = enclosed_new("g (float[96] x) => (float s, float m, float l1, float q, float l2) {"
                                         "  s = ReduceSum <keepdims = 0> (x) m = ReduceMean <keepdims = 0> (x)"
                                         "  l1 = ReduceL1 <keepdims = 0> (x) q = ReduceSumSquare <keepdims = 0> (x)"
                                         "  l2 = ReduceL2 <keepdims = 0> (x) }", 18);
    for (guint round = 0; round < enclosed_rounds(200); round++) {
        g_autoptr(Tensor) x = enclosed_data(rand, round % DATA_KINDS, DTYPE_FLOAT, &SHAPE(K));
        const float *f = x->data;
        float magnitudes[K];
        enclosed_run(m, &x, 1);
        for (int k = 0; k < K; k++)
            magnitudes[k] = fabsf(f[k]);
        for (int backwards = 0; backwards < 2; backwards++) {
            const float s = sum_of(f, K, backwards);
            enclosed_expect(m, 0, 0, (double)s, "sum");
            enclosed_expect(m, 1, 0, (double)(s / K), "mean by division");
            enclosed_expect(m, 1, 0, (double)(s * (1.0f / K)), "mean by the reciprocal");
            enclosed_expect(m, 2, 0, (double)sum_of(magnitudes, K, backwards), "L1");
        }
        for (gsize i = 0; i < G_N_ELEMENTS(dots); i++) {
            enclosed_expect(m, 3, 0, (double)dots[i].fn(f, f, K), dots[i].name);
            enclosed_expect(m, 4, 0, (double)sqrtf(dots[i].fn(f, f, K)), dots[i].name);
        }
    }
}

/* ---- softmax ------------------------------------------------------------------------------------------------------------ */

/* Blocks of `block`, as online softmax goes through them; with 2^x instead of e^x if asked. */
static void softmax_online(const float *x, int n, int block, gboolean binary, float *y)
{
    float m = -INFINITY, sum = 0;
    for (int from = 0; from < n; from += block) {
        float top = m, part = 0;
        for (int k = from; k < MIN(from + block, n); k++)
            top = fmaxf(top, x[k]);
        for (int k = from; k < MIN(from + block, n); k++)
            part += binary ? exp2f((x[k] - top) * 1.44269504f) : expf(x[k] - top);
        sum = sum * (m == -INFINITY ? 0 : expf(m - top)) + part;
        m = top;
    }
    const float reciprocal = 1 / sum;
    for (int k = 0; k < n; k++)
        y[k] = (binary ? exp2f((x[k] - m) * 1.44269504f) : expf(x[k] - m)) * (block < n ? reciprocal : 1) / (block < n ? 1 : sum);
}

Test(bounds, ways_to_compute_softmax_stay_inside)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(6);
    g_autoptr(Enclosed) m = enclosed_new("g (float[96] x) => (float[96] y, float[96] l, float e) {"
                                         "  y = Softmax (x) l = LogSoftmax (x) e = ReduceLogSumExp <keepdims = 0> (x) }", 18);
    for (guint round = 0; round < enclosed_rounds(60); round++) {
        g_autoptr(Tensor) x = enclosed_data(rand, round % 2 ? DATA_NORMAL : DATA_RANGE, DTYPE_FLOAT, &SHAPE(K));
        const float *f = x->data;
        float y[3][K], most = -INFINITY, sum = 0;
        softmax_online(f, K, K, FALSE, y[0]);
        softmax_online(f, K, 16, FALSE, y[1]);
        softmax_online(f, K, 32, TRUE, y[2]);
        for (int k = 0; k < K; k++)
            most = fmaxf(most, f[k]);
        for (int k = 0; k < K; k++)
            sum += expf(f[k] - most);
        enclosed_run(m, &x, 1);
        for (int k = 0; k < K; k++) {
            enclosed_expect(m, 0, k, (double)y[0][k], "two passes");
            enclosed_expect(m, 0, k, (double)y[1][k], "online");
            enclosed_expect(m, 0, k, (double)y[2][k], "exp2");
            enclosed_expect(m, 1, k, (double)((f[k] - most) - logf(sum)), "log");
            enclosed_expect(m, 1, k, (double)(f[k] - (most + logf(sum))), "log");
        }
        enclosed_expect(m, 2, 0, (double)(most + logf(sum)), "log of the sum");
    }
}

Test(bounds, softmax_probes_are_points)
{
    g_autoptr(Enclosed) m = enclosed_new("g (float[8] x) => (float[8] y) { y = Softmax (x) }", 13);
    const float equal[8] = { 3, 3, 3, 3, 3, 3, 3, 3 }, masked[8] = { 1, -INFINITY, 1, -200, 1, -INFINITY, 1, -INFINITY },
                one[8] = { 0, -120, -300, -INFINITY, -105, -106, -107, -108 }, six[8] = { 1, 1, 1, 1, 1, 1, -200, -200 };
    const struct {
        const float *x;
        gboolean     point;
    } rows[] = { { equal, TRUE }, { masked, TRUE }, { one, TRUE }, { six, FALSE } };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(Tensor) x = tensor_from_data(DTYPE_FLOAT, &SHAPE(8), rows[i].x, NULL);
        enclosed_run(m, &x, 1);
        cr_assert_eq(enclosed_is_point(m, 0), rows[i].point, "row %zu", (size_t)i);
    }
}

Test(bounds, softmax_without_its_maximum_leaves_the_interval)
{
    g_autoptr(Enclosed) m = enclosed_new("g (float[8] x) => (float[8] y) { y = Softmax (x) }", 13);
    const float logits[8] = { 60, 59.3f, 61.7f, 58.2f, 60.9f, 57.1f, 59.8f, 61.1f };
    g_autoptr(Tensor) x = tensor_from_data(DTYPE_FLOAT, &SHAPE(8), logits, NULL);
    enclosed_run(m, &x, 1);
    float sum = 0;
    guint outside = 0;
    for (int k = 0; k < 8; k++)
        sum += bounds_nearest(DTYPE_BFLOAT16, exp((double)logits[k])) > 0 ? (float)bounds_nearest(DTYPE_BFLOAT16, exp((double)logits[k])) : 0;
    for (int k = 0; k < 8; k++)
        outside += !enclosed_holds(m, 0, k, exp((double)logits[k]) / (double)sum) ? 1 : 0;
    cr_assert(outside == 8, "only %u of 8 weights are outside", outside);
}

/* ---- elementwise -------------------------------------------------------------------------------------------------------- */

Test(bounds, inexact_operands_reach_the_ends)
{
    /* exp makes an interval of a few ulps; what is computed from its ends stays inside what follows. */
    g_autoptr(GRand) rand = g_rand_new_with_seed(7);
    g_autoptr(Enclosed) m = enclosed_new("g (float[96] x, float[96] z) => (float[96] e, float[96] d, float[96] p, float[96] q, float[96] s) {"
                                         "  e = Exp (x) d = Sub (z, e) p = Mul (z, e) q = Div (z, e) t = Sin (z) s = Mul (t, e) }", 14);
    for (guint round = 0; round < enclosed_rounds(50); round++) {
        g_autoptr(Tensor) x = enclosed_data(rand, DATA_NORMAL, DTYPE_FLOAT, &SHAPE(K));
        g_autoptr(Tensor) z = enclosed_data(rand, DATA_NORMAL, DTYPE_FLOAT, &SHAPE(K));
        enclosed_run(m, (Tensor *[]){ x, z }, 2);
        const float *fx = x->data, *fz = z->data;
        for (int k = 0; k < K; k++) {
            const float e = nextafterf((float)exp((double)fx[k]), round % 2 ? INFINITY : 0);
            if (!enclosed_holds(m, 0, k, (double)e)) /* more than an ulp from the real exponential */
                continue;
            enclosed_expect(m, 1, k, (double)(fz[k] - e), "difference");
            enclosed_expect(m, 2, k, (double)(fz[k] * e), "product");
            enclosed_expect(m, 3, k, (double)(fz[k] / e), "quotient");
            enclosed_expect(m, 4, k, (double)(sinf(fz[k]) * e), "product of two");
        }
    }
}

Test(bounds, platform_functions_within_a_few_ulps)
{
    static const struct {
        const char *op;
        float     (*fn)(float);
    } functions[] = { { "Exp", expf }, { "Tanh", tanhf }, { "Erf", erff }, { "Sin", sinf }, { "Cos", cosf }, { "Atan", atanf },
                      { "Sinh", sinhf }, { "Cosh", coshf }, { "Asinh", asinhf }, { "Tan", tanf } };
    g_autoptr(GRand) rand = g_rand_new_with_seed(8);
    for (gsize i = 0; i < G_N_ELEMENTS(functions); i++) {
        g_autofree char *graph = g_strdup_printf("g (float[96] x) => (float[96] y) { y = %s (x) }", functions[i].op);
        g_autoptr(Enclosed) m = enclosed_new(graph, 13);
        for (guint round = 0; round < enclosed_rounds(10); round++) {
            g_autoptr(Tensor) x = enclosed_data(rand, DATA_NORMAL, DTYPE_FLOAT, &SHAPE(K));
            enclosed_run(m, &x, 1);
            for (int k = 0; k < K; k++)
                enclosed_expect(m, 0, k, (double)functions[i].fn(((const float *)x->data)[k]), functions[i].op);
        }
    }
}

/* ---- jumps, branches ------------------------------------------------------------------------------------------------------ */

Test(bounds, jumps_are_decided_by_margins)
{
    g_autoptr(Enclosed) m = enclosed_new("g (float[3] x, float[3] z) => (bool[3] c, int64[1] k) {"
                                         "  e = Exp (x) c = Less (e, z) k = ArgMax (e) }", 13);
    const float x[3] = { 0.5f, 1.5f, 1.0f }, apart[3] = { 1, 9, 2 }, near[3] = { 1, 4.4816890703f, 2 }, tied[3] = { 0.5f, 1.5f, 1.5f };
    g_autoptr(Tensor) tx = tensor_from_data(DTYPE_FLOAT, &SHAPE(3), x, NULL);
    g_autoptr(Tensor) ties = tensor_from_data(DTYPE_FLOAT, &SHAPE(3), tied, NULL);
    g_autoptr(Tensor) far = tensor_from_data(DTYPE_FLOAT, &SHAPE(3), apart, NULL);
    g_autoptr(Tensor) close = tensor_from_data(DTYPE_FLOAT, &SHAPE(3), near, NULL);
    enclosed_run(m, (Tensor *[]){ tx, far }, 2);
    cr_assert(enclosed_is_point(m, 0) && enclosed_is_point(m, 1));
    enclosed_run(m, (Tensor *[]){ ties, close }, 2);
    cr_assert(!enclosed_certified(m, 0) && !enclosed_certified(m, 1));
}

Test(bounds, branches_pass_intervals_on)
{
    g_autoptr(Enclosed) m = enclosed_new("g (float[3] x, bool c) => (float[3] y, float[3] e) { e = Exp (x)"
                                         "  y = If <then_branch = t () => (float[3] a) { a = Neg (e) },"
                                         "          else_branch = f () => (float[3] b) { b = Identity (x) }> (c) }", 13);
    const float x[3] = { 0.5f, 1.5f, 1.0f };
    const uint8_t yes = 1, no = 0;
    g_autoptr(Tensor) tx = tensor_from_data(DTYPE_FLOAT, &SHAPE(3), x, NULL);
    g_autoptr(Tensor) then = tensor_from_data(DTYPE_BOOL, &SHAPE0, &yes, NULL);
    g_autoptr(Tensor) other = tensor_from_data(DTYPE_BOOL, &SHAPE0, &no, NULL);
    enclosed_run(m, (Tensor *[]){ tx, then }, 2);
    cr_assert(enclosed_certified(m, 0) && !enclosed_is_point(m, 0));
    for (int k = 0; k < 3; k++)
        enclosed_expect(m, 0, k, -(double)expf(x[k]), "the negated exponential");
    enclosed_run(m, (Tensor *[]){ tx, other }, 2);
    cr_assert(enclosed_is_point(m, 0));
}

Test(bounds, causal_convolutions_stay_inside)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(9);
    g_autoptr(Enclosed) m = enclosed_new("g (float[1,1,32] x, float[1,1,4] w, float[1] b) => (float[1,1,32] y, float[1,1,32] z) {"
                                         "  y, p = CausalConvWithState (x, w, b)"
                                         "  z, q = CausalConvWithState <activation = \"silu\"> (x, w, b) }", 27);
    for (guint round = 0; round < enclosed_rounds(50); round++) {
        g_autoptr(Tensor) x = enclosed_data(rand, round % DATA_KINDS, DTYPE_FLOAT, &SHAPE(1, 1, 32));
        g_autoptr(Tensor) w = enclosed_data(rand, DATA_NORMAL, DTYPE_FLOAT, &SHAPE(1, 1, 4));
        g_autoptr(Tensor) b = enclosed_data(rand, DATA_NORMAL, DTYPE_FLOAT, &SHAPE(1));
        const float *fx = x->data, *fw = w->data, bias = *(const float *)b->data;
        enclosed_run(m, (Tensor *[]){ x, w, b }, 3);
        for (int i = 0; i < 32; i++) {
            float first = bias, last = 0;
            for (int k = 0; k < 4; k++) {
                first = fmaf(i + k >= 3 ? fx[i + k - 3] : 0, fw[k], first);
                last += (i + 3 - k >= 3 ? fx[i - k] : 0) * fw[3 - k];
            }
            last += bias;
            enclosed_expect(m, 0, i, (double)first, "bias first");
            enclosed_expect(m, 0, i, (double)last, "bias last");
            enclosed_expect(m, 1, i, (double)(first / (1 + expf(-first))), "silu");
        }
    }
}
