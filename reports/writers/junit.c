/* JUnit XML as CI systems read it: one suite for every backend and proposal, one testcase for every case.
 *
 * A crash, a timeout, a broken adapter and a case never judged are errors; an answer that falls short is a failure;
 * only what proves nothing about the backend (unsupported as declared, waived, vacuous) is skipped. */
#include "reports/report.h"

#include <math.h>

typedef enum { KIND_PASSED, KIND_FAILURE, KIND_ERROR, KIND_SKIPPED } Kind;

static Kind kind_of(Verdict verdict)
{
    switch (verdict) {
    case VERDICT_CRASHED:
    case VERDICT_TIMED_OUT:
    case VERDICT_ADAPTER_ERROR:
    case VERDICT_NOT_RUN:
        return KIND_ERROR;
    default:
        break;
    }
    switch (verdict_outcome(verdict)) {
    case OUTCOME_GOOD:
        return KIND_PASSED;
    case OUTCOME_BAD:
        return KIND_FAILURE;
    case OUTCOME_NEUTRAL:
        break;
    }
    return KIND_SKIPPED;
}

/* Line ends in attributes would be read back as spaces: written as references. */
static void attribute(GString *out, const char *name, const char *text)
{
    g_autofree char *escaped = g_markup_escape_text(text, -1);
    g_string_append_printf(out, " %s=\"", name);
    for (const char *p = escaped; *p != '\0'; p++) {
        if (*p == '\n' || *p == '\t')
            g_string_append_printf(out, "&#%d;", *p);
        else
            g_string_append_c(out, *p);
    }
    g_string_append_c(out, '"');
}

static void counts(GString *out, const guint kinds[4])
{
    g_string_append_printf(out, " tests=\"%u\" failures=\"%u\" errors=\"%u\" skipped=\"%u\">\n",
                           kinds[KIND_PASSED] + kinds[KIND_FAILURE] + kinds[KIND_ERROR] + kinds[KIND_SKIPPED],
                           kinds[KIND_FAILURE], kinds[KIND_ERROR], kinds[KIND_SKIPPED]);
}

static void put_outcome(GString *out, const Report *report, const ReportCase *c, guint b, Kind kind)
{
    static const char *const elements[] = {
        [KIND_FAILURE] = "failure", [KIND_ERROR] = "error", [KIND_SKIPPED] = "skipped"
    };
    const ReportVerdict *v = &c->verdicts[b];
    const char *message = v->message != NULL ? v->message : verdict_meaning(v->verdict);
    g_string_append_printf(out, "      <%s", elements[kind]);
    g_autofree char *headline = g_strconcat(verdict_name(v->verdict), ": ", message, NULL);
    attribute(out, "message", headline);
    if (kind == KIND_SKIPPED) {
        g_string_append(out, "/>\n");
        return;
    }
    attribute(out, "type", verdict_name(v->verdict));
    g_autofree char *replay = report_replay(report, c, report->backends->pdata[b]);
    const gboolean looks_like = v->signature != NULL;
    g_autofree char *body = g_markup_printf_escaped("%s\n\n%s%s%s\n\nreplay: %s\n", c->summary, message,
                                                    looks_like ? "\nlooks like: " : "", looks_like ? v->signature : "", replay);
    g_string_append_printf(out, ">%s</%s>\n", body, elements[kind]);
}

static void put_case(GString *out, const Report *report, const ReportCase *c, guint b)
{
    Kind kind = kind_of(c->verdicts[b].verdict);
    const ReportBackend *backend = report->backends->pdata[b];
    g_autofree char *class = g_strjoin(".", backend->name, c->proposal, *c->form == '\0' ? NULL : c->form, NULL);
    g_string_append(out, "    <testcase");
    attribute(out, "name", c->id);
    attribute(out, "classname", class);
    if (!isnan(c->verdicts[b].seconds))
        g_string_append_printf(out, " time=\"%.3f\"", c->verdicts[b].seconds);
    if (kind == KIND_PASSED) {
        g_string_append(out, "/>\n");
        return;
    }
    g_string_append(out, ">\n");
    put_outcome(out, report, c, b, kind);
    g_string_append(out, "    </testcase>\n");
}

static void put_suite(GString *out, const Report *report, const ReportProposal *proposal, guint b, guint total[4])
{
    const ReportBackend *backend = report->backends->pdata[b];
    guint kinds[4] = { 0 };
    g_autoptr(GString) cases = g_string_new(NULL);
    for (guint i = 0; i < proposal->cases->len; i++) {
        const ReportCase *c = proposal->cases->pdata[i];
        kinds[kind_of(c->verdicts[b].verdict)]++;
        put_case(cases, report, c, b);
    }
    for (int k = 0; k < 4; k++)
        total[k] += kinds[k];
    g_autofree char *name = g_strconcat(backend->name, *backend->version ? " " : "", backend->version, " / ", proposal->id, NULL);
    g_string_append(out, "  <testsuite");
    attribute(out, "name", name);
    counts(out, kinds);
    g_string_append_len(out, cases->str, (gssize)cases->len);
    g_string_append(out, "  </testsuite>\n");
}

static gboolean write_junit(const Report *report, const char *folder, GError **error)
{
    guint total[4] = { 0 };
    g_autoptr(GString) suites = g_string_new(NULL);
    for (guint b = 0; b < report->backends->len; b++)
        for (guint i = 0; i < report->proposals->len; i++)
            put_suite(suites, report, report->proposals->pdata[i], b, total);
    g_autoptr(GString) out = g_string_new("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"assay\"");
    counts(out, total);
    g_string_append_len(out, suites->str, (gssize)suites->len);
    g_string_append(out, "</testsuites>\n");
    return report_write_file(folder, "junit.xml", out, error);
}

WRITER_DEFINE(junit, .description = "JUnit XML, for CI systems", .file = "junit.xml", .write = write_junit)
