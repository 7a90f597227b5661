/* The page of a proposal: requirement by requirement, who passes; variants, failures, open questions. */
#include "reports/writers/html/html.h"

#include <string.h>

/* Of these cases, sorted. */
static GPtrArray *variants_used(const GPtrArray *cases)
{
    GPtrArray *used = g_ptr_array_new();
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < cases->len; i++) {
        const ReportCase *c = cases->pdata[i];
        if (*c->variant != '\0' && g_hash_table_add(seen, (gpointer)c->variant))
            g_ptr_array_add(used, (gpointer)c->variant);
    }
    g_ptr_array_sort(used, html_by_text);
    return used;
}

static void put_variant_names(GString *out, const GPtrArray *cases)
{
    g_autoptr(GPtrArray) used = variants_used(cases);
    for (guint i = 0; i < used->len; i++)
        html(out, i == 0 ? "<small>variants: %s" : ", %s", (const char *)used->pdata[i]);
    html(out, used->len > 0 ? "</small>" : "");
}

static void put_requirement(GString *out, const Report *report, const ReportRequirement *requirement)
{
    gboolean must = strcmp(requirement->level, "MUST") == 0;
    g_autofree char *all = html_cases_address("requirement", requirement->id, NULL);
    g_autofree char *mark = html_requirement_mark(requirement->id);
    html(out, "<tr id=\"%s\" class=\"%s\"><th scope=\"row\"><span class=\"id\">%s</span> <span class=\"level\">%s</span> ", mark,
         requirement->cases->len == 0 ? "untested" : "tested", requirement->id, requirement->level);
    html(out, "<span class=\"text\">%s</span> <small>%s</small>",
         requirement->text == NULL ? "named by cases, but not a requirement of the proposal" : requirement->text,
         requirement->source);
    put_variant_names(out, requirement->cases);
    html(out, "</th>");
    if (requirement->cases->len == 0) {
        html(out, "<td class=\"cell\" colspan=\"%u\"><span class=\"flag\">no case tests this%s</span></td></tr>\n",
             report->backends->len + 1, must ? " MUST" : "");
        return;
    }
    html(out, "<td class=\"cell\"><a href=\"../%s\">%u case%s</a>", all, requirement->cases->len,
         requirement->cases->len == 1 ? "" : "s");
    if (requirement->rejects > 0)
        html(out, " <small>%u with an invalid model</small>", requirement->rejects);
    html(out, "</td>");
    for (guint b = 0; b < report->backends->len; b++) {
        const ReportBackend *backend = report->backends->pdata[b];
        Tally tally = report_tally(requirement->cases, b, NULL, NULL);
        g_autofree char *cases = html_cases_address("requirement", requirement->id, "backend", backend->name, NULL);
        g_autofree char *address = g_strconcat("../", cases, NULL);
        html_tally_cell(out, &tally, address);
    }
    html(out, "</tr>\n");
}

static void put_requirements(GString *out, const Report *report, const ReportProposal *proposal)
{
    html(out, "<section aria-labelledby=\"requirements\">\n<h2 id=\"requirements\">Requirements</h2>\n");
    if (proposal->requirements->len == 0) {
        html(out, "<p>The results name none.</p>\n</section>\n");
        return;
    }
    html(out, "<div class=\"scroll\" role=\"group\" aria-labelledby=\"requirements\" tabindex=\"0\">\n"
              "<table class=\"matrix requirements\">\n<thead><tr><th scope=\"col\">Requirement</th>"
              "<th scope=\"col\">Tested by</th>");
    html_backend_heads(out, report, "../");
    html(out, "</tr></thead>\n<tbody>\n");
    for (guint i = 0; i < proposal->requirements->len; i++)
        put_requirement(out, report, proposal->requirements->pdata[i]);
    html(out, "</tbody>\n</table>\n</div>\n</section>\n");
}

static gboolean has_variant(const ReportCase *c, gconstpointer variant)
{
    return strcmp(c->variant, variant) == 0;
}

static const ReportNote *find_note(const GPtrArray *notes, const char *id)
{
    static const ReportNote unknown = { "", "", "" };
    for (guint i = 0; i < notes->len; i++)
        if (strcmp(((const ReportNote *)notes->pdata[i])->id, id) == 0)
            return notes->pdata[i];
    return &unknown;
}

