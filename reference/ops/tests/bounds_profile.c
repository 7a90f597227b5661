/* Relaxed profiles: what a backend of that kind computes stays inside, the strict interval refuses it somewhere, and exact
 * probes stay points. */
#include "reference/bounds/relaxation.h"
#include "reference/bounds/rounding.h"
#include "reference/ops/tests/enclosed.h"

#include <criterion/criterion.h>
#include <math.h>

#define K 96
#define MATMUL "g (float[1,96] a, float[96,1] b) => (float[1,1] y) { y = MatMul (a, b) }"

/* ---- backends, emulated --------------------------------------------------------------------------------------------------- */

/* x with that many significant bits: to nearest, or truncated. */
static double narrowed(double x, int bits, gboolean truncate)
{
    int exponent;
    const double mantissa = frexp(x, &exponent), scaled = ldexp(mantissa, bits);
    return ldexp(truncate ? trunc(scaled) : rint(scaled), exponent - bits);
}

static float demoted(const float *a, const float *b, int bits, gboolean truncate)
{
    float s = 0;
    for (int k = 0; k < K; k++)
        s = fmaf((float)narrowed((double)a[k], bits, truncate), (float)narrowed((double)b[k], bits, truncate), s);
    return s;
}

static float split(const float *a, const float *b, int bits)
{
    float s = 0;
    for (int k = 0; k < K; k++) {
        const double a1 = narrowed((double)a[k], bits, FALSE), b1 = narrowed((double)b[k], bits, FALSE);
        const double a2 = narrowed((double)a[k] - a1, bits, FALSE), b2 = narrowed((double)b[k] - b1, bits, FALSE);
        s = fmaf((float)a2, (float)b1, s);
        s = fmaf((float)a1, (float)b2, s);
        s = fmaf((float)a1, (float)b1, s);
    }
    return s;
}

/* Groups of products aligned to the largest member, accumulator included, and cut below its 2^-bits. */
static float aligned(const float *a, const float *b, int bits, int group)
{
    double s = 0;
    for (int k = 0; k < K; k += group) {
        int highest = ilogb(s == 0 ? 0x1p-140 : s);
        double sum = 0;
        for (int i = k; i < MIN(k + group, K); i++)
            highest = MAX(highest, a[i] * b[i] == 0 ? -140 : ilogb((double)a[i] * (double)b[i]));
        for (int i = k; i < MIN(k + group, K); i++)
            sum += ldexp(trunc(ldexp((double)a[i] * (double)b[i], bits - highest)), highest - bits);
        sum += ldexp(trunc(ldexp(s, bits - highest)), highest - bits);
        s = narrowed(sum, 24, TRUE);
    }
    return (float)s;
}

static float accumulated(const float *a, const float *b, DType dtype)
{
    double s = 0;
    for (int k = 0; k < K; k++)
        s = bounds_nearest(dtype, s + bounds_nearest(dtype, (double)a[k] * (double)b[k]));
    return (float)s;
}

static float as_tf32(const float *a, const float *b) { return demoted(a, b, 11, FALSE); }
static float as_tf32_truncated(const float *a, const float *b) { return demoted(a, b, 11, TRUE); }
static float as_bf16(const float *a, const float *b) { return demoted(a, b, 8, FALSE); }
static float as_tf32x3(const float *a, const float *b) { return split(a, b, 11); }
static float as_bf16x3(const float *a, const float *b) { return split(a, b, 8); }
static float as_matrix_unit(const float *a, const float *b) { return aligned(a, b, 23, 4); }
static float as_first_float8_unit(const float *a, const float *b) { return aligned(a, b, 13, 32); }
static float in_float16(const float *a, const float *b) { return accumulated(a, b, DTYPE_FLOAT16); }
static float in_bfloat16(const float *a, const float *b) { return accumulated(a, b, DTYPE_BFLOAT16); }

/* Partial sums of 64 terms, each kept in float16. */
static float in_chunks(const float *a, const float *b)
{
    double sum = 0;
    for (int first = 0; first < K; first += 64) {
        float part = 0;
        for (int k = first; k < first + 64 && k < K; k++)
            part += a[k] * b[k];
        sum = (float)(sum + bounds_nearest(DTYPE_FLOAT16, (double)part));
    }
    return (float)sum;
}

