#include "reference/ops/tests/enclosed.h"

#include "reference/onnx/text.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

struct Enclosed {
    Model      *model;
    Evaluator  *evaluator;
    EvalOutput *outputs;
    gsize       n;
};

Enclosed *enclosed_new(const char *graph, int opset)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *text = g_strdup_printf("<ir_version: 13, opset_import: [\"\" : %d, \"ai.onnx.preview\" : 1]> %s", opset, graph);
    Enclosed *e = g_new0(Enclosed, 1);
    e->model = model_from_text(text, &error);
    cr_assert(e->model, "%s\n%s", error->message, text);
    e->evaluator = evaluator_new(e->model, &(EvalOptions){ .certify = TRUE }, &error);
    cr_assert(e->evaluator, "%s\n%s", error->message, text);
    e->n = e->model->graph->outputs.n;
    e->outputs = g_new0(EvalOutput, e->n);
    return e;
}

static void clear_outputs(Enclosed *e)
{
    for (gsize i = 0; i < e->n; i++)
        eval_output_clear(&e->outputs[i]);
}

void enclosed_free(Enclosed *e)
{
    clear_outputs(e);
    g_free(e->outputs);
    evaluator_free(e->evaluator);
    model_free(e->model);
    g_free(e);
}

void enclosed_run(Enclosed *e, Tensor *const *inputs, gsize n)
{
    g_autoptr(GError) error = NULL;
    g_autofree Value **values = g_new0(Value *, n + 1);
    clear_outputs(e);
    for (gsize i = 0; i < n; i++)
        values[i] = value_from_tensor(tensor_ref(inputs[i]));
    const gboolean ok = evaluator_run(e->evaluator, values, n, e->outputs, &error);
    for (gsize i = 0; i < n; i++)
        value_unref(values[i]);
    cr_assert(ok, "%s", error->message);
}

gboolean enclosed_certified(const Enclosed *e, gsize i)
{
    return e->outputs[i].certified;
}

gboolean enclosed_is_point(const Enclosed *e, gsize i)
{
    return e->outputs[i].certified && !e->outputs[i].lower;
}

const Tensor *enclosed_value(const Enclosed *e, gsize i)
{
    return e->outputs[i].value->tensor;
}

static double end(const Enclosed *e, gsize i, int64_t element, gboolean upper)
{
    const Tensor *ends = upper ? e->outputs[i].upper : e->outputs[i].lower;
    return tensor_get_double(ends ? ends : enclosed_value(e, i), element);
}

gboolean enclosed_holds(const Enclosed *e, gsize i, int64_t element, double y)
{
    const double low = end(e, i, element, FALSE), high = end(e, i, element, TRUE);
    cr_assert(e->outputs[i].certified, "output %zu is not certified", (size_t)i);
    const double g = tensor_get_double(enclosed_value(e, i), element);
    cr_assert(isnan(g) || (low <= g && g <= high), "the golden value %a of element %d lies outside [%a, %a]", g, (int)element,
              low, high);
    return isnan(g) ? isnan(y) : low <= y && y <= high;
}

void enclosed_expect(const Enclosed *e, gsize i, int64_t element, double y, const char *how)
{
    cr_assert(enclosed_holds(e, i, element, y), "%s: %a of element %d lies outside [%a, %a]", how, y, (int)element,
              end(e, i, element, FALSE), end(e, i, element, TRUE));
}

guint enclosed_rounds(guint times)
{
    const char *soak = g_getenv("ASSAY_SOAK");
    return times * (soak ? (guint)CLAMP(atoi(soak), 1, 100000) : 1);
}

static double normal(GRand *rand)
{
    double sum = 0;
    for (int i = 0; i < 6; i++)
        sum += g_rand_double_range(rand, -1, 1);
    return sum;
}

Tensor *enclosed_data(GRand *rand, DataKind kind, DType dtype, const Shape *shape)
{
    Tensor *t = tensor_new(dtype, shape, NULL);
    for (int64_t k = 0; k < t->count; k++) {
        double x = normal(rand);
        if (kind == DATA_CANCEL && k % 2)
            x = -tensor_get_double(t, k - 1) * (1 + 0x1p-23 * g_rand_int_range(rand, -2, 3));
        else if (kind == DATA_STAGNATE)
            x = k == 0 ? 1 : 0x1p-24 * (1 + 0x1p-20);
        else if (kind == DATA_RANGE)
            x = ldexp(x, g_rand_int_range(rand, -20, 21));
        else if (kind == DATA_INTEGERS)
            x = g_rand_int_range(rand, -8, 9);
        tensor_set_double(t, k, x);
    }
    return t;
}