static void put_variants(GString *out, const Report *report, const ReportProposal *proposal)
{
    g_autoptr(GPtrArray) used = variants_used(proposal->cases);
    if (used->len == 0)
        return;
    html(
        out,
        "<section aria-labelledby=\"variants\">\n<h2 id=\"variants\">Variants</h2>\n"
        "<div class=\"scroll\" role=\"group\" aria-labelledby=\"variants\" tabindex=\"0\">\n<table class=\"matrix\">\n"
        "<thead><tr><th scope=\"col\">Variant</th>");
    html_backend_heads(out, report, "../");
    html(out, "</tr></thead>\n<tbody>\n");
    for (guint i = 0; i < used->len; i++) {
        const char *variant = used->pdata[i];
        const ReportNote *note = find_note(proposal->variants, variant);
        html(out, "<tr><th scope=\"row\"><span class=\"id\">%s</span> %s <span class=\"text\">%s</span></th>", variant,
             note->title, note->text);
        for (guint b = 0; b < report->backends->len; b++) {
            Tally tally = report_tally(proposal->cases, b, has_variant, variant);
            html_tally_cell(out, &tally, NULL);
        }
        html(out, "</tr>\n");
    }
    html(out, "</tbody>\n</table>\n</div>\n</section>\n");
}

static void put_answerers(GString *out, const Report *report, const ReportCase *c)
{
    for (guint b = 0; b < report->backends->len; b++) {
        const ReportBackend *backend = report->backends->pdata[b];
        Outcome outcome = verdict_outcome(c->verdicts[b].verdict);
        if (report_is_own(backend) || outcome == OUTCOME_NEUTRAL)
            continue;
        html(out, "<span class=\"who\">%s ", backend->name);
        html_verdict(out, &c->verdicts[b]);
        html(out, "</span> ");
    }
}

/* With the model that shows it: what an author needs to see to mend the text. */
static gboolean put_ambiguity(GString *out, const Report *report, const Ambiguity *a, GError **error)
{
    const ReportCase *c = a->cases->pdata[0];
    g_autoptr(ReportDetail) detail = report_detail(report, c, error);
    if (detail == NULL)
        return FALSE;
    g_autofree char *page = html_case_page(c->id);
    g_autofree char *all = html_cases_address("requirement", a->requirement, "verdict", "differ", NULL);
    html(out, "<tr><th scope=\"row\"><span class=\"id\">%s</span></th><td>%s</td><td class=\"number\"><a href=\"../%s\">%u</a></td>",
         a->requirement, a->kind == AMBIGUITY_ANSWERS ? "answers differ" : "some refuse the invalid model, some run it", all, a->cases->len);
    html(out, "<td><a href=\"../%s\">%s</a><br>", page, c->id);
    put_answerers(out, report, c);
    if (*detail->model != '\0')
        html(out, "<details><summary>Its model</summary><pre tabindex=\"0\">%s</pre></details>", detail->model);
    html(out, "</td></tr>\n");
    return TRUE;
}

static gboolean put_ambiguities(GString *out, const Report *report, const ReportProposal *proposal, GError **error)
{
    g_autoptr(GPtrArray) list = report_ambiguities(proposal->cases, report);
    html(out, "<section aria-labelledby=\"ambiguities\">\n<h2 id=\"ambiguities\">Where independent backends contradict each other</h2>\n");
    if (list->len == 0) {
        html(out, "<p>Nowhere in these results.</p>\n</section>\n");
        return TRUE;
    }
    html(out, "<p class=\"hint\">The text may be read in several ways, or a backend is wrong. Assay's own evaluator does not count as a "
              "witness. The example is the smallest model that shows it.</p>\n<div class=\"scroll\" role=\"group\" "
              "aria-labelledby=\"ambiguities\" tabindex=\"0\">\n<table>\n<thead><tr><th scope=\"col\">Requirement</th><th scope=\"col\">How</th>"
              "<th scope=\"col\" class=\"number\">Cases</th><th scope=\"col\">Smallest example</th></tr></thead>\n<tbody>\n");
    for (guint i = 0; i < list->len; i++)
        if (!put_ambiguity(out, report, list->pdata[i], error))
            return FALSE;
    html(out, "</tbody>\n</table>\n</div>\n</section>\n");
    return TRUE;
}

