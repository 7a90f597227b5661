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

/* Whether a run had the backend (NULL: any) on the proposal (NULL: any). */
static gboolean run_had(const PastRun *run, const char *backend, const char *proposal)
{
    for (guint k = 0; k < run->backends->len; k++) {
        const PastBackend *past = run->backends->pdata[k];
        if (backend != NULL && strcmp(past->name, backend) != 0)
            continue;
        for (guint t = 0; t < past->tallies->len && proposal != NULL; t++)
            if (strcmp(((const PastTally *)past->tallies->pdata[t])->proposal, proposal) == 0)
                return TRUE;
        if (proposal == NULL)
            return TRUE;
    }
    return FALSE;
}

/* The newest run of the history that had it, and how many newer ones went without; NULL if none had. */
static const PastRun *last_run(const Report *report, const char *backend, const char *proposal, guint *newer)
{
    for (guint i = report->past == NULL ? 0 : report->past->len; i-- > 0;) {
        *newer = report->past->len - 1 - i;
        if (run_had(report->past->pdata[i], backend, proposal))
            return report->past->pdata[i];
    }
    return NULL;
}

/* What nobody renews must not look fresh. */
static void put_age(GString *out, const Report *report, const char *backend, const char *proposal)
{
    guint newer;
    const PastRun *run = last_run(report, backend, proposal, &newer);
    if (run == NULL)
        return;
    html(out, " <small class=\"age\">run of %.10s</small>", run->at);
    if (newer > 0)
        html(out, " <span class=\"flag\">stale: %u newer run%s without it</span>", newer, newer == 1 ? "" : "s");
}

/* A cell is only spoken of if it is older than both its row and its column. */
static void put_cell_age(GString *out, const Report *report, const char *backend, const char *proposal)
{
    guint cell, row, column;
    const PastRun *run = last_run(report, backend, proposal, &cell);
    if (run != NULL && last_run(report, NULL, proposal, &row) != NULL && last_run(report, backend, NULL, &column) != NULL &&
        cell > row && cell > column)
        html(out, " <span class=\"flag\">stale: run of %.10s</span>", run->at);
}

