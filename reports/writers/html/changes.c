/* What changed since the baseline: a section of the overview, and a page with all of it. */
#include "reports/writers/html/html.h"

#include <string.h>

static guint count_kind(const Report *report, ChangeKind kind)
{
    guint n = 0;
    for (guint i = 0; i < report->changes->len; i++)
        n += ((const Change *)report->changes->pdata[i])->kind == kind;
    return n;
}

static void put_side(GString *out, Verdict verdict)
{
    const ReportVerdict shown = { .verdict = verdict };
    if (verdict == VERDICT_COUNT)
        html(out, "<span class=\"verdict neutral\">not there</span>");
    else
        html_verdict(out, &shown);
}

static void put_rows(GString *out, const Report *report, ChangeKind kind, guint limit)
{
    guint shown = 0;
    html(out, "<ul class=\"changes\">\n");
    for (guint i = 0; i < report->changes->len && shown < limit; i++) {
        const Change *c = report->changes->pdata[i];
        if (c->kind != kind)
            continue;
        gboolean told = c->after != VERDICT_COUNT && verdict_outcome(c->after) != OUTCOME_GOOD;
        g_autofree char *page = html_case_page(c->case_id), *mark = html_answer_mark(c->backend);
        html(out, "<li>");
        put_side(out, c->before);
        html(out, " <span aria-hidden=\"true\">→</span><span class=\"hidden\">, now</span> ");
        put_side(out, c->after);
        html(out, " <strong>%s</strong> ", c->backend);
        if (c->after == VERDICT_COUNT)
            html(out, "<code>%s</code></li>\n", c->case_id);
        else
            html(out, "<a href=\"%s%s%s\">%s</a></li>\n", page, told ? "#" : "", told ? mark : "", c->case_id);
        shown++;
    }
    html(out, "</ul>\n");
}

static void put_counts(GString *out, const Report *report)
{
    html(out, "<p class=\"deltas\">");
    for (int k = 0; k < CHANGE_COUNT; k++)
        html(out, "<span class=\"delta %s\" title=\"%s\"><strong>%u</strong> %s</span> ", change_name((ChangeKind)k),
             change_meaning((ChangeKind)k), count_kind(report, (ChangeKind)k), change_name((ChangeKind)k));
    html(out, "</p>\n");
}

void html_changes_summary(GString *out, const Report *report)
{
    enum { SHOWN = 8 };
    if (report->changes == NULL)
        return;
    guint regressed = count_kind(report, CHANGE_REGRESSED);
    html(out, "<section aria-labelledby=\"changes\">\n<h2 id=\"changes\">Since <code>%s</code></h2>\n", report->baseline);
    put_counts(out, report);
    if (regressed > 0)
        put_rows(out, report, CHANGE_REGRESSED, SHOWN);
    if (report->changes->len > 0)
        html(out, "<p><a href=\"changes.html\">All changes</a></p>\n");
    html(out, "</section>\n");
}

void html_changes(GString *out, const Report *report)
{
    enum { SHOWN = 1000 };
    html_page_open(out, report, "", "Changes", "changes");
    html(out, "<nav class=\"trail\" aria-label=\"Trail\"><a href=\"index.html\">Overview</a> › changes</nav>\n<h1>Since <code>%s</code></h1>\n",
         report->baseline);
    put_counts(out, report);
    for (int k = 0; k < CHANGE_COUNT; k++) {
        guint n = count_kind(report, (ChangeKind)k);
        if (n == 0)
            continue;
        html(out, "<section>\n<h2>%u %s</h2>\n<p class=\"hint\">%s</p>\n", n, change_name((ChangeKind)k), change_meaning((ChangeKind)k));
        put_rows(out, report, (ChangeKind)k, SHOWN);
        if (n > SHOWN)
            html(out, "<p>… and %u more: <code>assay diff</code> lists them all.</p>\n", n - SHOWN);
        html(out, "</section>\n");
    }
    html_page_close(out, report);
}
