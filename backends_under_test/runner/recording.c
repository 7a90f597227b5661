#include "backends_under_test/runner/recording.h"
#include "backends_under_test/runner/backend.h"
#include "backends_under_test/runner/preview.h"
#include "golden/manifest.h"
#include "golden/proposal.h"
#include "reference/assay.h"
#include "reference/context/context.h"
#include "reference/onnx/text.h"

#include <string.h>

#define MODEL_TEXT_ELEMENTS 64
#define TOGETHER            16 /* cases a transaction: few, for verdicts wait meanwhile */

struct Recording {
    const Workload *workload;
    Results *results;
    GThread *thread;
    GMutex lock;
    GCond progress;
    gboolean open; /* the results are of this corpus: the rest may be written */
    guint written; /* cases */
    GError *error; /* the first */
};

/* ---- the run -------------------------------------------------------------------------------------------------------
 */

static gboolean record_run(const Workload *w, Results *results, GError **error)
{
    g_autofree char *hash = corpus_digest(w->corpus, error);
    if (!hash)
        return FALSE;
    RunFacts run = { .corpus = w->corpus, .corpus_hash = hash, .assay = ASSAY_VERSION };
    return results_begin_run(results, &run, error);
}

static void take_hash(const RunFacts *run, gpointer data)
{
    *(char **)data = g_strdup(run->corpus_hash);
}

static gboolean check_case(const CaseFacts *facts, gpointer data, GError **error)
{
    const Workload *w = data;
    if (g_hash_table_contains(w->by_id, facts->id))
        return TRUE;
    g_set_error(error, RESULTS_ERROR, RESULTS_ERROR_CONFLICT, "the results hold %s, which is not in %s: another corpus?", facts->id,
                w->corpus);
    return FALSE;
}

/* Results of a run that was killed before it knew its corpus's digest are known by their cases. */
static gboolean is_ours(const Workload *w, Results *results, GError **error)
{
    g_autofree char *hash = NULL;
    return results_run(results, take_hash, &hash, error) &&
           (hash || results_each_case(results, NULL, check_case, (gpointer)w, error));
}

static gboolean record_proposals(const Workload *w, Results *results, GError **error)
{
    g_autoptr(GPtrArray) proposals = proposal_list(error);
    if (!proposals)
        return FALSE;
    for (guint i = 0; i < proposals->len; i++) {
        const Proposal *p = proposals->pdata[i];
        gboolean tested = FALSE;
        for (guint k = 0; k < w->selected->len && !tested; k++)
            tested = strcmp(((Subject *)w->selected->pdata[k])->c->proposal, p->id) == 0;
        ProposalFacts facts = { .id = p->id, .json = p->json };
        if (tested && !results_put_proposal(results, &facts, error))
            return FALSE;
    }
    return TRUE;
}

/* Of one output: how sure its golden is, then a line for each rule behind its interval. */
static void add_certificate(GString *text, const GoldenCertificate *g)
{
    g_string_append_printf(text, "; golden %s", golden_proof_name(g->proof));
    if (g->open)
        g_string_append_printf(text, " (%" G_GINT64_FORMAT " elements open)", g->open);
    for (gsize k = 0; k < derivation_count(g->derivation); k++) {
        g_autofree char *rule = derivation_entry_text(derivation_entry(g->derivation, k));
        g_string_append_printf(text, "\n  %s", rule);
    }
}

static char *comparison_text(const Case *c)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; i < c->comparisons->len; i++) {
        const CompareSpec *spec = &g_array_index(c->comparisons, CompareSpec, i);
        g_string_append_printf(text, "%soutput %u: %s%s", i > 0 ? "\n" : "", i, compare_mode_name(spec->mode),
                               spec->free_zero_sign ? ", the sign of zero is free" : "");
        if (i < c->certificates->len)
            add_certificate(text, &g_array_index(c->certificates, GoldenCertificate, i));
    }
    if (c->expectation == EXPECT_REJECT)
        g_string_append(text, "must be refused");
    return g_strdup(text->str);
}

static char *unreadable_model(const GError *error)
{
    const char *reason = strstr(error->message, ": "); /* without the path of this machine */
    return g_strdup_printf("This model cannot be read%s", reason ? reason : "");
}

/* ---- cases ---------------------------------------------------------------------------------------------------------
 */

/* A case's facts and the texts that they borrow. */
typedef struct {
    CaseFacts facts;
    char *text, *comparison, *graph, *data;
} Entry;

static void entry_free(gpointer data)
{
    Entry *entry = data;
    g_free(entry->text);
    g_free(entry->comparison);
    g_free(entry->graph);
    g_free(entry->data);
    g_free(entry);
}

