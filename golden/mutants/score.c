#include "golden/mutants/score.h"

#include "golden/corpus.h"
#include "golden/verify.h"
#include "reference/cli/subcommand.h"

#include <math.h>
#include <string.h>

/* ---- the cases ------------------------------------------------------------------------------------------------------------ */

typedef struct {
    const char *folder;
    Trial       clean;
    guint       proposal;
    guint       order; /* a number made from the names: the order in which mutants meet the cases */
} Exam;

typedef struct {
    const ScoreOptions *options;
    Scores     *scores;
    Exam       *exams;  /* sorted by order */
    guint       n_exams;
    GHashTable *without;
    GMutex      lock;   /* of `without` */
    Progress   *progress;
} Job;

static void examine(gpointer data, gpointer user)
{
    Job *job = user;
    Exam *exam = &job->exams[GPOINTER_TO_UINT(data) - 1];
    g_autoptr(GHashTable) without = g_hash_table_new(NULL, NULL);
    trial_run(exam->folder, NULL, without, &exam->clean);
    g_mutex_lock(&job->lock);
    GHashTableIter iter;
    gpointer op;
    g_hash_table_iter_init(&iter, without);
    while (g_hash_table_iter_next(&iter, &op, NULL))
        g_hash_table_add(job->without, op);
    g_mutex_unlock(&job->lock);
    if (job->progress)
        progress_step(job->progress);
}

static void run_pool(Job *job, GFunc work, guint n, const char *label)
{
    job->progress = job->options->quiet ? NULL : progress_start(label, n);
    GThreadPool *pool = g_thread_pool_new(work, job, job->options->jobs, TRUE, NULL);
    for (guint i = 0; i < n; i++)
        g_thread_pool_push(pool, GUINT_TO_POINTER(i + 1), NULL);
    g_thread_pool_free(pool, FALSE, TRUE);
    if (job->progress)
        progress_end(job->progress);
}

static guint hash_name(const char *folder)
{
    g_autofree char *name = g_path_get_basename(folder);
    guint hash = g_str_hash(name) * 2654435761u;
    return hash ^ hash >> 15;
}

