#include "backends_under_test/runner/lane.h"
#include "backends_under_test/runner/scratch.h"

#include <math.h>
#include <string.h>

#define MAX_STARTS    3 /* in a row, before a worker gives up */
#define LOG_BYTES     (16u << 20)
#define STOP_SECONDS  2.0
#define INTERRUPT_US  100000 /* by which a signal to us may come later than one to an adapter */

/* ---- opening and closing ------------------------------------------------------------------------------------------- */

WorkerLimits lane_limits(const RunOptions *options, const char *log)
{
    return (WorkerLimits){ .seconds = options->seconds,
                           .load_seconds = options->load_seconds,
                           .output_bytes = options->output_bytes,
                           .log = log,
                           .log_bytes = LOG_BYTES };
}

char *lane_log_path(const RunOptions *options, const Backend *backend, guint number)
{
    if (!options->logs)
        return NULL;
    g_autofree char *name = g_strdup_printf("%s-%u.log", backend->name, number);
    g_strcanon(name, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS ".-_", '_');
    return g_build_filename(options->logs, name, NULL);
}

gboolean lane_open(Lane *lane, Run *run, guint number, GError **error)
{
    *lane = (Lane){ .run = run, .log = lane_log_path(run->options, run->backend, number) };
    for (guint i = 0; i < SIDES; i++)
        if (!(lane->scratch[i] = scratch_make(error)))
            return FALSE;
    return TRUE;
}

void lane_close(Lane *lane)
{
    g_clear_pointer(&lane->worker, worker_free);
    for (guint i = 0; i < G_N_ELEMENTS(lane->scratch); i++) {
        scratch_remove(lane->scratch[i]);
        g_free(lane->scratch[i]);
    }
    g_free(lane->log);
}

/* ---- attempts ------------------------------------------------------------------------------------------------------ */

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
        run_stop(run, why);
    }
    lane->started = TRUE;
    return !spent;
}

static gboolean ensure_worker(Lane *lane)
{
    WorkerLimits limits = lane_limits(lane->run->options, lane->log);
    if (lane->worker && !worker_usable(lane->worker))
        g_clear_pointer(&lane->worker, worker_free);
    lane->trusted = lane->worker && worker_runs(lane->worker) > 0;
    for (int i = 0; !lane->worker && i < MAX_STARTS && may_start(lane); i++) {
        g_autoptr(GError) error = NULL;
        lane->worker = worker_start(lane->run->backend, &limits, &error);
        if (!lane->worker && i == MAX_STARTS - 1)
            run_stop(lane->run, error->message);
    }
    return lane->worker != NULL;
}

/* Whether one answer will settle the case: its twin is known, and nobody asks again what changed. */
static gboolean one_answer_settles(Lane *lane, const Subject *s)
{
    Verdict verdict;
    if (s != lane->judged || lane->run->options->since)
        return FALSE;
    if (s->c->expectation != EXPECT_REJECT || !s->c->twin || run_known_verdict(lane->run, s->c->twin, &verdict))
        return TRUE;
    desk_drain(lane->desk); /* it may lie there */
    return run_known_verdict(lane->run, s->c->twin, &verdict);
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
        lane->ahead = run_take_case(lane->run);
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
    const gboolean good = judge(s, &answer->attempt, run_rule_for(run, s), run->backend->profile, judgement, error);
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
    if (!run_interrupted())
        g_usleep(INTERRUPT_US);
    return run_interrupted();
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
    if (!good && !failed && !run_interrupted()) {
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

/* A twin that is not selected, or that another worker has in hand, is run here and only remembered. */
static gboolean consult_twin(Lane *lane, const Subject *s, Judgement *judgement, GError **error)
{
    Run           *run = lane->run;
    const Subject *twin = s->c->twin ? g_hash_table_lookup(run->workload->by_id, s->c->twin) : NULL;
    Judgement      of_twin = { .margin = NAN, .seconds = NAN };
    if (twin && !run_known_verdict(run, twin->c->id, &of_twin.verdict)) {
        if (!try_case(lane, twin, &of_twin, error))
            return FALSE;
        run_remember(run, twin->c->id, of_twin.verdict);
    }
    judge_twin(judgement, s->c->twin, twin ? &of_twin : NULL, run_rule_for(run, s));
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
        gboolean flaky = run_outcome_key(again.verdict, again.grade) != run_outcome_key(judgement->verdict, judgement->grade);
        if (is_worse(&again, judgement)) {
            Judgement better = *judgement;
            *judgement = again;
            again = better;
        }
        judgement->flaky = flaky;
    } else if (run_interrupted()) {
        good = FALSE;
    }
    judgement_clear(&again);
    if (failed)
        g_propagate_error(error, failed);
    return good && !failed;
}

gboolean lane_judge(Lane *lane, const Subject *s, Judgement *judgement, GError **error)
{
    if (!judge_once(lane, s, judgement, error))
        return FALSE;
    int before = GPOINTER_TO_INT(g_hash_table_lookup(lane->run->before, s->c->id));
    return before == 0 || judgement->flaky || before == run_outcome_key(judgement->verdict, judgement->grade) ||
           judge_again(lane, s, judgement, error);
}

/* ---- one case after the other -------------------------------------------------------------------------------------- */

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
            judge_twin(&judgement, s->c->twin, s->c->twin && run_known_verdict(run, s->c->twin, &twin.verdict) ? &twin : NULL,
                       run_rule_for(run, s));
        run_commit(run, s, &judgement, &error);
    }
    judgement_clear(&judgement);
    if (error)
        run_take_error(run, error);
    g_free(answer);
}

/* What was taken but could not be sent is left where the run is to stop. */
static const Subject *next_case(const Lane *lane)
{
    const Subject *taken = lane->sent || !run_interrupted() ? lane->ahead : NULL;
    return taken ? taken : run_take_case(lane->run);
}

void lane_run(Lane *lane)
{
    lane->desk = desk_new(SIDES - 2, judge_on_desk, lane->run);
    while ((lane->judged = next_case(lane))) {
        GError        *error = NULL;
        Judgement      judgement;
        const Subject *s = lane->judged;
        if (lane_judge(lane, s, &judgement, &error))
            run_commit(lane->run, s, &judgement, &error);
        judgement_clear(&judgement);
        if (error)
            run_take_error(lane->run, error);
    }
    g_clear_pointer(&lane->desk, desk_free);
    if (lane->worker)
        worker_stop(lane->worker, STOP_SECONDS, NULL);
    g_clear_pointer(&lane->worker, worker_free);
}
