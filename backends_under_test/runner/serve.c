#include "backends_under_test/runner/serve.h"
#include "backends_under_test/runner/child_log.h"
#include "reference/onnx/save.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

G_DEFINE_QUARK(assay-adapter-error-quark, adapter_error)

const char *adapter_option(const cJSON *options, const char *key, const char *fallback)
{
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(options, key);
    return cJSON_IsString(value) ? value->valuestring : fallback;
}

static const char *text_of(const cJSON *request, const char *key)
{
    return adapter_option(request, key, NULL);
}

/* `asked` is what was to be done: a function of the adapter that failed may have left no error. */
static void add_error(cJSON *answer, const char *asked, const GError *given)
{
    g_autoptr(GError) made = given ? NULL : g_error_new(ADAPTER_ERROR, ADAPTER_ERROR_ITSELF,
                                                        "the adapter's function for %s gave neither a result nor an error", asked);
    const GError *error = given ? given : made;
    gboolean load = error->domain == ADAPTER_ERROR &&
                    (error->code == ADAPTER_ERROR_LOAD || error->code == ADAPTER_ERROR_LOAD_UNSUPPORTED);
    const char *kind = NULL;
    if (error->domain != ADAPTER_ERROR || error->code == ADAPTER_ERROR_ITSELF)
        kind = "adapter";
    else if (error->code == ADAPTER_ERROR_LOAD_UNSUPPORTED || error->code == ADAPTER_ERROR_RUN_UNSUPPORTED)
        kind = "unsupported";
    g_autofree char *message = g_utf8_make_valid(error->message, -1);
    cJSON *object = cJSON_AddObjectToObject(answer, "error");
    cJSON_AddStringToObject(object, "stage", load ? "load" : "run");
    cJSON_AddStringToObject(object, "message", *message ? message : "no message");
    if (kind)
        cJSON_AddStringToObject(object, "kind", kind);
}

/* ---- lines --------------------------------------------------------------------------------------------------------- */

static FILE        *answers;    /* what was stdout */
static const cJSON *current_id; /* of the request under way; NULL: it has none */

static gboolean send_line(cJSON *json)
{
    char    *text = cJSON_PrintUnformatted(json);
    gboolean sent = text && fprintf(answers, "%s\n", text) >= 0 && fflush(answers) == 0;
    cJSON_free(text);
    cJSON_Delete(json);
    return sent;
}

void adapter_loaded(void)
{
    if (!answers)
        return; /* not in an adapter */
    cJSON *line = cJSON_CreateObject();
    cJSON_AddItemToObject(line, "id", cJSON_Duplicate(current_id, FALSE));
    cJSON_AddTrueToObject(line, "loaded");
    send_line(line); /* if nobody reads, the answer will tell */
}

/* ---- requests ------------------------------------------------------------------------------------------------------ */

/* The option that every adapter has whose backend compiles: by which way a model gets to its outputs. */
static gboolean check_via(const AdapterCallbacks *callbacks, const cJSON *options, GError **error)
{
    const char *via = adapter_option(options, "via", "model");
    if (strcmp(via, "model") == 0 || (callbacks->ahead && strcmp(via, "object") == 0))
        return TRUE;
    g_set_error(error, ADAPTER_ERROR, ADAPTER_ERROR_ITSELF, "option via is '%s', expected %s", via,
                callbacks->ahead ? "model or object" : "model: it does not compile");
    return FALSE;
}

static void answer_hello(const AdapterCallbacks *callbacks, gpointer state, const cJSON *request, cJSON *answer)
{
    AdapterFacts facts = { .version = "unknown", .device = "cpu" };
    const cJSON *options = cJSON_GetObjectItemCaseSensitive(request, "options");
    g_autoptr(GError) error = NULL;
    if (!check_via(callbacks, options, &error) || !callbacks->hello(options, &facts, state, &error)) {
        add_error(answer, "hello", error);
        return;
    }
    cJSON_AddNumberToObject(answer, "protocol", 1);
    cJSON_AddStringToObject(answer, "name", callbacks->name);
    cJSON_AddStringToObject(answer, "version", facts.version ? facts.version : "unknown");
    cJSON_AddItemToArray(cJSON_AddArrayToObject(answer, "devices"), cJSON_CreateString(facts.device ? facts.device : "cpu"));
    if (callbacks->announces_load)
        cJSON_AddTrueToObject(answer, "announces_load");
    cJSON_AddTrueToObject(answer, "queues");
    if (callbacks->ahead)
        cJSON_AddTrueToObject(answer, "compiles");
}

