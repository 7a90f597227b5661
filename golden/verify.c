#include "golden/verify.h"

#include "golden/light.h"
#include "golden/sample.h"
#include "golden/fixture.h"

#include <string.h>

typedef struct {
    const EvalOptions *options;
    Fixture     *fixture;
    Evaluator   *evaluator;
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

static gboolean values_equal(const Value *a, const Value *b)
{
    Comparison c;
    const gboolean equal = compare_values(&(CompareSpec){ .mode = COMPARE_BITS }, a, NULL, NULL, b, &c);
    comparison_clear(&c);
    return equal;
}

/* One run with the given seed; `sample` is made from the first. */
static gboolean draw(const Session *s, const GPtrArray *inputs, gsize output, guint64 seed, Sample **sample, GError **error)
{
    EvalOptions options = *s->options;
    options.any_shape = options.reseed = TRUE;
    options.seed = seed;
    const gsize n = s->fixture->model->graph->outputs.n;
    g_autofree EvalOutput *outputs = g_new0(EvalOutput, n + 1);
    g_autoptr(Evaluator) evaluator = evaluator_new(s->fixture->model, &options, error);
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
               ? sample_admits(sample, fixture_spec(s->fixture, output), published->tensor, error)
               : eval_fail(error, "a tensor, but another kind of value is expected");
}

static gboolean judge_output(const Session *s, const char *set, const GPtrArray *inputs, gsize i, const Value *actual,
                             GError **error)
{
    const ValueInfo *info = LIST_AT(&s->fixture->model->graph->outputs, ValueInfo, i);
    Expected expected;
    if (!fixture_expected(s->fixture, set, i, &expected, error))
        return FALSE;
    Comparison c;
    gboolean right = compare_values(fixture_spec(s->fixture, i), expected.golden, expected.lower, expected.upper, actual, &c);
    if (!right && !s->fixture->own && c.result == COMPARED_WRONG_VALUE && model_is_random(s->fixture->model)) {
        right = s->verified->statistical = judge_draw(s, inputs, i, expected.golden, error);
        if (!right)
            g_prefix_error(error, "output %" G_GSIZE_FORMAT " '%s', random: ", i, info->name);
    } else if (!right) {
        eval_fail(error, "output %" G_GSIZE_FORMAT " '%s': %s", i, info->name, c.message);
    }
    comparison_clear(&c);
    s->verified->bit_equal &= values_equal(expected.golden, actual);
    expected_clear(&expected);
    return right;
}

static gboolean run_set(const Session *s, const char *set, GError **error)
{
    g_autoptr(GPtrArray) inputs = fixture_inputs(s->fixture, set, error);
    if (!inputs)
        return FALSE;
    const gsize n = s->fixture->model->graph->outputs.n;
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

static gboolean run_all_sets(const Session *s, GError **error)
{
    for (guint n = 0;; n++) {
        g_autofree char *set = fixture_set(s->fixture, n);
        if (!set)
            return n > 0 || eval_fail(error, "no test_data_set_0");
        if (!run_set(s, set, error)) {
            if (!s->fixture->light)
                g_prefix_error(error, "data set %u: ", n);
            return FALSE;
        }
    }
}

/* A case that must be rejected is right when loading, checking or running it fails cleanly. */
static void conclude(Session *s, gboolean must_reject, gboolean ran, GError *error)
{
    Verified *v = s->verified;
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

/* Known before the model is loaded, which may be what fails. */
static gboolean must_be_rejected(const char *folder)
{
    g_autoptr(Case) own = case_read(folder, NULL);
    return own && own->expectation == EXPECT_REJECT;
}

Verified *verify_folder(const char *folder, const EvalOptions *options)
{
    Session s = { .options = options, .verified = g_new0(Verified, 1) };
    g_autoptr(GError) error = NULL;
    s.verified->folder = g_strdup(folder);
    s.verified->bit_equal = TRUE;
    s.fixture = fixture_open(folder, &error);
    s.evaluator = s.fixture ? fixture_evaluator(s.fixture, options, &error) : NULL;
    const gboolean ran = s.evaluator && run_all_sets(&s, &error);
    conclude(&s, !ran ? must_be_rejected(folder) : s.fixture->own && s.fixture->own->expectation == EXPECT_REJECT, ran, error);
    evaluator_free(s.evaluator);
    fixture_free(s.fixture);
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
    if (!g_file_test(root, G_FILE_TEST_IS_DIR)) {
        g_set_error(error, CORPUS_ERROR, CORPUS_ERROR_IO, "%s: no such folder", root);
        return NULL;
    }
    collect(root, glob, 0, found);
    if (found->len == 0) {
        g_set_error(error, CORPUS_ERROR, CORPUS_ERROR_FORMAT, "%s: no test case in it%s%s (a folder with model.onnx and test_data_set_0, or X.onnx beside X_output_0.pb)",
                    root, glob ? " that matches " : "", glob ? glob : "");
        return NULL;
    }
    g_ptr_array_sort(found, by_name);
    return g_steal_pointer(&found);
}
