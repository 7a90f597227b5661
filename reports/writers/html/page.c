/* Escaping, the frame of a page, addresses. */
#include "reports/writers/html/html.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static void put_escaped(GString *out, const char *text, gsize length)
{
    gsize from = 0;
    for (gsize i = 0; i < length; i++) {
        const char *reference = text[i] == '&'    ? "&amp;"
                                : text[i] == '<'  ? "&lt;"
                                : text[i] == '>'  ? "&gt;"
                                : text[i] == '"'  ? "&quot;"
                                : text[i] == '\'' ? "&#39;"
                                                  : NULL;
        if (reference == NULL)
            continue;
        g_string_append_len(out, text + from, (gssize)(i - from));
        g_string_append(out, reference);
        from = i + 1;
    }
    g_string_append_len(out, text + from, (gssize)(length - from));
}

void html_text(GString *out, const char *text)
{
    put_escaped(out, text, strlen(text));
}

/* One conversion, whose specification is `spec`; the types that pages use. */
static void put_argument(GString *out, const char *spec, va_list *arguments)
{
    char number[400], letter[2] = { '\0', '\0' }; /* a double has at most 309 digits before the point */
    switch (spec[strlen(spec) - 1]) {
    case 's': {
        const char *text = va_arg(*arguments, const char *);
        put_escaped(out, text, spec[1] == '.' ? strnlen(text, strtoul(spec + 2, NULL, 10)) : strlen(text));
        break;
    }
    case 'c':
        letter[0] = (char)va_arg(*arguments, int);
        html_text(out, letter);
        break;
    case 'u':
        g_string_append_printf(out, "%u", va_arg(*arguments, guint));
        break;
    case 'd':
        g_string_append_printf(out, "%d", va_arg(*arguments, int));
        break;
    case 'f':
        g_string_append(out, g_ascii_formatd(number, sizeof number, spec, va_arg(*arguments, double)));
        break;
    default:
        g_assert_not_reached();
    }
}

/* GLib's formatter of markup parses and copies each format several times; a report makes millions of calls. */
void html(GString *out, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    for (const char *percent; (percent = strchr(format, '%')) != NULL;) {
        gsize length = 1 + strcspn(percent + 1, "%scudf") + 1;
        char spec[8] = { 0 };
        g_assert(length < sizeof spec);
        memcpy(spec, percent, length);
        g_string_append_len(out, format, percent - format);
        if (spec[1] == '%')
            g_string_append_c(out, '%');
        else
            put_argument(out, spec, &arguments);
        format = percent + length;
    }
    va_end(arguments);
    g_string_append(out, format);
}

void html_json(GString *out, const cJSON *json)
{
    char *text = cJSON_PrintUnformatted(json);
    g_return_if_fail(text != NULL);
    for (const char *p = text; *p != '\0'; p++) {
        if (*p == '<' || *p == '>' || *p == '&') /* inside strings only: JSON's own syntax has none of them */
            g_string_append_printf(out, "\\u%04x", (guint)*p);
        else
            g_string_append_c(out, *p);
    }
    cJSON_free(text);
}

/* ---- the frame ----------------------------------------------------------------------------------------------------
 */

static void nav_link(GString *out, const char *root, const char *file, const char *text, gboolean current)
{
    html(out, current ? "<a href=\"%s%s\" aria-current=\"page\">%s</a>" : "<a href=\"%s%s\">%s</a>", root, file, text);
}

void html_page_open(GString *out, const Report *report, const char *root, const char *title, const char *current)
{
    /* The policy lets a page load its own style and script and nothing else, whatever gets into it. */
    html(out,
         "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
         "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
         "<meta name=\"color-scheme\" content=\"light dark\">\n"
         "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src 'self' file:; "
         "style-src 'self' file:; img-src 'self' file: data:; base-uri 'none'; form-action 'none'\">\n"
         "<link rel=\"icon\" href=\"data:,\">\n<title>%s – Assay</title>\n<link rel=\"stylesheet\" "
         "href=\"%ssite.css\">\n"
         "<script src=\"%ssite.js\"></script>\n</head>\n<body>\n<a class=\"skip\" href=\"#main\">Skip to the "
         "content</a>\n"
         "<header class=\"top\">\n<a class=\"brand\" href=\"%sindex.html\">Assay</a>\n<nav aria-label=\"Site\">",
         title, root, root, root);
    nav_link(out, root, "index.html", "Overview", strcmp(current, "overview") == 0);
    nav_link(out, root, "cases.html", "Cases", strcmp(current, "cases") == 0);
    if (report->changes != NULL)
        nav_link(out, root, "changes.html", "Changes", strcmp(current, "changes") == 0);
    if (report->past != NULL)
        nav_link(out, root, "trends.html", "Trends", strcmp(current, "trends") == 0);
    html(out, "</nav>\n<button type=\"button\" id=\"theme\" class=\"quiet\" hidden>Theme</button>\n</header>\n"
              "<main id=\"main\" tabindex=\"-1\">\n");
}

void html_page_close(GString *out, const Report *report)
{
    html(out, "</main>\n<footer>\n<p>Assay %s", report->run.assay == NULL ? "" : report->run.assay);
    if (report->run.corpus != NULL)
        html(out, " · corpus <code>%s</code>", report->run.corpus);
    if (report->run.corpus_hash != NULL)
        html(out, " · <code class=\"hash\">%s</code>", report->run.corpus_hash);
    html(out, "</p>\n</footer>\n</body>\n</html>\n");
}

/* ---- addresses ----------------------------------------------------------------------------------------------------
 */

static char *file_part(const char *name, gsize length)
{
    g_autofree char *part = g_strndup(name, length);
    return report_file_part(part);
}

char *html_proposal_page(const char *id)
{
    g_autofree char *part = report_file_part(id);
    return g_strdup_printf("proposal/%s.html", part);
}

char *html_backend_page(const char *name)
{
    g_autofree char *part = report_file_part(name);
    return g_strdup_printf("backend/%s.html", part);
}

char *html_answer_mark(const char *backend)
{
    g_autofree char *part = report_file_part(backend);
    return g_strconcat("answer-", part, NULL);
}

char *html_requirement_mark(const char *id)
{
    g_autofree char *part = report_file_part(id);
    return g_strconcat("requirement-", part, NULL);
}

char *html_case_page(const char *id)
{
    const char *slash = strchr(id, '/');
    if (slash == NULL) {
        g_autofree char *part = report_file_part(id);
        return g_strdup_printf("case/_/%s.html", part);
    }
    g_autofree char *folder = file_part(id, (gsize)(slash - id));
    g_autofree char *part = file_part(slash + 1, strlen(slash + 1));
    return g_strdup_printf("case/%s/%s.html", folder, part);
}

char *html_cases_address(const char *key, ...)
{
    GString *address = g_string_new("cases.html");
    va_list pairs;
    va_start(pairs, key);
    for (char mark = '#'; key != NULL; key = va_arg(pairs, const char *), mark = '&') {
        g_autofree char *value = g_uri_escape_string(va_arg(pairs, const char *), "/", FALSE);
        g_string_append_printf(address, "%c%s=%s", mark, key, value);
    }
    va_end(pairs);
    return g_string_free(address, FALSE);
}