static gboolean write_outputs(const GPtrArray *outputs, const char *folder, cJSON *names, GError **error)
{
    for (guint i = 0; i < outputs->len; i++) {
        g_autofree char *name = g_strdup_printf("output_%u.pb", i), *path = g_build_filename(folder, name, NULL);
        g_autoptr(GBytes) bytes = value_to_bytes(outputs->pdata[i], name, error);
        gsize             size = 0;
        const char       *data = bytes ? g_bytes_get_data(bytes, &size) : NULL;
        /* In place: nobody looks before the answer. */
        if (!bytes || !g_file_set_contents_full(path, size ? data : "", (gssize)size, G_FILE_SET_CONTENTS_NONE, 0666, error))
            return FALSE;
        cJSON_AddItemToArray(names, cJSON_CreateString(name));
    }
    return TRUE;
}

static double load_seconds, run_seconds; /* of the case under way; negative: not said */

void adapter_timing(double load, double run)
{
    load_seconds = load;
    run_seconds = run;
}

double adapter_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void add_timing(cJSON *answer)
{
    cJSON *timing = load_seconds >= 0 || run_seconds >= 0 ? cJSON_AddObjectToObject(answer, "timing") : NULL;
    if (load_seconds >= 0)
        cJSON_AddNumberToObject(timing, "load", load_seconds);
    if (run_seconds >= 0)
        cJSON_AddNumberToObject(timing, "run", run_seconds);
}

/* The model by way of the object that it compiles to. */
static GPtrArray *compute_object(const AdapterCallbacks *callbacks, gpointer state, const cJSON *request, const GPtrArray *paths,
                                 GError **error)
{
    const AdapterAheadOfTime *ahead = callbacks->ahead;
    const char *model = text_of(request, "model");
    g_autofree char *blob = g_build_filename(text_of(request, "outputs_dir"), "object", NULL), *message = NULL;
    g_autofree char *compatibility = ahead->compile(model, blob, state, error);
    const char *verdict = compatibility ? ahead->load("model", blob, compatibility, model, &message, state, error) : NULL;
    g_unlink(blob);
    if (!verdict)
        return NULL;
    if (strcmp(verdict, "usable") != 0) {
        g_set_error(error, ADAPTER_ERROR, ADAPTER_ERROR_LOAD, "its own object is %s%s%s", verdict, message ? ": " : "", message ? message : "");
        return NULL;
    }
    if (callbacks->announces_load)
        adapter_loaded();
    return ahead->run("model", (const char *const *)paths->pdata, paths->len, state, error);
}

/* The model of the request, or the loaded object that it names. */
static GPtrArray *compute(const AdapterCallbacks *callbacks, gpointer state, const cJSON *request, const GPtrArray *paths, GError **error)
{
    const char *model = text_of(request, "model"), *compiled = text_of(request, "compiled");
    const char *const *inputs = (const char *const *)paths->pdata;
    const cJSON *options = cJSON_GetObjectItemCaseSensitive(request, "options");
    if (model && callbacks->ahead && strcmp(adapter_option(options, "via", ""), "object") == 0)
        return compute_object(callbacks, state, request, paths, error);
    if (model)
        return callbacks->run(model, inputs, paths->len, options, state, error);
    if (compiled && callbacks->ahead)
        return callbacks->ahead->run(compiled, inputs, paths->len, state, error);
    g_set_error(error, ADAPTER_ERROR, ADAPTER_ERROR_ITSELF, "run needs a model");
    return NULL;
}

static gboolean run_case(const AdapterCallbacks *callbacks, gpointer state, const cJSON *request, cJSON *answer,
                         GError **error)
{
    const char  *folder = text_of(request, "outputs_dir");
    const cJSON *inputs = cJSON_GetObjectItemCaseSensitive(request, "inputs"), *input;
    g_autoptr(GPtrArray) paths = g_ptr_array_new();
    cJSON_ArrayForEach(input, inputs) if (cJSON_IsString(input)) g_ptr_array_add(paths, input->valuestring);
    if (!folder || !cJSON_IsArray(inputs) || (int)paths->len != cJSON_GetArraySize(inputs)) {
        g_set_error(error, ADAPTER_ERROR, ADAPTER_ERROR_ITSELF, "run needs inputs and outputs_dir");
        return FALSE;
    }
    g_autoptr(GPtrArray) outputs = compute(callbacks, state, request, paths, error);
    if (!outputs)
        return FALSE;
    cJSON *names = cJSON_CreateArray();
    if (!write_outputs(outputs, folder, names, error)) {
        cJSON_Delete(names);
        return FALSE;
    }
    cJSON_AddItemToObject(answer, "outputs", names);
    return TRUE;
}

