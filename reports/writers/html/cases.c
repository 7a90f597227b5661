/* The list of all cases, which site.js filters, searches and sorts. Its data stand in the page as JSON: a page opened
 * from a file may not fetch another file.
 *
 *     {"backends": [name], "marks": [where its answer stands in a page], "verdicts": [[name, outcome, meaning]], "strings": [text],
 *      "cases": [[id, page, proposal, form, summary, [requirement], [dtype], [[verdict, grade, message], one a
 * backend]]]}
 *
 * proposal, form, summary, requirement, dtype, message are indices into strings, where each text stands once. */
#include "reports/writers/html/html.h"

#include <string.h>

typedef struct {
    cJSON *list;
    GHashTable *indices;
} Strings;

static cJSON *index_of(Strings *strings, const char *text)
{
    gpointer found = NULL;
    if (!g_hash_table_lookup_extended(strings->indices, text, NULL, &found)) {
        found = GUINT_TO_POINTER(g_hash_table_size(strings->indices));
        g_hash_table_insert(strings->indices, (gpointer)text, found);
        cJSON_AddItemToArray(strings->list, cJSON_CreateString(text));
    }
    return cJSON_CreateNumber(GPOINTER_TO_UINT(found));
}

/* Messages in the list are for searching: the page of the case has them in full. */
static const char *shortened(const Report *report, const char *text)
{
    enum { CHARACTERS = 160 };
    if (text == NULL || g_utf8_strlen(text, -1) <= CHARACTERS)
        return text == NULL ? "" : text;
    g_autofree char *start = g_utf8_substring(text, 0, CHARACTERS);
    return g_string_chunk_insert_const(report->strings, start);
}

static cJSON *indices_of(Strings *strings, const GPtrArray *list)
{
    cJSON *array = cJSON_CreateArray();
    for (guint i = 0; i < list->len; i++)
        cJSON_AddItemToArray(array, index_of(strings, list->pdata[i]));
    return array;
}

static cJSON *case_row(const Report *report, Strings *strings, const ReportCase *c)
{
    g_autofree char *page = html_case_page(c->id);
    cJSON *row = cJSON_CreateArray();
    cJSON_AddItemToArray(row, cJSON_CreateString(c->id));
    cJSON_AddItemToArray(row, cJSON_CreateString(page));
    cJSON_AddItemToArray(row, index_of(strings, c->proposal));
    cJSON_AddItemToArray(row, index_of(strings, c->form));
    cJSON_AddItemToArray(row, index_of(strings, shortened(report, c->summary)));
    cJSON_AddItemToArray(row, indices_of(strings, c->requirements));
    cJSON_AddItemToArray(row, indices_of(strings, c->dtypes));
    cJSON *verdicts = cJSON_CreateArray();
    for (guint b = 0; b < report->backends->len; b++) {
        const ReportVerdict *v = &c->verdicts[b];
        cJSON *verdict = cJSON_CreateArray();
        cJSON_AddItemToArray(verdict, cJSON_CreateNumber(v->verdict));
        cJSON_AddItemToArray(verdict, cJSON_CreateString((const char[]){ v->grade, '\0' }));
        cJSON_AddItemToArray(verdict, index_of(strings, shortened(report, v->message)));
        cJSON_AddItemToArray(verdicts, verdict);
    }
    cJSON_AddItemToArray(row, verdicts);
    return row;
}