void html_backend_heads(GString *out, const Report *report, const char *root)
{
    for (guint b = 0; b < report->backends->len; b++) {
        const ReportBackend *backend = report->backends->pdata[b];
        g_autofree char *page = html_backend_page(backend->name);
        html(out, "<th scope=\"col\"><a href=\"%s%s\">%s</a> <small>%s</small>", root, page, backend->name, backend->version);
        put_age(out, report, backend->name, NULL);
        html(out, "</th>");
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

/* The cell without its end, so that more may be put in. */
static void open_tally_cell(GString *out, const Tally *tally, const char *address)
{
    if (tally->total == 0) {
        html(out, "<td class=\"cell none\">–");
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
}

void html_tally_cell(GString *out, const Tally *tally, const char *address)
{
    open_tally_cell(out, tally, address);
    html(out, "</td>");
}

const char *const html_forms[3] = { "native", "function", "decomposed" };

gboolean html_has_form(const ReportCase *c, gconstpointer form)
{
    return strcmp(c->form, form) == 0;
}

int html_by_text(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

cJSON *html_verdict_table(void)
{
    cJSON *array = cJSON_CreateArray();
    for (int v = 0; v < VERDICT_COUNT; v++) {
        const char *const texts[] = { verdict_name((Verdict)v), outcome_classes[verdict_outcome((Verdict)v)],
                                      verdict_meaning((Verdict)v) };
        cJSON_AddItemToArray(array, cJSON_CreateStringArray(texts, (int)G_N_ELEMENTS(texts)));
    }
    return array;
}

static gboolean is_valid_of_form(const ReportCase *c, gconstpointer form)
{
    return html_has_form(c, form) && strcmp(c->expectation, "reject") != 0;
}

/* Support mode: in which forms the backend runs the valid cases. A refused invalid model supports nothing. */
static void put_modes(GString *out, const ReportProposal *proposal, guint b)
{
    html(out, "<span class=\"modes\">");
    for (gsize f = 0; f < G_N_ELEMENTS(html_forms); f++) {
        Tally t = report_tally(proposal->cases, b, is_valid_of_form, html_forms[f]);
        if (t.total == 0)
            continue;
        const char *state = t.good == t.total ? "full" : t.good > 0 ? "part" : "none";
        const char *sign = t.good == t.total ? "●" : t.good > 0 ? "◐" : "○";
        html(out, "<span class=\"mode %s\" title=\"%s: %u of %u valid cases pass\"><span aria-hidden=\"true\">%s</span> %s"
                  "<span class=\"hidden\"> %s</span></span> ",
             state, html_forms[f], t.good, t.total, sign, html_forms[f],
             t.good == t.total ? "supported" : t.good > 0 ? "in part" : "not supported");
    }
    html(out, "</span>");
}

void html_proposal_row(GString *out, const Report *report, const ReportProposal *proposal, const char *root)
{
    g_autofree char *page = html_proposal_page(proposal->id);
    html(out, "<tr><th scope=\"row\"><a href=\"%s%s\">%s</a> <small>%s</small> <small>%u cases</small>", root, page, proposal->title,
         proposal->id, proposal->cases->len);
    put_age(out, report, NULL, proposal->id);
    html(out, "</th>");
    for (guint b = 0; b < report->backends->len; b++) {
        Tally tally = report_tally(proposal->cases, b, NULL, NULL);
        const char *backend = ((const ReportBackend *)report->backends->pdata[b])->name;
        g_autofree char *cases = html_cases_address("proposal", proposal->id, "backend", backend, NULL);
        g_autofree char *address = g_strconcat(root, cases, NULL);
        open_tally_cell(out, &tally, address);
        if (tally.total > 0)
            put_modes(out, proposal, b);
        put_cell_age(out, report, backend, proposal->id);
        html(out, "</td>");
    }
    html(out, "</tr>\n");
}

void html_proposal_rows(GString *out, const Report *report, const ReportProposal *proposal, const char *root)
{
    for (gsize f = 0; f <= G_N_ELEMENTS(html_forms); f++) {
        const char *form = f == 0 ? NULL : html_forms[f - 1];
        Tally first = { 0 };
        if (report->backends->len > 0)
            first = report_tally(proposal->cases, 0, form == NULL ? NULL : html_has_form, form);
        if (form != NULL && first.total == 0)
            continue;
        html(out, form == NULL ? "<tr class=\"first\">" : "<tr class=\"form\">");
        html(out, "<th scope=\"row\">%s</th>", form == NULL ? "all forms" : form);
        for (guint b = 0; b < report->backends->len; b++) {
            const ReportBackend *backend = report->backends->pdata[b];
            Tally tally = report_tally(proposal->cases, b, form == NULL ? NULL : html_has_form, form);
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

/* The page of each case has the message in full. */
static void put_shortened(GString *out, const char *message)
{
    enum { CHARACTERS = 280 };
    gboolean is_long = g_utf8_strlen(message, -1) > CHARACTERS;
    g_autofree char *start = is_long ? g_utf8_substring(message, 0, CHARACTERS) : g_strdup(message);
    html(out, "<span class=\"message\">%s%s</span>", start, is_long ? " …" : "");
}

static void put_group(GString *out, const Report *report, const FailureGroup *group, gboolean name, const char *root)
{
    enum { EXAMPLES = 12 };
    const ReportBackend *backend = report->backends->pdata[group->backend];
    const ReportVerdict shown = { .verdict = group->verdict };
    html(out, "<li><details><summary><span class=\"number\">%u</span> ", group->cases->len);
    html_verdict(out, &shown);
    if (name)
        html(out, " <strong>%s</strong>", backend->name);
    html(out, " ");
    if (group->stage != NULL)
        html(out, "<small>at %s</small> ", group->stage);
    if (group->signature != NULL)
        html(out, "<span class=\"signature\">looks like %s</span> ", group->signature);
    put_shortened(out, group->message == NULL ? verdict_meaning(group->verdict) : group->message);
    html(out, "</summary>\n<ul class=\"plain\">");
    for (guint i = 0; i < MIN(group->cases->len, EXAMPLES); i++) {
        const ReportCase *c = group->cases->pdata[i];
        g_autofree char *page = html_case_page(c->id), *mark = html_answer_mark(backend->name);
        html(out, "<li><a href=\"%s%s#%s\">%s</a> %s</li>\n", root, page, mark, c->id, c->summary);
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

void html_failures(GString *out, const Report *report, const GPtrArray *cases, int backend, guint limit, const char *root)
{
    g_autoptr(GPtrArray) groups = report_failures(cases, report);
    for (guint i = groups->len; backend >= 0 && i-- > 0;)
        if (((const FailureGroup *)groups->pdata[i])->backend != (guint)backend)
            g_ptr_array_remove_index(groups, i);
    html(out, "<section aria-labelledby=\"failures\">\n<h2 id=\"failures\">What fell short, by cause</h2>\n");
    if (groups->len == 0)
        html(out, "<p>Nothing.</p>\n");
    else
        html(out,
             "<p class=\"hint\">Failures of one backend that look alike, or whose messages differ only in numbers, are one cause. Open one to see its cases.</p>\n"
             "<ul class=\"groups\">\n");
    for (guint i = 0; i < MIN(groups->len, limit); i++)
        put_group(out, report, groups->pdata[i], backend < 0, root);
    if (groups->len > 0)
        html(out, "</ul>\n");
    if (groups->len > limit)
        html(out, "<p>… and %u rarer causes, see the pages of the backends.</p>\n", groups->len - limit);
    html(out, "</section>\n");
}
