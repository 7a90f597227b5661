/* float64 results in twice the precision against MPFR: rounded right, and known to be. */
#include "reference/bounds/relaxation.h"
#include "reference/eval/eval.h"
#include "reference/onnx/text.h"

#include <criterion/criterion.h>
#include <math.h>
#include <mpfr.h>

enum { PRECISION = 600, KEYS = 5, DEPTH = 6, WIDTH = 3 };

/* From -scale to scale, 40 bits each. */
static Tensor *numbers(GRand *random, const Shape *shape, double scale)
{
    Tensor *t = tensor_new(DTYPE_DOUBLE, shape, NULL);
    for (int64_t i = 0; i < t->count; i++)
        tensor_set_double(t, i, scale * ldexp(rint(ldexp(g_rand_double_range(random, -1, 1), 40)), -40));
    return t;
}

/* Runs it with the inputs, whose references it takes, in the reference's own arithmetic. Output 0; a new reference. */
static Tensor *run(const char *text, Tensor *const *inputs, gsize n, gboolean *point)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Model) model = model_from_text(text, &error);
    cr_assert_not_null(model, "%s", error ? error->message : "");
    const EvalOptions options = { .certify = TRUE };
    g_autoptr(Evaluator) evaluator = evaluator_new(model, &options, &error);
    Value *values[4];
    for (gsize i = 0; i < n; i++)
        values[i] = value_from_tensor(inputs[i]);
    EvalOutput output = { 0 };
    const Relaxation *before = relaxation_use(&relaxation_reference);
    cr_assert(evaluator && evaluator_run(evaluator, values, n, &output, &error), "%s", error ? error->message : "");
    relaxation_use(before);
    *point = output.certified && !output.lower;
    Tensor *y = tensor_ref(output.value->tensor);
    eval_output_clear(&output);
    for (gsize i = 0; i < n; i++)
        value_unref(values[i]);
    return y;
}

static double at(const Tensor *t, int64_t i)
{
    return tensor_get_double(t, i);
}

/* ---- attention of one query, as it is defined
 * ---------------------------------------------------------------------------- */

typedef struct {
    mpfr_t score[KEYS], sum, term;
} Row;

static void row_init(Row *r)
{
    for (int j = 0; j < KEYS; j++)
        mpfr_init2(r->score[j], PRECISION);
    mpfr_inits2(PRECISION, r->sum, r->term, (mpfr_ptr)NULL);
}

static void row_clear(Row *r)
{
    for (int j = 0; j < KEYS; j++)
        mpfr_clear(r->score[j]);
    mpfr_clears(r->sum, r->term, (mpfr_ptr)NULL);
}

/* score[j] := e^score, sum their sum. scale 0: 1 / sqrt(DEPTH). */
static void weigh(Row *r, const Tensor *q, const Tensor *k, double scale, double softcap)
{
    mpfr_set_zero(r->sum, 1);
    for (int j = 0; j < KEYS; j++) {
        mpfr_set_zero(r->score[j], 1);
        for (int d = 0; d < DEPTH; d++) {
            mpfr_set_d(r->term, at(q, d), MPFR_RNDN);
            mpfr_mul_d(r->term, r->term, at(k, j * DEPTH + d), MPFR_RNDN);
            mpfr_add(r->score[j], r->score[j], r->term, MPFR_RNDN);
        }
        if (scale != 0)
            mpfr_mul_d(r->score[j], r->score[j], scale, MPFR_RNDN);
        mpfr_sqrt_ui(r->term, DEPTH, MPFR_RNDN);
        if (scale == 0)
            mpfr_div(r->score[j], r->score[j], r->term, MPFR_RNDN);
        if (softcap != 0) {
            mpfr_div_d(r->score[j], r->score[j], softcap, MPFR_RNDN);
            mpfr_tanh(r->score[j], r->score[j], MPFR_RNDN);
            mpfr_mul_d(r->score[j], r->score[j], softcap, MPFR_RNDN);
        }
        mpfr_exp(r->score[j], r->score[j], MPFR_RNDN);
        mpfr_add(r->sum, r->sum, r->score[j], MPFR_RNDN);
    }
}