static const struct {
    const char *profile, *how;
    float     (*dot)(const float *a, const float *b);
    gboolean    hidden; /* too good for the strict interval, which grants the worst order, to refuse it */
} ways[] = {
    { "tf32", "operands rounded", as_tf32 },
    { "tf32", "operands truncated", as_tf32_truncated },
    { "bf16x1", "operands rounded", as_bf16 },
    { "tf32x3", "three products", as_tf32x3, TRUE },
    { "bf16x3", "three products", as_bf16x3 },
    { "mma-trunc", "groups of four aligned and cut", as_matrix_unit, TRUE },
    { "mma-trunc13", "groups of 32 aligned and cut", as_first_float8_unit },
    { "f16-chunks", "partial sums in float16", in_chunks },
    { "f16-acc", "accumulated in float16", in_float16 },
    { "bf16-acc", "accumulated in bfloat16", in_bfloat16 },
    { "tf32+mma-trunc", "operands rounded", as_tf32 },
    { "tf32+mma-trunc", "groups of four aligned and cut", as_matrix_unit, TRUE },
};

Test(bounds_profile, each_backend_stays_inside_its_own_profile)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(77);
    g_autoptr(Enclosed) strict = enclosed_new(MATMUL, 13);
    for (gsize w = 0; w < G_N_ELEMENTS(ways); w++) {
        g_autoptr(Enclosed) relaxed = enclosed_new_relaxed(MATMUL, 13, ways[w].profile);
        guint refused = 0;
        for (guint round = 0; round < enclosed_rounds(40); round++) {
            g_autoptr(Tensor) a = enclosed_data(rand, round % DATA_KINDS, DTYPE_FLOAT, &SHAPE(1, K));
            g_autoptr(Tensor) b = enclosed_data(rand, round / DATA_KINDS % DATA_KINDS, DTYPE_FLOAT, &SHAPE(K, 1));
            enclosed_run(relaxed, (Tensor *[]){ a, b }, 2);
            if (!enclosed_certified(relaxed, 0)) /* void: beyond float16's range */
                continue;
            const double y = (double)ways[w].dot(a->data, b->data);
            if (isnan(y)) /* partial sums beyond float16's range: the profile allows anything, which is no answer */
                continue;
            enclosed_expect(relaxed, 0, 0, y, ways[w].how);
            enclosed_run(strict, (Tensor *[]){ a, b }, 2);
            refused += !enclosed_holds(strict, 0, 0, y);
            cr_assert(tensor_equal(enclosed_value(strict, 0), enclosed_value(relaxed, 0)), "a profile never changes the golden");
        }
        cr_expect(refused > 0 || ways[w].hidden, "the strict interval takes every %s", ways[w].profile);
    }
}

Test(bounds_profile, what_the_narrow_type_holds_stays_exact)
{
    static const char *const profiles[] = { "tf32", "tf32x3", "bf16x1", "bf16x3", "mma-trunc", "device-math", "division", "ftz" };
    g_autoptr(GRand) rand = g_rand_new_with_seed(78);
    for (gsize p = 0; p < G_N_ELEMENTS(profiles); p++) {
        g_autoptr(Enclosed) m = enclosed_new_relaxed(MATMUL, 13, profiles[p]);
        g_autoptr(Tensor) a = enclosed_data(rand, DATA_INTEGERS, DTYPE_FLOAT, &SHAPE(1, K));
        g_autoptr(Tensor) b = enclosed_data(rand, DATA_INTEGERS, DTYPE_FLOAT, &SHAPE(K, 1));
        enclosed_run(m, (Tensor *[]){ a, b }, 2);
        cr_expect(enclosed_is_point(m, 0), "%s", profiles[p]);
    }
}

Test(bounds_profile, device_functions)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(79);
    g_autoptr(Enclosed) m = enclosed_new_relaxed("g (float[64] x) => (float[64] y) { y = Tanh (x) }", 13, "device-math");
    g_autoptr(Enclosed) strict = enclosed_new("g (float[64] x) => (float[64] y) { y = Tanh (x) }", 13);
    guint outside = 0;
    for (guint round = 0; round < enclosed_rounds(10); round++) {
        g_autoptr(Tensor) x = enclosed_data(rand, DATA_NORMAL, DTYPE_FLOAT, &SHAPE(64));
        enclosed_run(m, (Tensor *[]){ x }, 1);
        enclosed_run(strict, (Tensor *[]){ x }, 1);
        for (int64_t k = 0; k < 64; k++) {
            const float y = tanhf((float)tensor_get_double(x, k)), far = y * (1 + 5 * 0x1p-23f); /* about five ulp away */
            enclosed_expect(m, 0, k, (double)far, "five ulp away");
            outside += !enclosed_holds(strict, 0, k, (double)far);
        }
    }
    cr_expect(outside > 0);
}