/* What an experiment found. Drawings are shown as pictures, in which nothing can run. */
static void put_finding(GString *out, const ReportProposal *proposal, guint i)
{
    const ReportEvidence *e = proposal->evidence->pdata[i];
    g_autofree char *load = html_evidence_file(proposal, i, "load"), *run = html_evidence_file(proposal, i, "run");
    g_auto(GStrv) sentences = g_strsplit(e->answer, "\n", -1);
    html(out, "<h3>%s</h3>\n<p>%s</p>\n", e->title, e->question);
    html(out, "<p><img src=\"../%s\" alt=\"Load time, see the table\" width=\"760\"> "
              "<img src=\"../%s\" alt=\"Run time, see the table\" width=\"760\"></p>\n<ul class=\"plain measured\">\n", load, run);
    for (char **sentence = sentences; *sentence != NULL; sentence++)
        if (**sentence != '\0')
            html(out, "<li>%s</li>\n", *sentence);
    html(out, "</ul>\n");
    html(out, "<details><summary>All points</summary>\n<pre tabindex=\"0\">%s</pre></details>\n", e->table);
}

static gboolean asks(const ReportProposal *proposal, const ReportEvidence *e)
{
    for (guint i = 0; i < proposal->questions->len && e->open_question != NULL; i++)
        if (strcmp(((const ReportNote *)proposal->questions->pdata[i])->id, e->open_question) == 0)
            return TRUE;
    return FALSE;
}

/* Each with what experiments say to it. */
static void put_questions(GString *out, const ReportProposal *proposal)
{
    if (proposal->questions->len == 0)
        return;
    html(out,
         "<section aria-labelledby=\"questions\">\n<h2 id=\"questions\">Open questions</h2>\n<dl class=\"notes\">\n");
    for (guint i = 0; i < proposal->questions->len; i++) {
        const ReportNote *note = proposal->questions->pdata[i];
        html(out, "<div><dt>%s %s</dt><dd>%s", note->id, note->title, note->text);
        for (guint k = 0; k < proposal->evidence->len; k++)
            if (g_strcmp0(((const ReportEvidence *)proposal->evidence->pdata[k])->open_question, note->id) == 0)
                put_finding(out, proposal, k);
        html(out, "</dd></div>\n");
    }
    html(out, "</dl>\n</section>\n");
}

/* What bears on no question of the list. */
static void put_evidence(GString *out, const ReportProposal *proposal)
{
    gboolean any = FALSE;
    for (guint i = 0; i < proposal->evidence->len; i++) {
        if (asks(proposal, proposal->evidence->pdata[i]))
            continue;
        html(out, any ? "" : "<section aria-labelledby=\"evidence\">\n<h2 id=\"evidence\">Evidence</h2>\n");
        put_finding(out, proposal, i);
        any = TRUE;
    }
    html(out, any ? "</section>\n" : "");
}

gboolean html_proposal(GString *out, const Report *report, const ReportProposal *proposal, GError **error)
{
    g_autofree char *all = html_cases_address("proposal", proposal->id, NULL);
    html_page_open(out, report, "../", proposal->title, "proposal");
    html(out,
         "<nav class=\"trail\" aria-label=\"Trail\"><a href=\"../index.html\">Overview</a> › %s</nav>\n<h1>%s</h1>\n",
         proposal->id, proposal->title);
    if (proposal->summary != NULL)
        html(out, "<p class=\"lead\">%s</p>\n", proposal->summary);
    html(out,
         "<p><a href=\"../%s\">All %u cases</a></p>\n<section aria-labelledby=\"forms\">\n"
         "<h2 id=\"forms\">Who can run it, and how</h2>\n"
         "<div class=\"scroll\" role=\"group\" aria-labelledby=\"forms\" tabindex=\"0\">\n<table class=\"matrix\">\n"
         "<thead><tr><th scope=\"col\">Form</th>",
         all, proposal->cases->len);
    html_backend_heads(out, report, "../");
    html(out, "</tr></thead>\n<tbody>\n");
    html_proposal_rows(out, report, proposal, "../");
    html(out, "</tbody>\n</table>\n</div>\n</section>\n");
    put_requirements(out, report, proposal);
    put_variants(out, report, proposal);
    if (!put_ambiguities(out, report, proposal, error))
        return FALSE;
    html_failures(out, report, proposal->cases, -1, 200, "../");
    put_questions(out, proposal);
    put_evidence(out, proposal);
    html_page_close(out, report);
    return TRUE;
}
