/* What several pages show: shares, bars, verdicts, matrix cells, groups of failures. */
#include "reports/writers/html/html.h"

#include <math.h>
#include <string.h>

static const char *const outcome_classes[] = {
    [OUTCOME_GOOD] = "good", [OUTCOME_BAD] = "bad", [OUTCOME_NEUTRAL] = "neutral"
};
static const char *const outcome_signs[] = { [OUTCOME_GOOD] = "✓", [OUTCOME_BAD] = "✗", [OUTCOME_NEUTRAL] = "–" };

char *html_share(guint part, guint whole)
{
    if (whole == 0)
        return g_strdup("–");
    if (part == whole || part == 0)
        return g_strdup(part == 0 ? "0 %" : "100 %");
    guint tenths = (guint)((guint64)part * 1000 / whole);
    tenths = MAX(tenths, 1);
    return g_strdup_printf("%u.%u %%", tenths / 10, tenths % 10);
}

char *html_margin(double margin)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE];
    if (isnan(margin))
        return g_strdup("");
    if (isinf(margin))
        return g_strdup("∞");
    return g_strdup(g_ascii_formatd(text, sizeof text, margin >= 100 ? "%.3g" : "%.2f", margin));
}

void html_bar(GString *out, const Tally *tally)
{
    if (tally->total == 0)
        return;
    const guint parts[] = { tally->good, tally->bad, tally->neutral };
    static const char *const classes[] = { "good", "bad", "neutral" };
    html(out,
         "<svg class=\"bar\" viewBox=\"0 0 1000 10\" preserveAspectRatio=\"none\" role=\"img\" "
         "aria-label=\"%u passed, %u fell short, %u undecided\">",
         tally->good, tally->bad, tally->neutral);
    guint x = 0, sum = 0;
    for (gsize i = 0; i < G_N_ELEMENTS(parts); i++) {
        sum += parts[i];
        guint end = (guint)((guint64)sum * 1000 / tally->total);
        if (parts[i] > 0 && i == 1 && end - x < 8)
            end = MIN(x + 8, 1000); /* a single failure among thousands is still seen */
        if (parts[i] > 0 && end > x)
            html(out, "<rect class=\"%s\" x=\"%u\" width=\"%u\" height=\"10\"/>", classes[i], x, end - x);
        x = MAX(x, end);
    }
    html(out, "</svg>");
}

void html_verdict(GString *out, const ReportVerdict *v)
{
    Outcome outcome = verdict_outcome(v->verdict);
    html(out, "<span class=\"verdict %s\" title=\"%s\"><span aria-hidden=\"true\">%s</span> %s</span>",
         outcome_classes[outcome], verdict_meaning(v->verdict), outcome_signs[outcome], verdict_name(v->verdict));
}

void html_backend_heads(GString *out, const Report *report)
{
    for (guint b = 0; b < report->backends->len; b++) {
        const ReportBackend *backend = report->backends->pdata[b];
        html(out, "<th scope=\"col\">%s <small>%s</small></th>", backend->name, backend->version);
    }
}

static void put_grades(GString *out, const Tally *tally)
{
    gboolean any = FALSE;
    for (const char *g = RESULTS_GRADES; *g != '\0'; g++) {
        if (tally->grades[(guchar)*g] == 0)
            continue;
        html(out, any ? " " : "<span class=\"grades\">");
        html(out, "<abbr class=\"grade\" title=\"%s\">%c</abbr> %u", grade_meaning(*g), *g, tally->grades[(guchar)*g]);
        any = TRUE;
    }
    if (any)
        html(out, "</span>");
}

void html_tally_cell(GString *out, const Tally *tally, const char *address)
{
    if (tally->total == 0) {
        html(out, "<td class=\"cell none\">–</td>");
        return;
    }
    g_autofree char *share = html_share(tally->good, tally->total);
    html(out, "<td class=\"cell %s\">", tally->bad > 0 ? "bad" : tally->good > 0 ? "good" : "neutral");
    if (address != NULL)
        html(out, "<a class=\"share\" href=\"%s\">%s</a>", address, share);
    else
        html(out, "<span class=\"share\">%s</span>", share);
    html(out, " <span class=\"count\">%u / %u</span>", tally->good, tally->total);
    html_bar(out, tally);
    put_grades(out, tally);
    if (!isnan(tally->worst_margin) && tally->worst_margin > 0) {
        g_autofree char *margin = html_margin(tally->worst_margin);
        html(out,
             " <span class=\"margin%s\" title=\"the largest error of a passing case, as a share of what was allowed\">"
             "margin %s</span>",
             tally->worst_margin > 0.9 ? " near" : "", margin);
    }
    html(out, "</td>");
}

