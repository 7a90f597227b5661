#include "golden/sample.h"
#include "golden/verify.h"
#include "reference/onnx/save.h"
#include "reference/onnx/text.h"

#include <criterion/criterion.h>
#include <glib/gstdio.h>
#include <string.h>

static const CompareSpec tolerance = { .mode = COMPARE_TOLERANCE, .rtol = 1e-3, .atol = 1e-7 };
enum { N = 100 };

/* A reproducible stream; its quality does not matter here. */
static double uniform(guint *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state / 4294967296.0;
}

typedef double (*Law)(guint *state);
static double coin(guint *state) { return uniform(state) < 0.25; }
static double unlikely(guint *state) { return uniform(state) < 0.75; }
static double constant(guint *state) { (void)state; return 3; }
static double flat(guint *state) { return uniform(state); }
static double flat_double(guint *state) { return 2 * uniform(state) - 0.5; }
static double half(guint *state) { return uniform(state) < 0.25 ? 0.5 : 0; }

static Tensor *draw(Law law, guint *state)
{
    Tensor *t = tensor_new(DTYPE_FLOAT, &SHAPE(N), NULL);
    for (int64_t i = 0; i < N; i++)
        tensor_set_double(t, i, law(state));
    return t;
}

static gboolean admits(Law ours, Law theirs, const char *part)
{
    guint state = 1;
    g_autoptr(Sample) sample = NULL;
    for (int k = 0; k < SAMPLE_DRAWS; k++) {
        g_autoptr(Tensor) t = draw(ours, &state);
        sample = sample ? sample : sample_new(t, NULL);
        cr_assert(sample_add(sample, t, NULL));
    }
    g_autoptr(Tensor) published = draw(theirs, &state);
    g_autoptr(GError) error = NULL;
    const gboolean ok = sample_admits(sample, &tolerance, published, &error);
    cr_expect(ok || strstr(error->message, part), "the message is '%s', expected '%s'", ok ? "" : error->message, part);
    return ok;
}

Test(sample, admits_draws_of_one_distribution)
{
    cr_expect(admits(coin, coin, ""));
    cr_expect(admits(flat, flat, ""));
    cr_expect(admits(constant, constant, ""));
}

Test(sample, refuses_draws_of_another)
{
    cr_expect_not(admits(coin, unlikely, "mean of all elements"), "three times too many ones");
    cr_expect_not(admits(coin, half, "element"), "a value that is never drawn");
    cr_expect_not(admits(constant, flat, "element"), "chance where there is none");
    cr_expect_not(admits(flat, flat_double, "mean of all squares"), "the mean is right, the scale is not");
    cr_expect_not(admits(flat, constant, "element"), "out of reach");
}

Test(sample, refuses_another_type_or_shape)
{
    g_autoptr(Tensor) one = tensor_new(DTYPE_FLOAT, &SHAPE(2), NULL), other = tensor_new(DTYPE_FLOAT, &SHAPE(3), NULL);
    g_autoptr(Tensor) text = tensor_new(DTYPE_STRING, &SHAPE(2), NULL);
    g_autoptr(Sample) sample = sample_new(one, NULL);
    g_autoptr(GError) error = NULL;
    cr_expect_not(sample_add(sample, other, &error));
    cr_expect(strstr(error->message, "float[3], expected float[2]"), "%s", error->message);
    cr_expect_null(sample_new(text, NULL));
}

static gboolean random_text(const char *body)
{
    g_autofree char *text = g_strdup_printf("<ir_version: 10, opset_import: [\"\" : 21]> g (float[2] x) => (float[2] y) { %s }", body);
    g_autoptr(GError) error = NULL;
    g_autoptr(Model) model = model_from_text(text, &error);
    cr_assert(model, "%s", error->message);
    return model_is_random(model);
}

Test(sample, random_models)
{
    cr_expect(random_text("y = RandomNormalLike (x)"));
    cr_expect_not(random_text("y = Relu (x)"));
    cr_expect(random_text("c = Constant <value = bool {1}> () y = If (c) <then_branch = t () => (float[2] a) { a = Bernoulli (x) },"
                          "else_branch = e () => (float[2] b) { b = Relu (x) }>"));
}

/* ---- light networks: a model beside its output, the input by rule ------------------------------------------------------ */

static Verified *verify_light(const char *op)
{
    g_autofree char *folder = g_dir_make_tmp("assay-light-XXXXXX", NULL);
    g_autofree char *model_path = g_build_filename(folder, "light_x.onnx", NULL);
    g_autofree char *output_path = g_build_filename(folder, "light_x_output_0.pb", NULL);
    g_autofree char *text = g_strdup_printf("<ir_version: 10, opset_import: [\"\" : 21]> g (float[1,N,4] x) => (float[1,N,4] y) "
                                            "{ y = %s (x) }", op);
    g_autoptr(Model) model = model_from_text(text, NULL);
    g_autoptr(Tensor) want = tensor_from_data(DTYPE_FLOAT, &SHAPE(1, 1, 4), (const float[]){ 0, -0.25f, -0.5f, -0.75f }, NULL);
    g_autoptr(Value) value = value_from_tensor(tensor_ref(want));
    cr_assert(model_save(model, model_path, NULL) && value_save(value, "y", output_path, NULL));
    g_autoptr(GPtrArray) found = verify_list(folder, NULL, NULL);
    cr_assert(found && found->len == 1);
    Verified *verified = verify_folder(g_ptr_array_index(found, 0), &(EvalOptions){ 0 });
    g_unlink(model_path);
    g_unlink(output_path);
    g_rmdir(folder);
    return verified;
}

Test(light, inputs_are_a_ramp)
{
    Verified *right = verify_light("Neg"), *wrong = verify_light("Abs");
    cr_expect_eq(right->result, VERIFY_PASSED, "%s", right->message);
    cr_expect_eq(wrong->result, VERIFY_FAILED);
    verified_free(right);
    verified_free(wrong);
}
