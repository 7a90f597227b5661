#include "backends_under_test/runner/scheduler.h"
#include "backends_under_test/runner/desk.h"
#include "backends_under_test/runner/scratch.h"

#include <math.h>
#include <signal.h>
#include <string.h>
#include <sys/utsname.h>

#define MAX_STARTS    3 /* in a row, before a worker gives up */
#define LOG_BYTES     (16u << 20)
#define STOP_SECONDS  2.0
#define INTERRUPT_US  100000 /* by which a signal to us may come later than one to an adapter */

static volatile sig_atomic_t interrupted;

void run_interrupt(void)
{
    interrupted = 1;
}

/* Shared by the workers of one backend. */
typedef struct {
    const Workload   *workload;
    const Backend    *backend;
    const RunOptions *options;
    Results          *results;
    GPtrArray        *declared; /* of CapabilityRule: by the adapter's hello, besides those of backend.json */
    GMutex            lock;
    guint             next;     /* of workload->selected */
    GHashTable       *verdicts; /* id -> Verdict + 1: what is known of this backend */
    GHashTable       *before;   /* id -> outcome_key(): how the cases came out in the run that `since` holds */
    guint             restarts; /* so far */
    Worker           *launched;   /* for the first lane; NULL */
    gboolean          introduced; /* the first lane has asked who the backend is, or failed to */
    GCond             introduction;
    char             *version;  /* of the engine; NULL if it never said */
    char             *stopped;  /* why this backend cannot go on */
    GError           *error;    /* the harness failed */
} Run;

/* Folders for outputs: one is written to, one was answered into, the others wait to be judged. */
enum { SIDES = 16 };

typedef struct {
    Run    *run;
    guint   number;
    Worker *worker;
    char   *log;
    char   *scratch[SIDES]; /* used in turn */
    guint   side;           /* which of them the case in hand has */
    Desk   *desk;           /* where answers are judged while the worker goes on; NULL in a lane that never sends ahead */
    gboolean started; /* once: every later start is a restart */
    gboolean trusted; /* the worker was still there when its last case had been judged */
    const Subject *judged; /* the case that the lane was given; NULL while it is none of the run's */
    const Subject *ahead;  /* the case after that, if it is taken already; NULL: none */
    gboolean sent;         /* and the worker has it */
} Lane;

/* ---- stopping ------------------------------------------------------------------------------------------------------ */

static void take_error(Run *run, GError *error)
{
    g_mutex_lock(&run->lock);
    if (run->error)
        g_error_free(error);
    else
        run->error = error;
    g_mutex_unlock(&run->lock);
}

static void stop(Run *run, const char *why)
{
    g_mutex_lock(&run->lock);
    if (!run->stopped)
        run->stopped = g_strdup(why);
    g_mutex_unlock(&run->lock);
}

/* ---- attempts ------------------------------------------------------------------------------------------------------ */

static WorkerLimits limits_of(const RunOptions *options, const char *log)
{
    return (WorkerLimits){ .seconds = options->seconds,
                           .load_seconds = options->load_seconds,
                           .output_bytes = options->output_bytes,
                           .log = log,
                           .log_bytes = LOG_BYTES };
}

/* A backend that needs ever new processes must not keep a run from ending. */
static gboolean may_start(Lane *lane)
{
    Run  *run = lane->run;
    guint budget = run->options->restarts;
    g_mutex_lock(&run->lock);
    gboolean spent = lane->started && budget > 0 && run->restarts >= budget;
    if (lane->started && !spent)
        run->restarts++;
    g_mutex_unlock(&run->lock);
    if (spent) {
        g_autofree char *why = g_strdup_printf("its adapter had to be restarted more than %u times", budget);
        stop(run, why);
    }
    lane->started = TRUE;
    return !spent;
}

static gboolean ensure_worker(Lane *lane)
{
    WorkerLimits limits = limits_of(lane->run->options, lane->log);
    if (lane->worker && !worker_usable(lane->worker))
        g_clear_pointer(&lane->worker, worker_free);
    lane->trusted = lane->worker && worker_runs(lane->worker) > 0;
    for (int i = 0; !lane->worker && i < MAX_STARTS && may_start(lane); i++) {
        g_autoptr(GError) error = NULL;
        lane->worker = worker_start(lane->run->backend, &limits, &error);
        if (!lane->worker && i == MAX_STARTS - 1)
            stop(lane->run, error->message);
    }
    return lane->worker != NULL;
}

static const CapabilityRule *rule_for(const Run *run, const Subject *s)
{
    const CapabilityRule *rule = capability_match(run->backend->unsupported, s->c, &subject_model(s)->traits);
    return rule || !run->declared ? rule : capability_match(run->declared, s->c, &subject_model(s)->traits);
}

