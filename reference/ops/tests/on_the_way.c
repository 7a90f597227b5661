/* Certificates that kernels gather on the way, held to the bit against sums, magnitudes and terms that are counted one
 * by one; and the way that notes a derivation against the one that does not. */
#include "reference/bounds/sums.h"
#include "reference/ops/tests/enclosed.h"
#include "reference/onnx/text.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

typedef struct {
    Tensor *lower, *upper, *value;
} Found;

static void found_clear(Found *f)
{
    tensor_unref(f->lower);
    tensor_unref(f->upper);
    tensor_unref(f->value);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Found, found_clear)

static void evaluate(const char *graph, Tensor *const *inputs, gsize n, EvalOptions options, EvalOutput *output)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *text = g_strdup_printf("<ir_version: 10, opset_import: [\"\" : 25]> %s", graph);
    g_autoptr(Model) model = model_from_text(text, &error);
    cr_assert(model, "%s", error->message);
    g_autoptr(Evaluator) e = evaluator_new(model, &options, &error);
    cr_assert(e, "%s", error->message);
    Value *values[6] = { NULL };
    for (gsize i = 0; i < n; i++)
        values[i] = inputs[i] ? value_from_tensor(tensor_ref(inputs[i])) : NULL;
    cr_assert(evaluator_run(e, values, n, output, &error), "%s", error->message);
    for (gsize i = 0; i < n; i++)
        value_unref(values[i]);
}

static Found run_options(const char *graph, Tensor *const *inputs, gsize n, EvalOptions options)
{
    EvalOutput output = { 0 };
    evaluate(graph, inputs, n, options, &output);
    cr_assert(output.certified, "%s", graph);
    const Tensor *y = output.value->tensor;
    const Found found = { tensor_ref(output.lower ? output.lower : y), tensor_ref(output.upper ? output.upper : y),
                          tensor_ref(y) };
    eval_output_clear(&output);
    return found;
}

static Found run(const char *graph, Tensor *const *inputs, gsize n, guint threads)
{
    return run_options(graph, inputs, n, (EvalOptions){ .certify = TRUE, .threads = threads });
}

/* Data of a kind with every third element zero. */
static Tensor *with_zeros(GRand *rand, DataKind kind, const Shape *shape)
{
    Tensor *t = enclosed_data(rand, kind, DTYPE_FLOAT, shape);
    for (int64_t i = 0; i < t->count; i += 3)
        tensor_set_double(t, i, 0);
    return t;
}

/* ---- one by one ---------------------------------------------------------------------------------------------------- */

typedef struct {
    double sum, magnitude, terms;
    int lowest; /* of the whole run's factors: set by the caller */
} Sum;

static void add(Sum *s, double a, double b)
{
    s->sum += a * b;
    s->magnitude += fabs(a) * fabs(b);
    s->terms += a != 0 && b != 0;
}

static int lowest_of(const Tensor *t)
{
    int lowest = G_MAXINT;
    for (int64_t i = 0; t && i < t->count; i++)
        lowest = MIN(lowest, bounds_lowest_bit(tensor_get_double(t, i)));
    return lowest;
}

static void expect(const Found *found, int64_t i, const Sum *s, const char *what)
{
    double e = 0;
    if (!bounds_sum_exact(DTYPE_FLOAT, s->magnitude, s->lowest))
        e = bounds_dot(DTYPE_FLOAT, MAX(s->terms - 1, 0), s->magnitude) + (s->terms + 4) * 0x1p-52 * s->magnitude;
    const Range wanted = bounds_store(DTYPE_FLOAT, s->sum, e, FALSE);
    cr_assert_eq(tensor_get_double(found->lower, i), wanted.low, "%s, element %d: lower %a, expected %a", what, (int)i,
                 tensor_get_double(found->lower, i), wanted.low);
    cr_assert_eq(tensor_get_double(found->upper, i), wanted.high, "%s, element %d: upper %a, expected %a", what, (int)i,
                 tensor_get_double(found->upper, i), wanted.high);
}

/* ---- products ------------------------------------------------------------------------------------------------------ */

#define M      19
#define K      333
#define N      53
#define MATMUL "g (float[19,333] a, float[333,53] b) => (float[19,53] y) { y = MatMul (a, b) }"
#define GEMM   "g (float[19,333] a, float[333,53] b, float[53] c) => (float[19,53] y) { y = Gemm (a, b, c) }"

