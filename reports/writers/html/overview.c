/* The first page: who passes what. */
#include "reports/writers/html/html.h"

#include <math.h>
#include <string.h>

static void put_flags(GString *out, const Report *report, guint b)
{
    guint flaky = 0, contradictions = 0;
    for (guint i = 0; i < report->cases->len; i++) {
        const ReportVerdict *v = &((const ReportCase *)report->cases->pdata[i])->verdicts[b];
        flaky += v->flaky != FALSE;
        contradictions += v->contradicts_manifest != FALSE;
    }
    if (flaky > 0)
        html(out, "<p class=\"flag\">%u flaky: a repetition came out differently</p>", flaky);
    if (contradictions > 0)
        html(out, "<p class=\"flag\">%u declared unsupported, but worked</p>", contradictions);
}

void html_backend_card(GString *out, const Report *report, guint b, const char *root)
{
    const ReportBackend *backend = report->backends->pdata[b];
    Tally tally = report_tally(report->cases, b, NULL, NULL);
    g_autofree char *share = html_share(tally.good, tally.total);
    g_autofree char *page = html_backend_page(backend->name);
    html(out, "<article class=\"card\">\n<h3><a href=\"%s%s\">%s</a> <small>%s</small></h3>\n<p class=\"where\">%s%s%s</p>\n", root,
         page, backend->name, backend->version, backend->device, *backend->device && *backend->environment ? " · " : "",
         backend->environment);
    html(out, "<p class=\"big\"><strong>%s</strong> passed <span class=\"count\">%u of %u</span></p>\n", share,
         tally.good, tally.total);
    html_bar(out, &tally);
    html(out, "<ul class=\"chips\">\n");
    for (int v = 0; v < VERDICT_COUNT; v++) {
        if (tally.verdicts[v] == 0)
            continue;
        const ReportVerdict shown = { .verdict = (Verdict)v };
        g_autofree char *address =
            html_cases_address("backend", backend->name, "verdict", verdict_name((Verdict)v), NULL);
        html(out, "<li><a href=\"%s%s\">", root, address);
        html_verdict(out, &shown);
        html(out, " %u</a></li>\n", tally.verdicts[v]);
    }
    html(out, "</ul>\n");
    put_flags(out, report, b);
    html(out, "</article>\n");
}

static void put_matrix(GString *out, const Report *report)
{
    html(out,
         "<section aria-labelledby=\"matrix\">\n<h2 id=\"matrix\">Proposals and backends</h2>\n"
         "<p class=\"hint\">Share of all cases that passed; below it the grades, the worst margin of passing cases, and the forms "
         "that the backend runs: <em>native</em>, the proposed operator alone; <em>function</em>, with its meaning as a "
         "model-local function; <em>decomposed</em>, published operators only. ● all valid cases pass, ◐ some, ○ none.</p>\n"
         "<div class=\"scroll\" role=\"group\" aria-labelledby=\"matrix\" tabindex=\"0\">\n<table class=\"matrix\">\n"
         "<thead><tr><th scope=\"col\">Proposal</th>");
    html_backend_heads(out, report, "");
    html(out, "</tr></thead>\n<tbody>\n");
    for (guint i = 0; i < report->proposals->len; i++) {
        html_proposal_row(out, report, report->proposals->pdata[i], "");
    }
    html(out, "</tbody>\n</table>\n</div>\n</section>\n");
}

/* Which proposals have them; their pages say more. */
static void put_ambiguities(GString *out, const Report *report)
{
    guint all = 0;
    g_autoptr(GString) list = g_string_new(NULL);
    for (guint i = 0; i < report->proposals->len; i++) {
        const ReportProposal *proposal = report->proposals->pdata[i];
        g_autoptr(GPtrArray) ambiguities = report_ambiguities(proposal->cases, report);
        g_autofree char *page = html_proposal_page(proposal->id);
        all += ambiguities->len;
        if (ambiguities->len > 0)
            html(list, "<li><a href=\"%s#ambiguities\">%s</a>: %u</li>\n", page, proposal->title, ambiguities->len);
    }
    html(out, "<section aria-labelledby=\"ambiguities\">\n<h2 id=\"ambiguities\">Where independent backends contradict each other</h2>\n");
    guint witnesses = 0;
    for (guint b = 0; b < report->backends->len; b++)
        witnesses += report_is_own(report->backends->pdata[b]) ? 0 : 1;
    if (witnesses < 2)
        html(out, "<p>To see that, two independent backends are needed; here %s. Assay's own evaluator is no witness.</p>\n</section>\n",
             witnesses == 1 ? "is one" : "is none");
    else if (all == 0)
        html(out, "<p>Nowhere: on no case does one independent backend pass while another answers otherwise.</p>\n</section>\n");
    else
        html(out, "<p>Requirements on which one passes while another answers otherwise: the text is ambiguous, or a backend is wrong.</p>\n<ul>\n");
    g_string_append_len(out, list->str, (gssize)list->len);
    html(out, all == 0 ? "" : "</ul>\n</section>\n");
}

