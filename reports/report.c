#include "reports/report.h"
#include "reports/schema.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <string.h>

typedef struct {
    Report *report;
    GHashTable *proposals;    /* id -> ReportProposal* */
    GHashTable *requirements; /* full id -> ReportRequirement* */
    guint next_case, next_backend;
} Loader;

static const char *intern(Report *report, const char *text)
{
    return text == NULL ? NULL : g_string_chunk_insert_const(report->strings, text);
}

static const char *intern_or_empty(Report *report, const char *text)
{
    return intern(report, text == NULL ? "" : text);
}

static GPtrArray *intern_list(Report *report, const GPtrArray *list)
{
    GPtrArray *copy = g_ptr_array_new();
    for (guint i = 0; i < list->len; i++)
        g_ptr_array_add(copy, (gpointer)intern(report, list->pdata[i]));
    return copy;
}

/* ---- freeing ----------------------------------------------------------------------------------------------------- */

static void requirement_free(gpointer data)
{
    ReportRequirement *requirement = data;
    g_ptr_array_unref(requirement->cases);
    g_free(requirement);
}

static void proposal_free(gpointer data)
{
    ReportProposal *proposal = data;
    g_ptr_array_unref(proposal->requirements);
    g_ptr_array_unref(proposal->variants);
    g_ptr_array_unref(proposal->questions);
    g_ptr_array_unref(proposal->evidence);
    g_ptr_array_unref(proposal->cases);
    g_free(proposal);
}

static void case_free(gpointer data)
{
    ReportCase *c = data;
    g_ptr_array_unref(c->requirements);
    g_ptr_array_unref(c->dtypes);
    g_ptr_array_unref(c->tags);
    g_free(c->verdicts);
    g_free(c);
}

static void backend_free(gpointer data)
{
    ReportBackend *backend = data;
    g_ptr_array_unref(backend->findings);
    g_ptr_array_unref(backend->certificates);
    g_free(backend);
}

static void finding_free(gpointer data)
{
    ReportFinding *finding = data;
    g_ptr_array_unref(finding->cases);
    g_free(finding);
}

static void certificate_free(gpointer data)
{
    ReportCertificate *certificate = data;
    g_bytes_unref(certificate->bytes);
    g_free(certificate);
}

void report_free(Report *report)
{
    if (report == NULL)
        return;
    g_ptr_array_unref(report->backends);
    g_ptr_array_unref(report->proposals);
    g_ptr_array_unref(report->cases);
    g_clear_pointer(&report->changes, g_ptr_array_unref);
    g_clear_pointer(&report->past, g_ptr_array_unref);
    g_clear_pointer(&report->past_changes, g_ptr_array_unref);
    g_string_chunk_free(report->strings);
    g_free(report);
}

/* ---- proposals ----------------------------------------------------------------------------------------------------
 */

static ReportProposal *proposal_add(Loader *loader, const char *id)
{
    ReportProposal *proposal = g_new0(ReportProposal, 1);
    proposal->id = proposal->title = intern(loader->report, id);
    proposal->requirements = g_ptr_array_new_with_free_func(requirement_free);
    proposal->variants = g_ptr_array_new_with_free_func(g_free);
    proposal->questions = g_ptr_array_new_with_free_func(g_free);
    proposal->evidence = g_ptr_array_new_with_free_func(g_free);
    proposal->cases = g_ptr_array_new();
    g_ptr_array_add(loader->report->proposals, proposal);
    g_hash_table_insert(loader->proposals, (gpointer)proposal->id, proposal);
    return proposal;
}

static ReportRequirement *requirement_add(Loader *loader, ReportProposal *proposal, const char *id)
{
    ReportRequirement *requirement = g_new0(ReportRequirement, 1);
    requirement->id = intern(loader->report, id);
    requirement->level = requirement->source = intern(loader->report, "");
    requirement->cases = g_ptr_array_new();
    g_ptr_array_add(proposal->requirements, requirement);
    g_hash_table_insert(loader->requirements, (gpointer)requirement->id, requirement);
    return requirement;
}

static const char *member(const cJSON *object, const char *name)
{
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
}

static void read_notes(Loader *loader, GPtrArray *notes, const cJSON *list)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, list)
    {
        ReportNote *note = g_new0(ReportNote, 1);
        note->id = intern_or_empty(loader->report, member(item, "id"));
        note->title = intern_or_empty(loader->report, member(item, "title"));
        note->text = intern_or_empty(loader->report, member(item, "text"));
        g_ptr_array_add(notes, note);
    }
}

static void read_requirements(Loader *loader, ReportProposal *proposal, const cJSON *list)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, list)
    {
        const char *id = member(item, "id");
        if (id == NULL)
            continue;
        g_autofree char *full = strchr(id, '/') != NULL ? g_strdup(id) : g_strconcat(proposal->id, "/", id, NULL);
        if (g_hash_table_contains(loader->requirements, full))
            continue;
        ReportRequirement *requirement = requirement_add(loader, proposal, full);
        requirement->level = intern_or_empty(loader->report, member(item, "level"));
        requirement->text = intern_or_empty(loader->report, member(item, "text"));
        requirement->source = intern_or_empty(loader->report, member(item, "source"));
    }
}

