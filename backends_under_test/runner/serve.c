#include "backends_under_test/runner/serve.h"
#include "reference/onnx/save.h"

#include <fcntl.h>
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

static void add_error(cJSON *answer, const GError *error)
{
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
    cJSON *line = cJSON_CreateObject();
    cJSON_AddItemToObject(line, "id", cJSON_Duplicate(current_id, FALSE));
    cJSON_AddTrueToObject(line, "loaded");
    send_line(line); /* if nobody reads, the answer will tell */
}

/* ---- requests ------------------------------------------------------------------------------------------------------ */

static void answer_hello(const AdapterCallbacks *callbacks, gpointer state, const cJSON *request, cJSON *answer)
{
    AdapterFacts facts = { .version = "unknown", .device = "cpu" };
    g_autoptr(GError) error = NULL;
    if (!callbacks->hello(cJSON_GetObjectItemCaseSensitive(request, "options"), &facts, state, &error)) {
        add_error(answer, error);
        return;
    }
    cJSON_AddNumberToObject(answer, "protocol", 1);
    cJSON_AddStringToObject(answer, "name", callbacks->name);
    cJSON_AddStringToObject(answer, "version", facts.version);
    cJSON_AddItemToArray(cJSON_AddArrayToObject(answer, "devices"), cJSON_CreateString(facts.device));
    if (callbacks->announces_load)
        cJSON_AddTrueToObject(answer, "announces_load");
}

static gboolean write_outputs(const GPtrArray *outputs, const char *folder, cJSON *names, GError **error)
{
    for (guint i = 0; i < outputs->len; i++) {
        g_autofree char *name = g_strdup_printf("output_%u.pb", i), *path = g_build_filename(folder, name, NULL);
        if (!value_save(outputs->pdata[i], name, path, error))
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
    if (load_seconds < 0 || run_seconds < 0)
        return;
    cJSON *timing = cJSON_AddObjectToObject(answer, "timing");
    cJSON_AddNumberToObject(timing, "load", load_seconds);
    cJSON_AddNumberToObject(timing, "run", run_seconds);
}

static gboolean run_case(const AdapterCallbacks *callbacks, gpointer state, const cJSON *request, cJSON *answer,
                         GError **error)
{
    const char  *model = text_of(request, "model"), *folder = text_of(request, "outputs_dir");
    const cJSON *inputs = cJSON_GetObjectItemCaseSensitive(request, "inputs"), *input;
    g_autoptr(GPtrArray) paths = g_ptr_array_new();
    cJSON_ArrayForEach(input, inputs) if (cJSON_IsString(input)) g_ptr_array_add(paths, input->valuestring);
    if (!model || !folder || !cJSON_IsArray(inputs) || (int)paths->len != cJSON_GetArraySize(inputs)) {
        g_set_error(error, ADAPTER_ERROR, ADAPTER_ERROR_ITSELF, "run needs model, inputs and outputs_dir");
        return FALSE;
    }
    adapter_timing(-1, -1);
    g_autoptr(GPtrArray) outputs =
        callbacks->run(model, (const char *const *)paths->pdata, paths->len,
                       cJSON_GetObjectItemCaseSensitive(request, "options"), state, error);
    if (!outputs)
        return FALSE;
    cJSON *names = cJSON_CreateArray();
    if (!write_outputs(outputs, folder, names, error)) {
        cJSON_Delete(names);
        return FALSE;
    }
    cJSON_AddTrueToObject(answer, "ok");
    cJSON_AddItemToObject(answer, "outputs", names);
    add_timing(answer);
    return TRUE;
}

/* NULL: stop. The caller deletes the answer. */
static cJSON *answer_request(const AdapterCallbacks *callbacks, gpointer state, const char *line)
{
    g_autoptr(GError) error = NULL;
    cJSON        *request = cJSON_Parse(line), *answer = cJSON_CreateObject();
    const cJSON *id = cJSON_GetObjectItemCaseSensitive(request, "id");
    const char  *type = text_of(request, "type");
    if (id)
        cJSON_AddItemToObject(answer, "id", cJSON_Duplicate(id, FALSE));
    current_id = id;
    if (type && strcmp(type, "stop") == 0) {
        g_clear_pointer(&answer, cJSON_Delete);
    } else if (type && strcmp(type, "hello") == 0) {
        answer_hello(callbacks, state, request, answer);
    } else if (type && strcmp(type, "run") == 0) {
        if (!run_case(callbacks, state, request, answer, &error))
            add_error(answer, error);
    } else {
        error = g_error_new(ADAPTER_ERROR, ADAPTER_ERROR_ITSELF, "no such request");
        add_error(answer, error);
    }
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
