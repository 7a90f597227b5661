#include "golden/write.h"

#include "golden/proof.h"
#include "reference/onnx/check.h"
#include "reference/onnx/save.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>

/* ---- what the reference says ------------------------------------------------------------------------------------------- */

typedef struct {
    EvalOutput *outputs;
    gsize       n;
} Answer;

static void answer_clear(Answer *answer)
{
    for (gsize i = 0; i < answer->n; i++)
        eval_output_clear(&answer->outputs[i]);
    g_clear_pointer(&answer->outputs, g_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Answer, answer_clear)

static gboolean ask(const Model *model, const GPtrArray *inputs, gboolean certify, Answer *answer, GError **error)
{
    const EvalOptions options = { .certify = certify, .derive = certify };
    g_autoptr(Evaluator) evaluator = model_check(model, error) ? evaluator_new(model, &options, error) : NULL;
    if (!evaluator)
        return FALSE;
    answer->n = model->graph->outputs.n;
    answer->outputs = g_new0(EvalOutput, answer->n + 1);
    return evaluator_run(evaluator, (Value *const *)inputs->pdata, inputs->len, answer->outputs, error);
}

typedef struct {
    const Graph *graph;
    GHashTable  *own, *values; /* the graph's nodes; name -> Value */
} Trace;

static void keep_values(const Node *node, gsize index, Value *const *outputs, gsize n, gpointer data)
{
    const Trace *trace = data;
    (void)index;
    if (g_hash_table_contains(trace->own, node))
        for (gsize i = 0; i < n; i++)
            if (outputs[i] && *node->outputs[i])
                g_hash_table_insert(trace->values, (gpointer)node->outputs[i], value_ref(outputs[i]));
}

GHashTable *model_values(const Model *model, const GPtrArray *inputs)
{
    GHashTable *values = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)value_unref);
    g_autoptr(GHashTable) own = g_hash_table_new(NULL, NULL);
    Trace trace = { .graph = model->graph, .own = own, .values = values };
    const EvalOptions options = { .trace = keep_values, .trace_data = &trace };
    for (gsize i = 0; i < model->graph->nodes.n; i++)
        g_hash_table_add(own, model->graph->nodes.items[i]);
    for (guint i = 0; i < inputs->len && i < model->graph->inputs.n; i++)
        g_hash_table_insert(values, (gpointer)LIST_AT(&model->graph->inputs, ValueInfo, i)->name,
                            value_ref(inputs->pdata[i]));
    g_autoptr(Evaluator) evaluator = evaluator_new(model, &options, NULL);
    const gsize n = model->graph->outputs.n;
    g_auto(Answer) answer = { g_new0(EvalOutput, n + 1), n };
    if (evaluator)
        evaluator_run(evaluator, (Value *const *)inputs->pdata, inputs->len, answer.outputs, NULL);
    return values;
}

/* ---- facts ------------------------------------------------------------------------------------------------------------- */