static gboolean load_proposal(const ProposalFacts *facts, gpointer data, GError **error)
{
    Loader *loader = data;
    cJSON *json = report_parse(facts->json);
    if (!cJSON_IsObject(json)) {
        cJSON_Delete(json);
        return results_fail(error, RESULTS_ERROR_FORMAT, "proposal '%s': its facts are not a JSON object", facts->id);
    }
    ReportProposal *proposal = proposal_add(loader, facts->id);
    if (member(json, "title") != NULL)
        proposal->title = intern(loader->report, member(json, "title"));
    proposal->summary = intern(loader->report, member(json, "summary"));
    read_requirements(loader, proposal, cJSON_GetObjectItemCaseSensitive(json, "requirements"));
    read_notes(loader, proposal->variants, cJSON_GetObjectItemCaseSensitive(json, "variants"));
    read_notes(loader, proposal->questions, cJSON_GetObjectItemCaseSensitive(json, "questions"));
    cJSON_Delete(json);
    return TRUE;
}

/* ---- the rest -----------------------------------------------------------------------------------------------------
 */

static void load_run(const RunFacts *run, gpointer data)
{
    Report *report = data;
    report->run = (RunFacts){ intern(report, run->corpus), intern(report, run->corpus_hash), intern(report, run->assay) };
}

static gboolean load_backend(const BackendFacts *facts, gpointer data, G_GNUC_UNUSED GError **error)
{
    Report *report = ((Loader *)data)->report;
    ReportBackend *backend = g_new0(ReportBackend, 1);
    backend->name = intern(report, facts->name);
    backend->version = intern_or_empty(report, facts->version);
    backend->device = intern_or_empty(report, facts->device);
    backend->environment = intern_or_empty(report, facts->environment);
    backend->capabilities = intern_or_empty(report, facts->capabilities);
    backend->findings = g_ptr_array_new_with_free_func(finding_free);
    backend->certificates = g_ptr_array_new_with_free_func(certificate_free);
    g_ptr_array_add(report->backends, backend);
    return TRUE;
}

static void link_requirements(Loader *loader, ReportProposal *proposal, ReportCase *c)
{
    for (guint i = 0; i < c->requirements->len; i++) {
        const char *id = c->requirements->pdata[i];
        ReportRequirement *requirement = g_hash_table_lookup(loader->requirements, id);
        if (requirement == NULL)
            requirement = requirement_add(loader, proposal, id);
        if (requirement->cases->len > 0 && g_ptr_array_index(requirement->cases, requirement->cases->len - 1) == c)
            continue; /* named twice */
        g_ptr_array_add(requirement->cases, c);
        requirement->rejects += strcmp(c->expectation, "reject") == 0;
    }
}

static gboolean load_case(const CaseFacts *facts, gpointer data, G_GNUC_UNUSED GError **error)
{
    Loader *loader = data;
    Report *report = loader->report;
    ReportCase *c = g_new0(ReportCase, 1);
    c->id = intern(report, facts->id);
    c->proposal = intern(report, facts->proposal);
    c->variant = intern_or_empty(report, facts->variant);
    c->semantic = intern_or_empty(report, facts->semantic);
    c->form = intern_or_empty(report, facts->form);
    c->expectation = intern_or_empty(report, facts->expectation);
    c->summary = intern_or_empty(report, facts->summary);
    c->twin = intern(report, facts->twin);
    c->graph = intern(report, facts->graph);
    c->requirements = intern_list(report, facts->requirements);
    c->dtypes = intern_list(report, facts->dtypes);
    c->tags = intern_list(report, facts->tags);
    c->verdicts = g_new0(ReportVerdict, report->backends->len);
    g_ptr_array_add(report->cases, c);
    ReportProposal *proposal = g_hash_table_lookup(loader->proposals, c->proposal);
    if (proposal == NULL)
        proposal = proposal_add(loader, c->proposal);
    g_ptr_array_add(proposal->cases, c);
    link_requirements(loader, proposal, c);
    return TRUE;
}

/* Verdicts come in the order of cases and backends, one for every pair. */
static gboolean load_verdict(const VerdictFacts *v, gpointer data, G_GNUC_UNUSED GError **error)
{
    Loader *loader = data;
    Report *report = loader->report;
    ReportCase *c = report->cases->pdata[loader->next_case];
    c->verdicts[loader->next_backend] = (ReportVerdict){
        .verdict = v->verdict,
        .grade = v->grade,
        .flaky = v->flaky,
        .contradicts_manifest = v->contradicts_manifest,
        .margin = v->margin,
        .stage = intern(report, v->stage),
        .profile = intern(report, v->profile),
        .message = intern(report, v->message),
        .signature = intern(report, v->signature),
        .waiver = intern(report, v->waiver),
        .seconds = report->observations ? v->seconds : (double)NAN,
    };
    if (++loader->next_backend == report->backends->len) {
        loader->next_backend = 0;
        loader->next_case++;
    }
    return TRUE;
}

