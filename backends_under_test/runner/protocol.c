#include "backends_under_test/runner/protocol.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

#define MAX_OUTPUTS 10000

static char *print(cJSON *json)
{
    char *text = cJSON_PrintUnformatted(json), *line = g_strdup(text);
    cJSON_free(text);
    cJSON_Delete(json);
    return line;
}

char *protocol_hello(const cJSON *options)
{
    cJSON *json = cJSON_CreateObject();
    cJSON_AddStringToObject(json, "type", "hello");
    cJSON_AddNumberToObject(json, "protocol", PROTOCOL_VERSION);
    cJSON_AddItemToObject(json, "options", cJSON_Duplicate(options, TRUE));
    return print(json);
}

static cJSON *begin(const char *type, guint64 id, const cJSON *options)
{
    cJSON *json = cJSON_CreateObject();
    cJSON_AddStringToObject(json, "type", type);
    cJSON_AddNumberToObject(json, "id", (double)id);
    cJSON_AddItemToObject(json, "options", cJSON_Duplicate(options, TRUE));
    return json;
}

char *protocol_run(guint64 id, const char *what, const char *subject, const GPtrArray *inputs, const char *outputs_dir, const cJSON *options)
{
    cJSON *json = begin("run", id, options);
    cJSON_AddStringToObject(json, what, subject);
    cJSON *array = cJSON_AddArrayToObject(json, "inputs");
    for (guint i = 0; i < inputs->len; i++)
        cJSON_AddItemToArray(array, cJSON_CreateString(inputs->pdata[i]));
    cJSON_AddStringToObject(json, "outputs_dir", outputs_dir);
    return print(json);
}

char *protocol_compile(guint64 id, const char *model, const char *blob, const cJSON *options)
{
    cJSON *json = begin("compile", id, options);
    cJSON_AddStringToObject(json, "model", model);
    cJSON_AddStringToObject(json, "blob", blob);
    return print(json);
}

char *protocol_load_compiled(guint64 id, const WorkerObject *object, const cJSON *options)
{
    cJSON *json = begin("load_compiled", id, options);
    cJSON_AddStringToObject(json, "name", object->name);
    cJSON_AddStringToObject(json, "blob", object->blob);
    cJSON_AddStringToObject(json, "compatibility", object->compatibility);
    cJSON_AddStringToObject(json, "interface", object->interface);
    return print(json);
}

char *protocol_stop(void)
{
    return g_strdup("{\"type\":\"stop\"}");
}

/* ---- answers ------------------------------------------------------------------------------------------------------- */

/* The beginning of a line as messages show it: printable, short. */
static char *shown(const char *line)
{
    g_autofree char *valid = g_utf8_make_valid(line, (gssize)MIN(strlen(line), 80));
    for (char *p = valid; *p; p++)
        if ((guchar)*p < 0x20)
            *p = ' ';
    return g_strdup_printf("'%s%s'", valid, strlen(line) > 80 ? "..." : "");
}

/* A stranger's words as every table, report and terminal may show them: one line, and nothing that steers a terminal. */
static char *clean(const char *text)
{
    g_autofree char *line = g_strstrip(g_strdelimit(g_strdup(text ? text : ""), "\t\r\n", ' '));
    return message_line(line);
}

static cJSON *parse(const char *line, GError **error)
{
    const char *end = NULL;
    cJSON      *json = cJSON_ParseWithOpts(line, &end, TRUE);
    if (!cJSON_IsObject(json)) {
        g_autofree char *text = shown(line);
        g_set_error(error, BACKEND_ERROR, BACKEND_ERROR_PROTOCOL, "answered %s: expected one JSON object on a line", text);
        cJSON_Delete(json);
        return NULL;
    }
    return json;
}

static const char *text_of(const cJSON *json, const char *key)
{
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(json, key);
    return cJSON_IsString(value) ? value->valuestring : NULL;
}

void hello_clear(Hello *hello)
{
    g_clear_pointer(&hello->name, g_free);
    g_clear_pointer(&hello->version, g_free);
    g_clear_pointer(&hello->device, g_free);
    g_clear_pointer(&hello->unsupported, g_ptr_array_unref);
}

static char *join_devices(const cJSON *devices)
{
    g_autoptr(GString) text = g_string_new(NULL);
    const cJSON *device;
    cJSON_ArrayForEach(device, devices) if (cJSON_IsString(device))
        g_string_append_printf(text, "%s%s", text->len ? ", " : "", device->valuestring);
    return clean(text->str);
}

