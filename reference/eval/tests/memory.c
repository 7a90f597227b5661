/* Intermediates are freed at their last use: a deep chain needs no more memory than a few of its layers. */
#include "reference/eval/eval.h"
#include "reference/onnx/text.h"

#include <criterion/criterion.h>

enum { BLOCKS = 24, CHANNELS = 8, SIDE = 64 };

/* Residual blocks like a ResNet's: Conv, BatchNormalization, Relu, Conv, Add with what came in; all of one size. */
static Model *chain(void)
{
    GString *text = g_string_new(NULL);
    g_string_printf(text, "<ir_version: 10, opset_import: [\"\" : 21]> g (float[1,%d,%d,%d] x0) => (y) {"
                          " shape = Constant <value_ints = [%d, %d, 3, 3]> () w = ConstantOfShape <value = float[1] {0.01}> (shape)"
                          " n = Constant <value_ints = [%d]> () one = ConstantOfShape <value = float[1] {1.0}> (n)",
                    CHANNELS, SIDE, SIDE, CHANNELS, CHANNELS, CHANNELS);
    for (int i = 0; i < BLOCKS; i++)
        g_string_append_printf(text, " c%d = Conv <pads = [1, 1, 1, 1]> (x%d, w) b%d = BatchNormalization (c%d, one, one, one, one)"
                                     " r%d = Relu (b%d) d%d = Conv <pads = [1, 1, 1, 1]> (r%d, w) x%d = Add (d%d, x%d)",
                               i, i, i, i, i, i, i, i, i + 1, i, i);
    g_string_append_printf(text, " y = GlobalAveragePool (x%d) }", BLOCKS);
    g_autoptr(GError) error = NULL;
    Model *model = model_from_text(text->str, &error);
    cr_assert(model, "%s", error->message);
    g_string_free(text, TRUE);
    return model;
}

Test(memory, a_chain_needs_a_few_layers)
{
    const gsize layer = sizeof(float) * CHANNELS * SIDE * SIDE;
    g_autoptr(Model) model = chain();
    gsize live = 0;
    g_autoptr(GError) error = NULL;
    g_autoptr(Evaluator) e = evaluator_new(model, &(EvalOptions){ .largest_live = &live }, &error);
    cr_assert(e, "%s", error->message);
    Tensor *x = tensor_new(DTYPE_FLOAT, &SHAPE(1, CHANNELS, SIDE, SIDE), NULL);
    for (int64_t i = 0; i < x->count; i++)
        tensor_set_double(x, i, 1e-3 * (double)(i % 97));
    g_autoptr(Value) input = value_from_tensor(x);
    EvalOutput output = { 0 };
    cr_assert(evaluator_run(e, (Value *[]){ input }, 1, &output, &error), "%s", error->message);
    eval_output_clear(&output);
    /* The caller's x0, and at most: what the block came from, an input and an output of one node. */
    cr_expect_geq(live, 3 * layer);
    cr_expect_leq(live, 4 * layer + 16384, "the live set is %zu bytes, a layer %zu", (size_t)live, (size_t)layer);
    cr_expect_lt(tensor_memory_peak(), 3 * live, "peak %zu, live %zu", (size_t)tensor_memory_peak(), (size_t)live);
    cr_expect_leq(tensor_memory_live(), layer + 16384, "after the run only the caller's input and constants are left");
}