static void put_data(GString *out, const Report *report)
{
    g_autoptr(GHashTable) indices = g_hash_table_new(g_str_hash, g_str_equal);
    Strings strings = { .list = cJSON_CreateArray(), .indices = indices };
    cJSON *data = cJSON_CreateObject();
    cJSON *backends = cJSON_AddArrayToObject(data, "backends"), *marks = cJSON_AddArrayToObject(data, "marks");
    for (guint b = 0; b < report->backends->len; b++) {
        const char *name = ((const ReportBackend *)report->backends->pdata[b])->name;
        g_autofree char *mark = html_answer_mark(name);
        cJSON_AddItemToArray(backends, cJSON_CreateString(name));
        cJSON_AddItemToArray(marks, cJSON_CreateString(mark));
    }
    cJSON_AddItemToObject(data, "verdicts", html_verdict_table());
    cJSON *cases = cJSON_AddArrayToObject(data, "cases");
    for (guint i = 0; i < report->cases->len; i++)
        cJSON_AddItemToArray(cases, case_row(report, &strings, report->cases->pdata[i]));
    cJSON_AddItemToObject(data, "strings", strings.list);
    html(out, "<script type=\"application/json\" id=\"data\">");
    html_json(out, data);
    html(out, "</script>\n");
    cJSON_Delete(data);
}

static void put_option(GString *out, const char *value)
{
    html(out, "<option value=\"%s\">%s</option>", value, value);
}

static void put_select_open(GString *out, const char *name, const char *label, const char *all)
{
    html(out, "<label>%s <select name=\"%s\"><option value=\"\">%s</option>", label, name, all);
}

static void put_filters(GString *out, const Report *report)
{
    html(out,
         "<form id=\"filters\" class=\"filters\" role=\"search\" aria-label=\"Filter the cases\">\n"
         "<label class=\"wide\">Search <input type=\"search\" name=\"q\" autocomplete=\"off\" spellcheck=\"false\" "
         "placeholder=\"name, summary, message, type …\"></label>\n");
    put_select_open(out, "proposal", "Proposal", "all");
    for (guint i = 0; i < report->proposals->len; i++)
        put_option(out, ((const ReportProposal *)report->proposals->pdata[i])->id);
    html(out, "</select></label>\n");
    put_select_open(out, "requirement", "Requirement", "all");
    for (guint i = 0; i < report->proposals->len; i++) {
        const ReportProposal *proposal = report->proposals->pdata[i];
        for (guint r = 0; r < proposal->requirements->len; r++)
            put_option(out, ((const ReportRequirement *)proposal->requirements->pdata[r])->id);
    }
    html(out, "</select></label>\n");
    put_select_open(out, "form", "Form", "all");
    put_option(out, "native");
    put_option(out, "function");
    put_option(out, "decomposed");
    html(out, "</select></label>\n");
    put_select_open(out, "backend", "Backend", "any");
    for (guint b = 0; b < report->backends->len; b++)
        put_option(out, ((const ReportBackend *)report->backends->pdata[b])->name);
    html(out, "</select></label>\n");
    put_select_open(out, "verdict", "Verdict", "any");
    html(out, "<option value=\"bad\">fell short</option><option value=\"good\">passed</option>"
              "<option value=\"neutral\">undecided</option><option value=\"differ\">backends differ</option>");
    for (int v = 0; v < VERDICT_COUNT; v++)
        put_option(out, verdict_name((Verdict)v));
    html(out, "</select></label>\n<button type=\"reset\" class=\"quiet\">Clear</button>\n</form>\n");
}

void html_cases(GString *out, const Report *report)
{
    html_page_open(out, report, "", "Cases", "cases");
    html(out,
         "<h1>Cases</h1>\n<noscript><p class=\"flag\">This list needs JavaScript; the pages of the proposals and of "
         "each case do not.</p></noscript>\n");
    put_filters(out, report);
    html(out,
         "<p id=\"found\" role=\"status\" aria-live=\"polite\"></p>\n"
         "<div class=\"scroll\" role=\"group\" aria-label=\"Cases and verdicts\" tabindex=\"0\">\n<table id=\"cases\" "
         "class=\"list\">\n<caption class=\"hidden\">Cases and verdicts; the buttons in the heads "
         "sort</caption>\n<thead><tr></tr></thead>\n<tbody></tbody>\n</table>\n</div>\n"
         "<nav id=\"pages\" class=\"pages\" aria-label=\"Pages of the list\"></nav>\n");
    put_data(out, report);
    html_page_close(out, report);
}
