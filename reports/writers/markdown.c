/* Summary tables that fit a CI job's summary page or a pull request comment. Text of foreign origin stands in code
 * spans only, where Markdown interprets nothing: no markup, no link, no mention. */
#include "reports/report.h"

#include <string.h>

enum { MAX_CAUSES = 20, MAX_CHARACTERS = 160 };

static void code(GString *out, const char *text)
{
    glong left = MAX_CHARACTERS;
    g_string_append_c(out, '`');
    const char *p = text;
    for (; *p != '\0' && left > 0; p = g_utf8_next_char(p), left--) {
        switch (*p) {
        case '`':
            g_string_append_c(out, '\'');
            break;
        case '|':
            g_string_append(out, "\\|");
            break; /* the one escape that a table cell reads before a code span */
        case '\n':
        case '\t':
            g_string_append_c(out, ' ');
            break;
        default:
            g_string_append_unichar(out, g_utf8_get_char(p));
        }
    }
    g_string_append(out, *p != '\0' ? "…`" : p == text ? " `" : "`");
}

static void header(GString *out, const Report *report, const char *first)
{
    g_string_append_printf(out, "| %s |", first);
    for (guint b = 0; b < report->backends->len; b++) {
        const ReportBackend *backend = report->backends->pdata[b];
        g_autofree char *name = g_strstrip(g_strconcat(backend->name, " ", backend->version, NULL));
        g_string_append_c(out, ' ');
        code(out, name);
        g_string_append(out, " |");
    }
    g_string_append(out, "\n| :-- |");
    for (guint b = 0; b < report->backends->len; b++)
        g_string_append(out, " --: |");
    g_string_append_c(out, '\n');
}

static void put_proposals(GString *out, const Report *report)
{
    header(out, report, "passed of all cases");
    for (guint i = 0; i < report->proposals->len; i++) {
        const ReportProposal *proposal = report->proposals->pdata[i];
        g_string_append(out, "| ");
        code(out, proposal->id);
        g_string_append(out, " |");
        for (guint b = 0; b < report->backends->len; b++) {
            Tally tally = report_tally(proposal->cases, b, NULL, NULL);
            g_string_append_printf(out, " %s %u / %u |",
                                   tally.bad > 0    ? "❌"
                                   : tally.good > 0 ? "✅"
                                                    : "➖",
                                   tally.good, tally.total);
        }
        g_string_append_c(out, '\n');
    }
    g_string_append_c(out, '\n');
}

static void put_verdicts(GString *out, const Report *report)
{
    g_autofree Tally *tallies = g_new(Tally, report->backends->len);
    for (guint b = 0; b < report->backends->len; b++)
        tallies[b] = report_tally(report->cases, b, NULL, NULL);
    header(out, report, "verdict");
    for (int v = 0; v < VERDICT_COUNT; v++) {
        guint any = 0;
        for (guint b = 0; b < report->backends->len; b++)
            any += tallies[b].verdicts[v];
        if (any == 0)
            continue;
        g_string_append_printf(out, "| %s |", verdict_name((Verdict)v));
        for (guint b = 0; b < report->backends->len; b++)
            g_string_append_printf(out, " %u |", tallies[b].verdicts[v]);
        g_string_append_c(out, '\n');
    }
    g_string_append_printf(out, "| **all** |");
    for (guint b = 0; b < report->backends->len; b++)
        g_string_append_printf(out, " **%u** |", tallies[b].total);
    g_string_append(out, "\n\n");
}

static void put_causes(GString *out, const Report *report)
{
    g_autoptr(GPtrArray) groups = report_failures(report->cases, report);
    if (groups->len == 0)
        return;
    g_string_append(out, "### What fell short\n\n| cases | backend | verdict | message | for example |\n"
                         "| --: | :-- | :-- | :-- | :-- |\n");
    for (guint i = 0; i < MIN(groups->len, MAX_CAUSES); i++) {
        const FailureGroup *group = groups->pdata[i];
        const ReportCase *c = group->cases->pdata[0];
        g_string_append_printf(out, "| %u | ", group->cases->len);
        code(out, ((const ReportBackend *)report->backends->pdata[group->backend])->name);
        g_string_append_printf(out, " | %s | ", verdict_name(group->verdict));
        code(out, group->message == NULL ? "" : group->message);
        g_string_append(out, " | ");
        code(out, c->id);
        g_string_append(out, " |\n");
    }
    if (groups->len > MAX_CAUSES)
        g_string_append_printf(out, "\nand %u more causes.\n", groups->len - MAX_CAUSES);
}

static void put_untested(GString *out, const Report *report)
{
    for (guint i = 0; i < report->proposals->len; i++) {
        const ReportProposal *proposal = report->proposals->pdata[i];
        for (guint r = 0; r < proposal->requirements->len; r++) {
            const ReportRequirement *requirement = proposal->requirements->pdata[r];
            if (requirement->cases->len > 0)
                continue;
            g_string_append(out, "* no case tests ");
            code(out, requirement->id);
            g_string_append_printf(out, "%s\n", strcmp(requirement->level, "MUST") == 0 ? " (MUST)" : "");
        }
    }
}

static gboolean write_markdown(const Report *report, const char *folder, GError **error)
{
    g_autoptr(GString) out = g_string_new("## Assay\n\n");
    if (report->backends->len == 0 || report->cases->len == 0)
        g_string_append(out, "**Nothing was run.**\n");
    put_proposals(out, report);
    put_verdicts(out, report);
    put_untested(out, report);
    g_string_append_c(out, '\n');
    put_causes(out, report);
    return report_write_file(folder, "summary.md", out, error);
}

WRITER_DEFINE(markdown, .description = "summary tables for a CI job's page", .file = "summary.md",
              .write = write_markdown)
