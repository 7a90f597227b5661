#include "backends_under_test/runner/probe.h"
#include "backends_under_test/runner/scratch.h"

#include <string.h>

#define MAX_REASON 160

void draft_clear(Draft *draft)
{
    cJSON_Delete(draft->rules);
    g_clear_pointer(&draft->idle, g_ptr_array_unref);
    g_free(draft->example);
    g_free(draft->stopped);
    *draft = (Draft){ 0 };
}

/* ---- what happened ------------------------------------------------------------------------------------------------- */

/* A valid case that was run. */
typedef struct {
    const Subject *subject;
    char          *message; /* of the refusal; NULL: it was not refused */
    gboolean       covered;
} Trial;

static void trial_free(gpointer data)
{
    g_free(((Trial *)data)->message);
    g_free(data);
}

typedef struct {
    const Workload *workload;
    GPtrArray      *trials; /* of Trial */
} Collector;

static gboolean collect(const VerdictFacts *facts, gpointer data, GError **error)
{
    Collector     *collector = data;
    const Subject *s = g_hash_table_lookup(collector->workload->by_id, facts->case_id);
    (void)error;
    if (!s || s->c->expectation != EXPECT_OUTPUTS || facts->verdict == VERDICT_NOT_RUN)
        return TRUE;
    Trial *trial = g_new0(Trial, 1);
    trial->subject = s;
    if (facts->verdict == VERDICT_REFUSED || facts->verdict == VERDICT_UNSUPPORTED)
        trial->message = g_strdup(facts->message ? facts->message : "");
    g_ptr_array_add(collector->trials, trial);
    return TRUE;
}

/* ---- rules --------------------------------------------------------------------------------------------------------- */

typedef enum { BY_DTYPE, BY_OP, BY_BOTH, PHASES } Phase;

typedef struct {
    const char *dtype, *op; /* of a case; NULL: any */
    guint       refused;    /* not covered yet */
    guint       other;      /* not refused */
    const char *message;    /* of the first refusal */
} Candidate;

static void count(GHashTable *candidates, const char *dtype, const char *op, const Trial *trial)
{
    g_autofree char *key = g_strdup_printf("%s\t%s", dtype ? dtype : "", op ? op : "");
    Candidate       *candidate = g_hash_table_lookup(candidates, key);
    if (!candidate) {
        candidate = g_new0(Candidate, 1);
        *candidate = (Candidate){ .dtype = dtype, .op = op };
        g_hash_table_insert(candidates, g_steal_pointer(&key), candidate);
    }
    if (!trial->message)
        candidate->other++;
    else if (!trial->covered && candidate->refused++ == 0)
        candidate->message = trial->message;
}

static void count_trial(GHashTable *candidates, Phase phase, const Trial *trial)
{
    const GPtrArray *dtypes = trial->subject->c->dtypes, *ops = subject_model(trial->subject)->traits.ops;
    guint            n_ops = ops ? ops->len : 0;
    if (phase == BY_DTYPE)
        for (guint i = 0; i < dtypes->len; i++)
            count(candidates, dtypes->pdata[i], NULL, trial);
    if (phase == BY_OP)
        for (guint i = 0; i < n_ops; i++)
            count(candidates, NULL, ops->pdata[i], trial);
    if (phase == BY_BOTH)
        for (guint i = 0; i < dtypes->len; i++)
            for (guint k = 0; k < n_ops; k++)
                count(candidates, dtypes->pdata[i], ops->pdata[k], trial);
}

/* The better of two candidates: the one that covers more; at a tie the first by name, for the same draft every time. */
static gboolean better(const Candidate *a, const Candidate *b)
{
    if (!b || a->refused != b->refused)
        return !b || a->refused > b->refused;
    int order = g_strcmp0(a->dtype, b->dtype);
    return order != 0 ? order < 0 : g_strcmp0(a->op, b->op) < 0;
}

/* The candidate that covers most and no case that was not refused; FALSE if there is none. */
static gboolean best_candidate(const GPtrArray *trials, Phase phase, Candidate *best)
{
    g_autoptr(GHashTable) candidates = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    const Candidate *found = NULL, *candidate;
    GHashTableIter   iter;
    for (guint i = 0; i < trials->len; i++)
        count_trial(candidates, phase, trials->pdata[i]);
    g_hash_table_iter_init(&iter, candidates);
    while (g_hash_table_iter_next(&iter, NULL, (gpointer *)&candidate))
        if (candidate->refused > 0 && candidate->other == 0 && better(candidate, found))
            found = candidate;
    if (found)
        *best = *found;
    return found != NULL;
}

