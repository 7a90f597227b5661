#include "backends_under_test/runner/evaluate.h"
#include "reference/onnx/check.h"

static GPtrArray *refuse(gboolean load, const GError *cause, GError **error)
{
    const gboolean unsupported = g_error_matches(cause, EVAL_ERROR, EVAL_ERROR_UNSUPPORTED);
    g_set_error_literal(error, ADAPTER_ERROR,
                        load ? (unsupported ? ADAPTER_ERROR_LOAD_UNSUPPORTED : ADAPTER_ERROR_LOAD)
                             : (unsupported ? ADAPTER_ERROR_RUN_UNSUPPORTED : ADAPTER_ERROR_RUN),
                        cause->message);
    return NULL;
}

GPtrArray *evaluate_refuse(const GError *cause, GError **error)
{
    return refuse(TRUE, cause, error);
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

GPtrArray *evaluate_prepared(Evaluator *evaluator, const Model *model, const char *const *paths, gsize n, double load_seconds, GError **error)
{
    g_autoptr(GError) cause = NULL;
    g_autoptr(GPtrArray) inputs = load_inputs(model, paths, n, &cause);
    if (!inputs)
        return refuse(FALSE, cause, error);
    const gsize n_outputs = model->graph->outputs.n;
    const double ready = adapter_clock();
    g_autofree EvalOutput *outputs = g_new0(EvalOutput, n_outputs);
    if (!evaluator_run(evaluator, (Value *const *)inputs->pdata, inputs->len, outputs, &cause))
        return refuse(FALSE, cause, error);
    adapter_timing(load_seconds, adapter_clock() - ready);
    return take_outputs(outputs, n_outputs);
}

GPtrArray *evaluate_files(const Model *model, const char *const *paths, gsize n, const EvalOptions *options, double start, GError **error)
{
    g_autoptr(GError) cause = NULL;
    g_autoptr(Evaluator) evaluator = model_check(model, &cause) ? evaluator_new(model, options, &cause) : NULL;
    if (!evaluator)
        return refuse(TRUE, cause, error);
    const double loaded = adapter_clock();
    adapter_loaded();
    return evaluate_prepared(evaluator, model, paths, n, loaded - start, error);
}
