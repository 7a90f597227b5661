/* The fast paths against MPFR: every real operator on float32 data must give what it gives on the same numbers as
 * float64, where there is no fast path, rounded to float32. */
#include "reference/ops/shared/transcendental.h"
#include "reference/ops/tests/expect.h"
#include "reference/tensor/float_format.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <math.h>
#include <string.h>

/* Numbers of all magnitudes, both signs, and the special ones; SplitMix64 from a fixed seed. */
static float next_float(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    z ^= z >> 31;
    const float unit = (float)(z >> 40) * 0x1p-24f * (z & 1 ? 1.0f : -1.0f);
    switch (z >> 1 & 3) {
    case 0:
        return unit;
    case 1:
        return unit * 16;
    case 2:
        return unit * 128;
    default:
        return ldexpf(unit, (int)(z >> 3 & 127) - 64);
    }
}

static char *numbers(gsize count)
{
    GString *text = g_string_new("0.0, -0.0, 1.0, -1.0, inf, -inf, nan");
    uint64_t state = 5;
    for (gsize i = 7; i < count; i++)
        g_string_append_printf(text, ", %a", (double)next_float(&state));
    return g_string_free(text, FALSE);
}

#define COUNT 2000

typedef struct {
    char node[80]; /* Criterion runs parameters in processes of their own: no pointers */
} Case;

ParameterizedTestParameters(transcendental, fast_is_exact)
{
    static Case cases[] = {
        { "Exp" }, { "Log" }, { "Sin" }, { "Cos" }, { "Tan" }, { "Asin" }, { "Acos" }, { "Atan" }, { "Sinh" }, { "Cosh" },
        { "Tanh" }, { "Asinh" }, { "Acosh" }, { "Atanh" }, { "Erf" }, { "Sigmoid" }, { "Softplus" }, { "Softsign" },
        { "Mish" }, { "HardSwish" }, { "Gelu" }, { "Gelu <approximate = \"tanh\">" }, { "Swish <alpha = -1.25>" },
        { "Elu <alpha = 0.7>" }, { "Selu" }, { "HardSigmoid <alpha = 0.3>" }, { "LeakyRelu <alpha = -0.1>" },
        { "Shrink <bias = 0.3, lambd = 0.1>" }, { "Sqrt" }, { "Reciprocal" },
    };
    return cr_make_param_array(Case, cases, G_N_ELEMENTS(cases));
}

/* No float32 number is nearer to what MPFR found than the one of the fast path. */
static void expect_nearest(const Tensor *a, const Tensor *exact, const char *what)
{
    cr_assert_eq(a->count, exact->count);
    for (int64_t i = 0; i < a->count; i++) {
        const double x = tensor_get_double(a, i), y = tensor_get_double(exact, i);
        const double up = float_next(&float_format_float32, x, TRUE), down = float_next(&float_format_float32, x, FALSE);
        const gboolean overflow = isinf(x) && fabs(y) >= 0x1.ffffffp+127 && signbit(x) == signbit(y);
        const gboolean nearest = isfinite(x) && fabs(y - x) <= fabs(y - up) && fabs(y - x) <= fabs(y - down);
        cr_expect((isnan(x) && isnan(y)) || overflow || nearest, "%s: element %d: %a, by MPFR %a", what, (int)i, x, y);
    }
}

/* The outputs of a node on float32 data and on the same numbers as float64. */
static void expect_exact(const char *node, const char *dims, const char *shape, const char *data, int opset)
{
    const int name = (int)strcspn(node, " ");
    g_autofree char *graph = g_strdup_printf(
        "g () => (float[%s] a, double[%s] b) <float[%s] x = {%s}> {\n  a = %.*s%s (x)\n  wide = Cast <to = 11> (x)\n  b = %.*s%s (wide)\n}",
        dims, dims, shape, data, name, node, node + name, name, node, node + name);
    g_autofree Tensor **outputs = expect_outputs(graph, opset);
    cr_assert_not_null(outputs);
    expect_nearest(outputs[0], outputs[1], node);
    tensor_unref(outputs[0]);
    tensor_unref(outputs[1]);
}

ParameterizedTest(Case *c, transcendental, fast_is_exact)
{
    g_autofree char *data = numbers(COUNT);
    expect_exact(c->node, "n", G_STRINGIFY(COUNT), data, 24);
}

