#include "backends_under_test/runner/run.h"

#include <signal.h>

static volatile sig_atomic_t interrupted;

void run_interrupt(void)
{
    interrupted = 1;
}

gboolean run_interrupted(void)
{
    return interrupted != 0;
}

void run_take_error(Run *run, GError *error)
{
    g_mutex_lock(&run->lock);
    if (run->error)
        g_error_free(error);
    else
        run->error = error;
    g_mutex_unlock(&run->lock);
}

void run_stop(Run *run, const char *why)
{
    g_mutex_lock(&run->lock);
    if (!run->stopped)
        run->stopped = g_strdup(why);
    g_mutex_unlock(&run->lock);
}

const CapabilityRule *run_rule_for(const Run *run, const Subject *s)
{
    const CapabilityRule *rule = capability_match(run->backend->unsupported, s->c, &subject_model(s)->traits);
    return rule || !run->declared ? rule : capability_match(run->declared, s->c, &subject_model(s)->traits);
}

gboolean run_known_verdict(Run *run, const char *id, Verdict *verdict)
{
    g_mutex_lock(&run->lock);
    gpointer found = g_hash_table_lookup(run->verdicts, id);
    g_mutex_unlock(&run->lock);
    if (found)
        *verdict = (Verdict)(GPOINTER_TO_INT(found) - 1);
    return found != NULL;
}

void run_remember(Run *run, const char *id, Verdict verdict)
{
    g_mutex_lock(&run->lock);
    g_hash_table_insert(run->verdicts, (gpointer)id, GINT_TO_POINTER((int)verdict + 1));
    g_mutex_unlock(&run->lock);
}

int run_outcome_key(Verdict verdict, char grade)
{
    return ((int)verdict + 1) << 8 | (guchar)grade;
}

const Subject *run_take_case(Run *run)
{
    const Subject *s = NULL;
    g_mutex_lock(&run->lock);
    const GPtrArray *selected = run->workload->selected;
    while (!run_interrupted() && !run->stopped && !run->error && !s && run->next < selected->len) {
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

gboolean run_is_written(const Run *run, const Subject *s, GError **error)
{
    return !run->options->recording || recording_await(run->options->recording, s, error);
}

gboolean run_commit(Run *run, const Subject *s, Judgement *j, GError **error)
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
    if (!run_is_written(run, s, error) || !results_put_verdict(run->results, &facts, error))
        return FALSE;
    run_remember(run, s->c->id, j->verdict);
    if (run->options->progress)
        progress_step(run->options->progress);
    return TRUE;
}
