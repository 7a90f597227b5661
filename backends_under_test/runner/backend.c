#include "backends_under_test/runner/backend.h"
#include "golden/relaxed.h"
#include "reference/cli/json.h"
#include "reference/cli/paths.h"

#include <string.h>

G_DEFINE_QUARK(assay-backend-error-quark, backend_error)

#define DEFAULT_START_SECONDS 60.0
#define DEFAULT_MEMORY_MB     16384.0
#define MAX_BYTES             (4 << 20) /* of backend.json */

void backend_free(Backend *b)
{
    if (!b)
        return;
    g_free(b->name);
    g_free(b->folder);
    g_free(b->description);
    g_strfreev(b->command);
    g_strfreev(b->version_command);
    g_strfreev(b->environment);
    g_strfreev(b->install);
    g_free(b->settings);
    g_free(b->profile);
    g_strfreev(b->known_options);
    cJSON_Delete(b->options);
    if (b->unsupported)
        g_ptr_array_unref(b->unsupported);
    g_hash_table_unref(b->known_faults);
    g_free(b);
}

/* ---- where things are ---------------------------------------------------------------------------------------------- */

/* $ASSAY_ADAPTERS, else the first of the folders beside or above the program that exists. */
static char *adapters_folder(void)
{
    const char *set = g_getenv("ASSAY_ADAPTERS");
    if (set && *set)
        return g_canonicalize_filename(set, NULL);
    g_autofree char *program = g_file_read_link("/proc/self/exe", NULL);
    g_autofree char *folder = program ? g_path_get_dirname(program) : g_strdup(".");
    /* build/assay, build/tests/<program>, <prefix>/bin/assay */
    static const char *const places[] = { "adapters", "../adapters", "../libexec/assay/adapters" };
    for (gsize i = 0; i < G_N_ELEMENTS(places); i++) {
        char *candidate = g_canonicalize_filename(places[i], folder);
        if (g_file_test(candidate, G_FILE_TEST_IS_DIR))
            return candidate;
        g_free(candidate);
    }
    return g_build_filename(folder, "adapters", NULL);
}

char *backend_root(void)
{
    const char *set = g_getenv("ASSAY_BACKENDS");
    return set && *set ? g_canonicalize_filename(set, NULL) : home_path("backends_under_test");
}

