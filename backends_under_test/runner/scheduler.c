#include "backends_under_test/runner/scheduler.h"
#include "backends_under_test/runner/lane.h"

#include <math.h>
#include <string.h>
#include <sys/utsname.h>

Worker *run_launch(const Backend *backend, const RunOptions *options)
{
    g_autofree char *log = lane_log_path(options, backend, 0);
    WorkerLimits     limits = lane_limits(options, log);
    return worker_launch(backend, &limits, NULL);
}

/* ---- a whole run --------------------------------------------------------------------------------------------------- */

static char *environment_of(const Backend *backend)
{
    struct utsname   system = { 0 };
    g_autofree char *adapter = backend_digest(backend);
    return g_strdup_printf("%s %s; adapter %s%s%s", uname(&system) == 0 ? system.sysname : "", system.machine, adapter,
                           *backend->settings ? "; " : "", backend->settings);
}

typedef struct {
    const char *name;
    char       *environment;
} Found;

static gboolean find_environment(const BackendFacts *facts, gpointer data, G_GNUC_UNUSED GError **error)
{
    Found *found = data;
    if (strcmp(facts->name, found->name) == 0 && facts->version) /* else it never started: no verdict is its */
        found->environment = g_strdup(facts->environment);
    return TRUE;
}

/* The digest in what environment_of() says; "" where there is none. */
static char *adapter_in(const char *environment)
{
    const char *adapter = environment ? strstr(environment, "; adapter ") : NULL;
    adapter = adapter ? adapter + strlen("; adapter ") : "";
    return g_strndup(adapter, strcspn(adapter, ";"));
}

/* Verdicts of two adapters under one name would be a backend that there never was. */
static gboolean is_the_same_adapter(Run *run, const char *environment, GError **error)
{
    Found found = { .name = run->backend->name };
    if (!run->options->resume)
        return TRUE;
    const gboolean read = results_each_backend(run->results, find_environment, &found, error);
    g_autofree char *there = adapter_in(found.environment), *here = adapter_in(environment);
    g_free(found.environment);
    if (!read || *there == '\0' || strcmp(there, here) == 0)
        return read;
    g_set_error(error, BACKEND_ERROR, BACKEND_ERROR_UNKNOWN, "--resume: the verdicts of '%s' are another adapter's (%s, now %s): run it anew, "
                "or under another name", found.name, there, here);
    return FALSE;
}

static gboolean record_backend(Run *run, const Hello *hello, GError **error)
{
    g_autofree char *environment = environment_of(run->backend);
    if (!is_the_same_adapter(run, environment, error))
        return FALSE;
    g_autoptr(GPtrArray) rules = g_ptr_array_new();
    g_ptr_array_extend(rules, run->backend->unsupported, NULL, NULL);
    g_ptr_array_extend(rules, run->declared, NULL, NULL);
    cJSON *json = capability_rules_to_json(rules);
    char  *capabilities = cJSON_PrintUnformatted(json);
    cJSON_Delete(json);
    BackendFacts facts = { .name = run->backend->name,
                           .version = hello->version,
                           .device = hello->device,
                           .environment = environment,
                           .capabilities = capabilities };
    gboolean good = run_is_written(run, NULL, error) && results_put_backend(run->results, &facts, error);
    cJSON_free(capabilities);
    return good;
}

/* Version, device and rules, as the lane's worker says them, hold for all workers. A backend that says nothing stops the
 * run; that is no error of ours. */
static gboolean introduce(Lane *lane, GError **error)
{
    Run *run = lane->run;
    g_autoptr(GError) local = NULL;
    WorkerLimits      limits = lane_limits(run->options, lane->log);
    lane->started = TRUE;
    lane->worker = run->launched ? g_steal_pointer(&run->launched) : worker_launch(run->backend, &limits, &local);
    if (!lane->worker || !worker_greet(lane->worker, &local)) {
        g_clear_pointer(&lane->worker, worker_free);
        run_stop(run, local->message);
        return TRUE;
    }
    const Hello *hello = worker_hello(lane->worker);
    run->version = g_strdup(hello->version);
    run->declared = g_ptr_array_ref(hello->unsupported);
    return !run->results || record_backend(run, hello, error);
}

/* By the first lane, which goes on with that worker; before it is done no other lane runs. */
static void introduce_once(Lane *lane)
{
    Run    *run = lane->run;
    GError *error = NULL;
    if (run->introduced)
        return;
    if (!introduce(lane, &error))
        run_take_error(run, error);
    g_mutex_lock(&run->lock);
    run->introduced = TRUE;
    g_cond_signal(&run->introduction);
    g_mutex_unlock(&run->lock);
}

static gboolean recall(const VerdictFacts *facts, gpointer data, GError **error)
{
    Run           *run = data;
    const Subject *s = g_hash_table_lookup(run->workload->by_id, facts->case_id);
    (void)error;
    if (s && facts->verdict != VERDICT_NOT_RUN)
        run_remember(run, s->c->id, facts->verdict);
    return TRUE;
}

static gboolean recall_before(const VerdictFacts *facts, gpointer data, GError **error)
{
    Run           *run = data;
    const Subject *s = g_hash_table_lookup(run->workload->by_id, facts->case_id);
    (void)error;
    if (s && facts->verdict != VERDICT_NOT_RUN)
        g_hash_table_insert(run->before, s->c->id, GINT_TO_POINTER(run_outcome_key(facts->verdict, facts->grade)));
    return TRUE;
}

/* What the results hold from before. */
static gboolean recall_all(Run *run, GError **error)
{
    const RunOptions *options = run->options;
    const char       *name = run->backend->name;
    return (!options->resume || results_each_verdict(run->results, NULL, name, recall, run, error)) &&
           (!options->since || results_each_verdict(options->since, NULL, name, recall_before, run, error));
}