static gboolean read_hello(const cJSON *json, Hello *hello, GError **error)
{
    const cJSON *failed = cJSON_GetObjectItemCaseSensitive(json, "error");
    const cJSON *protocol = cJSON_GetObjectItemCaseSensitive(json, "protocol");
    if (failed) {
        const char *message = text_of(failed, "message");
        g_set_error_literal(error, BACKEND_ERROR, BACKEND_ERROR_START, message && *message ? message : "cannot run here, and does not say why");
        return FALSE;
    }
    if (!cJSON_IsNumber(protocol) || protocol->valuedouble != PROTOCOL_VERSION) {
        g_set_error(error, BACKEND_ERROR, BACKEND_ERROR_PROTOCOL, "hello: expected \"protocol\": %d", PROTOCOL_VERSION);
        return FALSE;
    }
    hello->name = clean(text_of(json, "name"));
    hello->version = clean(text_of(json, "version"));
    hello->device = join_devices(cJSON_GetObjectItemCaseSensitive(json, "devices"));
    if (!text_of(json, "name") || !text_of(json, "version") || !*hello->device) {
        g_set_error(error, BACKEND_ERROR, BACKEND_ERROR_PROTOCOL,
                    "hello: expected texts \"name\" and \"version\" and a non-empty array \"devices\"");
        return FALSE;
    }
    hello->announces_load = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(json, "announces_load"));
    hello->queues = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(json, "queues"));
    hello->compiles = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(json, "compiles"));
    hello->unsupported =
        capability_rules_read(cJSON_GetObjectItemCaseSensitive(json, "unsupported"), "the adapter's hello", error);
    return hello->unsupported != NULL;
}

static void clean_error(GError *error)
{
    char *line = clean(error->message);
    g_free(error->message);
    error->message = line;
}

gboolean protocol_read_hello(const char *line, Hello *hello, GError **error)
{
    cJSON *json = parse(line, error);
    if (!json)
        return FALSE;
    gboolean good = read_hello(json, hello, error);
    cJSON_Delete(json);
    if (!good)
        hello_clear(hello);
    if (!good && error)
        clean_error(*error);
    return good;
}

static void violation(Attempt *attempt, const char *format, ...) G_GNUC_PRINTF(2, 3);

static void violation(Attempt *attempt, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_clear_pointer(&attempt->outputs, g_ptr_array_unref);
    attempt->kind = ATTEMPT_VIOLATION;
    g_autofree char *message = g_strdup_vprintf(format, args);
    attempt->message = clean(message);
    va_end(args);
}

static void read_refusal(const cJSON *refusal, Attempt *attempt)
{
    const char *stage = text_of(refusal, "stage"), *message = text_of(refusal, "message");
    const char *kind = text_of(refusal, "kind");
    const cJSON *any_kind = cJSON_GetObjectItemCaseSensitive(refusal, "kind");
    if (!stage || (strcmp(stage, "load") != 0 && strcmp(stage, "run") != 0) || !message || !*message) {
        violation(attempt, "answered an error without \"stage\" (load or run) and \"message\"");
        return;
    }
    if (any_kind && !cJSON_IsNull(any_kind) && (!kind || (strcmp(kind, "adapter") != 0 && strcmp(kind, "unsupported") != 0))) {
        violation(attempt, "answered an error of \"kind\" '%.80s': expected unsupported, adapter, or none", kind ? kind : "(no text)");
        return;
    }
    if (kind && strcmp(kind, "adapter") == 0) {
        violation(attempt, "the adapter itself failed: %s", message);
        return;
    }
    attempt->kind = ATTEMPT_REFUSED;
    attempt->stage = g_strdup(stage);
    attempt->message = clean(message);
    attempt->unsupported = kind && strcmp(kind, "unsupported") == 0;
}

/* An output is a plain file directly in outputs_dir: a link or a path that leads elsewhere could show us anything. */
static gboolean take_output(const char *name, const char *outputs_dir, Attempt *attempt)
{
    struct stat about;
    if (!*name || strchr(name, '/') || strcmp(name, ".") == 0 || strcmp(name, "..") == 0) {
        violation(attempt, "named the output file '%s': expected a plain name inside outputs_dir", name);
        return FALSE;
    }
    g_autofree char *path = g_build_filename(outputs_dir, name, NULL);
    if (lstat(path, &about) != 0 || !S_ISREG(about.st_mode)) {
        violation(attempt, "named the output file '%s', but wrote no such regular file", name);
        return FALSE;
    }
    g_ptr_array_add(attempt->outputs, g_steal_pointer(&path));
    return TRUE;
}

