#include "backends_under_test/runner/command.h"
#include "backends_under_test/runner/process.h"

#include <string.h>

#define VERSION_SECONDS 10

static gint64 deadline_in(double seconds)
{
    return g_get_monotonic_time() + (gint64)(seconds * G_USEC_PER_SEC);
}

gboolean command_hello(const Backend *backend, Hello *hello, GError **error)
{
    char **argv = backend->version_command ? backend->version_command : backend->command;
    g_autofree char *program = g_find_program_in_path(argv[0]);
    g_autofree char *line = NULL;
    if (!program) {
        g_set_error(error, BACKEND_ERROR, BACKEND_ERROR_START, "backend %s: program %s is not installed", backend->name,
                    argv[0]);
        return FALSE;
    }
    if (backend->version_command) {
        ProcessSpec spec = { .argv = argv, .environment = backend->environment, .folder = backend->folder };
        g_autoptr(Process) process = process_start(&spec, error);
        if (!process)
            return FALSE;
        process_close_input(process);
        if (process_read_line(process, deadline_in(VERSION_SECONDS), &line) != LINE_READ) {
            g_set_error(error, BACKEND_ERROR, BACKEND_ERROR_START, "backend %s: %s prints no version", backend->name,
                        argv[0]);
            return FALSE;
        }
    }
    hello->name = g_strdup(backend->name);
    hello->version = message_line(line && *line ? line : "unknown");
    hello->device = g_strdup("cpu");
    hello->unsupported = capability_rules_read(NULL, backend->name, NULL);
    return TRUE;
}

/* {inputs} alone is all input files; inside a longer word ("--input={inputs}") the word is repeated for each. */
static void add_words(GPtrArray *words, const char *word, const char *model, const GPtrArray *inputs,
                      const char *outputs_dir)
{
    guint repeats = strstr(word, "{inputs}") ? inputs->len : 1;
    for (guint i = 0; i < repeats; i++) {
        g_autoptr(GString) s = g_string_new(word);
        g_string_replace(s, "{model}", model, 0);
        g_string_replace(s, "{outputs_dir}", outputs_dir, 0);
        if (i < inputs->len)
            g_string_replace(s, "{inputs}", inputs->pdata[i], 0);
        g_ptr_array_add(words, g_strdup(s->str));
    }
}

static void take_outputs(const char *outputs_dir, Attempt *attempt)
{
    attempt->kind = ATTEMPT_ANSWERED;
    attempt->outputs = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0;; i++) {
        g_autofree char *name = g_strdup_printf("output_%u.pb", i);
        g_autofree char *path = g_build_filename(outputs_dir, name, NULL);
        if (!g_file_test(path, G_FILE_TEST_IS_REGULAR) || g_file_test(path, G_FILE_TEST_IS_SYMLINK))
            return;
        g_ptr_array_add(attempt->outputs, g_steal_pointer(&path));
    }
}

static void judge_end(const Backend *backend, gboolean good, const char *how, const char *outputs_dir, Attempt *attempt)
{
    g_autofree char *status = backend->refuses_with < 0 ? g_strdup("exited with status ")
                                                        : g_strdup_printf("exited with status %d", backend->refuses_with);
    if (good) {
        take_outputs(outputs_dir, attempt);
    } else if (strcmp(how, status) == 0 || (backend->refuses_with < 0 && g_str_has_prefix(how, status))) {
        g_autofree char *log = g_strchomp(g_strdup(attempt->log));
        const char      *last = strrchr(log, '\n');
        attempt->kind = ATTEMPT_REFUSED;
        attempt->stage = g_strdup("run"); /* a command does not say which */
        attempt->message = g_strdup(*log ? (last ? last + 1 : log) : how);
    } else {
        attempt->kind = g_str_has_prefix(how, "did not end") ? ATTEMPT_TIMED_OUT : ATTEMPT_CRASHED;
        attempt->message = g_strdup(how);
    }
}

void command_run(const Backend *backend, const WorkerLimits *limits, const char *model, const GPtrArray *inputs,
                 const char *outputs_dir, Attempt *attempt)
{
    g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GError) error = NULL;
    g_autofree char *how = NULL;
    for (char **word = backend->command; *word; word++)
        add_words(words, *word, model, inputs, outputs_dir);
    g_ptr_array_add(words, NULL);
    ProcessSpec spec = { .argv = (char **)words->pdata,
                         .environment = backend->environment,
                         .folder = backend->folder,
                         .memory_bytes = backend->memory_bytes,
                         .file_bytes = limits->output_bytes,
                         .log = limits->log,
                         .log_bytes = limits->log_bytes };
    g_autoptr(Process) process = process_start(&spec, &error);
    if (!process) {
        attempt->kind = ATTEMPT_VIOLATION;
        attempt->message = g_strdup(error->message);
        return;
    }
    gint64 deadline = deadline_in(limits->seconds);
    process_close_input(process);
    process_discard_output(process, deadline);
    gboolean good = process_finish(process, deadline, &how);
    attempt->log = child_log_excerpt(process_log(process));
    judge_end(backend, good, how, outputs_dir, attempt);
}