static gint by_text(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void add_dtype(Case *facts, const Value *value)
{
    const char *name = value->tensor ? dtype_name(value->tensor->dtype) : NULL;
    if (name && !g_ptr_array_find_with_equal_func(facts->dtypes, name, g_str_equal, NULL))
        g_ptr_array_add(facts->dtypes, g_strdup(name));
}

static void set_facts(Case *facts, const GPtrArray *inputs, const Answer *answer)
{
    facts->n_inputs = inputs->len;
    facts->n_outputs = (guint)answer->n;
    const CompareSpec told = facts->comparisons->len ? g_array_index(facts->comparisons, CompareSpec, 0) : (CompareSpec){ 0 };
    const CompareMode point = facts->comparisons->len && told.mode == COMPARE_BITS ? COMPARE_BITS : COMPARE_VALUE;
    g_ptr_array_set_size(facts->dtypes, 0);
    g_array_set_size(facts->comparisons, 0);
    for (guint i = 0; i < inputs->len; i++)
        add_dtype(facts, inputs->pdata[i]);
    for (gsize i = 0; i < answer->n; i++) {
        const CompareSpec spec = { .mode = answer->outputs[i].lower ? COMPARE_INTERVAL : point,
                                   .free_zero_sign = told.free_zero_sign };
        g_array_append_val(facts->comparisons, spec);
        add_dtype(facts, answer->outputs[i].value);
    }
    g_ptr_array_sort(facts->dtypes, by_text);
}

static gboolean declare_outputs(Model *model, const Answer *answer, GError **error)
{
    for (gsize i = 0; i < answer->n; i++) {
        ValueInfo   *info = LIST_AT(&model->graph->outputs, ValueInfo, i);
        const Value *value = answer->outputs[i].value;
        if (!answer->outputs[i].certified || (!info->type && value->kind != VALUE_TENSOR)) {
            g_set_error(error, CORPUS_ERROR, CORPUS_ERROR_FORMAT, "output '%s' %s", info->name,
                        answer->outputs[i].certified ? "is no tensor: declare its type" : "has no certificate");
            return FALSE;
        }
        if (!info->type)
            info->type = type_tensor(model, value->tensor->dtype, &value->tensor->shape);
    }
    return TRUE;
}

/* The reference must say why not; a lack of its own is no reason. */
static gboolean learn_why(Case *facts, const Model *model, const GPtrArray *inputs, GError **error)
{
    g_auto(Answer)    answer = { 0 };
    g_autoptr(GError) why = NULL;
    if (ask(model, inputs, FALSE, &answer, &why) || g_error_matches(why, EVAL_ERROR, EVAL_ERROR_UNSUPPORTED)) {
        g_set_error(error, CORPUS_ERROR, CORPUS_ERROR_FORMAT, "must be refused, but the reference %s",
                    why ? why->message : "accepts it");
        return FALSE;
    }
    g_free(facts->why);
    facts->why = g_strdup(why->message);
    set_facts(facts, inputs, &(Answer){ 0 });
    g_array_set_size(facts->certificates, 0);
    return TRUE;
}

/* ---- files ------------------------------------------------------------------------------------------------------------- */

static gboolean write_value(const char *folder, const char *kind, guint i, const Value *value, const char *name, GError **error)
{
    g_autofree char *path = case_data_path(folder, kind, i);
    return value_save(value, name, path, error);
}

static gboolean write_bound(const char *folder, const char *kind, guint i, const Tensor *bound, const char *name, GError **error)
{
    g_autofree char *path = case_data_path(folder, kind, i);
    return !bound || tensor_save(bound, name, STORAGE_RAW, path, error);
}

static gboolean write_files(const char *folder, const Case *facts, const Model *model, const GPtrArray *inputs,
                            const Answer *answer, GError **error)
{
    g_autofree char *path = case_model_path(folder), *json = case_to_json(facts);
    g_autofree char *facts_path = g_build_filename(folder, "case.json", NULL);
    if (!model_save(model, path, error))
        return FALSE;
    for (guint i = 0; i < inputs->len; i++)
        if (!write_value(folder, "input", i, inputs->pdata[i], LIST_AT(&model->graph->inputs, ValueInfo, i)->name, error))
            return FALSE;
    for (guint i = 0; i < answer->n; i++) {
        const EvalOutput *o = &answer->outputs[i];
        const char       *name = LIST_AT(&model->graph->outputs, ValueInfo, i)->name;
        if (!write_value(folder, "output", i, o->value, name, error) ||
            !write_bound(folder, "lower", i, o->lower, name, error) ||
            !write_bound(folder, "upper", i, o->upper, name, error))
            return FALSE;
    }
    return file_replace(facts_path, json, strlen(json), FALSE, error);
}

gboolean case_write(const char *folder, Case *facts, Model *model, const GPtrArray *inputs, GError **error)
{
    g_auto(Answer)   answer = { 0 };
    g_autofree char *data = g_build_filename(folder, "test_data_set_0", NULL);
    if (facts->expectation == EXPECT_REJECT) {
        if (!learn_why(facts, model, inputs, error))
            return FALSE;
    } else {
        if (!ask(model, inputs, TRUE, &answer, error) || !declare_outputs(model, &answer, error))
            return FALSE;
        set_facts(facts, inputs, &answer);
        g_array_set_size(facts->certificates, 0);
        if (!golden_prove((const Model *const *)&model, 1, (Value *const *)inputs->pdata, inputs->len, answer.outputs, answer.n, facts->certificates, error))
            return FALSE;
    }
    if (g_mkdir(folder, 0777) == 0 && g_mkdir(data, 0777) == 0)
        return write_files(folder, facts, model, inputs, &answer, error);
    g_set_error(error, CORPUS_ERROR, CORPUS_ERROR_IO, "%s: cannot be made: %s", data, g_strerror(errno));
    return FALSE;
}
