/* What is known of a backend: its findings and its certificates, on its page and beside the answers they explain. */
#include "reports/writers/html/html.h"

#include <string.h>

/* NULL if the finding does not name it as one of this report. */
static const ReportCase *case_named(const ReportFinding *finding, const char *id)
{
    for (guint i = 0; i < finding->cases->len; i++)
        if (strcmp(((const ReportCase *)finding->cases->pdata[i])->id, id) == 0)
            return finding->cases->pdata[i];
    return NULL;
}

/* Text with `marks of code`; what is a case of the finding (or NULL) leads there and says how it ended here. */
static void put_marked(GString *out, const char *text, const ReportFinding *finding, guint backend)
{
    g_auto(GStrv) spans = g_strsplit(text, "`", -1);
    for (guint i = 0; spans[i] != NULL; i++) {
        const ReportCase *named = finding != NULL && i % 2 == 1 ? case_named(finding, spans[i]) : NULL;
        if (named != NULL) {
            g_autofree char *page = html_case_page(named->id);
            html(out, "<a href=\"../%s\">%s</a> ", page, named->id);
            html_verdict(out, &named->verdicts[backend]);
        } else {
            html(out, i % 2 == 1 ? "<code>%s</code>" : "%s", spans[i]);
        }
    }
}

static void put_row(GString *out, const ReportFinding *finding, guint backend)
{
    const char *const cells[] = { finding->shown_by, finding->requirement, finding->whose };
    html(out, "<tr><th scope=\"row\" class=\"finding\">");
    put_marked(out, finding->what, finding, backend);
    html(out, "</th>");
    for (gsize i = 0; i < G_N_ELEMENTS(cells); i++) {
        html(out, "<td>");
        put_marked(out, cells[i], finding, backend);
        html(out, "</td>");
    }
    html(out, "</tr>\n");
}

static void put_table_open(GString *out, const char *heading, guint number)
{
    html(out, "<h3 id=\"finding-%u\">", number);
    put_marked(out, heading, NULL, 0);
    html(out,
         "</h3>\n<div class=\"scroll\" role=\"group\" aria-labelledby=\"finding-%u\" tabindex=\"0\">\n<table>\n"
         "<thead><tr><th scope=\"col\">What</th><th scope=\"col\">Shown by</th><th scope=\"col\">Requirement</th><th "
         "scope=\"col\">Whose</th></tr></thead>\n<tbody>\n",
         number);
}

void html_findings(GString *out, const Report *report, guint b)
{
    const ReportBackend *backend = report->backends->pdata[b];
    const char *open = NULL;
    guint elsewhere = 0;
    if (backend->findings_title == NULL)
        return;
    html(out,
         "<section aria-labelledby=\"findings\">\n<h2 id=\"findings\">What was found</h2>\n<p class=\"hint\">%s. "
         "Causes that somebody looked into, with how "
         "their cases end in this run.</p>\n",
         *backend->findings_title == '\0' ? "Findings" : backend->findings_title);
    for (guint i = 0; i < backend->findings->len; i++) {
        const ReportFinding *finding = backend->findings->pdata[i];
        if (finding->cases->len == 0) {
            elsewhere++;
            continue;
        }
        if (finding->heading != open) {
            html(out, open == NULL ? "" : "</tbody>\n</table>\n</div>\n");
            put_table_open(out, open = finding->heading, i);
        }
        put_row(out, finding, b);
    }
    html(out, open == NULL ? "" : "</tbody>\n</table>\n</div>\n");
    if (elsewhere > 0)
        html(out, "<p>%u more %s no case of this report.</p>\n", elsewhere, elsewhere == 1 ? "names" : "name");
    html(out, "</section>\n");
}

void html_known(GString *out, const Report *report, const ReportCase *c, guint b)
{
    const ReportBackend *backend = report->backends->pdata[b];
    g_autofree char *page = html_backend_page(backend->name);
    if (verdict_outcome(c->verdicts[b].verdict) == OUTCOME_GOOD)
        return;
    for (guint i = 0; i < backend->findings->len; i++) {
        const ReportFinding *finding = backend->findings->pdata[i];
        if (!g_ptr_array_find(finding->cases, c, NULL))
            continue;
        html(out, "<p class=\"known\"><a href=\"../../%s#findings\">Known</a>: ", page);
        put_marked(out, finding->what, NULL, b);
        html(out, ". <small>%s%s</small></p>\n", *finding->whose == '\0' ? "" : "Whose: ", finding->whose);
    }
}

void html_certificates(GString *out, const Report *report, guint b)
{
    const ReportBackend *backend = report->backends->pdata[b];
    if (backend->certificates->len == 0)
        return;
    html(out, "<section aria-labelledby=\"certificates\">\n<h2 id=\"certificates\">Certificates</h2>\n<p "
              "class=\"hint\">What the files say of themselves; "
              "<code>assay certify --check FILE CORPUS</code> judges them again, without the backend.</p>\n<div "
              "class=\"scroll\" role=\"group\" "
              "aria-labelledby=\"certificates\" tabindex=\"0\">\n<table>\n<thead><tr><th scope=\"col\">Profile</th><th "
              "scope=\"col\">Version</th>"
              "<th scope=\"col\">Corpus</th><th scope=\"col\" class=\"number\">Accepted</th><th scope=\"col\" "
              "class=\"number\">Waived</th>"
              "<th scope=\"col\" class=\"number\">Missed</th><th scope=\"col\">File</th></tr></thead>\n<tbody>\n");
    for (guint i = 0; i < backend->certificates->len; i++) {
        const ReportCertificate *c = backend->certificates->pdata[i];
        html(out, "<tr><th scope=\"row\">%s <span class=\"verdict %s\">%s</span></th><td>%s</td><td><code>%.8s</code>%s%s",
             c->profile, c->granted ? "good" : "bad", c->granted ? "✓ granted" : "✗ not granted", c->version,
             c->corpus, *c->reason ? ": " : "", c->reason);
        html(out,
             "</td><td class=\"number\">%u of %u</td><td class=\"number\">%u</td><td class=\"number\">%u</td><td><a "
             "href=\"../certificate/%s\" download>%s</a></td></tr>\n",
             c->accepted, c->counted, c->waived, c->missed, c->file, c->file);
    }
    html(out, "</tbody>\n</table>\n</div>\n</section>\n");
}