static gboolean has(const GPtrArray *texts, const char *text)
{
    return !text || (texts && g_ptr_array_find_with_equal_func((GPtrArray *)texts, text, g_str_equal, NULL));
}

static void add_rule(Draft *draft, const GPtrArray *trials, const Candidate *best)
{
    cJSON           *rule = cJSON_CreateObject();
    g_autofree char *words = g_utf8_make_valid(best->message, (gssize)MIN(strlen(best->message), MAX_REASON));
    g_autofree char *reason = g_strdup_printf("draft, %u refused, such as: %s", best->refused, words);
    if (best->dtype)
        cJSON_AddStringToObject(rule, "dtype", best->dtype);
    if (best->op)
        cJSON_AddStringToObject(rule, "op", best->op);
    cJSON_AddStringToObject(rule, "reason", reason);
    cJSON_AddItemToArray(draft->rules, rule);
    for (guint i = 0; i < trials->len; i++) {
        Trial *trial = trials->pdata[i];
        if (has(trial->subject->c->dtypes, best->dtype) && has(subject_model(trial->subject)->traits.ops, best->op))
            trial->covered = TRUE;
    }
}

static void write_draft(const GPtrArray *trials, Draft *draft)
{
    Candidate best;
    draft->rules = cJSON_CreateArray();
    for (Phase phase = BY_DTYPE; phase < PHASES; phase++)
        while (best_candidate(trials, phase, &best))
            add_rule(draft, trials, &best);
    for (guint i = 0; i < trials->len; i++) {
        const Trial *trial = trials->pdata[i];
        draft->refused += trial->message != NULL;
        draft->uncovered += trial->message && !trial->covered;
        if (trial->message && !trial->covered && !draft->example)
            draft->example = g_strdup(trial->subject->c->id);
    }
}

/* ---- the manifest that there is ---------------------------------------------------------------------------------------- */

static gboolean applies_somewhere(const CapabilityRule *rule, const Workload *workload)
{
    for (guint i = 0; i < workload->selected->len; i++) {
        const Subject *s = workload->selected->pdata[i];
        if (capability_rule_applies(rule, s->c, &subject_model(s)->traits))
            return TRUE;
    }
    return FALSE;
}

/* It may be a typing mistake; only who has the whole corpus before them can tell. */
static GPtrArray *idle_rules(const Backend *backend, const Workload *workload)
{
    GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < backend->unsupported->len; i++) {
        const CapabilityRule *rule = backend->unsupported->pdata[i];
        if (!applies_somewhere(rule, workload))
            g_ptr_array_add(lines, g_strdup_printf("backend.json: rule %u applies to no case of this corpus (%s)", i + 1, rule->reason));
    }
    return lines;
}

/* ---- the run ------------------------------------------------------------------------------------------------------- */

static gboolean run_and_collect(const Workload *workload, const Backend *backend, const RunOptions *options,
                                const char *path, Collector *collector, Draft *draft, GError **error)
{
    RunSummary         summary = { 0 };
    g_autoptr(Results) results = results_open(path, RESULTS_NEW, error);
    gboolean good = results && workload_record(workload, results, error) &&
                    run_backend(workload, backend, options, NULL, results, &summary, error) &&
                    results_each_verdict(results, NULL, backend->name, collect, collector, error);
    draft->stopped = g_strdup(summary.stopped);
    run_summary_clear(&summary);
    return good;
}

gboolean probe_backend(const Workload *workload, const Backend *backend, const RunOptions *options, Draft *draft,
                       GError **error)
{
    g_autofree char *folder = scratch_make(error);
    if (!folder)
        return FALSE;
    g_autofree char *path = g_build_filename(folder, "results.db", NULL);
    Collector        collector = { workload, g_ptr_array_new_with_free_func(trial_free) };
    gboolean         good = run_and_collect(workload, backend, options, path, &collector, draft, error);
    if (good) {
        write_draft(collector.trials, draft);
        draft->idle = idle_rules(backend, workload);
    }
    g_ptr_array_unref(collector.trials);
    scratch_remove(folder);
    return good;
}