/* ---- what was never judged ----------------------------------------------------------------------------------------- */

/* A backend that was asked for is in the results, whether or not it ever said who it is. */
static gboolean record_nameless(Run *run, GError **error)
{
    g_autofree char *environment = environment_of(run->backend);
    BackendFacts     facts = { .name = run->backend->name, .environment = environment };
    return run_is_written(run, NULL, error) && results_put_backend(run->results, &facts, error);
}

/* Of the results, not of what is remembered: a twin's verdict may be known and not be written. */
static gboolean record_unjudged(Run *run, const char *why, GError **error)
{
    const GPtrArray *selected = run->workload->selected;
    gboolean         good = run->version || record_nameless(run, error);
    for (guint i = 0; good && i < selected->len; i++) {
        const Subject *s = selected->pdata[i];
        VerdictFacts   facts = { .case_id = s->c->id,
                                 .backend = run->backend->name,
                                 .verdict = VERDICT_NOT_RUN,
                                 .margin = NAN,
                                 .message = why,
                                 .seconds = NAN };
        good = results_has_verdict(run->results, facts.case_id, facts.backend) ||
               (run_is_written(run, s, error) && results_put_verdict(run->results, &facts, error));
    }
    return good;
}

/* Why cases may be left; NULL if none are. */
static const char *reason_to_stop(const Run *run)
{
    return run->stopped ? run->stopped : run_interrupted() ? "interrupted" : NULL;
}

/* ---- lanes side by side -------------------------------------------------------------------------------------------- */

/* The first lane finds out who the backend is; the others wait for that. */
static void await_introduction(Run *run)
{
    g_mutex_lock(&run->lock);
    while (!run->introduced)
        g_cond_wait(&run->introduction, &run->lock);
    g_mutex_unlock(&run->lock);
}

static gpointer run_lane(gpointer data)
{
    introduce_once(data);
    lane_run(data);
    return NULL;
}

static void run_lanes(Run *run)
{
    guint n = MIN(run->options->jobs, run->workload->selected->len);
    g_autofree Lane     *lanes = g_new0(Lane, n);
    g_autofree GThread **threads = g_new0(GThread *, n);
    for (guint i = 0; i < n; i++) {
        GError *error = NULL;
        if (!lane_open(&lanes[i], run, i, &error)) {
            run_take_error(run, error);
            break;
        }
        threads[i] = g_thread_new("lane", run_lane, &lanes[i]);
        if (i == 0)
            await_introduction(run);
    }
    for (guint i = 0; i < n; i++) {
        if (threads[i])
            g_thread_join(threads[i]);
        lane_close(&lanes[i]);
    }
}

static void summarise(Run *run, RunSummary *summary)
{
    for (guint i = 0; i < run->workload->selected->len; i++) {
        Verdict verdict = VERDICT_NOT_RUN;
        run_known_verdict(run, ((Subject *)run->workload->selected->pdata[i])->c->id, &verdict);
        summary->counts[verdict]++;
    }
    summary->version = g_steal_pointer(&run->version);
    summary->stopped = g_strdup(reason_to_stop(run));
}

static void run_open(Run *run, const Workload *workload, const Backend *backend, const RunOptions *options,
                     Results *results)
{
    *run = (Run){ .workload = workload, .backend = backend, .options = options, .results = results };
    g_mutex_init(&run->lock);
    g_cond_init(&run->introduction);
    run->verdicts = g_hash_table_new(g_str_hash, g_str_equal);
    run->before = g_hash_table_new(g_str_hash, g_str_equal);
}

static gboolean run_close(Run *run, GError **error)
{
    GError *failed = run->error;
    worker_free(run->launched);
    g_mutex_clear(&run->lock);
    g_cond_clear(&run->introduction);
    g_clear_pointer(&run->declared, g_ptr_array_unref);
    g_hash_table_unref(run->verdicts);
    g_hash_table_unref(run->before);
    g_free(run->version);
    g_free(run->stopped);
    if (failed)
        g_propagate_error(error, failed);
    return !failed;
}

void run_summary_clear(RunSummary *summary)
{
    g_free(summary->version);
    g_free(summary->stopped);
    *summary = (RunSummary){ 0 };
}

gboolean run_backend(const Workload *workload, const Backend *backend, const RunOptions *options, Worker *launched,
                     Results *results, RunSummary *summary, GError **error)
{
    Run     run;
    GError *failed = NULL;
    run_open(&run, workload, backend, options, results);
    run.launched = launched;
    if (!recall_all(&run, &failed))
        run.error = failed;
    else
        run_lanes(&run);
    const char *why = reason_to_stop(&run);
    if (why && !run.error && !record_unjudged(&run, why, &failed))
        run.error = failed;
    summarise(&run, summary);
    return run_close(&run, error);
}

gboolean run_one(const Workload *workload, const Subject *subject, const Backend *backend, const RunOptions *options,
                 Judgement *judgement, char **version, GError **error)
{
    Run     run;
    Lane    lane;
    GError *failed = NULL;
    run_open(&run, workload, backend, options, NULL);
    if (lane_open(&lane, &run, 0, &failed) && introduce(&lane, &failed) && !run.stopped)
        lane_judge(&lane, subject, judgement, &failed);
    lane_close(&lane);
    if (!failed && run.stopped)
        failed = g_error_new_literal(BACKEND_ERROR, BACKEND_ERROR_START, run.stopped);
    run.error = failed;
    *version = g_steal_pointer(&run.version);
    return run_close(&run, error);
}
