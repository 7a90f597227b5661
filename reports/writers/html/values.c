/* Inputs, golden outputs with their interval, and what each backend answered: a part of the page of a case. */
#include "reports/writers/html/html.h"

#include <string.h>

static const char *text_of(const cJSON *object, const char *key)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key));
    return text == NULL ? "" : text;
}

static const cJSON *list_of(const cJSON *object, const char *key)
{
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(object, key);
    return cJSON_IsArray(list) ? list : NULL;
}

static void put_values(GString *out, const cJSON *object)
{
    const cJSON *values = list_of(object, "values"), *elements = cJSON_GetObjectItemCaseSensitive(object, "elements"), *value;
    int shown = cJSON_GetArraySize(values);
    html(out, "<td class=\"values\"><code>");
    cJSON_ArrayForEach(value, values)
        html(out, "%s%s", value == values->child ? "" : ", ", cJSON_IsString(value) ? value->valuestring : "?");
    if (cJSON_IsNumber(elements) && elements->valuedouble > shown)
        html(out, ", … <small>%d of %.0f</small>", shown, elements->valuedouble);
    html(out, "</code></td>");
}

static void put_inputs(GString *out, const cJSON *inputs)
{
    const cJSON *input;
    if (cJSON_GetArraySize(inputs) == 0)
        return;
    html(out, "<section aria-labelledby=\"inputs\">\n<h2 id=\"inputs\">Inputs</h2>\n<div class=\"scroll\" role=\"group\" "
              "aria-labelledby=\"inputs\" tabindex=\"0\">\n<table>\n<thead><tr><th scope=\"col\">Input</th><th scope=\"col\">Type</th>"
              "<th scope=\"col\">First values</th></tr></thead>\n<tbody>\n");
    cJSON_ArrayForEach(input, inputs)
    {
        html(out, "<tr><th scope=\"row\"><code>%s</code></th><td><code>%s</code></td>", text_of(input, "name"), text_of(input, "type"));
        put_values(out, input);
        html(out, "</tr>\n");
    }
    html(out, "</tbody>\n</table>\n</div>\n</section>\n");
}

/* ---- outputs: one table each, an element a row, a backend a column ---- */

typedef struct {
    guint backend;
    const cJSON *output; /* of its answer; NULL: it gave the golden */
    gboolean right;      /* every element of it is allowed */
} Answer;

static const char *at(const cJSON *list, int i)
{
    const char *text = list == NULL ? NULL : cJSON_GetStringValue(cJSON_GetArrayItem(list, i));
    return text == NULL ? "" : text;
}

static void put_head(GString *out, const Report *report, const Answer *answers, guint n, gboolean interval)
{
    html(out, "<thead><tr><th scope=\"col\" class=\"number\">Element</th><th scope=\"col\" class=\"number\">Golden</th>");
    if (interval)
        html(out, "<th scope=\"col\" class=\"number\">At least</th><th scope=\"col\" class=\"number\">At most</th>");
    for (guint k = 0; k < n; k++)
        html(out, "<th scope=\"col\" class=\"number\">%s</th>", ((const ReportBackend *)report->backends->pdata[answers[k].backend])->name);
    html(out, "</tr></thead>\n");
}

/* Whether a number that is not the golden is allowed: told by the verdict, or because it is printed strictly inside its
 * interval. Texts are rounded, so that one on the edge says nothing and counts as wrong where something is. */
static gboolean is_allowed(const Answer *answer, const char *got, const char *lower, const char *upper)
{
    char *end;
    double value = g_ascii_strtod(got, &end);
    return answer->right || (*lower != '\0' && *upper != '\0' && *got != '\0' && *end == '\0' && g_ascii_strtod(lower, NULL) < value &&
                             value < g_ascii_strtod(upper, NULL));
}

