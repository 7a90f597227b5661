/* What is computed in float32 itself has the bits of binary64 rounded once, whatever the numbers. */
#include "reference/eval/eval.h"
#include "reference/onnx/text.h"

#include <criterion/criterion.h>
#include <string.h>

enum { COUNT = 4096 };

/* Numbers of every exponent; the first are zeros, infinities and NaNs. */
static Value *any_bits(GRand *random)
{
    static const uint32_t special[] = { 0, 0x80000000, 0x7f800000, 0xff800000, 0x7fc00000, 0xffc00001, 0x00000001, 0x807fffff };
    Tensor *t = tensor_new(DTYPE_FLOAT, &SHAPE(COUNT), NULL);
    for (int64_t i = 0; i < COUNT; i++) {
        const uint32_t bits = i < 512 ? special[g_rand_int_range(random, 0, (gint32)G_N_ELEMENTS(special))] : g_rand_int(random);
        const uint32_t near = (bits & 0x807fffff) | 0x3f000000; /* half of them of alike exponents, so that digits meet */
        memcpy((float *)t->data + i, i < 512 || i % 2 ? &bits : &near, sizeof bits);
    }
    return value_from_tensor(t);
}

static void expect_alike(const char *op)
{
    g_autofree char *text = g_strdup_printf("<ir_version: 10, opset_import: [\"\" : 14]> g (float[4096] a, float[4096] b) => (float[4096] y,"
                                            " float[4096] z) { y = %s (a, b) c = Cast <to = 11> (a) d = Cast <to = 11> (b)"
                                            " e = %s (c, d) z = Cast <to = 1> (e) }", op, op);
    g_autoptr(GError) error = NULL;
    g_autoptr(Model) model = model_from_text(text, &error);
    cr_assert_not_null(model, "%s", error ? error->message : "");
    g_autoptr(Evaluator) evaluator = evaluator_new(model, NULL, &error);
    GRand *random = g_rand_new_with_seed(32);
    for (int round = 0; round < 20; round++) {
        Value *inputs[] = { any_bits(random), any_bits(random) };
        EvalOutput outputs[2] = { 0 };
        cr_assert(evaluator && evaluator_run(evaluator, inputs, 2, outputs, &error), "%s", error ? error->message : "");
        const float *y = outputs[0].value->tensor->data, *z = outputs[1].value->tensor->data;
        for (int64_t i = 0; i < COUNT; i++)
            cr_expect((y[i] != y[i] && z[i] != z[i]) || memcmp(&y[i], &z[i], sizeof *y) == 0, "%s: %a, not %a", op, (double)y[i], (double)z[i]);
        for (int i = 0; i < 2; i++) {
            eval_output_clear(&outputs[i]);
            value_unref(inputs[i]);
        }
    }
    g_rand_free(random);
}

Test(float32, one_operation_rounds_once)
{
    expect_alike("Add");
    expect_alike("Sub");
    expect_alike("Mul");
}
