#include "backends_under_test/runner/worker.h"
#include "backends_under_test/runner/command.h"
#include "backends_under_test/runner/process.h"
#include "backends_under_test/runner/protocol.h"

#include <string.h>

typedef struct {
    guint64          id;
    const char      *model, *outputs_dir;
    const GPtrArray *inputs;
    gint64           started;
} Sent;

struct Worker {
    const Backend *backend;
    WorkerLimits   limits;
    char          *log; /* that of limits */
    Process       *process; /* NULL for a command, and once spent */
    Hello          hello;
    gboolean       greeted, spent;
    guint64        last_id;
    guint          runs;
    Sent           sent[2]; /* the case in hand, and the next */
    guint          n_sent;
};

static gint64 deadline_in(double seconds)
{
    return g_get_monotonic_time() + (gint64)(seconds * G_USEC_PER_SEC);
}

void attempt_clear(Attempt *attempt)
{
    g_clear_pointer(&attempt->outputs, g_ptr_array_unref);
    g_free(attempt->stage);
    g_free(attempt->message);
    g_free(attempt->text);
    g_free(attempt->log);
    *attempt = (Attempt){ 0 };
}

/* ---- starting and stopping ----------------------------------------------------------------------------------------- */

/* The last line of stderr: usually the reason why an adapter ended. */
static char *last_words(const Process *process)
{
    g_autofree char *excerpt = g_strchomp(child_log_excerpt(process_log(process)));
    const char      *line = strrchr(excerpt, '\n');
    line = line ? line + 1 : excerpt;
    return *line ? g_strdup_printf(" (its last words: %.300s)", line) : g_strdup("");
}

/* Why no line came; a kill is not announced as the process's own end. */
static char *silence(Process *process, LineResult result, const char *asked)
{
    g_autofree char *how = NULL, *partial = NULL;
    if (process_partial(process) > 0)
        partial = g_strdup_printf("%" G_GSIZE_FORMAT " bytes without a newline", process_partial(process));
    if (result == LINE_TOO_LONG)
        return g_strdup_printf("answered %s with a line that is longer than 1 MiB or holds a NUL", asked);
    if (result == LINE_TIMED_OUT)
        return g_strdup_printf("did not answer %s in time%s%s", asked, partial ? ": only " : "", partial ? partial : "");
    process_finish(process, deadline_in(1), &how);
    g_autofree char *words = last_words(process);
    return g_strdup_printf("%s instead of answering %s%s%s%s", how, asked, partial ? ", after " : "",
                           partial ? partial : "", words);
}

Worker *worker_launch(const Backend *backend, const WorkerLimits *limits, GError **error)
{
    g_autoptr(Worker) w = g_new0(Worker, 1);
    w->backend = backend;
    w->limits = *limits;
    w->limits.log = w->log = g_strdup(limits->log); /* a command starts a process long after this */
    if (backend->kind == BACKEND_COMMAND)
        return g_steal_pointer(&w);
    ProcessSpec spec = { .argv = backend->command,
                         .environment = backend->environment,
                         .folder = backend->folder,
                         .memory_bytes = backend->memory_bytes,
                         .file_bytes = limits->output_bytes,
                         .log = limits->log,
                         .log_bytes = limits->log_bytes };
    if (!(w->process = process_start(&spec, error)))
        return NULL;
    g_autofree char *request = protocol_hello(backend->options);
    process_write_line(w->process, request, deadline_in(backend->start_seconds)); /* a failure shows in the read */
    return g_steal_pointer(&w);
}

gboolean worker_greet(Worker *w, GError **error)
{
    g_autofree char *line = NULL;
    w->greeted = TRUE;
    if (w->backend->kind == BACKEND_COMMAND)
        return command_hello(w->backend, &w->hello, error);
    LineResult result = process_read_line(w->process, deadline_in(w->backend->start_seconds), &line);
    if (result != LINE_READ) {
        g_autofree char *why = silence(w->process, result, "hello");
        g_set_error(error, BACKEND_ERROR, result == LINE_TOO_LONG ? BACKEND_ERROR_PROTOCOL : BACKEND_ERROR_START,
                    "backend %s %s", w->backend->name, why);
        return FALSE;
    }
    if (protocol_read_hello(line, &w->hello, error))
        return TRUE;
    g_prefix_error(error, "backend %s: ", w->backend->name);
    return FALSE;
}

