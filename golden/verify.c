#include "golden/verify.h"

#include "golden/corpus.h"
#include "golden/light.h"
#include "golden/sample.h"
#include "reference/onnx/check.h"

#include <cJSON.h>
#include <string.h>

typedef struct {
    const char  *folder;
    gboolean     light;
    const EvalOptions *options;
    Model       *model;
    Evaluator   *evaluator;
    Case        *own;  /* NULL: not one of our cases */
    CompareSpec  spec; /* for outputs of foreign cases */
    Verified    *verified;
} Session;

void verified_free(gpointer data)
{
    Verified *v = data;
    g_free(v->folder);
    g_free(v->message);
    g_free(v);
}

/* ---- one data set ---------------------------------------------------------------------------------------------------- */

/* ONNX 1.12 and before stored bfloat16 test data as uint16 bit patterns; their runner knew, and so do we. */
static Value *value_as_declared(Value *value, const Type *type)
{
    if (value && type && type->kind == TYPE_TENSOR && type->elem == DTYPE_BFLOAT16 && value->kind == VALUE_TENSOR &&
        value->tensor->dtype == DTYPE_UINT16)
        value->tensor->dtype = DTYPE_BFLOAT16; /* loaded a moment ago: nobody else holds it */
    return value;
}

static Value *read_value(const char *path, const Type *type, GError **error)
{
    return value_as_declared(value_load(path, type, NULL, error), type);
}

static GPtrArray *light_inputs(const Session *s, GError **error)
{
    g_autoptr(GPtrArray) inputs = g_ptr_array_new_with_free_func((GDestroyNotify)value_unref);
    for (gsize i = 0; i < s->model->graph->inputs.n; i++) {
        const ValueInfo *info = LIST_AT(&s->model->graph->inputs, ValueInfo, i);
        Value *value = NULL;
        if (!graph_initializer(s->model->graph, info->name) && !(value = light_input(info, error)))
            return NULL;
        g_ptr_array_add(inputs, value);
    }
    return g_steal_pointer(&inputs);
}

static GPtrArray *read_inputs(const Session *s, const char *set, GError **error)
{
    if (s->light)
        return light_inputs(s, error);
    g_autoptr(GPtrArray) inputs = g_ptr_array_new_with_free_func((GDestroyNotify)value_unref);
    for (gsize i = 0; i < s->model->graph->inputs.n; i++) {
        g_autofree char *name = g_strdup_printf("input_%" G_GSIZE_FORMAT ".pb", i);
        g_autofree char *path = g_build_filename(set, name, NULL);
        if (!g_file_test(path, G_FILE_TEST_EXISTS)) {
            g_ptr_array_add(inputs, NULL);
            continue;
        }
        Value *value = read_value(path, LIST_AT(&s->model->graph->inputs, ValueInfo, i)->type, error);
        if (!value)
            return NULL;
        g_ptr_array_add(inputs, value);
    }
    return g_steal_pointer(&inputs);
}

static Tensor *read_bound(const char *set, const char *kind, gsize i, GError **error)
{
    if (!set)
        return NULL;
    g_autofree char *name = g_strdup_printf("%s_%" G_GSIZE_FORMAT ".pb", kind, i);
    g_autofree char *path = g_build_filename(set, name, NULL);
    return g_file_test(path, G_FILE_TEST_EXISTS) ? tensor_load(path, NULL, NULL, error) : NULL;
}

static gboolean values_equal(const Value *a, const Value *b)
{
    Comparison c;
    const gboolean equal = compare_values(&(CompareSpec){ .mode = COMPARE_BITS }, a, NULL, NULL, b, &c);
    comparison_clear(&c);
    return equal;
}

static char *output_path(const Session *s, const char *set, gsize i)
{
    if (s->light)
        return light_output_path(s->folder, i);
    g_autofree char *name = g_strdup_printf("output_%" G_GSIZE_FORMAT ".pb", i);
    return g_build_filename(set, name, NULL);
}

/* One run with the given seed; `sample` is made from the first. */
static gboolean draw(const Session *s, const GPtrArray *inputs, gsize output, guint64 seed, Sample **sample, GError **error)
{
    EvalOptions options = *s->options;
    options.any_shape = options.reseed = TRUE;
    options.seed = seed;
    const gsize n = s->model->graph->outputs.n;
    g_autofree EvalOutput *outputs = g_new0(EvalOutput, n + 1);
    g_autoptr(Evaluator) evaluator = evaluator_new(s->model, &options, error);
    if (!evaluator || !evaluator_run(evaluator, (Value *const *)inputs->pdata, inputs->len, outputs, error))
        return FALSE;
    const Value *value = outputs[output].value;
    gboolean ok = value->kind == VALUE_TENSOR || eval_fail(error, "random values that are no tensor cannot be judged");
    if (ok && !*sample)
        *sample = sample_new(value->tensor, error);
    ok = ok && *sample && sample_add(*sample, value->tensor, error);
    for (gsize i = 0; i < n; i++)
        eval_output_clear(&outputs[i]);
    return ok;
}