/* Quotients as a multiplication by the rounded reciprocal, and by an estimate that is refined once. */
Test(bounds_profile, quotients_by_reciprocals)
{
    const char *graph = "g (float[64] x, float[64] z) => (float[64] y, float[64] r, float[64] q) "
                        "{ y = Div (x, z) a = Abs (z) r = Sqrt (a) q = Reciprocal (z) }";
    g_autoptr(GRand) rand = g_rand_new_with_seed(80);
    g_autoptr(Enclosed) m = enclosed_new_relaxed(graph, 13, "division");
    g_autoptr(Enclosed) strict = enclosed_new(graph, 13);
    guint outside = 0;
    for (guint round = 0; round < enclosed_rounds(20); round++) {
        g_autoptr(Tensor) x = enclosed_data(rand, round % 2 ? DATA_RANGE : DATA_NORMAL, DTYPE_FLOAT, &SHAPE(64));
        g_autoptr(Tensor) z = enclosed_data(rand, round % 3 ? DATA_RANGE : DATA_NORMAL, DTYPE_FLOAT, &SHAPE(64));
        enclosed_run(m, (Tensor *[]){ x, z }, 2);
        enclosed_run(strict, (Tensor *[]){ x, z }, 2);
        for (int64_t k = 0; k < 64; k++) {
            const float a = (float)tensor_get_double(x, k), b = (float)tensor_get_double(z, k), y = a * (1 / b);
            if (b == 0)
                continue;
            const float root = sqrtf(fabsf(b)), reciprocal = 1 / root, refined = fabsf(b) * reciprocal, once = 1 / b, twice = once * (2 - b * once);
            enclosed_expect(m, 0, k, (double)y, "product with a reciprocal");
            enclosed_expect(m, 1, k, (double)refined, "root by its reciprocal");
            enclosed_expect(m, 2, k, (double)twice, "refined reciprocal");
            outside += !enclosed_holds(strict, 0, k, (double)y);
        }
    }
    cr_expect(outside > 0, "the strict interval takes every reciprocal");
}

/* A softmax whose division is three ulp off, with everything else exact but for the last rounding. */
Test(bounds_profile, softmax_divides_by_an_estimate)
{
    const char *graph = "g (float[1,8] x) => (float[1,8] y) { y = Softmax (x) }";
    g_autoptr(GRand) rand = g_rand_new_with_seed(82);
    g_autoptr(Enclosed) m = enclosed_new_relaxed(graph, 13, "division");
    g_autoptr(Enclosed) strict = enclosed_new(graph, 13);
    guint wider = 0;
    for (guint round = 0; round < enclosed_rounds(40); round++) {
        g_autoptr(Tensor) x = enclosed_data(rand, DATA_NORMAL, DTYPE_FLOAT, &SHAPE(1, 8));
        double sum = 0, most = -(double)INFINITY;
        enclosed_run(m, (Tensor *[]){ x }, 1);
        enclosed_run(strict, (Tensor *[]){ x }, 1);
        for (int64_t k = 0; k < 8; k++)
            most = MAX(most, tensor_get_double(x, k));
        for (int64_t k = 0; k < 8; k++)
            sum += exp(tensor_get_double(x, k) - most);
        for (int64_t k = 0; k < 8; k++) {
            const double p = exp(tensor_get_double(x, k) - most) / sum, step = ldexp(1, ilogb(p) - 23);
            enclosed_expect(m, 0, k, (double)(float)(p - 3 * step), "an estimate that is 3 ulp off");
            enclosed_expect(m, 0, k, (double)(float)(p + 3 * step), "an estimate that is 3 ulp off");
            double y = p;
            while (enclosed_holds(strict, 0, k, (double)(float)y))
                y += step;
            wider += enclosed_holds(m, 0, k, (double)(float)y) ? 1 : 0;
        }
    }
    cr_expect(wider > 0, "the profile is as narrow as the strict one");
}