static const Subject *take_case(Run *run);
static gboolean       known_verdict(Run *run, const char *id, Verdict *verdict);

/* Whether one answer will settle the case: its twin is known, and nobody asks again what changed. */
static gboolean one_answer_settles(Lane *lane, const Subject *s)
{
    Verdict verdict;
    if (s != lane->judged || lane->run->options->since)
        return FALSE;
    if (s->c->expectation != EXPECT_REJECT || !s->c->twin || known_verdict(lane->run, s->c->twin, &verdict))
        return TRUE;
    desk_drain(lane->desk); /* it may lie there */
    return known_verdict(lane->run, s->c->twin, &verdict);
}

static gboolean was_answered(const Attempt *attempt)
{
    return attempt->kind == ATTEMPT_ANSWERED || attempt->kind == ATTEMPT_REFUSED;
}

static const char *next_scratch(const Lane *lane)
{
    return lane->scratch[(lane->side + 1) % SIDES];
}

/* The worker need not wait for its next case until this one is judged, and if it queues not even until it is answered. */
static void send_next(Lane *lane)
{
    if (!lane->ahead)
        lane->ahead = take_case(lane->run);
    if (!lane->ahead)
        return;
    desk_await_room(lane->desk);
    worker_send(lane->worker, lane->ahead->model, lane->ahead->inputs, next_scratch(lane));
    lane->sent = TRUE;
}

/* The attempt that is under way, or a new one. FALSE if no worker could be had, or with an error. */
static gboolean attempt_at(Lane *lane, const Subject *s, Attempt *attempt, GError **error)
{
    if (lane->ahead == s && lane->sent) {
        lane->side = (lane->side + 1) % SIDES;
    } else {
        if (!ensure_worker(lane))
            return FALSE;
        worker_send(lane->worker, s->model, s->inputs, lane->scratch[lane->side]);
    }
    if (lane->ahead == s) {
        lane->ahead = NULL;
        lane->sent = FALSE;
    }
    const gboolean settles = lane->trusted && lane->run->backend->kind != BACKEND_COMMAND && one_answer_settles(lane, s);
    if (settles && worker_hello(lane->worker)->queues)
        send_next(lane);
    worker_receive(lane->worker, attempt);
    if (lane->sent && !was_answered(attempt)) { /* the worker is spent, whatever it did with the next case */
        lane->sent = FALSE;
        return scratch_empty(next_scratch(lane), error);
    }
    /* One that may be about to end is not hurried: what it does after its answer must not be laid at the next case's door. */
    if (!lane->sent && settles && was_answered(attempt) && worker_usable(lane->worker))
        send_next(lane);
    return TRUE;
}

/* An attempt as it came, with the folder that its outputs are in. */
typedef struct {
    const Subject *subject;
    Attempt        attempt;
    const char    *outputs;
} Answer;

/* Empties the folder and clears the answer. */
static gboolean judge_answer(const Run *run, Answer *answer, Judgement *judgement, GError **error)
{
    const Subject *s = answer->subject;
    const gboolean good = judge(s, &answer->attempt, rule_for(run, s), run->backend->profile, judgement, error);
    if (good)
        judge_keep(&answer->attempt, run->options->keep, judgement);
    attempt_clear(&answer->attempt);
    return scratch_empty(answer->outputs, good ? error : NULL) && good;
}

/* FALSE without an error if no worker could be had, or if the answer now lies on the desk, whose matter it is. */
static gboolean try_once(Lane *lane, const Subject *s, Judgement *judgement, GError **error)
{
    Answer answer = { .subject = s };
    if (!attempt_at(lane, s, &answer.attempt, error)) {
        attempt_clear(&answer.attempt);
        return FALSE;
    }
    answer.outputs = lane->scratch[lane->side];
    if (!lane->sent)
        return judge_answer(lane->run, &answer, judgement, error);
    desk_put(lane->desk, g_memdup2(&answer, sizeof answer));
    return FALSE;
}

/* Who stops a run may stop its adapters too, and a little earlier: a batch system kills every process of a job. Such an end
 * is no crash; the case stays without a verdict, for the resumed run to judge. */
static gboolean is_cut_short(const Judgement *j)
{
    if (j->verdict != VERDICT_CRASHED && j->verdict != VERDICT_TIMED_OUT && j->verdict != VERDICT_ADAPTER_ERROR)
        return FALSE;
    if (!interrupted)
        g_usleep(INTERRUPT_US);
    return interrupted;
}

