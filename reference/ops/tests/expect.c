#include "reference/ops/tests/expect.h"

#include "reference/eval/eval.h"
#include "reference/onnx/text.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

/* The version of ai.onnx.ml that was current with an opset of the default domain. */
static int ml_version(int opset)
{
    return opset >= 21 ? 5 : opset >= 20 ? 4 : opset >= 18 ? 3 : opset >= 11 ? 2 : 1;
}

static Model *model_of(const char *graph, int opset)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *text =
        g_strdup_printf("<ir_version: 13, opset_import: [\"\" : %d, \"ai.onnx.ml\" : %d, \"ai.onnx.preview.training\" : 1, "
                        "\"ai.onnx.preview\" : 1, \"assay.block_qdq\" : 1, \"assay.moe\" : 1, \"assay.subbyte\" : 1, "
                        "\"com.microsoft\" : 1]> %s",
                        opset, ml_version(opset), graph);
    Model *model = model_from_text(text, &error);
    cr_assert(model, "%s\n%s", error->message, text);
    return model;
}

static EvalOutput *run_with(const Model *model, const EvalOptions *options, GError **error)
{
    g_autoptr(Evaluator) evaluator = evaluator_new(model, options, error);
    EvalOutput *outputs = g_new0(EvalOutput, model->graph->outputs.n + 1);
    if (!evaluator || !evaluator_run(evaluator, NULL, 0, outputs, error))
        g_clear_pointer(&outputs, g_free);
    return outputs;
}

static EvalOutput *run(const Model *model, GError **error)
{
    return run_with(model, &(EvalOptions){ .seed = 1 }, error);
}

Tensor **expect_outputs(const char *graph, int opset)
{
    g_autoptr(Model) model = model_of(graph, opset);
    g_autoptr(GError) error = NULL;
    g_autofree EvalOutput *outputs = run(model, &error);
    cr_assert(outputs, "%s\n%s", error->message, graph);
    Tensor **tensors = g_new0(Tensor *, model->graph->outputs.n + 1);
    for (gsize i = 0; i < model->graph->outputs.n; i++) {
        cr_assert(outputs[i].value && outputs[i].value->kind == VALUE_TENSOR, "output %zu is no tensor", (size_t)i);
        tensors[i] = tensor_ref(outputs[i].value->tensor);
        eval_output_clear(&outputs[i]);
    }
    return tensors;
}

static gboolean near(const Tensor *a, const Tensor *b, double error)
{
    if (a->dtype != b->dtype || !shape_equal(&a->shape, &b->shape))
        return FALSE;
    if (error < 0 || !dtype_is_float(a->dtype))
        return tensor_equal(a, b);
    for (int64_t i = 0; i < a->count; i++)
        if (!(fabs(tensor_get_double(a, i) - tensor_get_double(b, i)) <= error))
            return FALSE;
    return TRUE;
}

void expect_near(const char *graph, int opset, double error)
{
    g_autoptr(Model) model = model_of(graph, opset);
    g_autofree Tensor **found = expect_outputs(graph, opset);
    for (gsize i = 0; i < model->graph->outputs.n; i++) {
        const ValueInfo *output = model->graph->outputs.items[i];
        g_autofree char *name = g_strconcat("want_", output->name, NULL);
        const NamedTensor *wanted = graph_initializer(model->graph, name);
        cr_assert(wanted, "the test has no initializer %s", name);
        g_autofree char *a = tensor_to_text(found[i], 64), *b = tensor_to_text(wanted->tensor, 64);
        cr_assert(near(found[i], wanted->tensor, error), "%s is %s\nexpected %s\n%s", output->name, a, b, graph);
        tensor_unref(found[i]);
    }
}

void expect_holds(const char *graph, int opset)
{
    expect_near(graph, opset, -1);
}

void expect_fails(const char *graph, int opset, const char *part)
{
    g_autoptr(Model) model = model_of(graph, opset);
    g_autoptr(GError) error = NULL;
    g_autofree EvalOutput *outputs = run(model, &error);
    cr_assert(!outputs, "should have failed: %s", graph);
    cr_assert(strstr(error->message, part), "the message is '%s', expected '%s'", error->message, part);
}

/* One end of an output's interval; the initializer `prefix`_`output` says what is wanted, none a point. */
static void expect_end(const Model *model, const char *prefix, const char *output, const Tensor *end)
{
    g_autofree char *name = g_strconcat(prefix, "_", output, NULL);
    const NamedTensor *wanted = graph_initializer(model->graph, name);
    g_autofree char *found = end ? tensor_to_text(end, 64) : g_strdup("a point");
    g_autofree char *expected = wanted ? tensor_to_text(wanted->tensor, 64) : g_strdup("a point");
    cr_assert(wanted ? end && tensor_equal(end, wanted->tensor) : !end, "%s is %s\nexpected %s", name, found, expected);
}

void expect_interval(const char *graph, int opset)
{
    g_autoptr(Model) model = model_of(graph, opset);
    g_autoptr(GError) error = NULL;
    g_autofree EvalOutput *outputs = run_with(model, &(EvalOptions){ .seed = 1, .certify = TRUE }, &error);
    cr_assert(outputs, "%s\n%s", error->message, graph);
    for (gsize i = 0; i < model->graph->outputs.n; i++) {
        const ValueInfo *output = model->graph->outputs.items[i];
        cr_assert(outputs[i].certified, "%s is not certified\n%s", output->name, graph);
        expect_end(model, "low", output->name, outputs[i].lower);
        expect_end(model, "high", output->name, outputs[i].upper);
        eval_output_clear(&outputs[i]);
    }
}

void expect_body_agrees(const char *graph, int opset)
{
    g_autoptr(Model) model = model_of(graph, opset);
    g_autoptr(GError) error = NULL;
    g_autofree EvalOutput *bodies = run_with(model, &(EvalOptions){ .seed = 1, .prefer_body = TRUE }, &error);
    cr_assert(bodies, "%s\n%s", error->message, graph);
    g_autofree Tensor **kernels = expect_outputs(graph, opset);
    for (gsize i = 0; i < model->graph->outputs.n; i++) {
        cr_assert(tensor_equal(kernels[i], bodies[i].value->tensor), "output %zu: kernel and body differ\n%s", (size_t)i, graph);
        tensor_unref(kernels[i]);
        eval_output_clear(&bodies[i]);
    }
}