static double mixed(Row *r, const Tensor *v, int column)
{
    mpfr_t y;
    mpfr_init2(y, PRECISION);
    mpfr_set_zero(y, 1);
    for (int j = 0; j < KEYS; j++) {
        mpfr_mul_d(r->term, r->score[j], at(v, j * WIDTH + column), MPFR_RNDN);
        mpfr_add(y, y, r->term, MPFR_RNDN);
    }
    mpfr_div(y, y, r->sum, MPFR_RNDN);
    const double rounded = mpfr_get_d(y, MPFR_RNDN);
    mpfr_clear(y);
    return rounded;
}

static void attention_is_right(GRand *random, const char *attributes, double scale, double softcap)
{
    Tensor *q = numbers(random, &SHAPE(1, 1, 1, DEPTH), 4), *k = numbers(random, &SHAPE(1, 1, KEYS, DEPTH), 4),
           *v = numbers(random, &SHAPE(1, 1, KEYS, WIDTH), 1);
    g_autofree char *text =
        g_strdup_printf("<ir_version: 10, opset_import: [\"\" : 23]> g (double[1,1,1,6] q, double[1,1,5,6] k,"
                        " double[1,1,5,3] v) => (double[1,1,1,3] y) { y = Attention %s (q, k, v) }",
                        attributes);
    gboolean point;
    g_autoptr(Tensor) y = run(text, (Tensor *[]){ tensor_ref(q), tensor_ref(k), tensor_ref(v) }, 3, &point);
    cr_expect(point, "%s", attributes);
    Row row;
    row_init(&row);
    weigh(&row, q, k, scale, softcap);
    for (int d = 0; d < WIDTH; d++)
        cr_expect_eq(at(y, d), mixed(&row, v, d), "%s: %a, MPFR %a", attributes, at(y, d), mixed(&row, v, d));
    row_clear(&row);
    tensor_unref(q);
    tensor_unref(k);
    tensor_unref(v);
}

Test(precise, attention)
{
    GRand *random = g_rand_new_with_seed(23);
    for (int i = 0; i < 200; i++) {
        attention_is_right(random, "", 0, 0);
        attention_is_right(random, "<scale = 0.5>", 0.5, 0);
        attention_is_right(random, "<scale = 0.5, softcap = 1.5>", 0.5, 1.5);
    }
    g_rand_free(random);
}

/* ---- root mean square
 * ---------------------------------------------------------------------------------------------------- */

static double normalized(const Tensor *x, const Tensor *scale, int i)
{
    mpfr_t sum, y;
    mpfr_inits2(PRECISION, sum, y, (mpfr_ptr)NULL);
    mpfr_set_zero(sum, 1);
    for (int64_t j = 0; j < x->count; j++) {
        mpfr_set_d(y, at(x, j), MPFR_RNDN);
        mpfr_sqr(y, y, MPFR_RNDN);
        mpfr_add(sum, sum, y, MPFR_RNDN);
    }
    mpfr_div_ui(sum, sum, (unsigned long)x->count, MPFR_RNDN);
    mpfr_add_d(sum, sum, 0x1p-20, MPFR_RNDN);
    mpfr_sqrt(sum, sum, MPFR_RNDN);
    mpfr_d_div(y, at(x, i), sum, MPFR_RNDN);
    mpfr_mul_d(y, y, at(scale, i), MPFR_RNDN);
    const double rounded = mpfr_get_d(y, MPFR_RNDN);
    mpfr_clears(sum, y, (mpfr_ptr)NULL);
    return rounded;
}

Test(precise, root_mean_square)
{
    GRand *random = g_rand_new_with_seed(24);
    for (int i = 0; i < 500; i++) {
        Tensor *x = numbers(random, &SHAPE(7), 3), *scale = numbers(random, &SHAPE(7), 2);
        gboolean point;
        /* stash_type 11: nothing is cast. 2^-20 = 9.5367431640625e-07 */
        g_autoptr(Tensor) y =
            run("<ir_version: 10, opset_import: [\"\" : 23]> g (double[7] x, double[7] s) => (double[7] y)"
                " { y = RMSNormalization <stash_type = 11, epsilon = 9.5367431640625e-07> (x, s) }",
                (Tensor *[]){ tensor_ref(x), tensor_ref(scale) }, 2, &point);
        cr_expect(point);
        for (int k = 0; k < 7; k++)
            cr_expect_eq(at(y, k), normalized(x, scale, k), "%a, MPFR %a", at(y, k), normalized(x, scale, k));
        tensor_unref(x);
        tensor_unref(scale);
    }
    g_rand_free(random);
}