static Sum product_sum(const Tensor *a, const Tensor *b, const Tensor *c, int64_t i)
{
    Sum s = { 0 };
    for (int64_t k = 0; k < K; k++)
        add(&s, tensor_get_double(a, i / N * K + k), tensor_get_double(b, k * N + i % N));
    if (c)
        add(&s, tensor_get_double(c, i % N), 1);
    return s;
}

static void expect_product(const Found *found, const Tensor *a, const Tensor *b, const Tensor *c, const char *what)
{
    for (int64_t i = 0; i < M * N; i++) {
        Sum s = product_sum(a, b, c, i);
        s.lowest = MIN(lowest_of(a) + lowest_of(b), lowest_of(c));
        expect(found, i, &s, what);
    }
}

Test(on_the_way, products_are_counted_term_by_term)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(1);
    for (int kind = 0; kind < DATA_KINDS; kind++)
        for (int zeros = 0; zeros < 2; zeros++) {
            Tensor *(*data)(GRand *, DataKind, const Shape *) = with_zeros;
            g_autoptr(Tensor) a = zeros ? data(rand, (DataKind)kind, &SHAPE(M, K))
                                        : enclosed_data(rand, (DataKind)kind, DTYPE_FLOAT, &SHAPE(M, K));
            g_autoptr(Tensor) b = enclosed_data(rand, (DataKind)kind, DTYPE_FLOAT, &SHAPE(K, N));
            g_autoptr(Tensor) c = with_zeros(rand, (DataKind)kind, &SHAPE(N));
            g_auto(Found) two = run(MATMUL, (Tensor *[]){ a, b }, 2, 2),
                          three = run(GEMM, (Tensor *[]){ a, b, c }, 3, 1);
            expect_product(&two, a, b, NULL, "MatMul");
            expect_product(&three, a, b, c, "Gemm");
        }
}

/* ---- convolutions -------------------------------------------------------------------------------------------------- */

typedef struct {
    const char *graph;
    int64_t channels, outputs, groups, size, out, kernel, stride, pad;
} Conv;

#define CONV(c, m, per_group, g, size, out, kernel, stride, pad)                                                       \
    {                                                                                                                  \
        "g (float[1," #c "," #size "," #size "] x, float[" #m "," #per_group "," #kernel "," #kernel "] w, float[" #m  \
        "] b) => "                                                                                                     \
        "(float[1," #m "," #out "," #out "] y) { y = Conv <group = " #g ", strides = [" #stride "," #stride            \
        "], pads = [" #pad "," #pad "," #pad "," #pad "]> (x, w, b) }",                                                \
            c, m, g, size, out, kernel, stride, pad                                                                    \
    }

static const Conv convs[] = {
    CONV(5, 7, 5, 1, 11, 11, 3, 1, 1),                                  /* counted: taps outside */
    CONV(6, 8, 3, 2, 11, 5, 3, 2, 0),                                   /* groups */
    CONV(4, 4, 1, 4, 9, 9, 3, 1, 1),                                    /* depthwise: no matrix */
    CONV(4, 4, 1, 4, 9, 4, 3, 2, 0),   CONV(5, 7, 5, 1, 6, 6, 1, 1, 0), /* the input is the matrix */
};

static Sum conv_sum(const Conv *c, const Tensor *x, const Tensor *w, const Tensor *b, int64_t at)
{
    const int64_t plane = c->out * c->out, m = at / plane, row = at % plane / c->out, column = at % c->out;
    const int64_t in = c->channels / c->groups, group = m / (c->outputs / c->groups);
    Sum s = { 0 };
    for (int64_t j = 0; j < in; j++)
        for (int64_t i = 0; i < c->kernel * c->kernel; i++) {
            const int64_t r = row * c->stride - c->pad + i / c->kernel, q = column * c->stride - c->pad + i % c->kernel;
            if (r >= 0 && r < c->size && q >= 0 && q < c->size)
                add(&s, tensor_get_double(w, (m * in + j) * c->kernel * c->kernel + i),
                    tensor_get_double(x, ((group * in + j) * c->size + r) * c->size + q));
        }
    add(&s, tensor_get_double(b, m), 1);
    return s;
}

