/* Merging shards: read through the checked visitors, put through the ordinary puts, all in one transaction. */
#include "reports/database.h"

#include <math.h>

static void merge_run(const RunFacts *run, gpointer data)
{
    *(RunFacts *)data = (RunFacts){ g_strdup(run->corpus), g_strdup(run->corpus_hash), g_strdup(run->assay) };
}

static gboolean merge_runs(Results *into, Results *from, GError **error)
{
    RunFacts run = { 0 };
    gboolean ok = results_run(from, merge_run, &run, error) && results_begin_run(into, &run, error);
    g_free((char *)run.corpus);
    g_free((char *)run.corpus_hash);
    g_free((char *)run.assay);
    return ok;
}

static gboolean merge_proposal(const ProposalFacts *proposal, gpointer into, GError **error)
{
    return results_put_proposal(into, proposal, error);
}

static gboolean merge_backend(const BackendFacts *backend, gpointer into, GError **error)
{
    return results_put_backend(into, backend, error);
}

static gboolean merge_case(const CaseFacts *facts, gpointer into, GError **error)
{
    return results_put_case(into, facts, error);
}

typedef struct {
    const VerdictFacts *incoming;
    const char *path;
    gboolean take;
} Choice;

static char *sort_key(const VerdictFacts *v)
{
    char margin[G_ASCII_DTOSTR_BUF_SIZE];
    return g_strjoin("\x1f", (char[]){ v->grade, '\0' }, v->profile == NULL ? "" : v->profile,
                     isnan(v->margin) ? "" : g_ascii_dtostr(margin, sizeof margin, v->margin),
                     v->stage == NULL ? "" : v->stage, v->message == NULL ? "" : v->message,
                     v->difference == NULL ? "" : v->difference, v->signature == NULL ? "" : v->signature,
                     v->statistics == NULL ? "" : v->statistics, v->waiver == NULL ? "" : v->waiver,
                     v->flaky ? "1" : "0", v->contradicts_manifest ? "1" : "0", v->log == NULL ? "" : v->log, NULL);
}

/* Whether a verdict says less than another: not_run than any, and without a reason than with one. */
static gboolean gives_way(const VerdictFacts *v, const VerdictFacts *other)
{
    return v->verdict == VERDICT_NOT_RUN && (v->message == NULL || other->verdict != VERDICT_NOT_RUN);
}

/* Visits what `into` says already. */
static gboolean choose(const VerdictFacts *present, gpointer data, GError **error)
{
    Choice *choice = data;
    const VerdictFacts *incoming = choice->incoming;
    if (gives_way(present, incoming) || gives_way(incoming, present)) {
        choice->take = gives_way(present, incoming);
        return TRUE;
    }
    if (present->verdict != incoming->verdict)
        return results_fail(error, RESULTS_ERROR_CONFLICT, "%s: case '%s' on backend '%s' is %s, elsewhere %s",
                            choice->path, present->case_id, present->backend, verdict_name(incoming->verdict),
                            verdict_name(present->verdict));
    g_autofree char *old = sort_key(present), *new = sort_key(incoming);
    choice->take = g_strcmp0(new, old) < 0;
    return TRUE;
}

typedef struct {
    Results *into, *from;
} Merge;

/* Called from a visit of merge->from, whose lock is held. */
static gboolean put_with_outputs(const Merge *merge, const VerdictFacts *verdict, GError **error)
{
    g_autoptr(GPtrArray) outputs = outputs_read(merge->from, verdict->case_id, verdict->backend, error);
    VerdictFacts facts = *verdict;
    facts.outputs = outputs;
    return outputs != NULL && results_put_verdict(merge->into, &facts, error);
}

static gboolean merge_verdict(const VerdictFacts *verdict, gpointer data, GError **error)
{
    Merge *merge = data;
    if (verdict->verdict == VERDICT_NOT_RUN && verdict->message == NULL) /* stays what a missing verdict means */
        return TRUE;
    Choice choice = { .incoming = verdict, .path = merge->from->path, .take = TRUE };
    if (!results_each_verdict(merge->into, verdict->case_id, verdict->backend, choose, &choice, error))
        return FALSE;
    return !choice.take || put_with_outputs(merge, verdict, error);
}

gboolean results_merge(Results *into, Results *from, GError **error)
{
    g_return_val_if_fail(into != from, FALSE);
    if (!results_begin_batch(into, error))
        return FALSE;
    Merge merge = { into, from };
    gboolean ok = results_hold(from, error) && merge_runs(into, from, error) && results_each_proposal(from, merge_proposal, into, error) &&
                  results_each_backend(from, merge_backend, into, error) &&
                  results_each_case(from, NULL, merge_case, into, error) &&
                  results_each_verdict(from, NULL, NULL, merge_verdict, &merge, error);
    results_release(from);
    if (ok)
        return results_end_batch(into, error);
    g_mutex_lock(&into->lock);
    into->batching = FALSE;
    database_end(into, FALSE, NULL);
    g_mutex_unlock(&into->lock);
    return FALSE;
}
