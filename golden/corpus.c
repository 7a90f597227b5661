#include "golden/corpus.h"

#include "reference/cli/json.h"

#include <cJSON.h>
#include <string.h>

G_DEFINE_QUARK(assay-corpus-error-quark, corpus_error)

#define SCHEMA_VERSION 1
#define MAX_JSON_BYTES (1 << 20)

static const char *const form_names[] = { "native", "function", "decomposed" };

const char *form_name(Form form)
{
    return form_names[form];
}

Case *case_new(void)
{
    Case *c = g_new0(Case, 1);
    c->requirements = g_ptr_array_new_with_free_func(g_free);
    c->dtypes = g_ptr_array_new_with_free_func(g_free);
    c->tags = g_ptr_array_new_with_free_func(g_free);
    c->alternatives = g_ptr_array_new_with_free_func(g_free);
    c->comparisons = g_array_new(FALSE, TRUE, sizeof(CompareSpec));
    c->certificates = golden_certificates_new();
    return c;
}

void case_free(Case *c)
{
    if (!c)
        return;
    char *const strings[] = { c->id, c->proposal, c->name, c->variant, c->semantic, c->summary, c->twin, c->why,
                              c->reduced_from, c->reduced_for };
    for (gsize i = 0; i < G_N_ELEMENTS(strings); i++)
        g_free(strings[i]);
    g_ptr_array_unref(c->requirements);
    g_ptr_array_unref(c->dtypes);
    g_ptr_array_unref(c->tags);
    g_ptr_array_unref(c->alternatives);
    g_array_unref(c->comparisons);
    g_array_unref(c->certificates);
    g_free(c);
}

/* ---- paths -------------------------------------------------------------------------------------------------------- */

char *case_model_path(const char *folder)
{
    return g_build_filename(folder, "model.onnx", NULL);
}

char *case_data_path(const char *folder, const char *kind, guint index)
{
    g_autofree char *name = g_strdup_printf("%s_%u.pb", kind, index);
    return g_build_filename(folder, "test_data_set_0", name, NULL);
}

char *case_alternative_path(const char *folder, guint alternative, guint index)
{
    g_autofree char *kind = g_strdup_printf("alternative_%u", alternative);
    return case_data_path(folder, kind, index);
}

/* ---- writing ------------------------------------------------------------------------------------------------------ */

static void add_strings(cJSON *object, const char *key, const GPtrArray *strings)
{
    cJSON *array = cJSON_AddArrayToObject(object, key);
    for (guint i = 0; i < strings->len; i++)
        cJSON_AddItemToArray(array, cJSON_CreateString(g_ptr_array_index(strings, i)));
}

static void add_optional(cJSON *object, const char *key, const char *text)
{
    if (text)
        cJSON_AddStringToObject(object, key, text);
}

static void add_comparisons(cJSON *object, const GArray *comparisons, const GArray *certificates)
{
    cJSON *array = cJSON_AddArrayToObject(object, "compare");
    for (guint i = 0; i < comparisons->len; i++) {
        const CompareSpec *spec = &g_array_index(comparisons, CompareSpec, i);
        cJSON *item = cJSON_CreateObject();
        cJSON_AddStringToObject(item, "mode", compare_mode_name(spec->mode));
        if (spec->free_zero_sign)
            cJSON_AddTrueToObject(item, "free_zero_sign");
        if (spec->mode == COMPARE_TOLERANCE) {
            cJSON_AddNumberToObject(item, "rtol", spec->rtol);
            cJSON_AddNumberToObject(item, "atol", spec->atol);
        }
        if (i < certificates->len)
            golden_certificate_to_json(&g_array_index(certificates, GoldenCertificate, i), item);
        cJSON_AddItemToArray(array, item);
    }
}

char *case_to_json(const Case *c)
{
    cJSON *root = cJSON_CreateObject();
    cJSON_AddNumberToObject(root, "schema", SCHEMA_VERSION);
    cJSON_AddStringToObject(root, "id", c->id);
    cJSON_AddStringToObject(root, "proposal", c->proposal);
    cJSON_AddStringToObject(root, "variant", c->variant);
    cJSON_AddStringToObject(root, "semantic", c->semantic);
    cJSON_AddStringToObject(root, "form", form_name(c->form));
    cJSON_AddStringToObject(root, "summary", c->summary);
    add_strings(root, "requirements", c->requirements);
    add_strings(root, "dtypes", c->dtypes);
    add_strings(root, "tags", c->tags);
    cJSON_AddStringToObject(root, "expect", c->expectation == EXPECT_REJECT ? "reject" : "outputs");
    add_optional(root, "twin", c->twin);
    add_optional(root, "why", c->why);
    add_optional(root, "reduced_from", c->reduced_from);
    add_optional(root, "reduced_for", c->reduced_for);
    cJSON_AddNumberToObject(root, "inputs", c->n_inputs);
    cJSON_AddNumberToObject(root, "outputs", c->n_outputs);
    add_comparisons(root, c->comparisons, c->certificates);
    if (c->alternatives->len)
        add_strings(root, "alternatives", c->alternatives);
    if (c->aware)
        cJSON_AddTrueToObject(root, "aware");
    char *printed = cJSON_Print(root);
    char *text = g_strconcat(printed, "\n", NULL);
    cJSON_free(printed);
    cJSON_Delete(root);
    return text;
}