Test(on_the_way, convolutions_are_counted_tap_by_tap)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(2);
    for (gsize i = 0; i < G_N_ELEMENTS(convs); i++)
        for (int zeros = 0; zeros < 4; zeros++) {
            const Conv *c = &convs[i];
            const Shape xs = SHAPE(1, c->channels, c->size, c->size),
                        ws = SHAPE(c->outputs, c->channels / c->groups, c->kernel, c->kernel);
            g_autoptr(Tensor) x =
                zeros & 1 ? with_zeros(rand, DATA_NORMAL, &xs) : enclosed_data(rand, DATA_NORMAL, DTYPE_FLOAT, &xs);
            g_autoptr(Tensor) w =
                zeros & 2 ? with_zeros(rand, DATA_RANGE, &ws) : enclosed_data(rand, DATA_RANGE, DTYPE_FLOAT, &ws);
            g_autoptr(Tensor) b = zeros ? with_zeros(rand, DATA_NORMAL, &SHAPE(c->outputs))
                                        : enclosed_data(rand, DATA_NORMAL, DTYPE_FLOAT, &SHAPE(c->outputs));
            g_auto(Found) found = run(c->graph, (Tensor *[]){ x, w, b }, 3, 2);
            for (int64_t at = 0; at < found.value->count; at++) {
                Sum s = conv_sum(c, x, w, b, at);
                s.lowest = MIN(lowest_of(x) + lowest_of(w), lowest_of(b));
                expect(&found, at, &s, c->graph);
            }
        }
}

/* ---- a factor that is known to an interval -------------------------------------------------------------------------- */

/* What a factor may be and how far it may move from its value: float64 tensors. */
typedef struct {
    Tensor *value, *reach, *total; /* total: |value| + reach */
} Moving;

static void moving_clear(Moving *m)
{
    tensor_unref(m->value);
    tensor_unref(m->reach);
    tensor_unref(m->total);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Moving, moving_clear)

static Moving moving_of(const EvalOutput *output)
{
    const Tensor *y = output->value->tensor;
    const Moving m = { tensor_new(DTYPE_DOUBLE, &y->shape, NULL), tensor_new(DTYPE_DOUBLE, &y->shape, NULL),
                       tensor_new(DTYPE_DOUBLE, &y->shape, NULL) };
    for (int64_t i = 0; i < y->count; i++) {
        const double at = tensor_get_double(y, i), low = tensor_get_double(output->lower, i),
                     high = tensor_get_double(output->upper, i), reach = MAX(at - low, high - at);
        tensor_set_double(m.value, i, at);
        tensor_set_double(m.reach, i, reach);
        tensor_set_double(m.total, i, fabs(at) + reach);
    }
    return m;
}

/* `s` of the values, `moved` of the reach, `total` of both: at least the rule's ends, and no more than they are where nothing is
 * zero. */
static void expect_moving(const EvalOutput *found, int64_t i, const Sum *s, const Sum *moved, const Sum *total, double most,
                          const char *what)
{
    const double least = bounds_dot(DTYPE_FLOAT, MAX(total->terms - 1, 0), total->magnitude) + moved->magnitude,
                 own = (most + 4) * 0x1p-52 * total->magnitude,
                 widest = bounds_dot(DTYPE_FLOAT, most, total->magnitude) + moved->magnitude + own;
    const Range inner = bounds_store(DTYPE_FLOAT, s->sum, least, FALSE),
                outer = bounds_store(DTYPE_FLOAT, s->sum, widest * (1 + (most + 8) * 0x1p-22) + most * 0x1p-148, FALSE);
    const double low = tensor_get_double(found->lower, i), high = tensor_get_double(found->upper, i);
    cr_assert(low <= inner.low && high >= inner.high, "%s, element %d: [%a, %a], expected at least [%a, %a]", what, (int)i, low, high,
              inner.low, inner.high);
    cr_assert(low >= outer.low && high <= outer.high, "%s, element %d: [%a, %a], expected at most [%a, %a]", what, (int)i, low, high,
              outer.low, outer.high);
}

