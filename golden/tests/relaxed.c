/* A case on disk, answered as backends of other precision would: which profile takes it. */
#include "golden/relaxed.h"
#include "reference/bounds/rounding.h"
#include "reference/eval/eval.h"
#include "reference/onnx/save.h"
#include "reference/onnx/text.h"

#include <criterion/criterion.h>
#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

#define K 64

typedef struct {
    char  *folder;
    Case  *c;
    Value *golden;
    double a[K], b[K];
} Product;

static void write_value(const char *folder, const char *kind, guint i, const Value *value)
{
    g_autofree char *path = case_data_path(folder, kind, i);
    g_autoptr(GBytes) bytes = value_to_bytes(value, kind, NULL);
    cr_assert(g_file_set_contents(path, g_bytes_get_data(bytes, NULL), (gssize)g_bytes_get_size(bytes), NULL));
}

static Value *vector(const Shape *shape, double *keep)
{
    Tensor *t = tensor_new(DTYPE_FLOAT, shape, NULL);
    for (int k = 0; k < K; k++) {
        tensor_set_double(t, k, 1 + 0x1p-9 + 0x1p-12); /* rounded down by tf32, and farther down by bfloat16 */
        keep[k] = tensor_get_double(t, k);
    }
    return value_from_tensor(t);
}

/* y = a . b, with its golden. */
static void set_up_product(Product *p)
{
    g_autoptr(Model) model = model_from_text("<ir_version: 10, opset_import: [\"\" : 21]> g (float[1,64] a, float[64,1] b) => "
                                             "(float[1,1] y) { y = MatMul (a, b) }", NULL);
    g_autoptr(Value) a = vector(&SHAPE(1, K), p->a), b = vector(&SHAPE(K, 1), p->b);
    p->folder = g_dir_make_tmp("assay-XXXXXX", NULL);
    g_autofree char *data = g_build_filename(p->folder, "test_data_set_0", NULL), *path = case_model_path(p->folder);
    cr_assert(g_mkdir(data, 0777) == 0 && model_save(model, path, NULL));
    g_autoptr(Evaluator) evaluator = evaluator_new(model, NULL, NULL);
    EvalOutput y;
    cr_assert(evaluator_run(evaluator, (Value *[]){ a, b }, 2, &y, NULL));
    p->golden = y.value;
    write_value(p->folder, "input", 0, a);
    write_value(p->folder, "input", 1, b);
    write_value(p->folder, "output", 0, y.value);
    p->c = case_new();
    p->c->semantic = g_strdup("product");
    p->c->n_inputs = 2;
    p->c->n_outputs = 1;
    g_array_append_val(p->c->comparisons, ((CompareSpec){ .mode = COMPARE_INTERVAL }));
}

static void tear_down_product(Product *p)
{
    g_autofree char *command = g_strdup_printf("rm -r '%s'", p->folder);
    cr_assert(g_spawn_command_line_sync(command, NULL, NULL, NULL, NULL));
    value_unref(p->golden);
    case_free(p->c);
    g_free(p->folder);
}

static const char *profile_of(const Product *p, double y, const char *declared, gboolean *holds)
{
    Tensor *t = tensor_new(DTYPE_FLOAT, &SHAPE(1, 1), NULL);
    tensor_set_double(t, 0, y);
    g_autoptr(Value) actual = value_from_tensor(t);
    return relaxed_profile(p->c, p->folder, &actual, declared, holds);
}

static double narrowed(double x, int bits)
{
    int exponent;
    const double mantissa = frexp(x, &exponent);
    return ldexp(rint(ldexp(mantissa, bits)), exponent - bits);
}

/* With operands of that many bits. */
static double dot(const Product *p, int bits)
{
    double sum = 0;
    for (int k = 0; k < K; k++)
        sum += narrowed(p->a[k], bits) * narrowed(p->b[k], bits);
    return sum;
}

Test(relaxed, the_tightest_profile_is_named)
{
    Product p;
    gboolean holds;
    set_up_product(&p);
    cr_expect_str_eq(profile_of(&p, dot(&p, 11), NULL, &holds), "tf32");
    cr_expect_not(holds, "nothing is declared");
    cr_expect_str_eq(profile_of(&p, dot(&p, 11), "bf16x1", &holds), "tf32");
    cr_expect(holds, "what tf32 takes bfloat16 takes too");
    cr_expect_str_neq(profile_of(&p, dot(&p, 8), "tf32", &holds), "tf32");
    cr_expect_not(holds, "eight bits are fewer than tf32 has");
    cr_expect_not_null(profile_of(&p, dot(&p, 8), "bf16x1", &holds));
    cr_expect(holds);
    cr_expect_str_eq(profile_of(&p, dot(&p, 11), "tf32+device-math", &holds), "tf32");
    cr_expect(holds);
    cr_expect_null(profile_of(&p, dot(&p, 24) + 100, "bf16-acc", &holds));
    cr_expect_not(holds);
    cr_expect_null(profile_of(&p, NAN, "tf32", &holds));
    tear_down_product(&p);
}

/* A golden that the model does not give: its intervals say nothing about it. */
Test(relaxed, a_golden_of_another_model_is_not_judged)
{
    Product p;
    gboolean holds;
    set_up_product(&p);
    const double y = dot(&p, 11);
    g_autoptr(Tensor) other = tensor_new(DTYPE_FLOAT, &SHAPE(1, 1), NULL);
    tensor_set_double(other, 0, y);
    g_autoptr(Value) value = value_from_tensor(tensor_ref(other));
    write_value(p.folder, "output", 0, value);
    cr_expect_null(profile_of(&p, y, "tf32", &holds));
    g_autofree char *model = case_model_path(p.folder);
    cr_assert(g_file_set_contents(model, "no model", -1, NULL));
    cr_expect_null(profile_of(&p, y, "tf32", &holds));
    tear_down_product(&p);
}

Test(relaxed, unknown_names_are_told)
{
    g_autofree char *text = relaxed_complaint("tf16");
    cr_expect(strstr(text, "'tf16'") && strstr(text, "bf16x3") && !strchr(text, '\n'), "%s", text);
    cr_expect_null(relaxed_complaint("tf32+device-math"));
    cr_expect_null(relaxed_complaint("f32-any-order"));
}