/* A case that ends badly in a worker which has run others may be the victim of one of them: alone in a fresh worker it
 * shows what it does by itself, and that is its verdict. Where no worker can be had any more, what it did is. */
static gboolean try_case(Lane *lane, const Subject *s, Judgement *judgement, GError **error)
{
    if (!try_once(lane, s, judgement, error) || is_cut_short(judgement))
        return FALSE;
    gboolean alone = worker_runs(lane->worker) <= 1;
    if (worker_usable(lane->worker) || alone || lane->run->backend->kind == BACKEND_COMMAND)
        return TRUE;
    Judgement first = *judgement;
    if (first.verdict != VERDICT_CRASHED && first.verdict != VERDICT_TIMED_OUT &&
        first.verdict != VERDICT_ADAPTER_ERROR)
        return TRUE; /* a good answer; the worker went wrong after it */
    g_clear_pointer(&lane->worker, worker_free);
    GError  *failed = NULL;
    gboolean good = try_once(lane, s, judgement, &failed) && !is_cut_short(judgement);
    if (!good && !failed && !interrupted) {
        *judgement = first;
        return TRUE;
    }
    if (good)
        judgement->flaky = judgement->verdict != first.verdict;
    else if (failed)
        g_propagate_error(error, failed);
    judgement_clear(&first);
    return good;
}

/* ---- twins --------------------------------------------------------------------------------------------------------- */

static gboolean known_verdict(Run *run, const char *id, Verdict *verdict)
{
    g_mutex_lock(&run->lock);
    gpointer found = g_hash_table_lookup(run->verdicts, id);
    g_mutex_unlock(&run->lock);
    if (found)
        *verdict = (Verdict)(GPOINTER_TO_INT(found) - 1);
    return found != NULL;
}

static void remember(Run *run, const char *id, Verdict verdict)
{
    g_mutex_lock(&run->lock);
    g_hash_table_insert(run->verdicts, (gpointer)id, GINT_TO_POINTER((int)verdict + 1));
    g_mutex_unlock(&run->lock);
}

/* A twin that is not selected, or that another worker has in hand, is run here and only remembered. */
static gboolean consult_twin(Lane *lane, const Subject *s, Judgement *judgement, GError **error)
{
    Run           *run = lane->run;
    const Subject *twin = s->c->twin ? g_hash_table_lookup(run->workload->by_id, s->c->twin) : NULL;
    Judgement      of_twin = { .margin = NAN, .seconds = NAN };
    if (twin && !known_verdict(run, twin->c->id, &of_twin.verdict)) {
        if (!try_case(lane, twin, &of_twin, error))
            return FALSE;
        remember(run, twin->c->id, of_twin.verdict);
    }
    judge_twin(judgement, s->c->twin, twin ? &of_twin : NULL, rule_for(run, s));
    judgement_clear(&of_twin);
    return TRUE;
}

static gboolean judge_once(Lane *lane, const Subject *s, Judgement *judgement, GError **error)
{
    *judgement = (Judgement){ .verdict = VERDICT_NOT_RUN, .margin = NAN, .seconds = NAN };
    return try_case(lane, s, judgement, error) &&
           (!judge_needs_twin(judgement) || consult_twin(lane, s, judgement, error));
}

/* ---- flakes -------------------------------------------------------------------------------------------------------- */

/* What two runs of a case are held to; never 0. */
static int outcome_key(Verdict verdict, char grade)
{
    return ((int)verdict + 1) << 8 | (guchar)grade;
}

static gboolean is_worse(const Judgement *a, const Judgement *b)
{
    static const int badness[] = { [OUTCOME_GOOD] = 0, [OUTCOME_NEUTRAL] = 1, [OUTCOME_BAD] = 2 };
    return badness[verdict_outcome(a->verdict)] > badness[verdict_outcome(b->verdict)];
}

/* A case that came out otherwise in the last run either changed or cannot make up its mind: a fresh worker is asked
 * again. If it answers differently the case is flaky, and the worse verdict is the one to see. */
static gboolean judge_again(Lane *lane, const Subject *s, Judgement *judgement, GError **error)
{
    Judgement again;
    GError   *failed = NULL;
    gboolean  good = TRUE;
    g_clear_pointer(&lane->worker, worker_free);
    if (judge_once(lane, s, &again, &failed)) {
        gboolean flaky = outcome_key(again.verdict, again.grade) != outcome_key(judgement->verdict, judgement->grade);
        if (is_worse(&again, judgement)) {
            Judgement better = *judgement;
            *judgement = again;
            again = better;
        }
        judgement->flaky = flaky;
    } else if (interrupted) {
        good = FALSE;
    }
    judgement_clear(&again);
    if (failed)
        g_propagate_error(error, failed);
    return good && !failed;
}