Worker *worker_start(const Backend *backend, const WorkerLimits *limits, GError **error)
{
    g_autoptr(Worker) w = worker_launch(backend, limits, error);
    return w && worker_greet(w, error) ? g_steal_pointer(&w) : NULL;
}

const Hello *worker_hello(const Worker *w)
{
    return &w->hello;
}

guint worker_runs(const Worker *w)
{
    return w->runs;
}

gboolean worker_usable(Worker *w)
{
    if (!w->spent && w->process && (process_has_pending(w->process) || process_ended(w->process)))
        w->spent = TRUE;
    return !w->spent;
}

gboolean worker_stop(Worker *w, double seconds, char **how)
{
    if (!w->process)
        return TRUE;
    gint64           deadline = deadline_in(seconds);
    g_autofree char *request = protocol_stop();
    process_write_line(w->process, request, deadline);
    process_close_input(w->process);
    w->spent = TRUE;
    return process_finish(w->process, deadline, how);
}

void worker_free(Worker *w)
{
    if (!w)
        return;
    if (w->process && w->greeted && !w->spent)
        worker_stop(w, 2, NULL);
    process_free(w->process);
    hello_clear(&w->hello);
    g_free(w->log);
    g_free(w);
}

/* ---- running a case ------------------------------------------------------------------------------------------------ */

/* A process that ends is a crash, whatever its exit status and whatever it had written. */
static AttemptKind kind_of_silence(LineResult result)
{
    if (result == LINE_TIMED_OUT)
        return ATTEMPT_TIMED_OUT;
    return result == LINE_TOO_LONG ? ATTEMPT_VIOLATION : ATTEMPT_CRASHED;
}

/* More than one line for one request: which of them is the answer? What comes later is seen by worker_usable(). */
static void refuse_extra_words(Attempt *attempt, const char *asked)
{
    attempt_clear(attempt);
    attempt->kind = ATTEMPT_VIOLATION;
    attempt->message = g_strdup_printf("wrote more than one line as the answer to %s", asked);
}

/* Waits for the answer, first for the announcement that the model is loaded if the adapter makes one. *stage is what the
 * adapter was at; NULL if it never says. */
static LineResult await_answer(Worker *w, guint64 id, gint64 sent, char **line, const char **stage)
{
    gboolean announces = w->hello.announces_load;
    double   seconds = announces && w->limits.load_seconds > 0 ? w->limits.load_seconds : w->limits.seconds;
    *stage = announces ? "load" : NULL;
    LineResult result = process_read_line(w->process, sent + (gint64)(seconds * G_USEC_PER_SEC), line);
    if (result != LINE_READ || !announces || !protocol_is_loaded(*line, id))
        return result;
    g_clear_pointer(line, g_free);
    *stage = "run";
    return process_read_line(w->process, deadline_in(w->limits.seconds), line);
}

/* A refusal to load comes instead of the announcement, everything else after it. */
static void hold_to_announcement(const char *stage, Attempt *attempt)
{
    gboolean about_load = attempt->stage && strcmp(attempt->stage, "load") == 0;
    if (attempt->kind == ATTEMPT_VIOLATION || strcmp(stage, about_load ? "load" : "run") == 0)
        return;
    attempt_clear(attempt);
    attempt->kind = ATTEMPT_VIOLATION;
    attempt->message = g_strdup(about_load ? "refused to load a model that it had announced as loaded"
                                           : "answered run without announcing that the model was loaded");
}

/* What came, as an attempt; `stage` as await_answer() gives it. */
static void take_answer(Worker *w, const Sent *sent, LineResult result, const char *line, const char *asked, const char *stage,
                        Attempt *attempt)
{
    const gboolean last = w->n_sent <= 1; /* else more words may be about the next case: their id will tell */
    if (result == LINE_READ) {
        protocol_read_answer(line, sent->id, sent->outputs_dir, attempt);
        if (stage)
            hold_to_announcement(stage, attempt);
        if (process_has_pending(w->process) && last && attempt->kind != ATTEMPT_VIOLATION)
            refuse_extra_words(attempt, asked);
    } else {
        attempt->kind = kind_of_silence(result);
        attempt->message = silence(w->process, result, stage ? stage : asked);
        attempt->stage = attempt->kind == ATTEMPT_VIOLATION ? NULL : g_strdup(stage);
    }
    w->spent = attempt->kind != ATTEMPT_ANSWERED && attempt->kind != ATTEMPT_REFUSED;
    attempt->log = child_log_excerpt(process_log(w->process));
}

