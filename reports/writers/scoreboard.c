/* What the ONNX backend scoreboard (onnx/backend-scoreboard) ingests, for every backend: scoreboard/<backend>/report.json and
 * trend.json, as its results/<backend>/stable/ has them:
 *
 *     report.json  {"date": "MM/DD/YYYY HH:MM:SS", "failed": [test], "passed": [test], "skipped": [test]}
 *     trend.json   [{"date", "failed": N, "passed": N, "skipped": N, "versions": [{"name", "version"}]}], oldest first
 *
 * Times are those of the history; without one there is no date and no earlier run. A crash, a time-out and an error are
 * failed: only what proves nothing about the backend is skipped. */
#include "reports/report.h"

#include <string.h>

/* "2026-11-28T03:00:00Z" as the scoreboard writes it. */
static void add_date(cJSON *object, const char *at)
{
    g_autoptr(GDateTime) time = at == NULL ? NULL : g_date_time_new_from_iso8601(at, NULL);
    g_autofree char *text = time == NULL ? NULL : g_date_time_format(time, "%m/%d/%Y %H:%M:%S");
    if (text != NULL)
        cJSON_AddStringToObject(object, "date", text);
}

static const PastBackend *find(const PastRun *run, const char *name)
{
    for (guint i = 0; i < run->backends->len; i++)
        if (strcmp(((const PastBackend *)run->backends->pdata[i])->name, name) == 0)
            return run->backends->pdata[i];
    return NULL;
}

static const char *last_run(const Report *report, const char *name)
{
    for (guint i = report->past == NULL ? 0 : report->past->len; i-- > 0;)
        if (find(report->past->pdata[i], name) != NULL)
            return ((const PastRun *)report->past->pdata[i])->at;
    return NULL;
}

static cJSON *report_object(const Report *report, guint b)
{
    cJSON *object = cJSON_CreateObject();
    add_date(object, last_run(report, ((const ReportBackend *)report->backends->pdata[b])->name));
    cJSON *lists[3];
    lists[OUTCOME_BAD] = cJSON_AddArrayToObject(object, "failed");
    lists[OUTCOME_GOOD] = cJSON_AddArrayToObject(object, "passed");
    lists[OUTCOME_NEUTRAL] = cJSON_AddArrayToObject(object, "skipped");
    for (guint i = 0; i < report->cases->len; i++) {
        const ReportCase *c = report->cases->pdata[i];
        cJSON_AddItemToArray(lists[verdict_outcome(c->verdicts[b].verdict)], cJSON_CreateString(c->id));
    }
    return object;
}

static void add_version(cJSON *array, const char *name, const char *version)
{
    cJSON *item = cJSON_CreateObject();
    cJSON_AddStringToObject(item, "name", name);
    cJSON_AddStringToObject(item, "version", version);
    cJSON_AddItemToArray(array, item);
}

static void add_point(cJSON *array, const char *at, guint failed, guint passed, guint skipped, const char *name,
                      const char *version, const char *assay)
{
    cJSON *object = cJSON_CreateObject();
    add_date(object, at);
    cJSON_AddNumberToObject(object, "failed", failed);
    cJSON_AddNumberToObject(object, "passed", passed);
    cJSON_AddNumberToObject(object, "skipped", skipped);
    cJSON *versions = cJSON_AddArrayToObject(object, "versions");
    add_version(versions, name, version);
    add_version(versions, "assay", assay == NULL ? "" : assay);
    cJSON_AddItemToArray(array, object);
}

static cJSON *trend_array(const Report *report, guint b)
{
    const ReportBackend *backend = report->backends->pdata[b];
    cJSON *array = cJSON_CreateArray();
    for (guint i = 0; report->past != NULL && i < report->past->len; i++) {
        const PastRun *run = report->past->pdata[i];
        const PastBackend *past = find(run, backend->name);
        guint bad = 0, neutral = 0;
        for (guint k = 0; past != NULL && k < past->tallies->len; k++) {
            bad += ((const PastTally *)past->tallies->pdata[k])->bad;
            neutral += ((const PastTally *)past->tallies->pdata[k])->neutral;
        }
        if (past != NULL)
            add_point(array, run->at, bad, past->good, neutral, past->name, past->version, run->assay);
    }
    if (report->past == NULL) {
        Tally tally = report_tally(report->cases, b, NULL, NULL);
        add_point(array, NULL, tally.bad, tally.good, tally.neutral, backend->name, backend->version, report->run.assay);
    }
    return array;
}

static gboolean put_file(const char *folder, const char *part, const char *name, cJSON *json, GError **error)
{
    g_autofree char *path = g_strdup_printf("scoreboard/%s/%s", part, name);
    char *printed = cJSON_Print(json);
    g_autoptr(GString) text = g_string_new(printed);
    g_string_append_c(text, '\n');
    cJSON_free(printed);
    cJSON_Delete(json);
    return report_write_file(folder, path, text, error);
}

static gboolean write_scoreboard(const Report *report, const char *folder, GError **error)
{
    for (guint b = 0; b < report->backends->len; b++) {
        g_autofree char *part = report_file_part(((const ReportBackend *)report->backends->pdata[b])->name);
        if (!put_file(folder, part, "report.json", report_object(report, b), error) ||
            !put_file(folder, part, "trend.json", trend_array(report, b), error))
            return FALSE;
    }
    return TRUE;
}

WRITER_DEFINE(scoreboard, .description = "report.json and trend.json of the ONNX scoreboard", .file = "scoreboard", .write = write_scoreboard)
