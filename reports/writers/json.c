/* Everything a program may want, in one object (spec/schemas/results.schema.json):
 *
 *     {"format": "assay-report", "version": 1, "run": {...},
 *      "backends":  [{"name", "version", "device", "environment", "capabilities", "verdicts": {"pass": N, ...}}],
 *      "proposals": [{"id", "title", "requirements": [{"id", "level", "text", "source", "cases": N, "rejects": N}]}],
 *      "cases":     [{"id", ..., "verdicts": [{"backend", "verdict", "grade", "margin", "stage", "message", ...}]}]}
 *
 * Unknown values are left out; a margin is a number or "infinity". */
#include "reports/report.h"

#include <cjson/cJSON.h>
#include <math.h>

static void add_text(cJSON *object, const char *name, const char *text)
{
    if (text != NULL && *text != '\0')
        cJSON_AddStringToObject(object, name, text);
}

static void add_list(cJSON *object, const char *name, const GPtrArray *list)
{
    cJSON *array = cJSON_AddArrayToObject(object, name);
    for (guint i = 0; i < list->len; i++)
        cJSON_AddItemToArray(array, cJSON_CreateString(list->pdata[i]));
}

static void add_number(cJSON *object, const char *name, double number)
{
    if (isinf(number))
        cJSON_AddStringToObject(object, name, "infinity");
    else if (!isnan(number))
        cJSON_AddNumberToObject(object, name, number);
}

static cJSON *run_object(const RunFacts *run)
{
    cJSON *object = cJSON_CreateObject();
    add_text(object, "corpus", run->corpus);
    add_text(object, "corpus_hash", run->corpus_hash);
    add_text(object, "assay", run->assay);
    return object;
}

static cJSON *backend_object(const Report *report, guint b)
{
    const ReportBackend *backend = report->backends->pdata[b];
    cJSON *object = cJSON_CreateObject();
    add_text(object, "name", backend->name);
    add_text(object, "version", backend->version);
    add_text(object, "device", backend->device);
    add_text(object, "environment", backend->environment);
    cJSON *capabilities = report_parse(backend->capabilities);
    if (capabilities != NULL)
        cJSON_AddItemToObject(object, "capabilities", capabilities);
    Tally tally = report_tally(report->cases, b, NULL, NULL);
    cJSON *verdicts = cJSON_AddObjectToObject(object, "verdicts");
    for (int v = 0; v < VERDICT_COUNT; v++)
        cJSON_AddNumberToObject(verdicts, verdict_name((Verdict)v), tally.verdicts[v]);
    return object;
}

static cJSON *proposal_object(const ReportProposal *proposal)
{
    cJSON *object = cJSON_CreateObject();
    add_text(object, "id", proposal->id);
    add_text(object, "title", proposal->title);
    cJSON *requirements = cJSON_AddArrayToObject(object, "requirements");
    for (guint i = 0; i < proposal->requirements->len; i++) {
        const ReportRequirement *requirement = proposal->requirements->pdata[i];
        cJSON *item = cJSON_CreateObject();
        add_text(item, "id", requirement->id);
        add_text(item, "level", requirement->level);
        add_text(item, "text", requirement->text);
        add_text(item, "source", requirement->source);
        cJSON_AddNumberToObject(item, "cases", requirement->cases->len);
        cJSON_AddNumberToObject(item, "rejects", requirement->rejects);
        cJSON_AddItemToArray(requirements, item);
    }
    return object;
}

static cJSON *verdict_object(const ReportBackend *backend, const ReportVerdict *v)
{
    cJSON *object = cJSON_CreateObject();
    add_text(object, "backend", backend->name);
    add_text(object, "verdict", verdict_name(v->verdict));
    add_text(object, "grade", (const char[]){ v->grade, '\0' });
    add_text(object, "profile", v->profile);
    add_number(object, "margin", v->margin);
    add_text(object, "stage", v->stage);
    add_text(object, "message", v->message);
    add_text(object, "signature", v->signature);
    add_text(object, "waiver", v->waiver);
    if (v->flaky)
        cJSON_AddTrueToObject(object, "flaky");
    if (v->contradicts_manifest)
        cJSON_AddTrueToObject(object, "contradicts_manifest");
    add_number(object, "seconds", v->seconds);
    return object;
}

static cJSON *case_object(const Report *report, const ReportCase *c)
{
    cJSON *object = cJSON_CreateObject();
    add_text(object, "id", c->id);
    add_text(object, "proposal", c->proposal);
    add_text(object, "variant", c->variant);
    add_text(object, "semantic", c->semantic);
    add_text(object, "form", c->form);
    add_text(object, "expectation", c->expectation);
    add_text(object, "twin", c->twin);
    add_text(object, "summary", c->summary);
    add_list(object, "requirements", c->requirements);
    add_list(object, "dtypes", c->dtypes);
    add_list(object, "tags", c->tags);
    cJSON *verdicts = cJSON_AddArrayToObject(object, "verdicts");
    for (guint b = 0; b < report->backends->len; b++)
        cJSON_AddItemToArray(verdicts, verdict_object(report->backends->pdata[b], &c->verdicts[b]));
    return object;
}

static gboolean write_json(const Report *report, const char *folder, GError **error)
{
    cJSON *root = cJSON_CreateObject();
    cJSON_AddStringToObject(root, "format", "assay-report");
    cJSON_AddNumberToObject(root, "version", 1);
    cJSON_AddItemToObject(root, "run", run_object(&report->run));
    cJSON *backends = cJSON_AddArrayToObject(root, "backends");
    for (guint b = 0; b < report->backends->len; b++)
        cJSON_AddItemToArray(backends, backend_object(report, b));
    cJSON *proposals = cJSON_AddArrayToObject(root, "proposals");
    for (guint i = 0; i < report->proposals->len; i++)
        cJSON_AddItemToArray(proposals, proposal_object(report->proposals->pdata[i]));
    cJSON *cases = cJSON_AddArrayToObject(root, "cases");
    for (guint i = 0; i < report->cases->len; i++)
        cJSON_AddItemToArray(cases, case_object(report, report->cases->pdata[i]));
    char *text = cJSON_PrintUnformatted(root);
    cJSON_Delete(root);
    if (text == NULL) {
        g_set_error(error, RESULTS_ERROR, RESULTS_ERROR_IO, "results.json: out of memory");
        return FALSE;
    }
    g_autoptr(GString) out = g_string_new(text);
    cJSON_free(text);
    g_string_append_c(out, '\n');
    return report_write_file(folder, "results.json", out, error);
}

WRITER_DEFINE(json, .description = "everything, for programs", .file = "results.json", .write = write_json)