static void read_outputs(const cJSON *outputs, const char *outputs_dir, Attempt *attempt)
{
    const cJSON *name;
    attempt->kind = ATTEMPT_ANSWERED;
    attempt->outputs = g_ptr_array_new_with_free_func(g_free);
    if (!cJSON_IsArray(outputs) || cJSON_GetArraySize(outputs) > MAX_OUTPUTS) {
        violation(attempt, "answered ok without an array \"outputs\" of file names");
        return;
    }
    cJSON_ArrayForEach(name, outputs)
    {
        if (!cJSON_IsString(name)) {
            violation(attempt, "answered \"outputs\" that are not all file names");
            return;
        }
        if (!take_output(name->valuestring, outputs_dir, attempt))
            return;
    }
}

/* What compile and load_compiled answer. */
static void read_text(const cJSON *json, Attempt *attempt)
{
    const char *compatibility = text_of(json, "compatibility"), *verdict = text_of(json, "verdict"), *message = text_of(json, "message");
    attempt->kind = ATTEMPT_ANSWERED;
    attempt->text = g_strdup(compatibility ? compatibility : verdict);
    if (attempt->text)
        attempt->message = message ? clean(message) : NULL;
    else
        violation(attempt, "answered ok without a text \"compatibility\" (compile) or \"verdict\" (load_compiled)");
}

/* Optional; what is no number or negative counts as not said. */
static double seconds_of(const cJSON *timing, const char *key)
{
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(timing, key);
    return cJSON_IsNumber(value) && value->valuedouble >= 0 ? value->valuedouble : -1;
}

static void read_timing(const cJSON *timing, Attempt *attempt)
{
    attempt->load_seconds = seconds_of(timing, "load");
    attempt->run_seconds = seconds_of(timing, "run");
}

gboolean protocol_is_loaded(const char *line, guint64 id)
{
    cJSON       *json = cJSON_Parse(line);
    const cJSON *announced = cJSON_GetObjectItemCaseSensitive(json, "id");
    gboolean     loaded = cJSON_IsNumber(announced) && announced->valuedouble == (double)id &&
                      cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(json, "loaded")) &&
                      !cJSON_HasObjectItem(json, "ok") && !cJSON_HasObjectItem(json, "error");
    cJSON_Delete(json);
    return loaded;
}

/* A line without an id. No answer looks like this to the first request but a second one to hello, which has no id. */
static void read_stray(const cJSON *json, guint64 id, Attempt *attempt)
{
    const gboolean about_hello = id == 1 && !cJSON_HasObjectItem(json, "ok") && !cJSON_HasObjectItem(json, "error");
    violation(attempt, about_hello ? "wrote more than one line as the answer to hello" : "answered without \"id\"");
}

static void read_answer(const cJSON *json, const char *outputs_dir, Attempt *attempt)
{
    const cJSON   *refusal = cJSON_GetObjectItemCaseSensitive(json, "error");
    const gboolean ok = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(json, "ok"));
    if (ok && refusal)
        violation(attempt, "answered both \"ok\": true and \"error\": expected one of them");
    else if (refusal)
        read_refusal(refusal, attempt);
    else if (!ok && cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(json, "loaded")))
        violation(attempt, "announced the load twice, or without \"announces_load\" in its hello");
    else if (!ok)
        violation(attempt, "answered neither \"ok\": true nor \"error\"");
    else if (outputs_dir)
        read_outputs(cJSON_GetObjectItemCaseSensitive(json, "outputs"), outputs_dir, attempt);
    else
        read_text(json, attempt);
}

void protocol_read_answer(const char *line, guint64 id, const char *outputs_dir, Attempt *attempt)
{
    g_autoptr(GError) error = NULL;
    cJSON *json = parse(line, &error);
    if (!json) {
        violation(attempt, "%s", error->message);
        return;
    }
    const cJSON *answered = cJSON_GetObjectItemCaseSensitive(json, "id");
    if (!cJSON_IsNumber(answered))
        read_stray(json, id, attempt);
    else if (answered->valuedouble != (double)id)
        violation(attempt, "answered id %.17g: expected %" G_GUINT64_FORMAT, answered->valuedouble, id);
    else
        read_answer(json, outputs_dir, attempt);
    if (attempt->kind == ATTEMPT_ANSWERED)
        read_timing(cJSON_GetObjectItemCaseSensitive(json, "timing"), attempt);
    cJSON_Delete(json);
}
