/* A static site that opens from a file: an overview, a page a proposal and a backend, the list of cases, a page a case,
 * changes and trends where there is something to compare with. It needs no network and, but for the list, no script. */
#include "reports/writers/html/html.h"

#include <string.h>

static const guint8 site_css[] = {
#include "site.css.inc"
};
static const guint8 site_js[] = {
#include "site.js.inc"
};

static gboolean write_assets(const char *folder, GError **error)
{
    g_autoptr(GString) css = g_string_new_len((const char *)site_css, sizeof site_css);
    g_autoptr(GString) js = g_string_new_len((const char *)site_js, sizeof site_js);
    return report_write_file(folder, "site.css", css, error) && report_write_file(folder, "site.js", js, error);
}

char *html_evidence_file(const ReportProposal *proposal, guint index, const char *kind)
{
    g_autofree char *page = html_proposal_page(proposal->id); /* a plain file name, whatever the id is */
    g_autofree char *stem = g_strndup(page, strlen(page) - strlen(".html"));
    return g_strdup_printf("%s-%u-%s.svg", stem, index, kind);
}

static gboolean write_evidence(const ReportProposal *proposal, const char *folder, GError **error)
{
    for (guint i = 0; i < proposal->evidence->len; i++) {
        const ReportEvidence *e = proposal->evidence->pdata[i];
        g_autofree char *load = html_evidence_file(proposal, i, "load"), *run = html_evidence_file(proposal, i, "run");
        g_autoptr(GString) load_svg = g_string_new(e->load_svg), run_svg = g_string_new(e->run_svg);
        if (!report_write_file(folder, load, load_svg, error) || !report_write_file(folder, run, run_svg, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean write_proposals(const Report *report, const char *folder, GError **error)
{
    for (guint i = 0; i < report->proposals->len; i++) {
        const ReportProposal *proposal = report->proposals->pdata[i];
        g_autofree char *page = html_proposal_page(proposal->id);
        g_autoptr(GString) out = g_string_new(NULL);
        if (!html_proposal(out, report, proposal, error) || !report_write_file(folder, page, out, error) ||
            !write_evidence(proposal, folder, error))
            return FALSE;
    }
    return TRUE;
}

static void index_case(HtmlIndex *index, ReportCase *c)
{
    char *key = g_strjoin("\x1f", c->proposal, c->semantic, NULL);
    GPtrArray *siblings = g_hash_table_lookup(index->semantics, key);
    if (siblings == NULL) {
        siblings = g_ptr_array_new();
        g_hash_table_insert(index->semantics, key, siblings);
    } else {
        g_free(key);
    }
    g_ptr_array_add(siblings, c);
}

static gboolean write_certificates(const ReportBackend *backend, const char *folder, GError **error)
{
    for (guint i = 0; i < backend->certificates->len; i++) {
        const ReportCertificate *certificate = backend->certificates->pdata[i];
        gsize size;
        const char *bytes = g_bytes_get_data(certificate->bytes, &size);
        g_autofree char *name = g_build_filename("certificate", certificate->file, NULL);
        g_autoptr(GString) text = g_string_new_len(bytes, (gssize)size);
        if (!report_write_file(folder, name, text, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean write_backends(const Report *report, const char *folder, GError **error)
{
    for (guint b = 0; b < report->backends->len; b++) {
        g_autofree char *page = html_backend_page(((const ReportBackend *)report->backends->pdata[b])->name);
        g_autoptr(GString) out = g_string_new(NULL);
        html_backend(out, report, b);
        if (!report_write_file(folder, page, out, error) || !write_certificates(report->backends->pdata[b], folder, error))
            return FALSE;
    }
    return TRUE;
}

/* The pages that need a baseline or a history. */
static gboolean write_past(const Report *report, const char *folder, GError **error)
{
    g_autoptr(GString) changes = g_string_new(NULL), trends = g_string_new(NULL);
    if (report->changes != NULL)
        html_changes(changes, report);
    if (report->past != NULL)
        html_trends(trends, report);
    return (changes->len == 0 || report_write_file(folder, "changes.html", changes, error)) &&
           (trends->len == 0 || report_write_file(folder, "trends.html", trends, error));
}

typedef struct {
    const Report *report;
    const HtmlIndex *index;
    const char *folder;
} CasePages;

static gboolean write_case(guint i, gpointer data, GError **error)
{
    const CasePages *pages = data;
    const ReportCase *c = pages->report->cases->pdata[i];
    g_autofree char *page = html_case_page(c->id);
    g_autoptr(GString) out = g_string_sized_new(16 * 1024);
    g_autoptr(ReportDetail) detail = report_detail(pages->report, c, error);
    gsize download;
    if (detail == NULL || !html_download(pages->report, c, pages->folder, &download, error))
        return FALSE;
    html_case(out, pages->report, pages->index, c, detail, download);
    return report_write_file(pages->folder, page, out, error);
}

static gboolean write_cases(const Report *report, const char *folder, GError **error)
{
    g_autoptr(GHashTable) drawings = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    if (!html_drawings(report, folder, drawings, error))
        return FALSE;
    g_autoptr(GHashTable) requirements = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GHashTable) semantics =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_ptr_array_unref);
    HtmlIndex index = { requirements, semantics, drawings };
    for (guint i = 0; i < report->proposals->len; i++) {
        const ReportProposal *proposal = report->proposals->pdata[i];
        for (guint r = 0; r < proposal->requirements->len; r++) {
            ReportRequirement *requirement = proposal->requirements->pdata[r];
            g_hash_table_insert(requirements, (gpointer)requirement->id, requirement);
        }
    }
    for (guint i = 0; i < report->cases->len; i++)
        index_case(&index, report->cases->pdata[i]);
    CasePages pages = { report, &index, folder };
    return html_parallel(report->cases->len, write_case, &pages, error);
}

static gboolean write_html(const Report *report, const char *folder, GError **error)
{
    g_autoptr(GString) overview = g_string_new(NULL);
    g_autoptr(GString) cases = g_string_new(NULL);
    html_overview(overview, report);
    html_cases(cases, report);
    return write_assets(folder, error) && report_write_file(folder, "index.html", overview, error) &&
           report_write_file(folder, "cases.html", cases, error) && write_proposals(report, folder, error) &&
           write_backends(report, folder, error) && write_past(report, folder, error) &&
           write_cases(report, folder, error);
}

WRITER_DEFINE(html, .description = "a static site for people", .file = "index.html", .write = write_html)
