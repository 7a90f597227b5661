/* The reference evaluator as a backend under test: the same protocol, the same limits, no privileges. It shows that the
 * harness works where no other backend can be had, and must pass every case. */
#include "backends_under_test/runner/serve.h"
#include "reference/eval/eval.h"
#include "reference/onnx/check.h"

#include <stdlib.h>
#include <string.h>

#define DEFAULT_MEMORY_MB "4096"

static gboolean hello(const cJSON *options, AdapterFacts *facts, gpointer state, GError **error)
{
    (void)state;
    (void)error;
    guint64 megabytes = g_ascii_strtoull(adapter_option(options, "memory_mb", DEFAULT_MEMORY_MB), NULL, 10);
    tensor_memory_set_limit((gsize)megabytes << 20);
    facts->version = "1";
    return TRUE;
}

/* An error of the evaluator as an answer of the adapter. */
static GPtrArray *refuse(gboolean load, GError *cause, GError **error)
{
    gboolean unsupported = g_error_matches(cause, EVAL_ERROR, EVAL_ERROR_UNSUPPORTED);
    g_set_error_literal(error, ADAPTER_ERROR,
                        load ? (unsupported ? ADAPTER_ERROR_LOAD_UNSUPPORTED : ADAPTER_ERROR_LOAD)
                             : (unsupported ? ADAPTER_ERROR_RUN_UNSUPPORTED : ADAPTER_ERROR_RUN),
                        cause->message);
    return NULL;
}

/* File i is for graph input i. */
static GPtrArray *load_inputs(const Model *model, const char *const *paths, gsize n, GError **error)
{
    g_autoptr(GPtrArray) inputs = g_ptr_array_new_with_free_func((GDestroyNotify)value_unref);
    for (gsize i = 0; i < n; i++) {
        const ValueInfo *info = i < model->graph->inputs.n ? LIST_AT(&model->graph->inputs, ValueInfo, i) : NULL;
        Value           *value = value_load(paths[i], info ? info->type : NULL, NULL, error);
        if (!value)
            return NULL;
        g_ptr_array_add(inputs, value);
    }
    return g_steal_pointer(&inputs);
}

static GPtrArray *take_outputs(EvalOutput *outputs, gsize n)
{
    GPtrArray *values = g_ptr_array_new_with_free_func((GDestroyNotify)value_unref);
    for (gsize i = 0; i < n; i++) {
        g_ptr_array_add(values, value_ref(outputs[i].value));
        eval_output_clear(&outputs[i]);
    }
    return values;
}

static GPtrArray *run(const char *path, const char *const *paths, gsize n, const cJSON *options, gpointer state,
                      GError **error)
{
    (void)state;
    const EvalOptions evaluation = { .no_subgraph_cache = strcmp(adapter_option(options, "subgraph_cache", "on"), "off") == 0 };
    g_autoptr(GError) cause = NULL;
    const double start = adapter_clock();
    g_autoptr(Model) model = model_load(path, NULL, &cause);
    if (!model || !model_check(model, &cause))
        return refuse(TRUE, cause, error);
    g_autoptr(Evaluator) evaluator = evaluator_new(model, &evaluation, &cause);
    if (!evaluator)
        return refuse(TRUE, cause, error);
    const double loaded = adapter_clock();
    g_autoptr(GPtrArray) inputs = load_inputs(model, paths, n, &cause);
    if (!inputs)
        return refuse(FALSE, cause, error);
    gsize n_outputs = model->graph->outputs.n;
    const double ready = adapter_clock();
    g_autofree EvalOutput *outputs = g_new0(EvalOutput, n_outputs);
    if (!evaluator_run(evaluator, (Value *const *)inputs->pdata, inputs->len, outputs, &cause))
        return refuse(FALSE, cause, error);
    adapter_timing(loaded - start, adapter_clock() - ready);
    return take_outputs(outputs, n_outputs);
}

int main(void)
{
    static const AdapterCallbacks callbacks = { .name = "Assay reference evaluator", .hello = hello, .run = run };
    return adapter_serve(&callbacks, NULL);
}