static int by_order(const void *a, const void *b)
{
    const Exam *x = a, *y = b;
    return x->order != y->order ? (x->order < y->order ? -1 : 1) : strcmp(x->folder, y->folder);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void list_proposals(Job *job)
{
    GPtrArray *names = job->scores->proposals;
    for (guint i = 0; i < job->n_exams; i++) {
        const char *name = job->exams[i].clean.proposal;
        guint at = 0;
        while (name && at < names->len && strcmp(g_ptr_array_index(names, at), name) != 0)
            at++;
        if (name && at == names->len)
            g_ptr_array_add(names, g_strdup(name));
    }
    g_ptr_array_sort(names, by_text);
    for (guint i = 0; i < job->n_exams; i++)
        for (guint p = 0; p < names->len; p++)
            if (g_strcmp0(g_ptr_array_index(names, p), job->exams[i].clean.proposal) == 0)
                job->exams[i].proposal = p;
}

static void list_results(Job *job)
{
    Scores *scores = job->scores;
    for (guint i = 0; i < job->n_exams; i++) {
        const Trial *t = &job->exams[i].clean;
        scores->cases += t->result != TRIAL_SKIPPED;
        scores->in_play += t->result == TRIAL_PASSED;
        if (t->message)
            g_ptr_array_add(scores->disagreements, g_strdup_printf("%s: %s", job->exams[i].folder, t->message));
    }
    g_ptr_array_sort(scores->disagreements, by_text);
    GHashTableIter iter;
    gpointer key;
    g_hash_table_iter_init(&iter, job->without);
    while (g_hash_table_iter_next(&iter, &key, NULL)) {
        const Operator *op = key;
        g_ptr_array_add(scores->without, g_strdup_printf("%s%s%s", op->domain, *op->domain ? "::" : "", op->name));
    }
    g_ptr_array_sort(scores->without, by_text);
}

/* ---- the mutants ---------------------------------------------------------------------------------------------------------- */

/* "region" and "scattered" say where, not why. */
static gboolean explains(const char *signature)
{
    return signature && !g_str_has_prefix(signature, "region") && !g_str_has_prefix(signature, "scattered");
}

static void note_kill(Score *score, Tally *tally, const Exam *exam, Trial *trial, GHashTable *semantics)
{
    g_autofree char *key = g_strdup_printf("%u/%s", exam->proposal, exam->clean.semantic);
    if (g_hash_table_add(semantics, g_steal_pointer(&key)))
        tally->killers++;
    score->margin = MAX(score->margin, trial->margin);
    tally->explained += explains(trial->signature) ? 1 : 0;
    if (score->killer)
        return;
    score->killer = g_path_get_basename(exam->folder);
    score->message = g_steal_pointer(&trial->message);
    score->signature = g_steal_pointer(&trial->signature);
}

static void try_mutant(gpointer data, gpointer user)
{
    Job *job = user;
    Score *score = &job->scores->scores[GPOINTER_TO_UINT(data) - 1];
    const gboolean every = job->options->all || score->mutant->class != MUST_DIE;
    g_autoptr(GHashTable) semantics = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (guint i = 0; i < job->n_exams; i++) {
        const Exam *exam = &job->exams[i];
        if (exam->clean.result != TRIAL_PASSED || !mutant_set_has(&exam->clean.reached, score->mutant))
            continue;
        Tally *tally = &score->proposals[exam->proposal];
        tally->reached++;
        if (!every && tally->killers >= SCORE_ENOUGH)
            continue;
        tally->tried++;
        Trial trial;
        trial_run(exam->folder, score->mutant, NULL, &trial);
        if (trial.result != TRIAL_PASSED)
            note_kill(score, tally, exam, &trial, semantics);
        trial_clear(&trial);
    }
    for (guint p = 0; p < job->scores->proposals->len; p++) {
        score->reached += score->proposals[p].reached;
        score->killers += score->proposals[p].killers;
        score->explained += score->proposals[p].explained;
    }
    if (job->progress)
        progress_step(job->progress);
}

static gboolean choose_mutants(Job *job, GError **error)
{
    Scores *scores = job->scores;
    const char *only = job->options->mutant;
    if (only && !mutant_find(only)) {
        g_set_error(error, CORPUS_ERROR, CORPUS_ERROR_FORMAT, "no mutant is called '%s'; 'assay mutants --list' names them", only);
        return FALSE;
    }
    guint n;
    Mutant *const *all = mutant_all(&n);
    scores->scores = g_new0(Score, n);
    for (guint i = 0; i < n; i++)
        if (!only || strcmp(all[i]->name, only) == 0)
            scores->scores[scores->n_scores++].mutant = all[i];
    return TRUE;
}

static void try_all(Job *job)
{
    for (guint i = 0; i < job->scores->n_scores; i++)
        job->scores->scores[i].proposals = g_new0(Tally, job->scores->proposals->len + 1);
    run_pool(job, try_mutant, job->scores->n_scores, "mutants");
}

/* In one proposal only the mutants count that it reaches. */
static void keep_reached(Scores *scores)
{
    guint kept = 0;
    for (guint i = 0; i < scores->n_scores; i++) {
        if (scores->scores[i].reached)
            scores->scores[kept++] = scores->scores[i];
        else
            g_free(scores->scores[i].proposals);
    }
    scores->n_scores = kept;
}

Scores *score_cases(const ScoreOptions *options, GError **error)
{
    g_autofree char *root = options->proposal ? g_build_filename(options->root, options->proposal, NULL) : g_strdup(options->root);
    g_autoptr(Scores) scores = g_new0(Scores, 1);
    scores->disagreements = g_ptr_array_new_with_free_func(g_free);
    scores->proposals = g_ptr_array_new_with_free_func(g_free);
    scores->without = g_ptr_array_new_with_free_func(g_free);
    Job job = { .options = options, .scores = scores };
    g_autoptr(GPtrArray) folders = verify_list(root, NULL, error);
    if (!folders || !choose_mutants(&job, error))
        return NULL;
    job.exams = g_new0(Exam, folders->len);
    job.n_exams = folders->len;
    job.without = g_hash_table_new(NULL, NULL);
    for (guint i = 0; i < folders->len; i++) {
        job.exams[i].folder = g_ptr_array_index(folders, i);
        job.exams[i].order = hash_name(job.exams[i].folder);
    }
    qsort(job.exams, job.n_exams, sizeof *job.exams, by_order);
    run_pool(&job, examine, job.n_exams, "cases");
    list_proposals(&job);
    list_results(&job);
    try_all(&job);
    if (options->proposal)
        keep_reached(scores);
    for (guint i = 0; i < job.n_exams; i++)
        trial_clear(&job.exams[i].clean);
    g_hash_table_unref(job.without);
    g_free(job.exams);
    return g_steal_pointer(&scores);
}

void scores_free(Scores *scores)
{
    if (!scores)
        return;
    for (guint i = 0; i < scores->n_scores; i++) {
        g_free(scores->scores[i].proposals);
        g_free(scores->scores[i].killer);
        g_free(scores->scores[i].signature);
        g_free(scores->scores[i].message);
    }
    g_free(scores->scores);
    g_ptr_array_unref(scores->disagreements);
    g_ptr_array_unref(scores->proposals);
    g_ptr_array_unref(scores->without);
    g_free(scores);
}

/* ---- totals --------------------------------------------------------------------------------------------------------------- */

static int by_count(const void *a, const void *b)
{
    const guint x = *(const guint *)a, y = *(const guint *)b;
    return x < y ? -1 : x > y;
}

static void add_score(Totals *t, const Score *score, guint killers, guint explained)
{
    switch (score->mutant->class) {
    case MUST_DIE:
        t->must_die++;
        t->killed += killers > 0;
        t->killed_twice += killers > 1;
        t->explained += killers > 0 && explained > 0;
        if (killers > 0)
            t->margin = MIN(t->margin, log2(score->margin));
        break;
    case MUST_LIVE:
        t->must_live++;
        t->must_live_killed += killers > 0;
        break;
    case EQUIVALENT:
        t->equivalent++;
        t->equivalent_killed += killers > 0;
    }
}

Totals scores_total(const Scores *scores, int proposal)
{
    Totals t = { .margin = INFINITY };
    g_autofree guint *counts = g_new(guint, scores->n_scores + 1);
    guint n = 0;
    for (guint i = 0; i < scores->n_scores; i++) {
        const Score *score = &scores->scores[i];
        if (proposal >= 0 && score->proposals[proposal].reached == 0)
            continue;
        const guint killers = proposal < 0 ? score->killers : score->proposals[proposal].killers;
        add_score(&t, score, killers, proposal < 0 ? score->explained : score->proposals[proposal].explained);
        if (score->mutant->class == MUST_DIE)
            counts[n++] = killers;
    }
    qsort(counts, n, sizeof *counts, by_count);
    t.redundancy = n == 0 ? 0 : (counts[(n - 1) / 2] + counts[n / 2]) / 2.0;
    return t;
}

/* ---- the gate ------------------------------------------------------------------------------------------------------------- */

static gboolean refuse(GError **error, guint count, const char *what, const char *first)
{
    g_set_error(error, CORPUS_ERROR, CORPUS_ERROR_FORMAT, "%u %s; the first: %s ('assay mutants' lists them)", count, what, first);
    return FALSE;
}

/* How many mutants of a class are noticed, or are not, and the first of them. */
static guint count_mutants(const Scores *scores, MutantClass class, gboolean noticed, const Mutant **first)
{
    guint count = 0;
    for (guint i = scores->n_scores; i-- > 0;) {
        const Score *s = &scores->scores[i];
        if (s->mutant->class != class || (s->killers > 0) != noticed)
            continue;
        *first = s->mutant;
        count++;
    }
    return count;
}

gboolean scores_admit(const Scores *scores, gboolean whole, GError **error)
{
    const Mutant *first = NULL;
    guint count = scores->disagreements->len;
    if (count)
        return refuse(error, count, "goldens with which the naive kernels disagree", g_ptr_array_index(scores->disagreements, 0));
    if ((count = count_mutants(scores, MUST_LIVE, TRUE, &first)))
        return refuse(error, count, "valid variants fail a case", first->name);
    if ((count = count_mutants(scores, EQUIVALENT, TRUE, &first)))
        return refuse(error, count, "equivalent changes fail a case", first->name);
    if (whole && (count = count_mutants(scores, MUST_DIE, FALSE, &first)))
        return refuse(error, count, "mistakes are noticed by no case", first->name);
    return TRUE;
}