static gboolean compile_model(const AdapterCallbacks *callbacks, gpointer state, const cJSON *request, cJSON *answer, GError **error)
{
    const char *model = text_of(request, "model"), *blob = text_of(request, "blob");
    if (!model || !blob) {
        g_set_error(error, ADAPTER_ERROR, ADAPTER_ERROR_ITSELF, "compile needs model and blob");
        return FALSE;
    }
    g_autofree char *compatibility = callbacks->ahead->compile(model, blob, state, error);
    if (compatibility)
        cJSON_AddStringToObject(answer, "compatibility", compatibility);
    return compatibility != NULL;
}

static gboolean load_object(const AdapterCallbacks *callbacks, gpointer state, const cJSON *request, cJSON *answer, GError **error)
{
    const char *name = text_of(request, "name"), *blob = text_of(request, "blob");
    const char *compatibility = text_of(request, "compatibility"), *interface = text_of(request, "interface");
    if (!name || !blob || !compatibility || !interface) {
        g_set_error(error, ADAPTER_ERROR, ADAPTER_ERROR_ITSELF, "load_compiled needs name, blob, compatibility and interface");
        return FALSE;
    }
    g_autofree char *message = NULL;
    const char *verdict = callbacks->ahead->load(name, blob, compatibility, interface, &message, state, error);
    if (verdict)
        cJSON_AddStringToObject(answer, "verdict", verdict);
    if (message) {
        g_autofree char *valid = g_utf8_make_valid(message, -1);
        cJSON_AddStringToObject(answer, "message", valid);
    }
    return verdict != NULL;
}

/* What stderr says from here on is about this request. In one write, so that nothing comes between. */
static void mark_words(const cJSON *request)
{
    const cJSON *id = cJSON_GetObjectItemCaseSensitive(request, "id");
    if (!cJSON_IsNumber(id))
        return;
    g_autofree char *mark = g_strdup_printf(CHILD_LOG_MARK "%.0f\n", id->valuedouble);
    fflush(stderr);
    if (write(STDERR_FILENO, mark, strlen(mark)) < 0)
        return; /* nobody reads it: there is nobody to tell */
}

static void answer_work(const AdapterCallbacks *callbacks, gpointer state, const char *type, const cJSON *request, cJSON *answer)
{
    g_autoptr(GError) error = NULL;
    gboolean good = FALSE;
    adapter_timing(-1, -1);
    mark_words(request);
    if (strcmp(type, "run") == 0)
        good = run_case(callbacks, state, request, answer, &error);
    else if (callbacks->ahead && strcmp(type, "compile") == 0)
        good = compile_model(callbacks, state, request, answer, &error);
    else if (callbacks->ahead && strcmp(type, "load_compiled") == 0)
        good = load_object(callbacks, state, request, answer, &error);
    else
        g_set_error(&error, ADAPTER_ERROR, ADAPTER_ERROR_ITSELF, "no such request");
    if (!good) {
        add_error(answer, type, error);
        return;
    }
    cJSON_AddTrueToObject(answer, "ok");
    add_timing(answer);
}

/* NULL: stop. The caller deletes the answer. */
static cJSON *answer_request(const AdapterCallbacks *callbacks, gpointer state, const char *line)
{
    cJSON       *request = cJSON_Parse(line), *answer = cJSON_CreateObject();
    const cJSON *id = cJSON_GetObjectItemCaseSensitive(request, "id");
    const char  *type = text_of(request, "type");
    if (id)
        cJSON_AddItemToObject(answer, "id", cJSON_Duplicate(id, FALSE));
    current_id = id;
    if (type && strcmp(type, "stop") == 0)
        g_clear_pointer(&answer, cJSON_Delete);
    else if (type && strcmp(type, "hello") == 0)
        answer_hello(callbacks, state, request, answer);
    else
        answer_work(callbacks, state, type ? type : "", request, answer);
    cJSON_Delete(request);
    return answer;
}

int adapter_serve(const AdapterCallbacks *callbacks, gpointer state)
{
    g_autofree char *line = NULL;
    size_t           room = 0;
    int              to = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
    answers = to >= 0 ? fdopen(to, "w") : NULL;
    if (!answers || dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
        return 1;
    while (getline(&line, &room, stdin) >= 0) {
        cJSON *answer = answer_request(callbacks, state, line);
        if (!answer)
            break;
        if (!send_line(answer))
            return 1;
    }
    fclose(answers);
    return 0;
}
