/* The page of a case: what it asks and why, what each backend answered, how to see it again. */
#include "reports/writers/html/html.h"

#include <math.h>
#include <string.h>

static void put_term(GString *out, const char *term, const char *text)
{
    if (text != NULL && *text != '\0')
        html(out, "<div><dt>%s</dt><dd>%s</dd></div>\n", term, text);
}

static void put_list(GString *out, const char *term, const GPtrArray *list)
{
    if (list->len == 0)
        return;
    html(out, "<div><dt>%s</dt><dd>", term);
    for (guint i = 0; i < list->len; i++)
        html(out, "%s<code>%s</code>", i > 0 ? " " : "", (const char *)list->pdata[i]);
    html(out, "</dd></div>\n");
}

static void put_download(GString *out, const ReportCase *c, gsize size)
{
    g_autofree char *file = html_case_download(c->id), *shown = g_format_size_full(size, G_FORMAT_SIZE_IEC_UNITS);
    html(out, "<div><dt>Download</dt><dd><a href=\"../../%s\" download>model, inputs, goldens, answers kept</a> <small>ZIP, %s</small></dd></div>\n", file, shown);
}

static void put_facts(GString *out, const ReportCase *c, gsize download)
{
    html(out, "<dl class=\"facts\">\n");
    put_term(out, "Form", c->form);
    put_term(out, "Variant", c->variant);
    put_term(out, "Expected",
             strcmp(c->expectation, "reject") == 0 ? "the model is invalid: a conforming backend refuses it cleanly"
                                                   : "outputs as recorded");
    if (c->twin != NULL) {
        g_autofree char *page = html_case_page(c->twin);
        html(out, "<div><dt>Valid twin</dt><dd><a href=\"../../%s\">%s</a></dd></div>\n", page, c->twin);
    }
    put_list(out, "Types", c->dtypes);
    put_list(out, "Tags", c->tags);
    if (download > 0)
        put_download(out, c, download);
    html(out, "</dl>\n");
}

/* See CaseFacts.comparison: an output a line, its rules below it. */
static void put_judging(GString *out, const char *comparison)
{
    g_auto(GStrv) lines = g_strsplit(comparison, "\n", -1);
    gboolean list = FALSE;
    if (*comparison == '\0')
        return;
    html(out, "<section aria-labelledby=\"judging\">\n<h2 id=\"judging\">How answers are judged</h2>\n");
    if (strstr(comparison, "; golden ") != NULL)
        html(out, "<p class=\"hint\">A golden is <em>exact</em> where one answer is right in every order and precision, <em>proven</em> where it is correctly "
                  "rounded at every node, <em>bounded</em> where elements stay open: too near a tie to prove the rounding, so that their interval says what is right.</p>\n");
    for (char **line = lines; *line != NULL; line++) {
        gboolean rule = g_str_has_prefix(*line, "  ");
        if (rule != list)
            html(out, rule ? "<p class=\"hint\">Its interval comes from these rules of <code>reference/bounds</code>, u being the unit roundoff:</p>\n<ul class=\"plain\">\n"
                           : "</ul>\n");
        html(out, rule ? "<li><code>%s</code></li>\n" : "<p>%s</p>\n", rule ? *line + 2 : *line);
        list = rule;
    }
    html(out, list ? "</ul>\n</section>\n" : "</section>\n");
}

static void put_requirements(GString *out, const HtmlIndex *index, const ReportCase *c)
{
    if (c->requirements->len == 0)
        return;
    g_autofree char *page = html_proposal_page(c->proposal);
    html(out, "<section aria-labelledby=\"requirements\">\n<h2 id=\"requirements\">What it tests</h2>\n<dl "
              "class=\"notes\">\n");
    for (guint i = 0; i < c->requirements->len; i++) {
        const ReportRequirement *requirement = g_hash_table_lookup(index->requirements, c->requirements->pdata[i]);
        g_autofree char *mark = html_requirement_mark(requirement->id);
        html(out,
             "<div><dt><a href=\"../../%s#%s\">%s</a> <span class=\"level\">%s</span></dt><dd>%s <small>%s</small></dd>"
             "</div>\n",
             page, mark, requirement->id, requirement->level, requirement->text == NULL ? "" : requirement->text,
             requirement->source);
    }
    html(out, "</dl>\n</section>\n");
}

