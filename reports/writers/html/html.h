/* The pieces that the pages of the site share. Every %s of html() is escaped: nothing of foreign origin reaches a page
 * by another way than html() and html_json(). */
#ifndef ASSAY_REPORTS_WRITERS_HTML_H
#define ASSAY_REPORTS_WRITERS_HTML_H

#include "reports/report.h"

#include <cjson/cJSON.h>

/* Appends markup; the format is ours, the arguments are escaped. */
void html(GString *out, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* Appends text, escaped. */
void html_text(GString *out, const char *text);
/* Calls work(0 .. n - 1), several at a time, until one fails; FALSE with its error then. */
typedef gboolean (*HtmlWork)(guint i, gpointer data, GError **error);
gboolean html_parallel(guint n, HtmlWork work, gpointer data, GError **error);
/* Appends the JSON for a <script type="application/json">, in which no "</script>" or "<!--" can be seen. */
void html_json(GString *out, const cJSON *json);

/* `root` is the way from the page to the site's folder: "" or "../../". */
void html_page_open(GString *out, const Report *report, const char *root, const char *title, const char *current);
void html_page_close(GString *out, const Report *report);

/* File of a page, relative to the site's folder; a name that is no plain file name is replaced and hashed. */
char *html_proposal_page(const char *id);
char *html_case_page(const char *id);
char *html_backend_page(const char *name);
/* Where a backend's answer stands in the page of a case; for an id and behind '#'. */
char *html_answer_mark(const char *backend);
/* Where a requirement stands in the page of its proposal. */
char *html_requirement_mark(const char *id);
/* Whether the page says more of a verdict than the table of verdicts does: only then is there such a place. */
gboolean html_worth_telling(const ReportVerdict *v);
char *html_evidence_file(const ReportProposal *proposal, guint index, const char *kind);
/* Part of an address behind '#': key=value pairs for the list of cases, NULL-terminated. */
char *html_cases_address(const char *key, ...) G_GNUC_NULL_TERMINATED;

/* "97.3 %"; never 100 unless all are, never 0 unless none is. Free with g_free(). */
char *html_share(guint part, guint whole);
char *html_margin(double margin); /* "0.93 of the allowance" as a number: "0.93"; "" if NAN */
/* Bar of good, bad and neutral parts, with words for those who do not see it. */
void html_bar(GString *out, const Tally *tally);
void html_verdict(GString *out, const ReportVerdict *v);
/* Column heads: one a backend, with its version and age, linked to its page. A backend, a proposal or one on the other that
 * the newest runs of the history went without is stale. */
void html_backend_heads(GString *out, const Report *report, const char *root);
/* Share, bar, counts, grades and worst margin: one cell of a matrix. `address` may be NULL. */
void html_tally_cell(GString *out, const Tally *tally, const char *address);
/* Failures grouped by cause, at most `limit`; of one backend, or of all (-1). */
void html_failures(GString *out, const Report *report, const GPtrArray *cases, int backend, guint limit, const char *root);
/* How a backend came off, in a card. */
void html_backend_card(GString *out, const Report *report, guint backend, const char *root);

extern const char *const html_forms[3]; /* native, function, decomposed */
gboolean html_has_form(const ReportCase *c, gconstpointer form);
int html_by_text(gconstpointer a, gconstpointer b); /* sorts an array of const char* */
cJSON *html_verdict_table(void);                    /* [[name, outcome, meaning]] in the order of Verdict */
/* Rows of a matrix for one proposal: all its cases, then each form by itself. */
void html_proposal_rows(GString *out, const Report *report, const ReportProposal *proposal, const char *root);
/* One row for a proposal with the support mode of each backend. */
void html_proposal_row(GString *out, const Report *report, const ReportProposal *proposal, const char *root);

void html_overview(GString *out, const Report *report);
gboolean html_proposal(GString *out, const Report *report, const ReportProposal *proposal, GError **error);
void html_cases(GString *out, const Report *report);
void html_backend(GString *out, const Report *report, guint backend);
void html_changes_summary(GString *out, const Report *report); /* nothing without a baseline */
void html_changes(GString *out, const Report *report);
void html_trends(GString *out, const Report *report);
/* Inputs, goldens and answers of a case. */
void html_values(GString *out, const Report *report, const ReportCase *c, const ReportDetail *detail);

/* What is known of a backend, for its page: nothing where nothing was added to the report. */
void html_findings(GString *out, const Report *report, guint backend);
void html_certificates(GString *out, const Report *report, guint backend);
/* The findings that name this case, if it fell short, for the page of the case. */
void html_known(GString *out, const Report *report, const ReportCase *c, guint backend);

/* Writes the archive of a case's files; *size is 0 if there is none to be had. */
gboolean html_download(const Report *report, const ReportCase *c, const char *folder, gsize *size, GError **error);
char *html_case_download(const char *id); /* its file */

/* VerdictFacts.statistics in words; nothing if NULL. */
void html_statistics(GString *out, const char *json);

/* Draws every graph of the report into folder/graph: `drawings` gets graph -> file, for those that could be drawn. */
gboolean html_drawings(const Report *report, const char *folder, GHashTable *drawings, GError **error);

/* `facts` holds the requirements by id and the cases by semantic name, made once. */
typedef struct {
    GHashTable *requirements; /* id -> const ReportRequirement* */
    GHashTable *semantics;    /* "proposal\x1fsemantic" -> GPtrArray of ReportCase* */
    GHashTable *drawings;     /* graph -> file */
} HtmlIndex;
void html_case(GString *out, const Report *report, const HtmlIndex *index, const ReportCase *c,
               const ReportDetail *detail, gsize download); /* download: its size in bytes; 0: there is none */

#endif
