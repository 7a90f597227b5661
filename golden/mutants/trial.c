#include "golden/mutants/trial.h"

#include "golden/mutants/naive.h"
#include "golden/mutants/storage.h"
#include "golden/sample.h"
#include "golden/compare/signature.h"
#include "golden/fixture.h"

#include <math.h>

void trial_clear(Trial *trial)
{
    g_free(trial->message);
    g_free(trial->signature);
    g_free(trial->semantic);
    g_free(trial->proposal);
    *trial = (Trial){ 0 };
}

/* TRUE if right; else, or with an error, the trial's message and result say why. */
static gboolean judge(const Fixture *s, const char *set, gsize i, const EvalOutput *output, Trial *trial, GError **error)
{
    Expected expected;
    if (!fixture_expected(s, set, i, &expected, error))
        return FALSE;
    g_autoptr(Value) actual = storage_saved_value(output->value);
    Comparison c;
    const gboolean right = compare_values(fixture_spec(s, i), expected.golden, expected.lower, expected.upper, actual, &c);
    trial->margin = MAX(trial->margin, c.margin);
    if (!right && trial->result == TRIAL_PASSED) {
        trial->result = TRIAL_WRONG;
        if (c.result == COMPARED_WRONG_VALUE && actual->kind == VALUE_TENSOR)
            trial->signature = compare_signature(fixture_spec(s, i), expected.golden->tensor, expected.lower, expected.upper, actual->tensor);
        trial->message = g_strdup_printf("output %" G_GSIZE_FORMAT " '%s': %s", i,
                                         LIST_AT(&s->model->graph->outputs, ValueInfo, i)->name, c.message);
    }
    comparison_clear(&c);
    expected_clear(&expected);
    return TRUE;
}

static gboolean run_set(const Fixture *s, Evaluator *evaluator, const char *set, Trial *trial, GError **error)
{
    g_autoptr(GPtrArray) inputs = fixture_inputs(s, set, error);
    if (!inputs)
        return FALSE;
    for (guint i = 0; i < inputs->len; i++)
        storage_load_value(g_ptr_array_index(inputs, i));
    const gsize n = s->model->graph->outputs.n;
    g_autofree EvalOutput *outputs = g_new0(EvalOutput, n + 1);
    if (!evaluator_run(evaluator, (Value *const *)inputs->pdata, inputs->len, outputs, error))
        return FALSE;
    gboolean ok = TRUE;
    for (gsize i = 0; i < n; i++) {
        ok = ok && judge(s, set, i, &outputs[i], trial, error);
        eval_output_clear(&outputs[i]);
    }
    return ok;
}

static gboolean run_sets(const Fixture *s, GHashTable *without, Trial *trial, GError **error)
{
    /* A mutant may turn a loop's condition round: what runs for very long has failed. */
    const EvalOptions options = { .limits = { .nodes = 1000000, .iterations = 100000 }, .prefer_body = TRUE,
                                  .substitute = naive_substitute, .substitute_data = without };
    storage_load_model(s->model);
    g_autoptr(Evaluator) evaluator = fixture_evaluator(s, &options, error);
    for (guint n = 0; evaluator; n++) {
        g_autofree char *set = fixture_set(s, n);
        if (!set || trial->result != TRIAL_PASSED)
            return TRUE;
        if (!run_set(s, evaluator, set, trial, error))
            return FALSE;
    }
    return FALSE;
}

static void name_case(const Fixture *s, Trial *trial)
{
    if (s->own) {
        trial->semantic = g_strdup(s->own->semantic);
        trial->proposal = g_strdup(s->own->proposal);
        return;
    }
    trial->semantic = g_path_get_basename(s->folder);
    trial->proposal = g_strdup("published");
    char *expanded = g_strrstr(trial->semantic, "_expanded");
    if (expanded)
        *expanded = '\0';
}

void trial_run(const char *folder, const Mutant *active, GHashTable *without, Trial *trial)
{
    *trial = (Trial){ .result = TRIAL_SKIPPED };
    mutant_begin(active);
    g_autoptr(GError) error = NULL;
    g_autoptr(Fixture) s = fixture_open(folder, &error);
    if (!s || (s->own && (s->own->expectation == EXPECT_REJECT || s->own->aware)) || (!s->own && model_is_random(s->model)))
        return;
    name_case(s, trial);
    trial->result = TRIAL_PASSED;
    if (!run_sets(s, without, trial, &error)) {
        trial->result = TRIAL_FAILED;
        trial->margin = INFINITY;
        g_free(trial->message);
        trial->message = g_strdup(error->message);
    }
    trial->reached = mutant_reached();
}
