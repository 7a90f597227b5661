/* What `assay experiment` found, beside the proposal that it is evidence for. */
#include "reference/cli/json.h"
#include "reports/report.h"

#include <cJSON.h>
#include <string.h>

static gboolean bad(GError **error, const char *folder, const char *what)
{
    g_set_error(error, RESULTS_ERROR, RESULTS_ERROR_FORMAT, "%s: %s", folder, what);
    return FALSE;
}

enum { MOST = 8 << 20 };

/* A file of the experiment's folder as valid UTF-8; free with g_free. */
static char *read_text(const char *folder, const char *name, GError **error)
{
    g_autofree char *path = g_build_filename(folder, name, NULL), *text = NULL;
    g_autoptr(GError) io = NULL;
    gsize length;
    if (!g_file_get_contents(path, &text, &length, &io)) {
        g_set_error(error, RESULTS_ERROR, RESULTS_ERROR_IO, "%s", io->message);
        return NULL;
    }
    if (length > MOST) {
        bad(error, folder, "more than 8 MiB in a file of an experiment");
        return NULL;
    }
    return g_utf8_make_valid(text, (gssize)length);
}

static const char *keep(Report *report, const cJSON *json, const char *key)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(json, key);
    return cJSON_IsString(item) ? g_string_chunk_insert(report->strings, item->valuestring) : NULL;
}

static const char *keep_file(Report *report, const char *folder, const char *name, GError **error)
{
    g_autofree char *text = read_text(folder, name, error);
    return text ? g_string_chunk_insert(report->strings, text) : NULL;
}

static ReportProposal *find_proposal(const Report *report, const char *id)
{
    for (guint i = 0; i < report->proposals->len; i++) {
        ReportProposal *proposal = report->proposals->pdata[i];
        if (strcmp(proposal->id, id) == 0)
            return proposal;
    }
    return NULL;
}

gboolean report_add_evidence(Report *report, const char *folder, GError **error)
{
    g_autofree char *text = read_text(folder, "evidence.json", error);
    if (!text)
        return FALSE;
    g_autofree char *complaint = NULL;
    cJSON *json = report_clean(json_parse(text, strlen(text), MOST, &complaint));
    if (complaint) {
        g_set_error(error, RESULTS_ERROR, RESULTS_ERROR_FORMAT, "%s/evidence.json: %s", folder, complaint);
        return FALSE;
    }
    const char *proposal_id = keep(report, json, "proposal");
    ReportEvidence *e = g_new0(ReportEvidence, 1);
    *e = (ReportEvidence){ .id = keep(report, json, "experiment"), .title = keep(report, json, "title"),
                           .question = keep(report, json, "question"), .answer = keep(report, json, "answer"),
                           .open_question = keep(report, json, "open_question") };
    cJSON_Delete(json);
    ReportProposal *proposal = proposal_id ? find_proposal(report, proposal_id) : NULL;
    const char *missing = !e->id           ? "evidence.json needs 'experiment', a text"
                          : !proposal_id   ? "evidence.json needs 'proposal', a text"
                          : !e->title      ? "evidence.json needs 'title', a text"
                          : !e->question   ? "evidence.json needs 'question', a text"
                          : !e->answer     ? "evidence.json needs 'answer', a text"
                                           : NULL;
    gboolean ok = missing == NULL;
    if (missing)
        bad(error, folder, missing);
    else if (!proposal)
        ok = bad(error, folder, "the results hold no case of the proposal that it is evidence for");
    else
        ok = (e->table = keep_file(report, folder, "table.txt", error)) && (e->load_svg = keep_file(report, folder, "load.svg", error)) &&
             (e->run_svg = keep_file(report, folder, "run.svg", error));
    if (ok)
        g_ptr_array_add(proposal->evidence, e);
    else
        g_free(e);
    return ok;
}
