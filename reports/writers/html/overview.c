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

static void put_card(GString *out, const Report *report, guint b)
{
    const ReportBackend *backend = report->backends->pdata[b];
    Tally tally = report_tally(report->cases, b, NULL, NULL);
    g_autofree char *share = html_share(tally.good, tally.total);
    html(out, "<article class=\"card\">\n<h3>%s <small>%s</small></h3>\n<p class=\"where\">%s%s%s</p>\n", backend->name,
         backend->version, backend->device, *backend->device && *backend->environment ? " · " : "",
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
        html(out, "<li><a href=\"%s\">", address);
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
         "<p class=\"hint\">Share of all cases that passed; below it the grades and the worst margin of passing cases. "
         "<em>native</em>: the proposed operator alone; <em>function</em>: with its meaning as a model-local function; "
         "<em>decomposed</em>: published operators only.</p>\n"
         "<div class=\"scroll\" role=\"region\" aria-labelledby=\"matrix\" tabindex=\"0\">\n<table class=\"matrix\">\n"
         "<thead><tr><th scope=\"col\">Proposal</th>");
    html_backend_heads(out, report);
    html(out, "</tr></thead>\n");
    for (guint i = 0; i < report->proposals->len; i++) {
        html(out, "<tbody>\n");
        html_proposal_rows(out, report, report->proposals->pdata[i], "", TRUE);
        html(out, "</tbody>\n");
    }
    html(out, "</table>\n</div>\n</section>\n");
}

static void put_untested(GString *out, const Report *report)
{
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
        html(out, "<p>%u of %u requirements have no case:</p>\n<ul>\n", untested, all);
    g_string_append_len(out, list->str, (gssize)list->len);
    html(out, untested == 0 ? "</section>\n" : "</ul>\n</section>\n");
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
    html_page_open(out, "", "Overview", "overview");
    html(out,
         "<h1>Conformance of backends to proposed ONNX features</h1>\n<p class=\"lead\">%u cases of %u proposal%s, "
         "each on %u backend%s. Every case ends in exactly one verdict, so the numbers add up.</p>\n",
         report->cases->len, report->proposals->len, report->proposals->len == 1 ? "" : "s", report->backends->len,
         report->backends->len == 1 ? "" : "s");
    if (report->cases->len == 0 || report->backends->len == 0)
        html(out, "<p class=\"flag\">Nothing was run: these results prove nothing.</p>\n");
    html(out, "<section aria-labelledby=\"backends\">\n<h2 id=\"backends\">Backends</h2>\n<div class=\"cards\">\n");
    for (guint b = 0; b < report->backends->len; b++)
        put_card(out, report, b);
    html(out, "</div>\n</section>\n");
    put_matrix(out, report);
    html_failures(out, report, report->cases, 25, "");
    put_untested(out, report);
    put_legend(out);
    html_page_close(out, report);
}