Test(on_the_way, factors_known_to_an_interval_take_their_reach_along)
{
    const struct {
        const char *graph;
        gboolean    right, added;
    } products[] = {
        { "g (float[19,333] a, float[333,53] b, float[53] c) => (float[19,333] h, float[19,53] y) "
          "{ h = Tanh (a) y = MatMul (h, b) }", FALSE, FALSE },
        { "g (float[19,333] a, float[333,53] b, float[53] c) => (float[333,53] h, float[19,53] y) "
          "{ h = Tanh (b) y = MatMul (a, h) }", TRUE, FALSE },
        { "g (float[19,333] a, float[333,53] b, float[53] c) => (float[19,333] h, float[19,53] y) "
          "{ h = Tanh (a) y = Gemm (h, b, c) }", FALSE, TRUE },
        { "g (float[19,333] a, float[333,53] b, float[53] c) => (float[333,53] h, float[19,53] y) "
          "{ h = Tanh (b) y = Gemm (a, h, c) }", TRUE, TRUE },
    };
    g_autoptr(GRand) rand = g_rand_new_with_seed(6);
    for (gsize p = 0; p < G_N_ELEMENTS(products); p++)
        for (int kind = 0; kind < DATA_KINDS; kind++) {
            g_autoptr(Tensor) a = with_zeros(rand, (DataKind)kind, &SHAPE(M, K));
            g_autoptr(Tensor) b = enclosed_data(rand, (DataKind)kind, DTYPE_FLOAT, &SHAPE(K, N));
            g_autoptr(Tensor) c = with_zeros(rand, (DataKind)kind, &SHAPE(N)), none = tensor_new(DTYPE_FLOAT, &SHAPE(N), NULL);
            EvalOutput outputs[2] = { 0 };
            evaluate(products[p].graph, (Tensor *[]){ a, b, c }, 3, (EvalOptions){ .certify = TRUE, .threads = 2 }, outputs);
            g_auto(Moving) m = moving_of(&outputs[0]);
            const gboolean right = products[p].right;
            for (int64_t i = 0; i < M * N; i++) {
                const Tensor *sum = products[p].added ? c : NULL;
                const Sum s = product_sum(right ? a : m.value, right ? m.value : b, sum, i),
                          moved = product_sum(right ? a : m.reach, right ? m.reach : b, none, i),
                          total = product_sum(right ? a : m.total, right ? m.total : b, sum, i);
                expect_moving(&outputs[1], i, &s, &moved, &total, K + (sum ? 1 : 0), products[p].graph);
            }
            eval_output_clear(&outputs[0]);
            eval_output_clear(&outputs[1]);
        }
}

Test(on_the_way, convolutions_of_intervals_take_their_reach_along)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(7);
    for (gsize i = 0; i < 2 * G_N_ELEMENTS(convs); i++) {
        const Conv *c = &convs[i / 2];
        const gboolean weights = i % 2;
        const char *head = strstr(c->graph, "=> ("), *node = strstr(c->graph, "Conv <"), *call = strstr(node, "(x, w, b)");
        const int64_t h[] = { weights ? c->outputs : 1, weights ? c->channels / c->groups : c->channels,
                              weights ? c->kernel : c->size };
        g_autofree char *graph =
            g_strdup_printf("%.*s=> (float[%d,%d,%d,%d] h, %.*s h = Tanh (%s) y = %.*s%s }", (int)(head - c->graph), c->graph,
                            (int)h[0], (int)h[1], (int)h[2], (int)h[2], (int)(strchr(head, '{') + 1 - head - 4), head + 4, weights ? "w" : "x", (int)(call - node), node,
                            weights ? "(x, h, b)" : "(h, w, b)");
        const Shape xs = SHAPE(1, c->channels, c->size, c->size),
                    ws = SHAPE(c->outputs, c->channels / c->groups, c->kernel, c->kernel);
        g_autoptr(Tensor) x = with_zeros(rand, DATA_NORMAL, &xs), w = enclosed_data(rand, DATA_RANGE, DTYPE_FLOAT, &ws),
                          b = with_zeros(rand, DATA_NORMAL, &SHAPE(c->outputs)),
                          none = tensor_new(DTYPE_FLOAT, &SHAPE(c->outputs), NULL);
        EvalOutput outputs[2] = { 0 };
        evaluate(graph, (Tensor *[]){ x, w, b }, 3, (EvalOptions){ .certify = TRUE, .threads = 2 }, outputs);
        g_auto(Moving) m = moving_of(&outputs[0]);
        const double most = (double)(c->channels / c->groups * c->kernel * c->kernel + 1);
        for (int64_t at = 0; at < outputs[1].value->tensor->count; at++) {
            const Sum s = conv_sum(c, weights ? x : m.value, weights ? m.value : w, b, at),
                      moved = conv_sum(c, weights ? x : m.reach, weights ? m.reach : w, none, at),
                      total = conv_sum(c, weights ? x : m.total, weights ? m.total : w, b, at);
            expect_moving(&outputs[1], at, &s, &moved, &total, most, graph);
        }
        eval_output_clear(&outputs[0]);
        eval_output_clear(&outputs[1]);
    }
}