/* QuantizeLinear by the rounded reciprocal: near ties either neighbour, elsewhere one answer. */
Test(bounds_profile, quantization_by_reciprocals)
{
    const char *graph = "g (float[64] x, float s) => (uint8[64] y) { z = Constant <value = uint8 {7}> () y = QuantizeLinear (x, s, z) }";
    g_autoptr(GRand) rand = g_rand_new_with_seed(81);
    g_autoptr(Enclosed) m = enclosed_new_relaxed(graph, 13, "division");
    g_autoptr(Enclosed) strict = enclosed_new(graph, 13);
    guint outside = 0, points = 0, elements = 0;
    for (guint round = 0; round < enclosed_rounds(60); round++) {
        g_autoptr(Tensor) s = enclosed_data(rand, DATA_NORMAL, DTYPE_FLOAT, &SHAPE0);
        g_autoptr(Tensor) x = enclosed_data(rand, DATA_NORMAL, DTYPE_FLOAT, &SHAPE(64));
        const float scale = fabsf((float)tensor_get_double(s, 0)) + 0x1p-6f;
        tensor_set_double(s, 0, (double)scale);
        for (int64_t k = 0; k < 64; k++) /* every other one near a tie */
            if (k % 2)
                tensor_set_double(x, k, (double)((float)(k - 20) * scale + 0.5f * scale));
        enclosed_run(m, (Tensor *[]){ x, s }, 2);
        enclosed_run(strict, (Tensor *[]){ x, s }, 2);
        for (int64_t k = 0; k < 64; k++, elements++) {
            const float t = (float)tensor_get_double(x, k), by_reciprocal = t * (1 / scale), by_quotient = t / scale;
            const double y = CLAMP(rint((double)by_reciprocal) + 7, 0, 255), z = CLAMP(rint((double)by_quotient) + 7, 0, 255);
            enclosed_expect(m, 0, k, y, "reciprocal");
            enclosed_expect(m, 0, k, z, "quotient");
            enclosed_expect(strict, 0, k, z, "quotient");
            outside += !enclosed_holds(strict, 0, k, y);
            points += enclosed_holds(m, 0, k, y + 1) || enclosed_holds(m, 0, k, y - 1) ? 0 : 1;
        }
    }
    cr_expect(outside > 0, "the strict interval takes every reciprocal");
    cr_expect(points >= elements / 2, "%u of %u have one answer", points, elements);
}

static float flushed(float x)
{
    return fabsf(x) < 0x1p-126f ? 0 : x;
}

/* Everything below the smallest normal number is zero: operands, products, sums, results. */
Test(bounds_profile, subnormals_flushed)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(82);
    g_autoptr(Enclosed) m = enclosed_new_relaxed(MATMUL, 13, "ftz");
    g_autoptr(Enclosed) strict = enclosed_new(MATMUL, 13);
    guint outside = 0;
    for (guint round = 0; round < enclosed_rounds(60); round++) {
        g_autoptr(Tensor) a = enclosed_data(rand, round % DATA_KINDS, DTYPE_FLOAT, &SHAPE(1, K));
        g_autoptr(Tensor) b = enclosed_data(rand, DATA_NORMAL, DTYPE_FLOAT, &SHAPE(K, 1));
        for (int64_t k = 0; k < K; k++) {
            tensor_set_double(a, k, ldexp(tensor_get_double(a, k), -66 - (int)(round % 2) * 60));
            tensor_set_double(b, k, ldexp(tensor_get_double(b, k), round % 2 ? 0 : -62));
        }
        enclosed_run(m, (Tensor *[]){ a, b }, 2);
        enclosed_run(strict, (Tensor *[]){ a, b }, 2);
        float sum = 0;
        for (int64_t k = 0; k < K; k++)
            sum = flushed(sum + flushed(flushed((float)tensor_get_double(a, k)) * flushed((float)tensor_get_double(b, k))));
        enclosed_expect(m, 0, 0, (double)sum, "flushed");
        outside += !enclosed_holds(strict, 0, 0, (double)sum);
    }
    cr_expect(outside > 0, "the strict interval takes what is flushed");
}

Test(bounds_profile, names)
{
    Relaxation p;
    gsize n;
    const char *const *names = relaxation_names(&n);
    for (gsize i = 0; i < n; i++)
        cr_expect(relaxation_parse(names[i], &p), "%s", names[i]);
    cr_expect(relaxation_parse("tf32+f16-acc+device-math", &p) && p.kept == 11 && p.computing == DTYPE_FLOAT16 && p.functions == 8);
    cr_expect(relaxation_parse(RELAXATION_STRICT_NAME, &p) && p.kept == 0 && p.functions == 1);
    static const char *const unknown[] = { "", "tf16", "tf32+", "+", "tf32 + bf16x3" };
    for (gsize i = 0; i < G_N_ELEMENTS(unknown); i++)
        cr_expect_not(relaxation_parse(unknown[i], &p), "'%s'", unknown[i]);
}