static gboolean judge_case(Lane *lane, const Subject *s, Judgement *judgement, GError **error)
{
    if (!judge_once(lane, s, judgement, error))
        return FALSE;
    int before = GPOINTER_TO_INT(g_hash_table_lookup(lane->run->before, s->c->id));
    return before == 0 || judgement->flaky || before == outcome_key(judgement->verdict, judgement->grade) ||
           judge_again(lane, s, judgement, error);
}

/* ---- lanes --------------------------------------------------------------------------------------------------------- */

/* The next case without a verdict; NULL when there is none left or the run must stop. */
static const Subject *take_case(Run *run)
{
    const Subject *s = NULL;
    g_mutex_lock(&run->lock);
    const GPtrArray *selected = run->workload->selected;
    while (!interrupted && !run->stopped && !run->error && !s && run->next < selected->len) {
        const Subject *candidate = selected->pdata[run->next++];
        if (run->options->resume && results_has_verdict(run->results, candidate->c->id, run->backend->name)) {
            if (run->options->progress)
                progress_step(run->options->progress);
            continue;
        }
        s = candidate;
    }
    g_mutex_unlock(&run->lock);
    return s;
}

/* `s` NULL: the run itself. */
static gboolean is_written(const Run *run, const Subject *s, GError **error)
{
    return !run->options->recording || recording_await(run->options->recording, s, error);
}

static gboolean commit(Run *run, const Subject *s, Judgement *j, GError **error)
{
    if (run->options->waivers)
        waivers_apply(run->options->waivers, run->backend->name, s, j);
    VerdictFacts facts = { .case_id = s->c->id,
                           .backend = run->backend->name,
                           .verdict = j->verdict,
                           .grade = j->grade,
                           .margin = j->margin,
                           .stage = j->stage,
                           .message = j->message,
                           .difference = j->difference,
                           .answer = j->answer,
                           .profile = j->profile,
                           .signature = j->signature,
                           .statistics = j->statistics,
                           .flaky = j->flaky,
                           .contradicts_manifest = j->contradicts_manifest,
                           .seconds = j->seconds,
                           .waiver = j->waiver,
                           .outputs = j->outputs,
                           .log = j->log };
    if (!is_written(run, s, error) || !results_put_verdict(run->results, &facts, error))
        return FALSE;
    remember(run, s->c->id, j->verdict);
    if (run->options->progress)
        progress_step(run->options->progress);
    return TRUE;
}

/* What lies on a lane's desk was answered, and the worker is at work on something else: there is no second attempt. */
static void judge_on_desk(gpointer data, gpointer run_data)
{
    Run           *run = run_data;
    Answer        *answer = data;
    const Subject *s = answer->subject;
    GError        *error = NULL;
    Judgement      judgement = { .verdict = VERDICT_NOT_RUN, .margin = NAN, .seconds = NAN };
    Judgement      twin = { .margin = NAN, .seconds = NAN };
    if (judge_answer(run, answer, &judgement, &error)) {
        if (judge_needs_twin(&judgement)) /* whose verdict is known, if it has any: one_answer_settles() */
            judge_twin(&judgement, s->c->twin, s->c->twin && known_verdict(run, s->c->twin, &twin.verdict) ? &twin : NULL,
                       rule_for(run, s));
        commit(run, s, &judgement, &error);
    }
    judgement_clear(&judgement);
    if (error)
        take_error(run, error);
    g_free(answer);
}

static void introduce_once(Lane *lane);

/* What was taken but could not be sent is left where the run is to stop. */
static const Subject *next_case(const Lane *lane)
{
    const Subject *taken = lane->sent || !interrupted ? lane->ahead : NULL;
    return taken ? taken : take_case(lane->run);
}

static gpointer run_lane(gpointer data)
{
    Lane *lane = data;
    introduce_once(lane);
    lane->desk = desk_new(SIDES - 2, judge_on_desk, lane->run);
    while ((lane->judged = next_case(lane))) {
        GError        *error = NULL;
        Judgement      judgement;
        const Subject *s = lane->judged;
        if (judge_case(lane, s, &judgement, &error))
            commit(lane->run, s, &judgement, &error);
        judgement_clear(&judgement);
        if (error)
            take_error(lane->run, error);
    }
    g_clear_pointer(&lane->desk, desk_free);
    if (lane->worker)
        worker_stop(lane->worker, STOP_SECONDS, NULL);
    g_clear_pointer(&lane->worker, worker_free);
    return NULL;
}

