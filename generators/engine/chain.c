#include "generators/engine/chain.h"

#include "generators/engine/generator.h"
#include "reference/onnx/text.h"

void scenario_text(Scenario *s, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *nodes = g_strdup_vprintf(format, args);
    va_end(args);
    g_autofree char *text = g_strdup_printf("g () => () { %s }", nodes);
    g_autoptr(GError) error = NULL;
    Graph *graph = graph_from_text(s->model, text, &error);
    if (!graph)
        g_error("%s/%s: %s: %s", s->generator->proposal->id, s->name, text, error->message);
    for (gsize i = 0; i < graph->nodes.n; i++)
        list_append(&s->model->graph->nodes, s->model->arena, graph->nodes.items[i]);
}

gboolean scenario_run(Scenario *s, Tensor **outputs, gsize n)
{
    g_autoptr(GError) error = NULL;
    const gsize declared = s->model->graph->outputs.n;
    g_autoptr(Evaluator) evaluator = evaluator_new(s->model, NULL, &error);
    g_autofree EvalOutput *found = g_new0(EvalOutput, declared + 1);
    if (!evaluator || !evaluator_run(evaluator, (Value *const *)s->inputs->pdata, s->inputs->len, found, &error)) {
        scenario_blame(s, "%s", error->message);
        return FALSE;
    }
    for (gsize i = 0; i < declared; i++) {
        if (i < n)
            outputs[i] = tensor_ref(found[i].value->tensor);
        eval_output_clear(&found[i]);
    }
    return TRUE;
}

void scenario_expect(Scenario *s, guint index, Tensor *expected)
{
    if (s->expected->len <= index)
        g_ptr_array_set_size(s->expected, (gint)index + 1);
    tensor_unref(s->expected->pdata[index]);
    s->expected->pdata[index] = expected;
}
