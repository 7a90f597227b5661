#include "golden/relaxed.h"

#include "reference/bounds/relaxation.h"
#include "reference/eval/eval.h"
#include "reference/onnx/check.h"

#include <math.h>
#include <string.h>

/* A model that a stranger could have written is not run forever. */
#define SECONDS 20

typedef struct {
    const Case   *c;
    const char   *folder;
    Value *const *actual;
    Model        *model;
    GPtrArray    *inputs, *goldens; /* of Value */
} Question;

static void question_clear(Question *q)
{
    model_free(q->model);
    if (q->inputs)
        g_ptr_array_unref(q->inputs);
    if (q->goldens)
        g_ptr_array_unref(q->goldens);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Question, question_clear)

static char *native_model(const Case *c, const char *folder)
{
    g_autofree char *above = g_path_get_dirname(folder), *name = g_strdup_printf("%s-native", c->semantic);
    g_autofree char *sibling = g_build_filename(above, name, NULL), *path = case_model_path(sibling);
    return g_file_test(path, G_FILE_TEST_EXISTS) ? g_steal_pointer(&path) : case_model_path(folder);
}

static GPtrArray *load_all(const char *folder, const char *kind, guint n, const List *infos)
{
    g_autoptr(GPtrArray) values = g_ptr_array_new_with_free_func((GDestroyNotify)value_unref);
    for (guint i = 0; i < n; i++) {
        g_autofree char *path = case_data_path(folder, kind, i);
        Value *value = i < infos->n ? value_load(path, LIST_AT(infos, ValueInfo, i)->type, NULL, NULL) : NULL;
        if (!value)
            return NULL;
        g_ptr_array_add(values, value);
    }
    return g_steal_pointer(&values);
}

static gboolean ask(Question *q)
{
    g_autofree char *path = native_model(q->c, q->folder);
    return (q->model = model_load(path, NULL, NULL)) && model_check(q->model, NULL) && q->c->n_inputs == q->model->graph->inputs.n &&
           q->c->n_outputs == q->model->graph->outputs.n &&
           (q->inputs = load_all(q->folder, "input", q->c->n_inputs, &q->model->graph->inputs)) &&
           (q->goldens = load_all(q->folder, "output", q->c->n_outputs, &q->model->graph->outputs));
}

/* Sum of the widths, each as a share of the largest element: for comparing profiles of one case only. */
static double width(const EvalOutput *o)
{
    double sum = 0, most = 0;
    for (int64_t i = 0; o->lower && i < o->lower->count; i++) {
        const double w = tensor_get_double(o->upper, i) - tensor_get_double(o->lower, i);
        sum += isfinite(w) ? w : 0;
        most = MAX(most, fabs(tensor_get_double(o->value->tensor, i)));
    }
    return most > 0 ? sum / most : sum;
}

static gboolean takes(const Question *q, guint i, const EvalOutput *o)
{
    const CompareSpec *strict = &g_array_index(q->c->comparisons, CompareSpec, i), same = { .mode = COMPARE_VALUE };
    CompareSpec spec = *strict;
    Comparison c = { 0 }, equal = { 0 };
    spec.mode = o->lower ? COMPARE_INTERVAL : strict->mode;
    const gboolean ok = o->certified &&
                        compare_values(&same, g_ptr_array_index(q->goldens, i), NULL, NULL, o->value, &equal) &&
                        compare_values(&spec, g_ptr_array_index(q->goldens, i), o->lower, o->upper, q->actual[i], &c);
    comparison_clear(&c);
    comparison_clear(&equal);
    return ok;
}

/* The sum of widths if the profile takes every output; negative if not. */
static double holds(const Question *q, const Relaxation *profile)
{
    const EvalOptions options = { .certify = TRUE, .limits = { .seconds = SECONDS } };
    const gsize n = q->c->n_outputs;
    g_autoptr(Evaluator) evaluator = evaluator_new(q->model, &options, NULL);
    g_autofree EvalOutput *outputs = g_new0(EvalOutput, n + 1);
    const Relaxation *before = relaxation_use(profile);
    double sum = evaluator && evaluator_run(evaluator, (Value *const *)q->inputs->pdata, q->inputs->len, outputs, NULL) ? 0 : -1;
    relaxation_use(before);
    for (guint i = 0; i < n && sum >= 0; i++)
        sum = takes(q, i, &outputs[i]) ? sum + width(&outputs[i]) : -1;
    for (guint i = 0; i < n; i++)
        eval_output_clear(&outputs[i]);
    return sum;
}

static gboolean has_floats(const Case *c, Value *const *actual)
{
    for (guint i = 0; i < c->n_outputs; i++)
        if (actual[i]->kind == VALUE_TENSOR && dtype_is_float(actual[i]->tensor->dtype))
            return TRUE;
    return FALSE;
}

const char *relaxed_profile(const Case *c, const char *folder, Value *const *actual, const char *declared,
                            gboolean *declared_holds)
{
    g_auto(Question) q = { .c = c, .folder = folder, .actual = actual };
    Relaxation profile;
    gsize n;
    const char *const *names = relaxation_names(&n), *tightest = NULL;
    double narrowest = INFINITY;
    *declared_holds = FALSE;
    if (!has_floats(c, actual) || !ask(&q))
        return NULL;
    for (gsize k = 0; k < n; k++) {
        const double sum = relaxation_parse(names[k], &profile) ? holds(&q, &profile) : -1;
        if (sum >= 0 && sum < narrowest) {
            narrowest = sum;
            tightest = names[k];
        }
        *declared_holds |= sum >= 0 && g_strcmp0(names[k], declared) == 0;
    }
    if (!declared || *declared_holds || !strchr(declared, '+') || !relaxation_parse(declared, &profile))
        return tightest;
    *declared_holds = holds(&q, &profile) >= 0;
    return tightest ? tightest : *declared_holds ? declared : NULL;
}

char *relaxed_complaint(const char *name)
{
    Relaxation profile;
    gsize n;
    const char *const *names = relaxation_names(&n);
    if (relaxation_parse(name, &profile))
        return NULL;
    g_autoptr(GString) text = g_string_new(NULL);
    g_string_printf(text, "no profile '%s'; known, joined by '+' where several hold: %s", name, RELAXATION_STRICT_NAME);
    for (gsize i = 0; i < n; i++)
        g_string_append_printf(text, ", %s", names[i]);
    return g_strdup(text->str);
}