/* What overflows in the bound of magnitudes may not in the rule itself; and infinitely many times what moves may be anything. */
Test(on_the_way, a_reach_that_overflows_is_left_to_the_rule)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(8);
    g_autoptr(Tensor) a = enclosed_data(rand, DATA_NORMAL, DTYPE_FLOAT, &SHAPE(M, K)), b = tensor_new(DTYPE_FLOAT, &SHAPE(K, N), NULL);
    const struct {
        double   weight;
        gboolean certified;
    } tries[] = { { 0x1p115, TRUE }, { 0x1p125, FALSE }, { (double)INFINITY, FALSE } };
    for (gsize t = 0; t < G_N_ELEMENTS(tries); t++) {
        for (int64_t i = 0; i < b->count; i++)
            tensor_set_double(b, i, tries[t].weight);
        EvalOutput output = { 0 };
        evaluate("g (float[19,333] a, float[333,53] b) => (float[19,53] y) { h = Tanh (a) y = MatMul (h, b) }",
                 (Tensor *[]){ a, b }, 2, (EvalOptions){ .certify = TRUE, .threads = 1 }, &output);
        cr_expect_eq(output.certified, tries[t].certified, "weights of %g", tries[t].weight);
        eval_output_clear(&output);
    }
}

/* With notes the rule goes through sums, magnitudes and terms; without, through what each term adds: at least as wide, and no wider
 * than the zeros make it that only the rule counts. */
Test(on_the_way, means_of_intervals_hold_what_the_rule_allows)
{
    const char *const graphs[] = {
        "g (float[2,3,9,9] x) => (float[2,3,9,9] y) { h = Tanh (x) y = AveragePool <kernel_shape = [3,3], pads = [1,1,1,1]> (h) }",
        "g (float[2,3,9,9] x) => (float[2,3,1,1] y) { h = Tanh (x) y = GlobalAveragePool (h) }",
    };
    g_autoptr(GRand) rand = g_rand_new_with_seed(10);
    for (gsize g = 0; g < G_N_ELEMENTS(graphs); g++)
        for (int kind = 0; kind < DATA_KINDS; kind++) {
            g_autoptr(Tensor) x = enclosed_data(rand, (DataKind)kind, DTYPE_FLOAT, &SHAPE(2, 3, 9, 9));
            g_auto(Found) plain = run(graphs[g], (Tensor *[]){ x }, 1, 2);
            g_auto(Found) noted = run_options(graphs[g], (Tensor *[]){ x }, 1, (EvalOptions){ .certify = TRUE, .derive = TRUE });
            for (int64_t i = 0; i < plain.value->count; i++) {
                const double low = tensor_get_double(plain.lower, i), high = tensor_get_double(plain.upper, i),
                             inner_low = tensor_get_double(noted.lower, i), inner_high = tensor_get_double(noted.upper, i);
                cr_assert(low <= inner_low && high >= inner_high, "%s, element %d: [%a, %a], the rule [%a, %a]", graphs[g], (int)i, low,
                          high, inner_low, inner_high);
                cr_assert(high - low <= 2 * (inner_high - inner_low), "%s, element %d: [%a, %a], the rule [%a, %a]", graphs[g], (int)i,
                          low, high, inner_low, inner_high);
            }
        }
}

