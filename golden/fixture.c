#include "golden/fixture.h"

#include "golden/light.h"
#include "reference/context/session.h"
#include "reference/onnx/check.h"

#include <cJSON.h>

/* ---- the model ---------------------------------------------------------------------------------------------------------- */

static void read_tolerance(Fixture *s)
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

Fixture *fixture_open(const char *folder, GError **error)
{
    g_autoptr(Fixture) s = g_new0(Fixture, 1);
    s->folder = g_strdup(folder);
    s->light = light_is_model(folder);
    read_tolerance(s);
    g_autofree char *json = g_build_filename(folder, "case.json", NULL);
    if (g_file_test(json, G_FILE_TEST_EXISTS) && !(s->own = case_read(folder, error)))
        return NULL;
    g_autofree char *path = s->light ? g_strdup(folder) : case_model_path(folder);
    s->model = s->own ? context_open(path, NULL, error) : model_load(path, NULL, error); /* a case may ask for a session */
    if (!s->model)
        return NULL;
    if (s->own && s->model->graph->outputs.n != s->own->n_outputs && s->own->expectation == EXPECT_OUTPUTS) {
        eval_fail(error, "case.json speaks of %u outputs, the model has %" G_GSIZE_FORMAT, s->own->n_outputs,
                  s->model->graph->outputs.n);
        return NULL;
    }
    return s->own && !model_check(s->model, error) ? NULL : g_steal_pointer(&s);
}

void fixture_free(Fixture *s)
{
    if (!s)
        return;
    if (s->model)
        model_free(s->model);
    case_free(s->own);
    g_free(s->folder);
    g_free(s);
}

Evaluator *fixture_evaluator(const Fixture *s, const EvalOptions *options, GError **error)
{
    EvalOptions own = *options;
    own.any_shape = !s->own;
    return evaluator_new(s->model, &own, error);
}

const CompareSpec *fixture_spec(const Fixture *s, gsize output)
{
    const gboolean said = s->own && output < s->own->comparisons->len; /* of a model that must be refused nothing is */
    return said ? &g_array_index(s->own->comparisons, CompareSpec, output) : &s->spec;
}

/* ---- the data ----------------------------------------------------------------------------------------------------------- */

char *fixture_set(const Fixture *s, guint n)
{
    if (s->light)
        return n == 0 ? g_strdup("") : NULL;
    g_autofree char *name = g_strdup_printf("test_data_set_%u", n);
    g_autofree char *set = g_build_filename(s->folder, name, NULL);
    return g_file_test(set, G_FILE_TEST_IS_DIR) ? g_steal_pointer(&set) : NULL;
}

/* ONNX 1.12 and before stored bfloat16 test data as uint16 bit patterns; their runner knew, and so do we. */
static Value *read_value(const char *path, const Type *type, GError **error)
{
    Value *value = value_load(path, type, NULL, error);
    if (value && type && type->kind == TYPE_TENSOR && type->elem == DTYPE_BFLOAT16 && value->kind == VALUE_TENSOR &&
        value->tensor->dtype == DTYPE_UINT16)
        value->tensor->dtype = DTYPE_BFLOAT16; /* loaded a moment ago: nobody else holds it */
    return value;
}

static char *file_in(const char *set, const char *kind, gsize i)
{
    g_autofree char *name = g_strdup_printf("%s_%" G_GSIZE_FORMAT ".pb", kind, i);
    return g_build_filename(set, name, NULL);
}

static gboolean read_input(const Fixture *s, const char *set, gsize i, Value **value, GError **error)
{
    const ValueInfo *info = LIST_AT(&s->model->graph->inputs, ValueInfo, i);
    *value = NULL;
    if (s->light)
        return graph_initializer(s->model->graph, info->name) || (*value = light_input(info, error));
    g_autofree char *path = file_in(set, "input", i);
    return !g_file_test(path, G_FILE_TEST_EXISTS) || (*value = read_value(path, info->type, error));
}

static void free_value(gpointer value)
{
    if (value)
        value_unref(value);
}

GPtrArray *fixture_inputs(const Fixture *s, const char *set, GError **error)
{
    g_autoptr(GPtrArray) inputs = g_ptr_array_new_with_free_func(free_value);
    for (gsize i = 0; i < s->model->graph->inputs.n; i++) {
        Value *value;
        if (!read_input(s, set, i, &value, error))
            return NULL;
        g_ptr_array_add(inputs, value);
    }
    return g_steal_pointer(&inputs);
}

static gboolean read_bound(const Fixture *s, const char *set, const char *kind, gsize i, Tensor **bound, GError **error)
{
    if (s->light)
        return TRUE;
    g_autofree char *path = file_in(set, kind, i);
    return !g_file_test(path, G_FILE_TEST_EXISTS) || (*bound = tensor_load(path, NULL, NULL, error));
}

gboolean fixture_expected(const Fixture *s, const char *set, gsize i, Expected *expected, GError **error)
{
    *expected = (Expected){ 0 };
    g_autofree char *path = s->light ? light_output_path(s->folder, i) : file_in(set, "output", i);
    expected->golden = read_value(path, LIST_AT(&s->model->graph->outputs, ValueInfo, i)->type, error);
    if (expected->golden && read_bound(s, set, "lower", i, &expected->lower, error) &&
        read_bound(s, set, "upper", i, &expected->upper, error))
        return TRUE;
    expected_clear(expected);
    return FALSE;
}

void expected_clear(Expected *expected)
{
    value_unref(expected->golden);
    tensor_unref(expected->lower);
    tensor_unref(expected->upper);
    *expected = (Expected){ 0 };
}