static void put_rows(GString *out, const cJSON *golden, const Answer *answers, guint n)
{
    const cJSON *values = list_of(golden, "values"), *lower = list_of(golden, "lower"), *upper = list_of(golden, "upper");
    int rows = cJSON_GetArraySize(values);
    html(out, "<tbody>\n");
    for (int i = 0; i < rows; i++) {
        html(out, "<tr><th scope=\"row\" class=\"number\">%d</th><td class=\"number\">%s</td>", i, at(values, i));
        if (lower != NULL || upper != NULL)
            html(out, "<td class=\"number soft\">%s</td><td class=\"number soft\">%s</td>", at(lower == NULL ? values : lower, i),
                 at(upper == NULL ? values : upper, i));
        for (guint k = 0; k < n; k++) {
            const char *got = at(list_of(answers[k].output, "values"), i);
            const char *low = at(lower == NULL ? values : lower, i), *high = at(upper == NULL ? values : upper, i);
            const char *class = strcmp(got, at(values, i)) == 0 ? "soft" : is_allowed(&answers[k], got, low, high) ? "within" : "differs";
            html(out, "<td class=\"number %s\">%s</td>", class, got);
        }
        html(out, "</tr>\n");
    }
    html(out, "</tbody>\n");
}

/* The elements in order, the worst of each part: exact, by how much of the allowance, wrong. */
static void put_strip(GString *out, const char *name, const char *strip)
{
    enum { MOST = 64, WIDTH = 8 };
    gsize n = strspn(strip, ".123456789#"), wrong = 0;
    if (n == 0 || n > MOST || strip[n] != '\0')
        return;
    for (gsize i = 0; i < n; i++)
        wrong += strip[i] == '#';
    html(out, "<p class=\"strip-line\"><span>%s</span> <svg class=\"strip\" viewBox=\"0 0 %d 10\" preserveAspectRatio=\"none\" role=\"img\" "
              "aria-label=\"%u of %u parts hold a wrong element\">",
         name, (int)n * WIDTH, (guint)wrong, (guint)n);
    for (gsize i = 0; i < n; i++)
        html(out, "<rect class=\"%s\" x=\"%d\" width=\"%d\" height=\"10\"/>",
             strip[i] == '#' ? "bad" : strip[i] == '.' ? "exact" : strip[i] <= '3' ? "low" : strip[i] <= '6' ? "middle" : "high", (int)i * WIDTH, WIDTH - 1);
    html(out, "</svg></p>\n");
}

static void put_output(GString *out, const Report *report, const cJSON *golden, guint index, const Answer *answers, guint n)
{
    gboolean interval = list_of(golden, "lower") != NULL || list_of(golden, "upper") != NULL;
    const cJSON *elements = cJSON_GetObjectItemCaseSensitive(golden, "elements");
    int shown = cJSON_GetArraySize(list_of(golden, "values"));
    html(out, "<h3 id=\"output-%u\"><code>%s</code> <small>%s%s</small></h3>\n", index, text_of(golden, "name"), text_of(golden, "type"),
         interval ? ", with an interval" : ", exact");
    for (guint k = 0; k < n; k++) {
        const char *type = text_of(answers[k].output, "type");
        if (strcmp(type, text_of(golden, "type")) != 0)
            html(out, "<p class=\"flag\">%s answered <code>%s</code></p>\n", ((const ReportBackend *)report->backends->pdata[answers[k].backend])->name, type);
    }
    for (guint k = 0; k < n; k++)
        put_strip(out, ((const ReportBackend *)report->backends->pdata[answers[k].backend])->name, text_of(answers[k].output, "strip"));
    if (shown == 0)
        return;
    html(out, "<div class=\"scroll\" role=\"group\" aria-labelledby=\"output-%u\" tabindex=\"0\">\n<table class=\"elements\">\n", index);
    put_head(out, report, answers, n, interval);
    put_rows(out, golden, answers, n);
    html(out, "</table>\n</div>\n");
    if (cJSON_IsNumber(elements) && elements->valuedouble > shown)
        html(out, "<p class=\"hint\">The first %d of %.0f elements.</p>\n", shown, elements->valuedouble);
}