/* The log of one worker: "<backend>-<number>.log", the name made harmless. */
static char *log_path(const RunOptions *options, const Backend *backend, guint number)
{
    if (!options->logs)
        return NULL;
    g_autofree char *name = g_strdup_printf("%s-%u.log", backend->name, number);
    g_strcanon(name, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS ".-_", '_');
    return g_build_filename(options->logs, name, NULL);
}

Worker *run_launch(const Backend *backend, const RunOptions *options)
{
    g_autofree char *log = log_path(options, backend, 0);
    WorkerLimits     limits = limits_of(options, log);
    return worker_launch(backend, &limits, NULL);
}

static gboolean lane_open(Lane *lane, Run *run, guint number, GError **error)
{
    *lane = (Lane){ .run = run, .number = number, .log = log_path(run->options, run->backend, number) };
    for (guint i = 0; i < SIDES; i++)
        if (!(lane->scratch[i] = scratch_make(error)))
            return FALSE;
    return TRUE;
}

static void lane_close(Lane *lane)
{
    g_clear_pointer(&lane->worker, worker_free);
    for (guint i = 0; i < G_N_ELEMENTS(lane->scratch); i++) {
        scratch_remove(lane->scratch[i]);
        g_free(lane->scratch[i]);
    }
    g_free(lane->log);
}

/* ---- a whole run --------------------------------------------------------------------------------------------------- */

static gboolean record_backend(Run *run, const Hello *hello, GError **error)
{
    struct utsname system = { 0 };
    const char      *settings = run->backend->settings;
    g_autofree char *adapter = backend_digest(run->backend);
    g_autofree char *environment =
        g_strdup_printf("%s %s; adapter %s%s%s", uname(&system) == 0 ? system.sysname : "", system.machine, adapter,
                        *settings ? "; " : "", settings);
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
    gboolean good = is_written(run, NULL, error) && results_put_backend(run->results, &facts, error);
    cJSON_free(capabilities);
    return good;
}

/* Version, device and rules, as the lane's worker says them, hold for all workers. A backend that says nothing stops the
 * run; that is no error of ours. */
static gboolean introduce(Lane *lane, GError **error)
{
    Run *run = lane->run;
    g_autoptr(GError) local = NULL;
    WorkerLimits      limits = limits_of(run->options, lane->log);
    lane->started = TRUE;
    lane->worker = run->launched ? g_steal_pointer(&run->launched) : worker_launch(run->backend, &limits, &local);
    if (!lane->worker || !worker_greet(lane->worker, &local)) {
        g_clear_pointer(&lane->worker, worker_free);
        stop(run, local->message);
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
        take_error(run, error);
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
        remember(run, s->c->id, facts->verdict);
    return TRUE;
}

static gboolean recall_before(const VerdictFacts *facts, gpointer data, GError **error)
{
    Run           *run = data;
    const Subject *s = g_hash_table_lookup(run->workload->by_id, facts->case_id);
    (void)error;
    if (s && facts->verdict != VERDICT_NOT_RUN)
        g_hash_table_insert(run->before, s->c->id, GINT_TO_POINTER(outcome_key(facts->verdict, facts->grade)));
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

/* ---- lanes side by side -------------------------------------------------------------------------------------------- */

/* The first lane finds out who the backend is; the others wait for that. */
static void await_introduction(Run *run)
{
    g_mutex_lock(&run->lock);
    while (!run->introduced)
        g_cond_wait(&run->introduction, &run->lock);
    g_mutex_unlock(&run->lock);
}

static void run_lanes(Run *run)
{
    guint n = MIN(run->options->jobs, run->workload->selected->len);
    g_autofree Lane     *lanes = g_new0(Lane, n);
    g_autofree GThread **threads = g_new0(GThread *, n);
    for (guint i = 0; i < n; i++) {
        GError *error = NULL;
        if (!lane_open(&lanes[i], run, i, &error)) {
            take_error(run, error);
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
        known_verdict(run, ((Subject *)run->workload->selected->pdata[i])->c->id, &verdict);
        summary->counts[verdict]++;
    }
    summary->version = g_steal_pointer(&run->version);
    summary->stopped = g_steal_pointer(&run->stopped);
    if (!summary->stopped && interrupted)
        summary->stopped = g_strdup("interrupted");
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
        judge_case(&lane, subject, judgement, &failed);
    lane_close(&lane);
    if (!failed && run.stopped)
        failed = g_error_new_literal(BACKEND_ERROR, BACKEND_ERROR_START, run.stopped);
    run.error = failed;
    *version = g_steal_pointer(&run.version);
    return run_close(&run, error);
}