static gboolean judge_draw(const Session *s, const GPtrArray *inputs, gsize output, const Value *published, GError **error)
{
    g_autoptr(Sample) sample = NULL;
    for (guint64 seed = 0; seed < SAMPLE_DRAWS; seed++)
        if (!draw(s, inputs, output, seed, &sample, error))
            return FALSE;
    return published->kind == VALUE_TENSOR
               ? sample_admits(sample, &s->spec, published->tensor, error)
               : eval_fail(error, "a tensor, but another kind of value is expected");
}

static gboolean judge_output(const Session *s, const char *set, const GPtrArray *inputs, gsize i, const Value *actual,
                             GError **error)
{
    const ValueInfo *info = LIST_AT(&s->model->graph->outputs, ValueInfo, i);
    g_autofree char *path = output_path(s, set, i);
    g_autoptr(Value) golden = read_value(path, info->type, error);
    if (!golden)
        return FALSE;
    g_autoptr(Tensor) lower = read_bound(set, "lower", i, error), upper = read_bound(set, "upper", i, error);
    const CompareSpec *spec = s->own ? &g_array_index(s->own->comparisons, CompareSpec, i) : &s->spec;
    Comparison c;
    gboolean right = compare_values(spec, golden, lower, upper, actual, &c);
    if (!right && !s->own && c.result == COMPARED_WRONG_VALUE && model_is_random(s->model)) {
        right = s->verified->statistical = judge_draw(s, inputs, i, golden, error);
        if (!right)
            g_prefix_error(error, "output %" G_GSIZE_FORMAT " '%s', random: ", i, info->name);
    } else if (!right) {
        eval_fail(error, "output %" G_GSIZE_FORMAT " '%s': %s", i, info->name, c.message);
    }
    comparison_clear(&c);
    s->verified->bit_equal &= values_equal(golden, actual);
    return right;
}

static gboolean run_set(const Session *s, const char *set, GError **error)
{
    g_autoptr(GPtrArray) inputs = read_inputs(s, set, error);
    if (!inputs)
        return FALSE;
    const gsize n = s->model->graph->outputs.n;
    g_autofree EvalOutput *outputs = g_new0(EvalOutput, n + 1);
    if (!evaluator_run(s->evaluator, (Value *const *)inputs->pdata, inputs->len, outputs, error))
        return FALSE;
    gboolean right = TRUE;
    for (gsize i = 0; i < n; i++) {
        right = right && judge_output(s, set, inputs, i, outputs[i].value, error);
        eval_output_clear(&outputs[i]);
    }
    return right;
}

/* ---- one folder ------------------------------------------------------------------------------------------------------ */

static void read_tolerance(Session *s)
{
    s->spec = (CompareSpec){ .mode = COMPARE_TOLERANCE, .rtol = 1e-3, .atol = 1e-7 };
    g_autofree char *path = g_build_filename(s->folder, "data.json", NULL);
    g_autofree char *text = NULL;
    gsize length;
    if (!g_file_get_contents(path, &text, &length, NULL))
        return;
    cJSON *root = cJSON_ParseWithLength(text, length);
    const cJSON *rtol = cJSON_GetObjectItemCaseSensitive(root, "rtol"), *atol = cJSON_GetObjectItemCaseSensitive(root, "atol");
    if (cJSON_IsNumber(rtol))
        s->spec.rtol = rtol->valuedouble;
    if (cJSON_IsNumber(atol))
        s->spec.atol = atol->valuedouble;
    cJSON_Delete(root);
}

