/* One row for every case and backend. */
#include "reports/report.h"

#include <csv.h>
#include <math.h>
#include <string.h>

/* A spreadsheet runs a cell that starts like a formula; an apostrophe makes it text. */
static gboolean is_formula(const char *text)
{
    return *text != '\0' && strchr("=+-@\t", *text) != NULL;
}

static void put(GString *out, const char *text)
{
    g_autofree char *cell = g_strconcat(is_formula(text) ? "'" : "", text, NULL);
    gsize length = strlen(cell), at = out->len;
    if (at > 0 && out->str[at - 1] != '\n')
        g_string_append_c(out, ',');
    at = out->len;
    g_string_set_size(out, at + 2 * length + 2); /* every character a quote, and two around */
    gsize written = csv_write(out->str + at, 2 * length + 2, cell, length);
    g_string_set_size(out, at + written);
}

static void put_list(GString *out, const GPtrArray *list)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; i < list->len; i++)
        g_string_append_printf(text, "%s%s", i > 0 ? " " : "", (const char *)list->pdata[i]);
    put(out, text->str);
}

static void put_number(GString *out, double number)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE];
    put(out, isnan(number) ? "" : isinf(number) ? "infinity" : g_ascii_formatd(text, sizeof text, "%.6g", number));
}

static void put_row(GString *out, const ReportCase *c, const ReportBackend *backend, const ReportVerdict *v,
                    gboolean observations)
{
    static const char *const outcomes[] = {
        [OUTCOME_GOOD] = "good", [OUTCOME_BAD] = "bad", [OUTCOME_NEUTRAL] = "neutral"
    };
    const char *const texts[] = { c->id, c->proposal, c->variant, c->semantic, c->form, c->expectation };
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
        put(out, texts[i]);
    put_list(out, c->requirements);
    put_list(out, c->dtypes);
    put_list(out, c->tags);
    put(out, backend->name);
    put(out, backend->version);
    put(out, verdict_name(v->verdict));
    put(out, outcomes[verdict_outcome(v->verdict)]);
    put(out, (const char[]){ v->grade, '\0' });
    put_number(out, v->margin);
    put(out, v->flaky ? "yes" : "no");
    put(out, v->contradicts_manifest ? "yes" : "no");
    put(out, v->stage == NULL ? "" : v->stage);
    put(out, v->message == NULL ? "" : v->message);
    put(out, v->signature == NULL ? "" : v->signature);
    if (observations)
        put_number(out, v->seconds);
    g_string_append(out, "\r\n");
}

static gboolean write_csv(const Report *report, const char *folder, GError **error)
{
    g_autoptr(GString) out =
        g_string_new("case,proposal,variant,semantic,form,expectation,requirements,dtypes,tags,backend,"
                     "version,verdict,outcome,grade,margin,flaky,contradicts_manifest,stage,message,signature");
    g_string_append(out, report->observations ? ",seconds\r\n" : "\r\n");
    for (guint i = 0; i < report->cases->len; i++) {
        const ReportCase *c = report->cases->pdata[i];
        for (guint b = 0; b < report->backends->len; b++)
            put_row(out, c, report->backends->pdata[b], &c->verdicts[b], report->observations);
    }
    return report_write_file(folder, "results.csv", out, error);
}

WRITER_DEFINE(csv, .description = "one row for every case and backend", .file = "results.csv", .write = write_csv)