gboolean html_worth_telling(const ReportVerdict *v)
{
    return verdict_outcome(v->verdict) != OUTCOME_GOOD || v->message != NULL || v->flaky || v->contradicts_manifest;
}

static void put_verdicts(GString *out, const Report *report, const ReportCase *c)
{
    html(out, "<section aria-labelledby=\"verdicts\">\n<h2 id=\"verdicts\">Verdicts</h2>\n"
              "<div class=\"scroll\" role=\"group\" aria-labelledby=\"verdicts\" tabindex=\"0\">\n<table>\n"
              "<thead><tr><th scope=\"col\">Backend</th><th scope=\"col\">Verdict</th><th scope=\"col\">Grade</th>"
              "<th scope=\"col\" class=\"number\">Margin</th><th scope=\"col\">Stage</th></tr></thead>\n<tbody>\n");
    for (guint b = 0; b < report->backends->len; b++) {
        const ReportBackend *backend = report->backends->pdata[b];
        const ReportVerdict *v = &c->verdicts[b];
        g_autofree char *margin = html_margin(v->margin), *mark = html_answer_mark(backend->name);
        if (html_worth_telling(v))
            html(out, "<tr><th scope=\"row\"><a href=\"#%s\">%s</a>", mark, backend->name);
        else
            html(out, "<tr><th scope=\"row\">%s", backend->name);
        html(out, " <small>%s</small></th><td>", backend->version);
        html_verdict(out, v);
        html(out, "</td><td>%s%s%s</td><td class=\"number\">%s</td><td>%s</td></tr>\n",
             v->grade == 0 ? "" : (const char[]){ v->grade, '\0' }, v->profile == NULL ? "" : " ",
             v->profile == NULL ? "" : v->profile, margin, v->stage == NULL ? "" : v->stage);
    }
    html(out, "</tbody>\n</table>\n</div>\n</section>\n");
}

static void put_answer(GString *out, const Report *report, const ReportCase *c, const ReportDetail *detail, guint b)
{
    const ReportBackend *backend = report->backends->pdata[b];
    const ReportVerdict *v = &c->verdicts[b];
    g_autofree char *replay = report_replay(report, c, backend), *mark = html_answer_mark(backend->name);
    html(out, "<article class=\"answer\" id=\"%s\">\n<h3>%s ", mark, backend->name);
    html_verdict(out, v);
    html(out, "</h3>\n<p class=\"message\">%s</p>\n", v->message == NULL ? verdict_meaning(v->verdict) : v->message);
    html_known(out, report, c, b);
    if (v->signature != NULL)
        html(out, "<p class=\"signature\">The numbers look like: <strong>%s</strong></p>\n", v->signature);
    html_statistics(out, detail->statistics[b]);
    if (v->waiver != NULL)
        html(out, "<p>Waived: %s</p>\n", v->waiver);
    if (v->flaky)
        html(out, "<p class=\"flag\">flaky: a repetition came out differently</p>\n");
    if (v->contradicts_manifest)
        html(out, "<p class=\"flag\">its capability manifest declares this unsupported</p>\n");
    if (detail->differences[b] != NULL)
        html(out, "<h4>What differed</h4>\n<pre tabindex=\"0\">%s</pre>\n", detail->differences[b]);
    if (!isnan(v->seconds))
        html(out, "<p>took %.3f s</p>\n", v->seconds);
    if (detail->logs[b] != NULL && *detail->logs[b] != '\0')
        html(out, "<details><summary>Log of the adapter</summary><pre tabindex=\"0\">%s</pre></details>\n",
             detail->logs[b]);
    html(out,
         "<h4>See it again</h4>\n<div class=\"command\"><pre tabindex=\"0\"><code>%s</code></pre></div>\n</article>\n",
         replay);
}