/* "largest error 3 steps at [1,0]; signal to noise 41.5 dB". */
static void put_statistic(GString *out, const cJSON *output, const char *key, const char *words)
{
    const cJSON *number = cJSON_GetObjectItemCaseSensitive(output, key);
    g_autofree char *at_key = g_strconcat(key, "_at", NULL);
    const cJSON *place = list_of(output, at_key), *index;
    char text[G_ASCII_DTOSTR_BUF_SIZE];
    if (!cJSON_IsNumber(number))
        return;
    html(out, "<span>%s <strong>%s</strong>", words, g_ascii_formatd(text, sizeof text, "%.6g", number->valuedouble));
    cJSON_ArrayForEach(index, place)
        html(out, "%s%s", index == place->child ? " at [" : ",", cJSON_IsNumber(index) ? g_ascii_formatd(text, sizeof text, "%.0f", index->valuedouble) : "?");
    html(out, cJSON_GetArraySize(place) > 0 ? "]</span> " : "</span> ");
}

void html_statistics(GString *out, const char *text)
{
    cJSON *json = report_parse(text);
    const cJSON *outputs = cJSON_IsArray(json) ? json : list_of(json, "outputs"), *output;
    guint index = 0;
    cJSON_ArrayForEach(output, outputs)
    {
        guint i = index++;
        if (!cJSON_IsObject(output))
            continue;
        html(out, "<p class=\"statistics\"><span>output %u:</span> ", i);
        put_statistic(out, output, "wrong", "wrong elements");
        put_statistic(out, output, "elements", "of");
        put_statistic(out, output, "max_ulps", "largest error in steps of the type");
        put_statistic(out, output, "max_share", "as a share of what was allowed");
        put_statistic(out, output, "snr_db", "signal to noise, dB");
        put_statistic(out, output, "bias_ulps", "mean error in steps");
        html(out, "</p>\n");
    }
    cJSON_Delete(json);
}

static void put_outputs(GString *out, const Report *report, const cJSON *outputs, const ReportCase *c, cJSON *const *answers)
{
    guint index = 0, exact = 0;
    const cJSON *golden;
    g_autofree Answer *shown = g_new0(Answer, report->backends->len + 1);
    g_autoptr(GString) same = g_string_new(NULL);
    if (cJSON_GetArraySize(outputs) == 0)
        return;
    for (guint b = 0; b < report->backends->len; b++)
        if (c->verdicts[b].grade == 'R') {
            html(same, exact++ == 0 ? "<strong>%s</strong>" : ", <strong>%s</strong>", ((const ReportBackend *)report->backends->pdata[b])->name);
        }
    html(out, "<section aria-labelledby=\"outputs\">\n<h2 id=\"outputs\">Golden outputs and answers</h2>\n<p class=\"hint\">A strip shows the "
              "elements in order: pale exact, green, yellow and orange by the share of the allowance used, red wrong. Numbers in red are not "
              "allowed; other than the golden but allowed, they are plain.</p>\n");
    if (exact > 0) {
        html(out, "<p>Bit for bit the golden: ");
        g_string_append(out, same->str); /* escaped above */
        html(out, ".</p>\n");
    }
    cJSON_ArrayForEach(golden, outputs)
    {
        guint n = 0;
        for (guint b = 0; b < report->backends->len; b++) {
            const cJSON *output = cJSON_GetArrayItem(list_of(answers[b], "outputs"), (int)index);
            if (output != NULL)
                shown[n++] = (Answer){ b, output, verdict_outcome(c->verdicts[b].verdict) == OUTCOME_GOOD };
        }
        put_output(out, report, golden, index++, shown, n);
    }
    html(out, "</section>\n");
}

void html_values(GString *out, const Report *report, const ReportCase *c, const ReportDetail *detail)
{
    cJSON *data = report_parse(detail->data);
    if (data == NULL)
        return;
    g_autofree cJSON **answers = g_new0(cJSON *, report->backends->len + 1);
    for (guint b = 0; b < report->backends->len; b++)
        answers[b] = report_parse(detail->answers[b]);
    put_inputs(out, list_of(data, "inputs"));
    put_outputs(out, report, list_of(data, "outputs"), c, answers);
    for (guint b = 0; b < report->backends->len; b++)
        cJSON_Delete(answers[b]);
    cJSON_Delete(data);
}