ParameterizedTestParameters(transcendental, lines_are_exact)
{
    static Case cases[] = {
        { "Softmax <axis = 1>" }, { "LogSoftmax <axis = 1>" }, { "LpNormalization <p = 1>" }, { "LpNormalization" },
        { "ReduceLogSumExp <axes = [1]>" }, { "ReduceL2 <axes = [1]>" }, { "ReduceLogSum <axes = [1]>" },
        { "ReduceMean <axes = [1]>" }, { "ReduceSum <axes = [1]>" }, { "ReduceSumSquare <axes = [1]>" },
        { "ReduceProd <axes = [1]>" },
    };
    return cr_make_param_array(Case, cases, G_N_ELEMENTS(cases));
}

ParameterizedTest(Case *c, transcendental, lines_are_exact)
{
    GString *text = g_string_new("1.0");
    uint64_t state = 9;
    for (int i = 1; i < 1200; i++) { /* moderate numbers, so that no line is all infinities */
        const float x = next_float(&state);
        g_string_append_printf(text, ", %a", (double)(fabsf(x) < 200 ? x : 1 / x));
    }
    expect_exact(c->node, "n,m", "60,20", text->str, g_str_has_prefix(c->node, "Reduce") ? 12 : 13);
    g_string_free(text, TRUE);
}

/* SLEEF's statement about its u10 functions, as the rounding test relies on it. */
Test(transcendental, fast_paths_keep_their_bounds)
{
    static const RealFunction *const functions[] = { &real_exp, &real_log, &real_tanh, &real_sigmoid, &real_erf,
                                                     &real_softplus };
    uint64_t state = 1;
    mpfr_t y, difference;
    mpfr_inits2(200, y, difference, (mpfr_ptr)NULL);
    for (int i = 0; i < 20000; i++) {
        const RealFunction *f = functions[i % (int)G_N_ELEMENTS(functions)];
        const double x = (double)next_float(&state), fast = f->fast(&x);
        f->exact(y, &x);
        if (!mpfr_regular_p(y) || mpfr_get_exp(y) < -1000 || mpfr_get_exp(y) > 1023)
            continue;
        mpfr_sub_d(difference, y, fast, MPFR_RNDN);
        mpfr_div(difference, difference, y, MPFR_RNDN);
        cr_expect(fabs(mpfr_get_d(difference, MPFR_RNDN)) <= f->error, "function %d at %a",
                  i % (int)G_N_ELEMENTS(functions), x);
    }
    mpfr_clears(y, difference, (mpfr_ptr)NULL);
}

static gboolean one_third(mpfr_ptr y, G_GNUC_UNUSED gconstpointer data)
{
    mpfr_set_ui(y, 1, MPFR_RNDN);
    return mpfr_div_ui(y, y, 3, MPFR_RNDN) == 0;
}

static gboolean halfway(mpfr_ptr y, gconstpointer data) /* between two float16 numbers, plus data * 2^-200 */
{
    mpfr_set_d(y, 1 + 0x1p-11, MPFR_RNDN);
    mpfr_t excess;
    mpfr_init2(excess, 10);
    mpfr_set_si_2exp(excess, *(const int *)data, -200, MPFR_RNDN);
    const gboolean exact = mpfr_add(y, y, excess, MPFR_RNDN) == 0;
    mpfr_clear(excess);
    return exact;
}

Test(transcendental, slow_path_decides_what_128_bits_do_not)
{
    cr_expect_eq(real_decide(DTYPE_DOUBLE, one_third, NULL), 1.0 / 3);
    const int excesses[] = { -1, 0, 1 };
    const uint64_t wanted[] = { 0x3C00, 0x3C00, 0x3C01 };
    const Shape scalar = SHAPE0;
    for (int i = 0; i < 3; i++) {
        g_autoptr(Tensor) t = tensor_new(DTYPE_FLOAT16, &scalar, NULL);
        tensor_set_double(t, 0, real_decide(DTYPE_FLOAT16, halfway, &excesses[i]));
        cr_expect_eq(tensor_get_bits(t, 0), wanted[i], "%d: 0x%x", excesses[i], (unsigned)tensor_get_bits(t, 0));
    }
}