/* Remembers what is asked; the next answer is about the oldest of these. */
static void note_sent(Worker *w, const Sent *sent, const char *subject)
{
    g_return_if_fail(w->n_sent < G_N_ELEMENTS(w->sent));
    w->sent[w->n_sent] = *sent;
    w->sent[w->n_sent++].started = g_get_monotonic_time();
    if (w->hello.queues)
        child_log_expect(process_log(w->process), sent->id, subject);
    else if (w->process)
        child_log_begin(process_log(w->process), subject);
}

/* The clock of the next starts: before, it had to wait. */
static void note_answered(Worker *w, Attempt *attempt)
{
    const gint64 now = g_get_monotonic_time();
    attempt->seconds = (double)(now - w->sent[0].started) / G_USEC_PER_SEC;
    w->sent[0] = w->sent[1];
    w->sent[0].started = now;
    w->n_sent--;
    if (w->hello.queues)
        child_log_next(process_log(w->process));
}

void worker_send(Worker *w, const char *model, const GPtrArray *inputs, const char *outputs_dir)
{
    const Sent sent = { .id = ++w->last_id, .model = model, .inputs = inputs, .outputs_dir = outputs_dir };
    w->runs++;
    note_sent(w, &sent, model);
    if (w->backend->kind == BACKEND_COMMAND)
        return;
    g_autofree char *request = protocol_run(sent.id, "model", model, inputs, outputs_dir, w->backend->options);
    process_write_line(w->process, request, deadline_in(w->limits.seconds)); /* a failure shows in the read */
}

static void receive(Worker *w, Attempt *attempt)
{
    const Sent       sent = w->sent[0];
    const char      *stage;
    g_autofree char *line = NULL;
    LineResult       result = await_answer(w, sent.id, sent.started, &line, &stage);
    take_answer(w, &sent, result, line, "run", stage, attempt);
}

void worker_receive(Worker *w, Attempt *attempt)
{
    *attempt = (Attempt){ .load_seconds = -1, .run_seconds = -1 };
    if (w->backend->kind == BACKEND_COMMAND)
        command_run(w->backend, &w->limits, w->sent[0].model, w->sent[0].inputs, w->sent[0].outputs_dir, attempt);
    else
        receive(w, attempt);
    note_answered(w, attempt);
}

void worker_run(Worker *w, const char *model, const GPtrArray *inputs, const char *outputs_dir, Attempt *attempt)
{
    worker_send(w, model, inputs, outputs_dir);
    worker_receive(w, attempt);
}

/* ---- ahead of time ------------------------------------------------------------------------------------------------- */

/* One request, one line. Takes the request; `subject` is what the log calls it. */
static void converse(Worker *w, char *request, const char *asked, const char *subject, const char *outputs_dir, Attempt *attempt)
{
    const gint64     deadline = deadline_in(w->limits.seconds);
    const Sent       sent = { .id = w->last_id, .outputs_dir = outputs_dir };
    g_autofree char *own = request, *line = NULL;
    *attempt = (Attempt){ .load_seconds = -1, .run_seconds = -1 };
    note_sent(w, &sent, subject);
    process_write_line(w->process, own, deadline);
    LineResult result = process_read_line(w->process, deadline, &line);
    take_answer(w, &sent, result, line, asked, NULL, attempt);
    note_answered(w, attempt);
}

void worker_compile(Worker *w, const char *model, const char *blob, Attempt *attempt)
{
    converse(w, protocol_compile(++w->last_id, model, blob, w->backend->options), "compile", model, NULL, attempt);
}

void worker_load_compiled(Worker *w, const WorkerObject *object, Attempt *attempt)
{
    converse(w, protocol_load_compiled(++w->last_id, object, w->backend->options), "load_compiled", object->name, NULL, attempt);
}

void worker_run_compiled(Worker *w, const char *name, const GPtrArray *inputs, const char *outputs_dir, Attempt *attempt)
{
    converse(w, protocol_run(++w->last_id, "compiled", name, inputs, outputs_dir, w->backend->options), "run", name, outputs_dir, attempt);
}