static gint compare_strings(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The address sanitizer maps terabytes of shadow memory. Adapters of this build share its flags, so they cannot be limited
 * then; those in other languages are as ever. */
static void lift_limit_of_shadow_memory(Backend *b)
{
#ifdef __SANITIZE_ADDRESS__
    g_autofree char *adapters = adapters_folder();
    if (g_str_has_prefix(b->command[0], adapters))
        b->memory_bytes = 0;
#else
    (void)b;
#endif
}

GPtrArray *backend_list(GError **error)
{
    g_autofree char *root = backend_root();
    g_autoptr(GDir) dir = g_dir_open(root, 0, error);
    if (!dir)
        return NULL;
    GPtrArray  *names = g_ptr_array_new_with_free_func(g_free);
    const char *name;
    while ((name = g_dir_read_name(dir))) {
        g_autofree char *file = g_build_filename(root, name, "backend.json", NULL);
        if (g_file_test(file, G_FILE_TEST_IS_REGULAR))
            g_ptr_array_add(names, g_strdup(name));
    }
    g_ptr_array_sort(names, compare_strings);
    return names;
}

/* ---- reading backend.json ------------------------------------------------------------------------------------------- */

static gboolean fail(GError **error, const char *file, const char *key, const char *expected)
{
    g_set_error(error, BACKEND_ERROR, BACKEND_ERROR_FORMAT, "%s: '%s' must be %s", file, key, expected);
    return FALSE;
}

/* The first {name} of lower-case letters in a text that is none of `known`; NULL if there is none. ${name} is the shell's. */
static char *unknown_placeholder(const char *text, const char *const *known)
{
    for (const char *open = strchr(text, '{'); open; open = strchr(open + 1, '{')) {
        const gsize length = strspn(open + 1, G_CSET_a_2_z "_");
        if (length == 0 || open[length + 1] != '}' || (open > text && open[-1] == '$'))
            continue;
        g_autofree char *name = g_strndup(open + 1, length);
        if (!g_strv_contains(known, name))
            return g_steal_pointer(&name);
    }
    return NULL;
}

/* A misspelt one would reach the engine as it stands, and every case would fail there. */
static gboolean check_placeholders(const cJSON *texts, const char *file, const char *const *known, GError **error)
{
    const cJSON *text;
    cJSON_ArrayForEach(text, texts)
    {
        g_autofree char *unknown = cJSON_IsString(text) ? unknown_placeholder(text->valuestring, known) : NULL;
        if (!unknown)
            continue;
        g_autofree char *all = g_strjoinv("}, {", (char **)known);
        g_set_error(error, BACKEND_ERROR, BACKEND_ERROR_FORMAT, "%s: unknown placeholder {%s} in '%s': expected {%s}", file, unknown,
                    texts->string, all);
        return FALSE;
    }
    return TRUE;
}

static gboolean check_all_placeholders(const cJSON *json, const char *file, const Backend *b, GError **error)
{
    static const char *const of_case[] = { "folder", "adapters", "model", "inputs", "outputs_dir", NULL };
    static const char *const of_place[] = { "folder", "adapters", NULL }, *const of_environment[] = { "folder", NULL };
    return check_placeholders(cJSON_GetObjectItemCaseSensitive(json, "command"), file,
                              b->kind == BACKEND_COMMAND ? of_case : of_place, error) &&
           check_placeholders(cJSON_GetObjectItemCaseSensitive(json, "version_command"), file, of_place, error) &&
           check_placeholders(cJSON_GetObjectItemCaseSensitive(json, "install"), file, of_place, error) &&
           check_placeholders(cJSON_GetObjectItemCaseSensitive(json, "environment"), file, of_environment, error);
}

/* {folder} is the backend's own folder, {adapters} where `make` leaves adapters written in C. */
static char *fill_in(const char *text, const char *folder, const char *adapters)
{
    g_autoptr(GString) s = g_string_new(text);
    g_string_replace(s, "{folder}", folder, 0);
    g_string_replace(s, "{adapters}", adapters, 0);
    return g_strdup(s->str);
}

static gboolean read_command(const cJSON *value, const char *file, const char *folder, char ***command, GError **error)
{
    g_autofree char *adapters = adapters_folder();
    g_autoptr(GStrvBuilder) words = g_strv_builder_new();
    const cJSON *word;
    if (!cJSON_IsArray(value) || cJSON_GetArraySize(value) == 0)
        return fail(error, file, value->string, "an array of words, the program first");
    cJSON_ArrayForEach(word, value)
    {
        if (!cJSON_IsString(word))
            return fail(error, file, value->string, "an array of texts");
        g_autofree char *filled = fill_in(word->valuestring, folder, adapters);
        g_strv_builder_add(words, filled);
    }
    g_strfreev(*command);
    *command = g_strv_builder_end(words);
    return TRUE;
}

static gboolean read_environment(const cJSON *value, const char *file, Backend *b, GError **error)
{
    const cJSON *entry;
    g_autoptr(GString) settings = g_string_new(NULL);
    if (!cJSON_IsObject(value))
        return fail(error, file, "environment", "an object of texts");
    cJSON_ArrayForEach(entry, value)
    {
        if (!cJSON_IsString(entry))
            return fail(error, file, "environment", "an object of texts");
        g_autofree char *text = fill_in(entry->valuestring, b->folder, "");
        b->environment = g_environ_setenv(b->environment, entry->string, text, TRUE);
        g_string_append_printf(settings, "%s%s=%s", settings->len ? " " : "", entry->string, entry->valuestring);
    }
    g_free(b->settings);
    b->settings = g_strdup(settings->str);
    return TRUE;
}

static gboolean read_known_faults(const cJSON *value, const char *file, Backend *b, GError **error)
{
    const cJSON *entry;
    if (!cJSON_IsObject(value))
        return fail(error, file, "known_faults", "an object: a check of the self-test to the reason");
    cJSON_ArrayForEach(entry, value)
    {
        if (!cJSON_IsString(entry) || !*entry->valuestring)
            return fail(error, file, "known_faults", "an object of reasons");
        g_hash_table_replace(b->known_faults, g_strdup(entry->string), message_line(entry->valuestring));
    }
    return TRUE;
}

/* The folder's name is the backend's: another one in the file would be told nobody. */
static gboolean read_name(const cJSON *value, const char *file, const Backend *b, GError **error)
{
    g_autofree char *folder = g_path_get_basename(b->folder), *expected = g_strdup_printf("\"%s\", as the folder", folder);
    return (cJSON_IsString(value) && strcmp(value->valuestring, folder) == 0) || fail(error, file, "name", expected);
}

static gboolean read_known_options(const cJSON *value, const char *file, Backend *b, GError **error)
{
    const cJSON *entry;
    g_autoptr(GStrvBuilder) names = g_strv_builder_new();
    if (!cJSON_IsArray(value))
        return fail(error, file, "options", "an array of names");
    cJSON_ArrayForEach(entry, value)
    {
        if (!cJSON_IsString(entry) || !*entry->valuestring)
            return fail(error, file, "options", "an array of names");
        g_strv_builder_add(names, entry->valuestring);
    }
    g_strfreev(b->known_options);
    b->known_options = g_strv_builder_end(names);
    return TRUE;
}

static gboolean read_number(const cJSON *value, const char *file, double *number, GError **error)
{
    if (!cJSON_IsNumber(value) || !(value->valuedouble >= 0 && value->valuedouble <= 1e9))
        return fail(error, file, value->string, "a number from 0 to 1e9");
    *number = value->valuedouble;
    return TRUE;
}

/* 0 is the status of an answer. */
static gboolean read_status(const cJSON *value, const char *file, int *status, GError **error)
{
    if (!cJSON_IsNumber(value) || !(value->valuedouble >= 1 && value->valuedouble <= 255) || value->valuedouble != value->valueint)
        return fail(error, file, value->string, "a whole number from 1 to 255");
    *status = value->valueint;
    return TRUE;
}

static gboolean read_kind(const cJSON *value, const char *file, Backend *b, GError **error)
{
    if (cJSON_IsString(value) && strcmp(value->valuestring, "adapter") == 0)
        b->kind = BACKEND_ADAPTER;
    else if (cJSON_IsString(value) && strcmp(value->valuestring, "command") == 0)
        b->kind = BACKEND_COMMAND;
    else
        return fail(error, file, "kind", "\"adapter\" or \"command\"");
    return TRUE;
}

static gboolean take_profile(const char *name, const char *where, Backend *b, GError **error)
{
    g_autofree char *complaint = relaxed_complaint(name);
    if (complaint) {
        g_set_error(error, BACKEND_ERROR, BACKEND_ERROR_FORMAT, "%s: %s", where, complaint);
        return FALSE;
    }
    g_free(b->profile);
    b->profile = g_strdup(name);
    return TRUE;
}

static gboolean read_field(const cJSON *field, const char *file, Backend *b, GError **error)
{
    const char *key = field->string;
    double      number;
    if (strcmp(key, "kind") == 0)
        return read_kind(field, file, b, error);
    if (strcmp(key, "command") == 0)
        return read_command(field, file, b->folder, &b->command, error);
    if (strcmp(key, "version_command") == 0)
        return read_command(field, file, b->folder, &b->version_command, error);
    if (strcmp(key, "install") == 0)
        return read_command(field, file, b->folder, &b->install, error);
    if (strcmp(key, "environment") == 0)
        return read_environment(field, file, b, error);
    if (strcmp(key, "known_faults") == 0)
        return read_known_faults(field, file, b, error);
    if (strcmp(key, "start_seconds") == 0)
        return read_number(field, file, &b->start_seconds, error);
    if (strcmp(key, "memory_mb") == 0) {
        if (!read_number(field, file, &number, error))
            return FALSE;
        b->memory_bytes = (guint64)(number * 1048576.0);
        return TRUE;
    }
    if (strcmp(key, "refuses_with") == 0)
        return read_status(field, file, &b->refuses_with, error);
    if (strcmp(key, "name") == 0)
        return read_name(field, file, b, error);
    if (strcmp(key, "options") == 0)
        return read_known_options(field, file, b, error);
    if (strcmp(key, "description") == 0) {
        g_free(b->description);
        b->description = cJSON_IsString(field) ? message_line(field->valuestring) : NULL;
        return b->description || fail(error, file, key, "a text");
    }
    if (strcmp(key, "profile") == 0)
        return cJSON_IsString(field) ? b->profile != NULL || take_profile(field->valuestring, file, b, error)
                                     : fail(error, file, key, "a text");
    if (strcmp(key, "unsupported") == 0) {
        if (b->unsupported)
            g_ptr_array_unref(b->unsupported);
        return (b->unsupported = capability_rules_read(field, file, error)) != NULL;
    }
    return fail(error, file, key, "one of name, description, kind, command, options, version_command, install, "
                                  "environment, start_seconds, memory_mb, refuses_with, known_faults, profile, unsupported");
}

static gboolean read_file(const char *file, Backend *b, GError **error)
{
    g_autofree char *text = NULL;
    gsize            size;
    if (!g_file_get_contents(file, &text, &size, error))
        return FALSE;
    g_autofree char *complaint = NULL;
    cJSON           *json = json_parse(text, size, MAX_BYTES, &complaint);
    if (!cJSON_IsObject(json)) {
        cJSON_Delete(json);
        g_set_error(error, BACKEND_ERROR, BACKEND_ERROR_FORMAT, "%s: %s", file, complaint ? complaint : "not a JSON object");
        return FALSE;
    }
    gboolean     good = TRUE;
    const cJSON *field;
    cJSON_ArrayForEach(field, json) if (good) good = read_field(field, file, b, error);
    good = good && check_all_placeholders(json, file, b, error);
    cJSON_Delete(json);
    if (good && !b->command)
        return fail(error, file, "command", "given");
    if (b->kind == BACKEND_COMMAND && !b->known_options)
        b->known_options = g_new0(char *, 1); /* nothing hands it any */
    if (!b->unsupported)
        b->unsupported = capability_rules_read(NULL, file, NULL);
    if (good)
        lift_limit_of_shadow_memory(b);
    return good;
}

/* ---- loading ------------------------------------------------------------------------------------------------------- */

static gboolean read_options(const char *text, Backend *b, GError **error)
{
    b->options = cJSON_CreateObject();
    if (!text)
        return TRUE;
    g_auto(GStrv) pairs = g_strsplit(text, ",", -1);
    for (char **pair = pairs; *pair; pair++) {
        char *equals = strchr(*pair, '=');
        if (!equals || equals == *pair) {
            g_set_error(error, BACKEND_ERROR, BACKEND_ERROR_UNKNOWN, "option '%s' of backend %s: expected key=value",
                        *pair, b->name);
            return FALSE;
        }
        *equals = '\0';
        if (strcmp(*pair, "profile") == 0) { /* ours, not the adapter's; goes before backend.json */
            if (!take_profile(equals + 1, b->name, b, error))
                return FALSE;
            continue;
        }
        cJSON_DeleteItemFromObjectCaseSensitive(b->options, *pair);
        cJSON_AddStringToObject(b->options, *pair, equals + 1);
    }
    return TRUE;
}

/* An option that nobody reads would be believed to do what it says: results of a CPU under the name of a GPU. */
static gboolean check_options(const Backend *b, GError **error)
{
    const cJSON *option;
    cJSON_ArrayForEach(option, b->options)
    {
        if (!b->known_options || g_strv_contains((const char *const *)b->known_options, option->string))
            continue;
        g_autofree char *names = g_strjoinv(", ", b->known_options);
        g_set_error(error, BACKEND_ERROR, BACKEND_ERROR_UNKNOWN, "backend %s: no option '%s'; its options are %s%sprofile", b->name,
                    option->string, names, *names ? ", " : "");
        return FALSE;
    }
    return TRUE;
}

static char *known_names(void)
{
    g_autoptr(GPtrArray) names = backend_list(NULL);
    if (!names || names->len == 0)
        return g_strdup("none");
    g_ptr_array_add(names, NULL);
    return g_strjoinv(", ", (char **)names->pdata);
}

static char *backend_folder(const char *name)
{
    g_autofree char *root = strchr(name, '/') ? g_get_current_dir() : backend_root();
    return g_canonicalize_filename(name, root);
}

Backend *backend_load(const char *what, GError **error)
{
    /* A path may hold a colon; options start after the last component's first. */
    const char *last = strrchr(what, '/'), *colon = strchr(last ? last : what, ':');
    g_autofree char   *place = colon ? g_strndup(what, (gsize)(colon - what)) : g_strdup(what);
    g_autoptr(Backend) b = g_new0(Backend, 1);
    b->refuses_with = -1;
    b->start_seconds = DEFAULT_START_SECONDS;
    b->memory_bytes = (guint64)(DEFAULT_MEMORY_MB * 1048576.0);
    b->environment = g_get_environ();
    b->settings = g_strdup("");
    b->known_faults = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    b->folder = backend_folder(place);
    g_autofree char *base = g_path_get_basename(b->folder);
    b->name = g_strconcat(base, colon, NULL);
    g_autofree char *file = g_build_filename(b->folder, "backend.json", NULL);
    if (!*place || strcmp(place, ".") == 0 || strcmp(place, "..") == 0 || !g_file_test(file, G_FILE_TEST_IS_REGULAR)) {
        g_autofree char *known = known_names();
        g_set_error(error, BACKEND_ERROR, BACKEND_ERROR_UNKNOWN, "no backend '%s' (%s does not exist); known: %s", place,
                    file, known);
        return NULL;
    }
    if (!read_options(colon ? colon + 1 : NULL, b, error) || !read_file(file, b, error) || !check_options(b, error))
        return NULL;
    return g_steal_pointer(&b);
}
