/* What is known of a backend's failures: the tables of its FINDINGS.md, beside the verdicts that they explain. */
#include "reports/database.h"
#include "reports/report.h"

#include <string.h>

typedef struct {
    Report *report;
    ReportBackend *backend;
    GHashTable *cases; /* id -> ReportCase* */
    const char *heading;
    char **columns; /* of the table that is open; NULL between tables */
} Reader;

/* The cells of "| a | b |"; NULL if the line is none. */
static char **cells_of(const char *line)
{
    g_autofree char *text = g_strstrip(g_strdup(line));
    gsize length = strlen(text);
    if (length < 2 || text[0] != '|' || text[length - 1] != '|')
        return NULL;
    text[length - 1] = '\0';
    char **cells = g_strsplit(text + 1, "|", -1);
    for (char **cell = cells; *cell != NULL; cell++)
        g_strstrip(*cell);
    return cells;
}

static const char *cell_named(const Reader *reader, char *const *cells, const char *name)
{
    for (guint i = 0; reader->columns[i] != NULL && cells[i] != NULL; i++)
        if (g_ascii_strcasecmp(reader->columns[i], name) == 0)
            return g_string_chunk_insert(reader->report->strings, cells[i]);
    return "";
}

/* What is between backquotes, where that is a case of the report; what a row calls right is no failure and left out. */
static GPtrArray *cases_in(const Reader *reader, const char *text)
{
    GPtrArray *cases = g_ptr_array_new();
    g_auto(GStrv) halves = g_strsplit(text, "right:", 2),
                  spans = g_strsplit(halves[0] == NULL ? "" : halves[0], "`", -1);
    for (guint i = 1; i < g_strv_length(spans); i += 2) {
        ReportCase *c = g_hash_table_lookup(reader->cases, spans[i]);
        if (c != NULL && !g_ptr_array_find(cases, c, NULL))
            g_ptr_array_add(cases, c);
    }
    return cases;
}

static void read_row(Reader *reader, char *const *cells)
{
    ReportFinding *finding = g_new0(ReportFinding, 1);
    *finding = (ReportFinding){ .heading = reader->heading,
                                .what = cell_named(reader, cells, "what"),
                                .shown_by = cell_named(reader, cells, "case"),
                                .requirement = cell_named(reader, cells, "requirement"),
                                .whose = cell_named(reader, cells, "whose") };
    if (*finding->shown_by == '\0')
        finding->shown_by = cell_named(reader, cells, "shown by");
    finding->cases = cases_in(reader, finding->shown_by);
    g_ptr_array_add(reader->backend->findings, finding);
}

static void read_line(Reader *reader, const char *line)
{
    g_auto(GStrv) cells = cells_of(line);
    if (g_str_has_prefix(line, "# "))
        reader->backend->findings_title = g_string_chunk_insert(reader->report->strings, line + 2);
    if (g_str_has_prefix(line, "## "))
        reader->heading = g_string_chunk_insert(reader->report->strings, line + 3);
    if (cells == NULL)
        g_clear_pointer(&reader->columns, g_strfreev);
    else if (reader->columns == NULL)
        reader->columns = g_steal_pointer(&cells);
    else if (!g_str_has_prefix(cells[0], "---"))
        read_row(reader, cells);
}

static void read_findings(Report *report, ReportBackend *backend, GHashTable *cases, const char *text)
{
    enum { LONGEST = 4096 };
    Reader reader = { .report = report, .backend = backend, .cases = cases, .heading = "" };
    backend->findings_title = "";
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line != NULL; line++) {
        g_autofree char *clean = text_clean(*line, LONGEST);
        read_line(&reader, clean);
    }
    g_strfreev(reader.columns);
}

gboolean report_add_findings(Report *report, const char *folder, GError **error)
{
    enum { MOST = 4 << 20 };
    if (!g_file_test(folder, G_FILE_TEST_IS_DIR)) {
        g_set_error(error, RESULTS_ERROR, RESULTS_ERROR_IO, "%s: is no folder; expected one with a folder a backend",
                    folder);
        return FALSE;
    }
    g_autoptr(GHashTable) cases = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < report->cases->len; i++)
        g_hash_table_insert(cases, (gpointer)((ReportCase *)report->cases->pdata[i])->id, report->cases->pdata[i]);
    for (guint b = 0; b < report->backends->len; b++) {
        ReportBackend *backend = report->backends->pdata[b];
        g_autofree char *plain = g_strndup(backend->name, strcspn(backend->name, ":"));
        g_autofree char *path = g_build_filename(folder, plain, "FINDINGS.md", NULL), *text = NULL;
        gsize length;
        /* A name from a stranger's file stays inside the folder. */
        if (strchr(plain, '/') == NULL && *plain != '.' && g_file_get_contents(path, &text, &length, NULL) &&
            length < MOST)
            read_findings(report, backend, cases, text);
    }
    return TRUE;
}