/* ---- reading ------------------------------------------------------------------------------------------------------ */

typedef struct {
    const cJSON *root;
    const char  *path;
    GError     **error;
} Reader;

static gboolean wrong(const Reader *r, const char *key, const char *expected)
{
    if (r->error && !*r->error)
        g_set_error(r->error, CORPUS_ERROR, CORPUS_ERROR_FORMAT, "%s: '%s' must be %s", r->path, key, expected);
    return FALSE;
}

static gboolean read_string(const Reader *r, const char *key, gboolean required, char **out)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(r->root, key);
    if (!item && !required)
        return TRUE;
    if (!cJSON_IsString(item) || !g_utf8_validate(item->valuestring, -1, NULL))
        return wrong(r, key, "a string");
    *out = g_strdup(item->valuestring);
    return TRUE;
}

static gboolean read_strings(const Reader *r, const char *key, gboolean required, GPtrArray *out)
{
    const cJSON *array = cJSON_GetObjectItemCaseSensitive(r->root, key), *item;
    if (!array && !required)
        return TRUE;
    if (!cJSON_IsArray(array))
        return wrong(r, key, "an array of strings");
    cJSON_ArrayForEach(item, array)
    {
        if (!cJSON_IsString(item) || !g_utf8_validate(item->valuestring, -1, NULL))
            return wrong(r, key, "an array of strings");
        g_ptr_array_add(out, g_strdup(item->valuestring));
    }
    return TRUE;
}

static gboolean read_count(const Reader *r, const char *key, guint *out)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(r->root, key);
    if (!cJSON_IsNumber(item) || !(item->valuedouble >= 0 && item->valuedouble <= 10000) ||
        item->valuedouble != (double)(int)item->valuedouble)
        return wrong(r, key, "a whole number from 0 to 10000");
    *out = (guint)item->valuedouble;
    return TRUE;
}

static gboolean read_choice(const Reader *r, const char *key, const char *const *names, guint n, const char *expected,
                            guint *out)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(r->root, key);
    for (guint i = 0; cJSON_IsString(item) && i < n; i++)
        if (strcmp(item->valuestring, names[i]) == 0) {
            *out = i;
            return TRUE;
        }
    return wrong(r, key, expected);
}

static double number_or(const cJSON *object, const char *key, double otherwise)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);
    return cJSON_IsNumber(item) ? item->valuedouble : otherwise;
}

/* All outputs have a certificate, or none has. */
static gboolean read_certificate(const Reader *r, const cJSON *item, guint at, GArray *out)
{
    GoldenCertificate certificate;
    gboolean found;
    if (!golden_certificate_from_json(item, &certificate, &found))
        return wrong(r, "compare", "an array of objects whose golden_certified, open and derivation are as the schema says");
    if (found && out->len == at)
        g_array_append_val(out, certificate);
    else
        golden_certificate_clear(&certificate);
    return found == (out->len > at) && (found || out->len == 0) ? TRUE : wrong(r, "compare", "certified for all outputs or for none");
}

static gboolean read_comparisons(const Reader *r, GArray *out, GArray *certificates)
{
    const cJSON *array = cJSON_GetObjectItemCaseSensitive(r->root, "compare"), *item;
    if (!cJSON_IsArray(array))
        return wrong(r, "compare", "an array of comparison modes");
    cJSON_ArrayForEach(item, array)
    {
        const cJSON *mode = cJSON_GetObjectItemCaseSensitive(item, "mode");
        CompareSpec spec = { 0 };
        if (!cJSON_IsString(mode) || !compare_mode_from_name(mode->valuestring, &spec.mode))
            return wrong(r, "compare", "an array of objects with a known mode");
        spec.free_zero_sign = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(item, "free_zero_sign"));
        spec.rtol = number_or(item, "rtol", 0);
        spec.atol = number_or(item, "atol", 0);
        if (!read_certificate(r, item, out->len, certificates))
            return FALSE;
        if (out->len < certificates->len)
            spec.terms = derivation_sum_terms(g_array_index(certificates, GoldenCertificate, out->len).derivation);
        g_array_append_val(out, spec);
    }
    return TRUE;
}