static Entry *entry_of(const Subject *s)
{
    const Case *c = s->c;
    Entry *entry = g_new0(Entry, 1);
    g_autoptr(GError) unreadable = NULL;
    g_autoptr(Model) model = model_load(s->model, NULL, &unreadable);
    if (!model)
        model = container_original(s->model, NULL); /* a payload that is not there: the graph is */
    entry->text = model ? model_to_text(model, MODEL_TEXT_ELEMENTS) : unreadable_model(unreadable);
    entry->comparison = comparison_text(c);
    entry->graph = model ? preview_graph(model) : NULL;
    entry->data = model ? preview_data(s, model) : NULL;
    entry->facts = (CaseFacts){ .id = c->id,
                                .proposal = c->proposal,
                                .variant = c->variant,
                                .semantic = c->semantic,
                                .form = form_name(c->form),
                                .expectation = c->expectation == EXPECT_REJECT ? "reject" : "outputs",
                                .twin = c->twin,
                                .summary = c->summary,
                                .requirements = c->requirements,
                                .dtypes = c->dtypes,
                                .tags = c->tags,
                                .model = entry->text,
                                .comparison = entry->comparison,
                                .graph = entry->graph,
                                .data = entry->data };
    return entry;
}

/* Cases [from, from + n) of the selected ones. */
static gboolean record_cases(Recording *r, guint from, guint n, GError **error)
{
    g_autoptr(GPtrArray) entries = g_ptr_array_new_with_free_func(entry_free);
    for (guint i = 0; i < n; i++)
        g_ptr_array_add(entries, entry_of(r->workload->selected->pdata[from + i]));
    /* The facts are the first thing in an entry. */
    return results_put_cases(r->results, (const CaseFacts *const *)entries->pdata, n, error);
}

/* ---- side by side with the run -------------------------------------------------------------------------------------
 */

/* How far it is; takes the error. */
static void report(Recording *r, gboolean open, guint written, GError *error)
{
    g_mutex_lock(&r->lock);
    r->open |= open;
    r->written += written;
    if (r->error)
        g_clear_error(&error);
    else
        r->error = error;
    g_cond_broadcast(&r->progress);
    g_mutex_unlock(&r->lock);
}

static gboolean write_run(Recording *r)
{
    GError  *error = NULL;
    gboolean good = (r->open || is_ours(r->workload, r->results, &error)) && record_run(r->workload, r->results, &error) &&
                    record_proposals(r->workload, r->results, &error);
    report(r, good, 0, error);
    return good;
}

static gboolean write_cases(Recording *r)
{
    const guint all = r->workload->selected->len;
    gboolean    good = TRUE;
    for (guint done = 0; good && done < all; done += TOGETHER) {
        GError     *error = NULL;
        const guint n = MIN(TOGETHER, all - done);
        good = record_cases(r, done, n, &error);
        report(r, FALSE, good ? n : 0, error);
    }
    return good;
}

/* The digest of a whole corpus takes about as long as its cases: where nothing can clash it comes last, for verdicts wait
 * for the cases alone. */
static gpointer record(gpointer data)
{
    Recording     *r = data;
    const gboolean fresh = r->open;
    if ((fresh || write_run(r)) && write_cases(r) && fresh)
        write_run(r);
    return NULL;
}

Recording *recording_start(const Workload *workload, Results *results, gboolean fresh)
{
    Recording *r = g_new0(Recording, 1);
    r->workload = workload;
    r->results = results;
    r->open = fresh;
    g_mutex_init(&r->lock);
    g_cond_init(&r->progress);
    r->thread = g_thread_new("recording", record, r);
    return r;
}

gboolean recording_await(Recording *r, const Subject *s, GError **error)
{
    const guint needed = s ? s->place + 1 : 0;
    g_mutex_lock(&r->lock);
    while (!r->error && (!r->open || r->written < needed))
        g_cond_wait(&r->progress, &r->lock);
    const gboolean good = r->open && r->written >= needed;
    if (!good && error)
        *error = g_error_copy(r->error);
    g_mutex_unlock(&r->lock);
    return good;
}

gboolean recording_finish(Recording *r, GError **error)
{
    if (!r)
        return TRUE;
    g_thread_join(r->thread);
    const gboolean good = !r->error;
    if (!good)
        g_propagate_error(error, r->error);
    g_mutex_clear(&r->lock);
    g_cond_clear(&r->progress);
    g_free(r);
    return good;
}

gboolean workload_record(const Workload *workload, Results *results, GError **error)
{
    return recording_finish(recording_start(workload, results, FALSE), error);
}