/* The interval is as far from the value as 0 and 1 are at most, on both sides. */
Test(on_the_way, a_softmax_of_what_may_be_anything_may_be_0_and_1)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(11);
    g_autoptr(Tensor) x = enclosed_data(rand, DATA_NORMAL, DTYPE_FLOAT, &SHAPE(3, 7)), scale = tensor_new(DTYPE_FLOAT, &SHAPE0, NULL);
    tensor_set_double(scale, 0, 0x1p40); /* the intervals of h are then far wider than 1 */
    g_auto(Found) found = run("g (float[3,7] x, float s) => (float[3,7] y) { e = Exp (x) h = Mul (e, s) y = Softmax (h) }",
                              (Tensor *[]){ x, scale }, 2, 1);
    for (int64_t i = 0; i < found.value->count; i++) {
        const double low = tensor_get_double(found.lower, i), high = tensor_get_double(found.upper, i);
        const double p = tensor_get_double(found.value, i), most = MAX(p, 1 - p) + 0x1p-18;
        cr_expect(low <= 0 && low > p - most && high >= 1 && high < p + most, "element %d: [%a, %a] around %a", (int)i, low, high, p);
    }
}

/* ---- the two ways -------------------------------------------------------------------------------------------------------------- */

/* With notes, the rule goes through the elements itself. */
static void expect_same_with_notes(const char *graph, Tensor *const *inputs, gsize n)
{
    g_auto(Found) plain = run(graph, inputs, n, 2);
    g_auto(Found) noted = run_options(graph, inputs, n, (EvalOptions){ .certify = TRUE, .derive = TRUE, .threads = 1 });
    cr_expect(tensor_equal(plain.value, noted.value), "%s: values", graph);
    for (int64_t i = 0; i < plain.value->count; i++)
        cr_assert(tensor_get_bits(plain.lower, i) == tensor_get_bits(noted.lower, i) &&
                      tensor_get_bits(plain.upper, i) == tensor_get_bits(noted.upper, i),
                  "%s, element %d: [%a, %a], with notes [%a, %a]", graph, (int)i, tensor_get_double(plain.lower, i),
                  tensor_get_double(plain.upper, i), tensor_get_double(noted.lower, i), tensor_get_double(noted.upper, i));
}

Test(on_the_way, noting_a_derivation_of_a_product_changes_no_bit)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(3);
    for (int kind = 0; kind < DATA_KINDS; kind++) {
        g_autoptr(Tensor) a = with_zeros(rand, (DataKind)kind, &SHAPE(M, K)), b = with_zeros(rand, (DataKind)kind, &SHAPE(K, N));
        expect_same_with_notes(MATMUL, (Tensor *[]){ a, b }, 2);
    }
}

Test(on_the_way, noting_a_derivation_of_rows_and_corners_changes_no_bit)
{
    const char *const graphs[] = {
        "{ h = Tanh (x) y = BatchNormalization (h, s, b, m, v) }",
        "{ y = BatchNormalization (x, s, b, m, v) }",
        "{ h = Tanh (x) y = Relu (h) }",
        "{ h = Tanh (x) g = Exp (x) y = Add (h, g) }",
        "{ h = Tanh (x) g = Exp (x) y = Mul (h, g) }",
        "{ h = Tanh (x) g = Exp (x) y = Sum (h, g) }",
        "{ h = Tanh (x) y = Sub (h, z) }",
        "{ h = Tanh (x) y = Mul (h, x) }",
        "{ h = Exp (x) y = Mul (z, h) }",
    };
    g_autoptr(GRand) rand = g_rand_new_with_seed(9);
    g_autoptr(Tensor) z = with_zeros(rand, DATA_NORMAL, &SHAPE(5, 1)), s = with_zeros(rand, DATA_NORMAL, &SHAPE(5)),
                      b = with_zeros(rand, DATA_RANGE, &SHAPE(5)), m = with_zeros(rand, DATA_NORMAL, &SHAPE(5)),
                      v = tensor_copy(m, NULL);
    for (int64_t i = 0; i < v->count; i++)
        tensor_set_double(v, i, fabs(tensor_get_double(m, i)));
    for (gsize i = 0; i < G_N_ELEMENTS(graphs); i++)
        for (int kind = 0; kind < DATA_KINDS; kind++) {
            g_autoptr(Tensor) x = with_zeros(rand, (DataKind)kind, &SHAPE(2, 5, 700));
            g_autofree char *graph = g_strdup_printf(
                "g (float[2,5,700] x, float[5,1] z, float[5] s, float[5] b, float[5] m, float[5] v) => (float[2,5,700] y) %s",
                graphs[i]);
            expect_same_with_notes(graph, (Tensor *[]){ x, z, s, b, m, v }, 6);
        }
}

