/* A badge for every backend: badges/<backend>.json is what shields.io's endpoint badge reads, badges/<backend>.svg needs no
 * service at all. The share is of all cases, so that a badge cannot be improved by declaring things unsupported. */
#include "reports/report.h"

enum { CHARACTER = 7, PADDING = 12, LONGEST = 40 };

/* Never 100 unless all are. */
static char *share_text(const Tally *tally)
{
    guint tenths = tally->total == 0 ? 0 : (guint)((guint64)tally->good * 1000 / tally->total);
    if (tally->total == 0)
        return g_strdup("nothing run");
    return tenths % 10 == 0 ? g_strdup_printf("%u %% of %u", tenths / 10, tally->total)
                            : g_strdup_printf("%u.%u %% of %u", tenths / 10, tenths % 10, tally->total);
}

static const char *colour(const Tally *tally)
{
    if (tally->total == 0 || tally->good == 0)
        return "lightgrey";
    return tally->bad == 0 ? "brightgreen" : tally->good * 2 >= tally->total ? "yellow" : "orange";
}

/* The same colours, dark enough for white text. */
static const char *fill(const Tally *tally)
{
    if (tally->total == 0 || tally->good == 0)
        return "#5a636e";
    return tally->bad == 0 ? "#17734a" : tally->good * 2 >= tally->total ? "#8a5300" : "#a33c12";
}

static char *label_text(const ReportBackend *backend)
{
    g_autofree char *label = g_strconcat("assay | ", backend->name, NULL);
    return g_utf8_strlen(label, -1) > LONGEST ? g_utf8_substring(label, 0, LONGEST) : g_steal_pointer(&label);
}

static void put_json(GString *out, const char *label, const char *message, const Tally *tally)
{
    cJSON *json = cJSON_CreateObject();
    cJSON_AddNumberToObject(json, "schemaVersion", 1);
    cJSON_AddStringToObject(json, "label", label);
    cJSON_AddStringToObject(json, "message", message);
    cJSON_AddStringToObject(json, "color", colour(tally));
    char *text = cJSON_PrintUnformatted(json);
    g_string_append_printf(out, "%s\n", text);
    cJSON_free(text);
    cJSON_Delete(json);
}

static void put_svg(GString *out, const char *label, const char *message, const Tally *tally)
{
    int left = (int)g_utf8_strlen(label, -1) * CHARACTER + PADDING, right = (int)g_utf8_strlen(message, -1) * CHARACTER + PADDING;
    g_autofree char *svg = g_markup_printf_escaped(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"20\" role=\"img\" aria-label=\"%s: %s\">"
        "<title>%s: %s</title><clipPath id=\"r\"><rect width=\"%d\" height=\"20\" rx=\"3\"/></clipPath><g clip-path=\"url(#r)\">"
        "<rect width=\"%d\" height=\"20\" fill=\"#3b424a\"/><rect x=\"%d\" width=\"%d\" height=\"20\" fill=\"%s\"/></g>"
        "<g fill=\"#fff\" font-family=\"Verdana,DejaVu Sans,sans-serif\" font-size=\"11\" text-anchor=\"middle\">"
        "<text x=\"%d\" y=\"14\" textLength=\"%d\">%s</text><text x=\"%d\" y=\"14\" textLength=\"%d\">%s</text></g></svg>\n",
        left + right, label, message, label, message, left + right, left, left, right, fill(tally), left / 2, left - PADDING, label,
        left + right / 2, right - PADDING, message);
    g_string_append(out, svg);
}

static gboolean write_badge(const Report *report, const char *folder, GError **error)
{
    for (guint b = 0; b < report->backends->len; b++) {
        const ReportBackend *backend = report->backends->pdata[b];
        Tally tally = report_tally(report->cases, b, NULL, NULL);
        g_autofree char *part = report_file_part(backend->name);
        g_autofree char *json_name = g_strdup_printf("badges/%s.json", part), *svg_name = g_strdup_printf("badges/%s.svg", part);
        g_autofree char *label = label_text(backend), *message = share_text(&tally);
        g_autoptr(GString) json = g_string_new(NULL), svg = g_string_new(NULL);
        put_json(json, label, message, &tally);
        put_svg(svg, label, message, &tally);
        if (!report_write_file(folder, json_name, json, error) || !report_write_file(folder, svg_name, svg, error))
            return FALSE;
    }
    return TRUE;
}

WRITER_DEFINE(badge, .description = "a badge for every backend: SVG, and JSON for shields.io", .file = "badges", .write = write_badge)