static gboolean read_fields(const Reader *r, Case *c)
{
    static const char *const expectations[] = { "outputs", "reject" };
    guint form = 0, expectation = 0;
    if (number_or(r->root, "schema", -1) != SCHEMA_VERSION)
        return wrong(r, "schema", "1: this file is from another version of Assay");
    if (!read_string(r, "id", TRUE, &c->id) || !read_string(r, "proposal", TRUE, &c->proposal) ||
        !read_string(r, "variant", TRUE, &c->variant) || !read_string(r, "semantic", TRUE, &c->semantic) ||
        !read_string(r, "summary", TRUE, &c->summary) || !read_string(r, "twin", FALSE, &c->twin) ||
        !read_string(r, "why", FALSE, &c->why) ||
        !read_string(r, "reduced_from", FALSE, &c->reduced_from) ||
        !read_string(r, "reduced_for", FALSE, &c->reduced_for) || !read_strings(r, "requirements", TRUE, c->requirements) ||
        !read_strings(r, "dtypes", TRUE, c->dtypes) || !read_strings(r, "tags", TRUE, c->tags) ||
        !read_strings(r, "alternatives", FALSE, c->alternatives) || !read_count(r, "inputs", &c->n_inputs) ||
        !read_count(r, "outputs", &c->n_outputs) || !read_comparisons(r, c->comparisons, c->certificates) ||
        !read_choice(r, "form", form_names, G_N_ELEMENTS(form_names), "native, function or decomposed", &form) ||
        !read_choice(r, "expect", expectations, 2, "outputs or reject", &expectation))
        return FALSE;
    c->form = (Form)form;
    c->expectation = (Expectation)expectation;
    c->aware = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(r->root, "aware"));
    const char *slash = strchr(c->id, '/');
    if (!slash || strncmp(c->id, c->proposal, (gsize)(slash - c->id)) != 0 || !slash[1])
        return wrong(r, "id", "proposal/name");
    c->name = g_strdup(slash + 1);
    if (c->expectation == EXPECT_REJECT && !c->twin)
        return wrong(r, "twin", "given for a case that must be rejected");
    if (c->expectation == EXPECT_OUTPUTS && c->comparisons->len != c->n_outputs)
        return wrong(r, "compare", "as long as there are outputs");
    return TRUE;
}

Case *case_parse(const char *text, gsize length, const char *what, GError **error)
{
    g_autofree char *complaint = NULL;
    cJSON *root = json_parse(text, length, MAX_JSON_BYTES, &complaint);
    g_autoptr(Case) c = case_new();
    gboolean ok = FALSE;
    if (!cJSON_IsObject(root))
        g_set_error(error, CORPUS_ERROR, CORPUS_ERROR_FORMAT, "%s: %s", what, complaint ? complaint : "not a JSON object");
    else
        ok = read_fields(&(Reader){ root, what, error }, c);
    cJSON_Delete(root);
    return ok ? g_steal_pointer(&c) : NULL;
}

Case *case_read(const char *folder, GError **error)
{
    g_autofree char *path = g_build_filename(folder, "case.json", NULL);
    g_autofree char *text = NULL;
    gsize length;
    GError *io = NULL;
    if (!g_file_get_contents(path, &text, &length, &io)) {
        if (g_error_matches(io, G_FILE_ERROR, G_FILE_ERROR_NOENT))
            g_set_error(error, CORPUS_ERROR, CORPUS_ERROR_IO, "%s: no case there: expected a folder with case.json", folder);
        else
            g_set_error(error, CORPUS_ERROR, CORPUS_ERROR_IO, "%s", io->message);
        g_error_free(io);
        return NULL;
    }
    return case_parse(text, length, path, error);
}

/* ---- a folder of cases ---------------------------------------------------------------------------------------------- */

static gboolean list_level(const char *folder, int levels, GPtrArray *found, GError **error)
{
    g_autoptr(GError) io = NULL;
    g_autoptr(GDir) dir = g_dir_open(folder, 0, &io);
    if (!dir) {
        if (g_error_matches(io, G_FILE_ERROR, G_FILE_ERROR_NOENT) || g_error_matches(io, G_FILE_ERROR, G_FILE_ERROR_NOTDIR))
            g_set_error(error, CORPUS_ERROR, CORPUS_ERROR_IO, "%s: no such folder: expected a corpus, as 'assay generate' writes it",
                        folder);
        else
            g_set_error(error, CORPUS_ERROR, CORPUS_ERROR_IO, "%s", io->message);
        return FALSE;
    }
    const char *name;
    while ((name = g_dir_read_name(dir))) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        if (*name == '.' || g_str_has_suffix(name, ".partial") || !g_file_test(path, G_FILE_TEST_IS_DIR))
            continue;
        g_autofree char *json = g_build_filename(path, "case.json", NULL);
        if (g_file_test(json, G_FILE_TEST_EXISTS))
            g_ptr_array_add(found, g_steal_pointer(&path));
        else if (levels > 1 && !list_level(path, levels - 1, found, error))
            return FALSE;
    }
    return TRUE;
}

static gint by_name(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

GPtrArray *corpus_list(const char *corpus, GError **error)
{
    g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *own = g_build_filename(corpus, "case.json", NULL);
    if (g_file_test(own, G_FILE_TEST_EXISTS))
        g_ptr_array_add(found, g_strdup(corpus));
    else if (!list_level(corpus, 2, found, error))
        return NULL;
    if (found->len == 0) {
        g_set_error(error, CORPUS_ERROR, CORPUS_ERROR_FORMAT,
                    "%s: no case in it (a case is a folder with case.json; 'assay generate' writes them)", corpus);
        return NULL;
    }
    g_ptr_array_sort(found, by_name);
    return g_steal_pointer(&found);
}