static gboolean has_form(const ReportCase *c, gconstpointer form)
{
    return strcmp(c->form, form) == 0;
}

void html_proposal_rows(GString *out, const Report *report, const ReportProposal *proposal, const char *root,
                        gboolean link_head)
{
    static const char *const forms[] = { NULL, "native", "function", "decomposed" };
    g_autofree char *page = html_proposal_page(proposal->id);
    for (gsize f = 0; f < G_N_ELEMENTS(forms); f++) {
        const char *form = forms[f];
        Tally first = { 0 };
        if (report->backends->len > 0)
            first = report_tally(proposal->cases, 0, form == NULL ? NULL : has_form, form);
        if (form != NULL && first.total == 0)
            continue;
        html(out, form == NULL ? "<tr class=\"first\">" : "<tr class=\"form\">");
        if (form != NULL)
            html(out, "<th scope=\"row\">%s</th>", form);
        else if (link_head)
            html(out, "<th scope=\"row\"><a href=\"%s%s\">%s</a> <small>%s</small></th>", root, page, proposal->title,
                 proposal->id);
        else
            html(out, "<th scope=\"row\">all forms</th>");
        for (guint b = 0; b < report->backends->len; b++) {
            const ReportBackend *backend = report->backends->pdata[b];
            Tally tally = report_tally(proposal->cases, b, form == NULL ? NULL : has_form, form);
            g_autofree char *cases =
                form == NULL
                    ? html_cases_address("proposal", proposal->id, "backend", backend->name, NULL)
                    : html_cases_address("proposal", proposal->id, "backend", backend->name, "form", form, NULL);
            g_autofree char *address = g_strconcat(root, cases, NULL);
            html_tally_cell(out, &tally, address);
        }
        html(out, "</tr>\n");
    }
}

static void put_group(GString *out, const Report *report, const FailureGroup *group, const char *root)
{
    enum { EXAMPLES = 12 };
    const ReportBackend *backend = report->backends->pdata[group->backend];
    const ReportVerdict shown = { .verdict = group->verdict };
    html(out, "<li><details><summary><span class=\"number\">%u</span> ", group->cases->len);
    html_verdict(out, &shown);
    html(out, " <strong>%s</strong> ", backend->name);
    if (group->stage != NULL)
        html(out, "<small>at %s</small> ", group->stage);
    html(out, "<span class=\"message\">%s</span></summary>\n<ul class=\"plain\">",
         group->message == NULL ? verdict_meaning(group->verdict) : group->message);
    for (guint i = 0; i < MIN(group->cases->len, EXAMPLES); i++) {
        const ReportCase *c = group->cases->pdata[i];
        g_autofree char *page = html_case_page(c->id);
        html(out, "<li><a href=\"%s%s\">%s</a> %s</li>\n", root, page, c->id, c->summary);
    }
    html(out, "</ul>");
    if (group->cases->len > EXAMPLES) {
        g_autofree char *address =
            html_cases_address("backend", backend->name, "verdict", verdict_name(group->verdict), NULL);
        html(out, "<p>… and %u more; <a href=\"%s%s\">all cases with this verdict</a></p>",
             group->cases->len - EXAMPLES, root, address);
    }
    html(out, "</details></li>\n");
}

void html_failures(GString *out, const Report *report, const GPtrArray *cases, guint limit, const char *root)
{
    g_autoptr(GPtrArray) groups = report_failures(cases, report);
    html(out, "<section aria-labelledby=\"failures\">\n<h2 id=\"failures\">What fell short, by cause</h2>\n");
    if (groups->len == 0)
        html(out, "<p>Nothing.</p>\n");
    else
        html(out,
             "<p class=\"hint\">Messages that differ only in numbers are one cause. Open one to see its cases.</p>\n"
             "<ul class=\"groups\">\n");
    for (guint i = 0; i < MIN(groups->len, limit); i++)
        put_group(out, report, groups->pdata[i], root);
    if (groups->len > 0)
        html(out, "</ul>\n");
    if (groups->len > limit)
        html(out, "<p>… and %u rarer causes, see the pages of the proposals.</p>\n", groups->len - limit);
    html(out, "</section>\n");
}