/* Two batch items, four query heads on two key heads, more queries than one block holds and more keys than panels do; the scale
 * 1/4 has a root that is a power of two, so that sums of small integers are exact. */
#define QKV "float[2,4,101,16] q, float[2,2,75,16] k, float[2,2,75,9] v"
#define ATTENTION(more_inputs, attributes, given) \
    "g (" QKV more_inputs ") => (float[2,4,101,9] y) { y = Attention <" attributes "> (q, k, v" given ") }"

static const struct {
    const char *graph;
    gboolean    mask;
} attentions[] = {
    { ATTENTION("", "is_causal = 0", ""), FALSE },
    { ATTENTION("", "scale = 0.3", ""), FALSE },
    { ATTENTION("", "is_causal = 1", ""), FALSE }, /* the first query sees one key: left to the rule */
    { ATTENTION("", "left_window_size = 5, right_window_size = 3", ""), FALSE },
    { ATTENTION(", float[101,75] m", "is_causal = 0", ", m"), TRUE },
};

/* A bias of tenths; some rows masked throughout, some but for two keys, some numbers missing. */
static Tensor *make_mask(GRand *rand, double missing)
{
    Tensor *m = tensor_new(DTYPE_FLOAT, &SHAPE(101, 75), NULL);
    for (int64_t i = 0; i < m->count; i++) {
        const int64_t row = i / 75, column = i % 75;
        const gboolean masked = row % 10 == 3 || (row % 10 == 4 && column > 1) || g_rand_int_range(rand, 0, 5) == 0;
        tensor_set_double(m, i, masked ? -(double)INFINITY : 0.1 * g_rand_int_range(rand, -20, 20));
    }
    tensor_set_double(m, 7 * 75 + 5, missing);
    return m;
}

Test(on_the_way, noting_a_derivation_of_attention_changes_no_bit)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(4);
    const DataKind kinds[] = { DATA_NORMAL, DATA_CANCEL, DATA_INTEGERS };
    for (gsize i = 0; i < G_N_ELEMENTS(attentions); i++)
        for (gsize kind = 0; kind < 2 * G_N_ELEMENTS(kinds); kind++) {
            const Shape q_shape = SHAPE(2, 4, 101, 16);
            g_autoptr(Tensor) q = kind % 2 ? with_zeros(rand, kinds[kind / 2], &q_shape)
                                           : enclosed_data(rand, kinds[kind / 2], DTYPE_FLOAT, &q_shape);
            g_autoptr(Tensor) k = enclosed_data(rand, kinds[kind / 2], DTYPE_FLOAT, &SHAPE(2, 2, 75, 16));
            g_autoptr(Tensor) v = enclosed_data(rand, kinds[kind / 2], DTYPE_FLOAT, &SHAPE(2, 2, 75, 9));
            g_autoptr(Tensor) m = attentions[i].mask ? make_mask(rand, -0.5) : NULL;
            expect_same_with_notes(attentions[i].graph, (Tensor *[]){ q, k, v, m }, m ? 4 : 3);
        }
}

Test(on_the_way, a_mask_with_a_nan_has_no_certificate_either_way)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(5);
    g_autoptr(Tensor) q = enclosed_data(rand, DATA_NORMAL, DTYPE_FLOAT, &SHAPE(2, 4, 101, 16));
    g_autoptr(Tensor) k = enclosed_data(rand, DATA_NORMAL, DTYPE_FLOAT, &SHAPE(2, 2, 75, 16));
    g_autoptr(Tensor) v = enclosed_data(rand, DATA_NORMAL, DTYPE_FLOAT, &SHAPE(2, 2, 75, 9)), m = make_mask(rand, (double)NAN);
    gboolean certified[2];
    for (int derive = 0; derive < 2; derive++) {
        const EvalOptions options = { .certify = TRUE, .derive = derive, .threads = 1 };
        EvalOutput output = { 0 };
        evaluate(attentions[4].graph, (Tensor *[]){ q, k, v, m }, 4, options, &output);
        certified[derive] = output.certified;
        eval_output_clear(&output);
    }
    cr_expect_eq(certified[0], certified[1]);
}