static void put_untested(GString *out, const Report *report)
{
    enum { OPEN = 12 }; /* more are folded */
    guint untested = 0, all = 0;
    g_autoptr(GString) list = g_string_new(NULL);
    for (guint i = 0; i < report->proposals->len; i++) {
        const ReportProposal *proposal = report->proposals->pdata[i];
        for (guint r = 0; r < proposal->requirements->len; r++) {
            const ReportRequirement *requirement = proposal->requirements->pdata[r];
            all++;
            if (requirement->cases->len > 0)
                continue;
            g_autofree char *page = html_proposal_page(proposal->id);
            html(list, "<li><a href=\"%s\">%s</a> <span class=\"level\">%s</span> %s</li>\n", page, requirement->id,
                 requirement->level, requirement->text == NULL ? "" : requirement->text);
            untested++;
        }
    }
    html(out, "<section aria-labelledby=\"untested\">\n<h2 id=\"untested\">Untested requirements</h2>\n");
    if (untested == 0)
        html(out, "<p>None: each of the %u requirements has a case.</p>\n", all);
    else
        html(out, untested > OPEN ? "<details><summary>%u of %u requirements have no case</summary>\n<ul>\n"
                                  : "<p>%u of %u requirements have no case:</p>\n<ul>\n", untested, all);
    g_string_append_len(out, list->str, (gssize)list->len);
    html(out, untested == 0 ? "</section>\n" : untested > OPEN ? "</ul></details>\n</section>\n" : "</ul>\n</section>\n");
}

static void put_legend(GString *out)
{
    html(out,
         "<section aria-labelledby=\"legend\">\n<h2 id=\"legend\">What the words mean</h2>\n<dl class=\"legend\">\n");
    for (int v = 0; v < VERDICT_COUNT; v++) {
        const ReportVerdict shown = { .verdict = (Verdict)v };
        html(out, "<div><dt>");
        html_verdict(out, &shown);
        html(out, "</dt><dd>%s</dd></div>\n", verdict_meaning((Verdict)v));
    }
    for (const char *g = RESULTS_GRADES; *g != '\0'; g++)
        html(out, "<div><dt>grade <abbr class=\"grade\">%c</abbr></dt><dd>%s</dd></div>\n", *g, grade_meaning(*g));
    html(out,
         "<div><dt>margin</dt><dd>the largest error of an output as a share of what was allowed: 0 is exact, 1 is the "
         "edge, more is wrong</dd></div>\n</dl>\n</section>\n");
}

void html_overview(GString *out, const Report *report)
{
    html_page_open(out, report, "", "Overview", "overview");
    html(out,
         "<h1>Conformance of backends to proposed ONNX features</h1>\n<p class=\"lead\">%u cases of %u proposal%s, "
         "each on %u backend%s. Every case ends in exactly one verdict, so the numbers add up.</p>\n",
         report->cases->len, report->proposals->len, report->proposals->len == 1 ? "" : "s", report->backends->len,
         report->backends->len == 1 ? "" : "s");
    if (report->cases->len == 0 || report->backends->len == 0)
        html(out, "<p class=\"flag\">Nothing was run: these results prove nothing.</p>\n");
    html(out, "<section aria-labelledby=\"backends\">\n<h2 id=\"backends\">Backends</h2>\n<div class=\"cards\">\n");
    for (guint b = 0; b < report->backends->len; b++)
        html_backend_card(out, report, b, "");
    html(out, "</div>\n</section>\n");
    html_changes_summary(out, report);
    put_matrix(out, report);
    html_failures(out, report, report->cases, -1, 25, "");
    put_ambiguities(out, report);
    put_untested(out, report);
    put_legend(out);
    html_page_close(out, report);
}
