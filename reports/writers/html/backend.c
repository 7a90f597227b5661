/* The page of a backend: what it can do, what it says it cannot, what fell short and why, how that changed. */
#include "reports/writers/html/html.h"

#include <math.h>
#include <string.h>

static void put_proposals(GString *out, const Report *report, guint b)
{
    html(out, "<section aria-labelledby=\"proposals\">\n<h2 id=\"proposals\">Proposal by proposal</h2>\n"
              "<div class=\"scroll\" role=\"group\" aria-labelledby=\"proposals\" tabindex=\"0\">\n<table class=\"matrix\">\n"
              "<thead><tr><th scope=\"col\">Proposal</th><th scope=\"col\">All forms</th><th scope=\"col\">native</th>"
              "<th scope=\"col\">function</th><th scope=\"col\">decomposed</th></tr></thead>\n<tbody>\n");
    const char *name = ((const ReportBackend *)report->backends->pdata[b])->name;
    for (guint i = 0; i < report->proposals->len; i++) {
        const ReportProposal *proposal = report->proposals->pdata[i];
        g_autofree char *page = html_proposal_page(proposal->id);
        html(out, "<tr><th scope=\"row\"><a href=\"../%s\">%s</a> <small>%s</small></th>", page, proposal->title, proposal->id);
        for (guint f = 0; f <= 3; f++) {
            const char *form = f == 0 ? NULL : html_forms[f - 1];
            Tally tally = report_tally(proposal->cases, b, form == NULL ? NULL : html_has_form, form);
            g_autofree char *cases = form == NULL ? html_cases_address("proposal", proposal->id, "backend", name, NULL)
                                                  : html_cases_address("proposal", proposal->id, "backend", name, "form", form, NULL);
            g_autofree char *address = g_strconcat("../", cases, NULL);
            html_tally_cell(out, &tally, address);
        }
        html(out, "</tr>\n");
    }
    html(out, "</tbody>\n</table>\n</div>\n</section>\n");
}

/* ---- the capability manifest against what happened ---- */

typedef struct {
    char *reason;
    guint refused, works;
} Declared;

static void declared_free(gpointer data)
{
    g_free(((Declared *)data)->reason);
    g_free(data);
}

/* Between two marks of the runner's message; NULL if it is not there. */
static char *between(const char *message, const char *start, const char *end)
{
    const char *from = message == NULL ? NULL : strstr(message, start);
    const char *to = from == NULL ? NULL : strstr(from + strlen(start), end);
    return to == NULL ? NULL : g_strndup(from + strlen(start), (gsize)(to - from) - strlen(start));
}

static Declared *declared_named(GPtrArray *list, GHashTable *index, const char *reason)
{
    Declared *declared = g_hash_table_lookup(index, reason);
    if (declared == NULL) {
        declared = g_new0(Declared, 1);
        declared->reason = g_strdup(reason);
        g_ptr_array_add(list, declared);
        g_hash_table_insert(index, declared->reason, declared);
    }
    return declared;
}

/* Every rule of the manifest, then what verdicts say of them. */
static GPtrArray *declarations(const Report *report, guint b)
{
    GPtrArray *list = g_ptr_array_new_with_free_func(declared_free);
    g_autoptr(GHashTable) index = g_hash_table_new(g_str_hash, g_str_equal);
    cJSON *json = report_parse(((const ReportBackend *)report->backends->pdata[b])->capabilities);
    const cJSON *rules = cJSON_IsArray(json) ? json : cJSON_GetObjectItemCaseSensitive(json, "unsupported"), *rule;
    cJSON_ArrayForEach(rule, rules)
    {
        const char *reason = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(rule, "reason"));
        if (reason != NULL)
            declared_named(list, index, reason);
    }
    cJSON_Delete(json);
    for (guint i = 0; i < report->cases->len; i++) {
        const ReportVerdict *v = &((const ReportCase *)report->cases->pdata[i])->verdicts[b];
        g_autofree char *refused = v->verdict == VERDICT_UNSUPPORTED ? between(v->message, "declared: ", "; refused: ") : NULL;
        g_autofree char *works = v->contradicts_manifest ? between(v->message, "declared unsupported (", "), yet") : NULL;
        if (refused != NULL)
            declared_named(list, index, refused)->refused++;
        if (works != NULL)
            declared_named(list, index, works)->works++;
    }
    return list;
}