static int by_id(gconstpointer a, gconstpointer b)
{
    return strcmp((*(ReportProposal *const *)a)->id, (*(ReportProposal *const *)b)->id);
}

Report *report_load(Results *results, gboolean observations, GError **error)
{
    g_autoptr(Report) report = g_new0(Report, 1);
    report->results = results;
    report->observations = observations;
    report->strings = g_string_chunk_new(64 * 1024);
    report->backends = g_ptr_array_new_with_free_func(backend_free);
    report->proposals = g_ptr_array_new_with_free_func(proposal_free);
    report->cases = g_ptr_array_new_with_free_func(case_free);
    g_autoptr(GHashTable) proposals = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GHashTable) requirements = g_hash_table_new(g_str_hash, g_str_equal);
    Loader loader = { .report = report, .proposals = proposals, .requirements = requirements };
    if (!results_hold(results, error))
        return NULL;
    const gboolean ok = results_run(results, load_run, report, error) &&
                        results_each_proposal(results, load_proposal, &loader, error) &&
                        results_each_backend(results, load_backend, &loader, error) &&
                        results_each_case(results, NULL, load_case, &loader, error) &&
                        results_each_verdict(results, NULL, NULL, load_verdict, &loader, error);
    results_release(results);
    if (!ok)
        return NULL;
    g_ptr_array_sort(report->proposals, by_id);
    return g_steal_pointer(&report);
}

gboolean report_set_baseline(Report *report, Results *baseline, const char *name, GError **error)
{
    g_autoptr(VerdictSet) old = verdict_set_load(baseline, error);
    g_autoptr(VerdictSet) now = old == NULL ? NULL : verdict_set_load(report->results, error);
    if (now == NULL)
        return FALSE;
    report->changes = changes_between(old, now);
    report->baseline = intern(report, name);
    return TRUE;
}

gboolean report_set_history(Report *report, Results *history, GError **error)
{
    report->past = history_runs(history, error);
    report->past_changes = report->past == NULL ? NULL : history_changes(history, error);
    return report->past_changes != NULL;
}

gboolean report_is_own(const ReportBackend *backend)
{
    return strcmp(backend->name, "reference") == 0;
}

/* ---- one case -----------------------------------------------------------------------------------------------------
 */

typedef struct {
    const Report *report;
    ReportDetail *detail;
} DetailLoader;

static gboolean detail_case(const CaseFacts *facts, gpointer data, G_GNUC_UNUSED GError **error)
{
    ReportDetail *detail = ((DetailLoader *)data)->detail;
    g_free(detail->model);
    g_free(detail->comparison);
    detail->model = g_strdup(facts->model == NULL ? "" : facts->model);
    g_free(detail->data);
    detail->comparison = g_strdup(facts->comparison == NULL ? "" : facts->comparison);
    detail->data = g_strdup(facts->data);
    return TRUE;
}

/* A run that is still writing may have put a backend since the report was loaded: that is not of the report. */
static gboolean detail_verdict(const VerdictFacts *v, gpointer data, G_GNUC_UNUSED GError **error)
{
    const Report *report = ((DetailLoader *)data)->report;
    ReportDetail *detail = ((DetailLoader *)data)->detail;
    for (guint i = 0; i < report->backends->len; i++) {
        if (strcmp(((const ReportBackend *)report->backends->pdata[i])->name, v->backend) != 0)
            continue;
        detail->differences[i] = g_strdup(v->difference);
        detail->answers[i] = g_strdup(v->answer);
        detail->statistics[i] = g_strdup(v->statistics);
        detail->logs[i] = report->observations ? g_strdup(v->log) : NULL;
    }
    return TRUE;
}

ReportDetail *report_detail(const Report *report, const ReportCase *c, GError **error)
{
    g_autoptr(ReportDetail) detail = g_new0(ReportDetail, 1);
    detail->n = report->backends->len;
    detail->model = g_strdup("");
    detail->comparison = g_strdup("");
    detail->differences = g_new0(char *, detail->n);
    detail->answers = g_new0(char *, detail->n);
    detail->logs = g_new0(char *, detail->n);
    detail->statistics = g_new0(char *, detail->n);
    DetailLoader loader = { report, detail };
    if (!results_each_case(report->results, c->id, detail_case, &loader, error) ||
        !results_each_verdict(report->results, c->id, NULL, detail_verdict, &loader, error))
        return NULL;
    return g_steal_pointer(&detail);
}

void report_detail_free(ReportDetail *detail)
{
    if (detail == NULL)
        return;
    for (gsize i = 0; i < detail->n; i++) {
        g_free(detail->differences[i]);
        g_free(detail->answers[i]);
        g_free(detail->logs[i]);
        g_free(detail->statistics[i]);
    }
    g_free(detail->statistics);
    g_free(detail->differences);
    g_free(detail->answers);
    g_free(detail->data);
    g_free(detail->logs);
    g_free(detail->model);
    g_free(detail->comparison);
    g_free(detail);
}