static gboolean prepare(Session *s, const EvalOptions *options, GError **error)
{
    g_autofree char *json = g_build_filename(s->folder, "case.json", NULL);
    if (g_file_test(json, G_FILE_TEST_EXISTS) && !(s->own = case_read(s->folder, error)))
        return FALSE;
    g_autofree char *path = s->light ? g_strdup(s->folder) : case_model_path(s->folder);
    s->model = model_load(path, NULL, error);
    if (!s->model)
        return FALSE;
    if (s->own && s->model->graph->outputs.n != s->own->n_outputs && s->own->expectation == EXPECT_OUTPUTS)
        return eval_fail(error, "case.json speaks of %u outputs, the model has %" G_GSIZE_FORMAT, s->own->n_outputs,
                         s->model->graph->outputs.n);
    if (s->own && !model_check(s->model, error))
        return FALSE;
    EvalOptions own_options = *options;
    own_options.any_shape = !s->own;
    s->evaluator = evaluator_new(s->model, &own_options, error);
    return s->evaluator != NULL;
}

static gboolean run_all_sets(const Session *s, GError **error)
{
    if (s->light)
        return run_set(s, NULL, error);
    for (guint n = 0;; n++) {
        g_autofree char *name = g_strdup_printf("test_data_set_%u", n);
        g_autofree char *set = g_build_filename(s->folder, name, NULL);
        if (!g_file_test(set, G_FILE_TEST_IS_DIR))
            return n > 0 || eval_fail(error, "no test_data_set_0");
        if (!run_set(s, set, error)) {
            g_prefix_error(error, "data set %u: ", n);
            return FALSE;
        }
    }
}

/* A case that must be rejected is right when loading, checking or running it fails cleanly. */
static void conclude(Session *s, gboolean ran, GError *error)
{
    Verified *v = s->verified;
    const gboolean must_reject = s->own && s->own->expectation == EXPECT_REJECT;
    if (must_reject) {
        v->result = ran ? VERIFY_FAILED : VERIFY_PASSED;
        v->message = ran ? g_strdup("ran, but must be rejected") : NULL;
    } else if (ran) {
        v->result = VERIFY_PASSED;
    } else {
        v->result = g_error_matches(error, EVAL_ERROR, EVAL_ERROR_UNSUPPORTED) ? VERIFY_UNSUPPORTED : VERIFY_FAILED;
        v->message = g_strdup(error->message);
    }
    v->bit_equal &= v->result == VERIFY_PASSED;
    v->statistical &= v->result == VERIFY_PASSED;
}

Verified *verify_folder(const char *folder, const EvalOptions *options)
{
    Session s = { .folder = folder, .light = light_is_model(folder), .options = options, .verified = g_new0(Verified, 1) };
    g_autoptr(GError) error = NULL;
    s.verified->folder = g_strdup(folder);
    s.verified->bit_equal = TRUE;
    read_tolerance(&s);
    const gboolean ran = prepare(&s, options, &error) && run_all_sets(&s, &error);
    conclude(&s, ran, error);
    evaluator_free(s.evaluator);
    if (s.model)
        model_free(s.model);
    case_free(s.own);
    return s.verified;
}

/* ---- finding folders ------------------------------------------------------------------------------------------------- */

#define MAX_DEPTH 8

static void collect(const char *folder, const char *glob, int depth, GPtrArray *found)
{
    g_autofree char *model = case_model_path(folder), *set = g_build_filename(folder, "test_data_set_0", NULL);
    g_autofree char *base = g_path_get_basename(folder);
    if (g_file_test(model, G_FILE_TEST_EXISTS) && g_file_test(set, G_FILE_TEST_IS_DIR)) {
        if (!glob || g_pattern_match_simple(glob, base))
            g_ptr_array_add(found, g_strdup(folder));
        return;
    }
    g_autoptr(GDir) dir = depth < MAX_DEPTH ? g_dir_open(folder, 0, NULL) : NULL;
    const char *name;
    while (dir && (name = g_dir_read_name(dir))) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        if (light_is_model(path) && (!glob || g_pattern_match_simple(glob, name)))
            g_ptr_array_add(found, g_strdup(path));
        if (*name != '.' && !g_str_has_suffix(name, ".partial") && g_file_test(path, G_FILE_TEST_IS_DIR) &&
            !g_file_test(path, G_FILE_TEST_IS_SYMLINK))
            collect(path, glob, depth + 1, found);
    }
}

static gint by_name(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

GPtrArray *verify_list(const char *root, const char *glob, GError **error)
{
    g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func(g_free);
    collect(root, glob, 0, found);
    if (found->len == 0) {
        g_set_error(error, CORPUS_ERROR, CORPUS_ERROR_FORMAT, "%s: no test case in it%s%s (a folder with model.onnx and test_data_set_0, or X.onnx beside X_output_0.pb)",
                    root, glob ? " that matches " : "", glob ? glob : "");
        return NULL;
    }
    g_ptr_array_sort(found, by_name);
    return g_steal_pointer(&found);
}