static void put_manifest(GString *out, const Report *report, guint b)
{
    const char *name = ((const ReportBackend *)report->backends->pdata[b])->name;
    g_autoptr(GPtrArray) list = declarations(report, b);
    Tally all = report_tally(report->cases, b, NULL, NULL);
    g_autofree char *refused = html_cases_address("backend", name, "verdict", "refused", NULL);
    html(out, "<section aria-labelledby=\"manifest\">\n<h2 id=\"manifest\">What it declares, and what happened</h2>\n");
    if (all.verdicts[VERDICT_REFUSED] > 0)
        html(out, "<p>Refused without having declared it: <a href=\"../%s\">%u case%s</a>.</p>\n", refused,
             all.verdicts[VERDICT_REFUSED], all.verdicts[VERDICT_REFUSED] == 1 ? "" : "s");
    else
        html(out, "<p>It refused no valid model that it had not declared.</p>\n");
    if (list->len == 0) {
        html(out, "<p>Its capability manifest declares nothing unsupported.</p>\n</section>\n");
        return;
    }
    html(out, "<div class=\"scroll\" role=\"group\" aria-labelledby=\"manifest\" tabindex=\"0\">\n<table>\n<thead><tr>"
              "<th scope=\"col\">Declared unsupported, because</th><th scope=\"col\" class=\"number\">refused as declared</th>"
              "<th scope=\"col\" class=\"number\">works all the same</th></tr></thead>\n<tbody>\n");
    for (guint i = 0; i < list->len; i++) {
        const Declared *d = list->pdata[i];
        html(out, "<tr><th scope=\"row\" class=\"message\">%s</th><td class=\"number\">%u</td><td class=\"number\">", d->reason, d->refused);
        html(out, d->works > 0 ? "<span class=\"flag\">%u: the manifest is wrong</span>" : "%u", d->works);
        html(out, "</td></tr>\n");
    }
    html(out, "</tbody>\n</table>\n</div>\n</section>\n");
}

/* ---- versions over time ---- */

static void put_versions(GString *out, const Report *report, const char *name)
{
    if (report->past == NULL)
        return;
    html(out, "<section aria-labelledby=\"versions\">\n<h2 id=\"versions\">Versions over time</h2>\n"
              "<div class=\"scroll\" role=\"group\" aria-labelledby=\"versions\" tabindex=\"0\">\n<table>\n<thead><tr>"
              "<th scope=\"col\">Run</th><th scope=\"col\">Version</th><th scope=\"col\">Device</th><th scope=\"col\">Corpus</th>"
              "<th scope=\"col\" class=\"number\">Passed</th><th scope=\"col\" class=\"number\">Time of the cases</th></tr></thead>\n<tbody>\n");
    for (guint i = report->past->len; i-- > 0;) {
        const PastRun *run = report->past->pdata[i];
        for (guint k = 0; k < run->backends->len; k++) {
            const PastBackend *past = run->backends->pdata[k];
            if (strcmp(past->name, name) != 0)
                continue;
            g_autofree char *share = html_share(past->good, past->total);
            html(out, "<tr><th scope=\"row\">%s</th><td>%s</td><td>%s</td><td><code>%.8s</code></td><td class=\"number\">%s <small>%u of %u</small></td>",
                 run->at, past->version, past->device, run->corpus_hash, share, past->good, past->total);
            if (isnan(past->seconds))
                html(out, "<td class=\"number\">–</td></tr>\n");
            else
                html(out, "<td class=\"number\">%.1f s</td></tr>\n", past->seconds);
        }
    }
    html(out, "</tbody>\n</table>\n</div>\n</section>\n");
}

void html_backend(GString *out, const Report *report, guint b)
{
    const ReportBackend *backend = report->backends->pdata[b];
    html_page_open(out, report, "../", backend->name, "backend");
    html(out, "<nav class=\"trail\" aria-label=\"Trail\"><a href=\"../index.html\">Overview</a> › backend</nav>\n<h1>%s <small>%s</small></h1>\n"
              "<p class=\"lead\">%s%s%s</p>\n",
         backend->name, backend->version, backend->device, *backend->device && *backend->environment ? " · " : "", backend->environment);
    html(out, "<h2 class=\"hidden\">In short</h2>\n<div class=\"cards\">\n");
    html_backend_card(out, report, b, "../");
    html(out, "</div>\n");
    put_proposals(out, report, b);
    html_failures(out, report, report->cases, (int)b, 300, "../");
    html_findings(out, report, b);
    put_manifest(out, report, b);
    html_certificates(out, report, b);
    put_versions(out, report, backend->name);
    html_page_close(out, report);
}