static void put_answers(GString *out, const Report *report, const ReportCase *c, const ReportDetail *detail)
{
    gboolean any = FALSE;
    for (guint b = 0; b < report->backends->len; b++) {
        if (!html_worth_telling(&c->verdicts[b]) && detail->differences[b] == NULL)
            continue;
        html(out,
             any ? "" : "<section aria-labelledby=\"answers\">\n<h2 id=\"answers\">What the backends answered</h2>\n");
        put_answer(out, report, c, detail, b);
        any = TRUE;
    }
    if (any)
        html(out, "</section>\n");
}

static void put_forms(GString *out, const Report *report, const HtmlIndex *index, const ReportCase *c)
{
    g_autofree char *key = g_strjoin("\x1f", c->proposal, c->semantic, NULL);
    const GPtrArray *siblings = g_hash_table_lookup(index->semantics, key);
    if (*c->semantic == '\0' || siblings == NULL || siblings->len < 2)
        return;
    html(out, "<section aria-labelledby=\"forms\">\n<h2 id=\"forms\">The same question in other forms</h2>\n"
              "<div class=\"scroll\" role=\"group\" aria-labelledby=\"forms\" tabindex=\"0\">\n<table>\n<thead><tr>"
              "<th scope=\"col\">Form</th>");
    html_backend_heads(out, report, "../../");
    html(out, "</tr></thead>\n<tbody>\n");
    for (guint i = 0; i < siblings->len; i++) {
        const ReportCase *sibling = siblings->pdata[i];
        g_autofree char *page = html_case_page(sibling->id);
        if (sibling == c)
            html(out, "<tr><th scope=\"row\">%s <small>this case</small></th>", sibling->form);
        else
            html(out, "<tr><th scope=\"row\"><a href=\"../../%s\">%s</a></th>", page, sibling->form);
        for (guint b = 0; b < report->backends->len; b++) {
            html(out, "<td>");
            html_verdict(out, &sibling->verdicts[b]);
            html(out, "</td>");
        }
        html(out, "</tr>\n");
    }
    html(out, "</tbody>\n</table>\n</div>\n</section>\n");
}

static void put_drawing(GString *out, const HtmlIndex *index, const ReportCase *c)
{
    const char *file = c->graph == NULL ? NULL : g_hash_table_lookup(index->drawings, c->graph);
    if (file != NULL)
        html(out,
             "<section aria-labelledby=\"drawing\">\n<h2 id=\"drawing\">The graph</h2>\n<div class=\"drawing\" role=\"group\" "
             "aria-labelledby=\"drawing\" tabindex=\"0\"><img src=\"../../%s\" alt=\"The model's graph; the text below says the same\" loading=\"lazy\"></div>\n</section>\n",
             file);
}

void html_case(GString *out, const Report *report, const HtmlIndex *index, const ReportCase *c,
               const ReportDetail *detail, gsize download)
{
    const char *slash = strchr(c->id, '/');
    g_autofree char *page = html_proposal_page(c->proposal);
    html_page_open(out, report, "../../", c->id, "case");
    html(out,
         "<nav class=\"trail\" aria-label=\"Trail\"><a href=\"../../index.html\">Overview</a> › "
         "<a href=\"../../%s\">%s</a> ›</nav>\n<h1 class=\"id\">%s</h1>\n<p class=\"lead\">%s</p>\n",
         page, c->proposal, slash == NULL ? c->id : slash + 1, c->summary);
    put_facts(out, c, download);
    put_requirements(out, index, c);
    put_verdicts(out, report, c);
    put_answers(out, report, c, detail);
    html_values(out, report, c, detail);
    put_judging(out, detail->comparison);
    put_drawing(out, index, c);
    if (*detail->model != '\0')
        html(out,
             "<section aria-labelledby=\"model\">\n<h2 id=\"model\">The model as text</h2>\n"
             "<pre class=\"model\" tabindex=\"0\">%s</pre>\n</section>\n",
             detail->model);
    put_forms(out, report, index, c);
    html_page_close(out, report);
}
