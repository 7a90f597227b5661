/* OpenMetrics text, as Prometheus reads it: counts by backend, proposal and verdict, and the worst margin, so that an alarm
 * can go off before a test fails. */
#include "reports/report.h"

#include <math.h>

/* A label's value: backslash, quote and line end are escaped; a tab is a blank. */
static void put_label(GString *out, const char *name, const char *value, gboolean last)
{
    g_string_append_printf(out, "%s=\"", name);
    for (const char *p = value; *p != '\0'; p++) {
        if (*p == '\\' || *p == '"')
            g_string_append_printf(out, "\\%c", *p);
        else if (*p == '\n')
            g_string_append(out, "\\n");
        else
            g_string_append_c(out, *p == '\t' ? ' ' : *p);
    }
    g_string_append(out, last ? "\"}" : "\",");
}

static void put_labels(GString *out, const ReportBackend *backend, const ReportProposal *proposal, gboolean last)
{
    g_string_append_c(out, '{');
    put_label(out, "backend", backend->name, FALSE);
    put_label(out, "version", backend->version, FALSE);
    put_label(out, "proposal", proposal->id, last);
}

static void put_counts(GString *out, const Report *report, guint b, const ReportProposal *proposal)
{
    Tally tally = report_tally(proposal->cases, b, NULL, NULL);
    for (int v = 0; v < VERDICT_COUNT; v++) {
        g_string_append(out, "assay_cases");
        put_labels(out, report->backends->pdata[b], proposal, FALSE);
        put_label(out, "verdict", verdict_name((Verdict)v), TRUE);
        g_string_append_printf(out, " %u\n", tally.verdicts[v]);
    }
}

static void put_margin(GString *out, const Report *report, guint b, const ReportProposal *proposal)
{
    Tally tally = report_tally(proposal->cases, b, NULL, NULL);
    char text[G_ASCII_DTOSTR_BUF_SIZE];
    if (isnan(tally.worst_margin))
        return;
    g_string_append(out, "assay_worst_margin");
    put_labels(out, report->backends->pdata[b], proposal, TRUE);
    g_string_append_printf(out, " %s\n", isinf(tally.worst_margin) ? "+Inf" : g_ascii_formatd(text, sizeof text, "%.6g", tally.worst_margin));
}

static void put_family(GString *out, const Report *report, void (*put)(GString *, const Report *, guint, const ReportProposal *))
{
    for (guint b = 0; b < report->backends->len; b++)
        for (guint i = 0; i < report->proposals->len; i++)
            put(out, report, b, report->proposals->pdata[i]);
}

static gboolean write_openmetrics(const Report *report, const char *folder, GError **error)
{
    g_autoptr(GString) out = g_string_new("# TYPE assay_cases gauge\n# HELP assay_cases Cases by their verdict.\n");
    put_family(out, report, put_counts);
    g_string_append(out, "# TYPE assay_worst_margin gauge\n"
                         "# HELP assay_worst_margin Largest error of a passing case as a share of what was allowed.\n");
    put_family(out, report, put_margin);
    g_string_append(out, "# EOF\n");
    return report_write_file(folder, "metrics.txt", out, error);
}

WRITER_DEFINE(openmetrics, .description = "OpenMetrics text for Prometheus", .file = "metrics.txt", .write = write_openmetrics)
