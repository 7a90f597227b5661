/* Pass share, margin and duration over the runs of a history, and the difference of any two of them (site.js). */
#include "reports/writers/html/html.h"

#include <math.h>
#include <string.h>

enum { WIDTH = 320, HEIGHT = 90, LEFT = 4, TOP = 6 };

static const PastBackend *find(const PastRun *run, const char *name)
{
    for (guint i = 0; i < run->backends->len; i++)
        if (strcmp(((const PastBackend *)run->backends->pdata[i])->name, name) == 0)
            return run->backends->pdata[i];
    return NULL;
}

/* ---- what is drawn: one number of a backend in a run, NAN if it has none ---- */

static double share_of(const PastBackend *b)
{
    return b->total == 0 ? (double)NAN : (double)b->good / b->total;
}

static double margin_of(const PastBackend *b)
{
    double worst = (double)NAN;
    for (guint i = 0; i < b->tallies->len; i++) {
        double margin = ((const PastTally *)b->tallies->pdata[i])->margin;
        if (!isnan(margin) && !(margin <= worst))
            worst = margin;
    }
    return worst;
}

static double seconds_of(const PastBackend *b)
{
    return b->seconds;
}

typedef double (*Series)(const PastBackend *backend);

static double value_at(const Report *report, guint run, const char *name, Series series)
{
    const PastBackend *b = find(report->past->pdata[run], name);
    return b == NULL ? (double)NAN : series(b);
}

static int place(double value, double top)
{
    return TOP + (int)((1 - MIN(value / top, 1)) * (HEIGHT - 2 * TOP) + 0.5);
}

static int x_of(guint run, guint runs)
{
    return runs == 1 ? WIDTH / 2 : LEFT + (int)(run * (guint)(WIDTH - 2 * LEFT) / (runs - 1));
}

/* A mark at each run whose version is another than that of the last run before it. */
static void put_versions(GString *out, const Report *report, const char *name)
{
    const PastBackend *before = NULL;
    for (guint i = 0; i < report->past->len; i++) {
        const PastBackend *b = find(report->past->pdata[i], name);
        int x = x_of(i, report->past->len);
        if (b != NULL && before != NULL && strcmp(b->version, before->version) != 0)
            html(out, "<line class=\"version\" x1=\"%d\" x2=\"%d\" y1=\"0\" y2=\"%d\"><title>%s → %s</title></line>", x, x, HEIGHT, before->version,
                 b->version);
        before = b == NULL ? before : b;
    }
}

/* A line with a gap where the backend was not run. `top`: of the scale; 0: the largest value. */
static void put_chart(GString *out, const Report *report, const char *name, Series series, double top, const char *label)
{
    guint n = report->past->len;
    gboolean scaled = top > 0;
    for (guint i = 0; i < n && !scaled; i++) {
        double v = value_at(report, i, name, series);
        top = isfinite(v) ? MAX(top, v) : top;
    }
    if (top <= 0)
        top = 1;
    html(out, "<svg class=\"chart\" viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s over %u runs, see the table\">"
              "<line class=\"axis\" x1=\"%d\" x2=\"%d\" y1=\"%d\" y2=\"%d\"/>", WIDTH, HEIGHT, label, n, LEFT, WIDTH - LEFT,
         place(0, top), place(0, top));
    put_versions(out, report, name);
    gboolean open = FALSE;
    for (guint i = 0; i < n; i++) {
        double v = value_at(report, i, name, series);
        int x = x_of(i, n);
        if (!isfinite(v)) {
            g_string_append(out, open ? "\"/>" : "");
            open = FALSE;
            continue;
        }
        g_string_append_printf(out, open ? " %d,%d" : "<polyline points=\"%d,%d", x, place(v, top));
        open = TRUE;
    }
    g_string_append(out, open ? "\"/>" : "");
    for (guint i = 0; i < n; i++) {
        double v = value_at(report, i, name, series);
        int x = x_of(i, n);
        if (isfinite(v))
            g_string_append_printf(out, "<circle cx=\"%d\" cy=\"%d\" r=\"2.5\"/>", x, place(v, top));
    }
    g_string_append(out, "</svg>\n");
}

/* Every backend that any run had, by name. */
static GPtrArray *all_names(const Report *report)
{
    GPtrArray *names = g_ptr_array_new();
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint r = 0; r < report->past->len; r++) {
        const PastRun *run = report->past->pdata[r];
        for (guint i = 0; i < run->backends->len; i++) {
            const char *name = ((const PastBackend *)run->backends->pdata[i])->name;
            if (g_hash_table_add(seen, (gpointer)name))
                g_ptr_array_add(names, (gpointer)name);
        }
    }
    g_ptr_array_sort(names, html_by_text);
    return names;
}

static void put_card(GString *out, const Report *report, const char *name)
{
    const PastRun *last = NULL;
    for (guint i = report->past->len; i-- > 0 && last == NULL;)
        if (find(report->past->pdata[i], name) != NULL)
            last = report->past->pdata[i];
    const PastBackend *b = find(last, name);
    g_autofree char *share = html_share(b->good, b->total), *margin = html_margin(margin_of(b));
    html(out, "<article class=\"card\">\n<h3>%s <small>%s</small></h3>\n<p class=\"where\">last run %s", name, b->version, last->at);
    if (last != report->past->pdata[report->past->len - 1])
        html(out, " <span class=\"flag\">not in the newest run</span>");
    html(out, "</p>\n<h4>Passed: %s</h4>\n", share);
    put_chart(out, report, name, share_of, 1, "share of passed cases");
    html(out, "<h4>Worst margin of passing cases: %s</h4>\n", *margin == '\0' ? "–" : margin);
    put_chart(out, report, name, margin_of, 1, "worst margin");
    if (isnan(b->seconds))
        html(out, "<h4>Time of the cases: –</h4>\n");
    else
        html(out, "<h4>Time of the cases: %.1f s</h4>\n", b->seconds);
    put_chart(out, report, name, seconds_of, 0, "duration");
    html(out, "</article>\n");
}

static void put_table(GString *out, const Report *report, const GPtrArray *names)
{
    html(out, "<section aria-labelledby=\"runs\">\n<h2 id=\"runs\">Runs</h2>\n<div class=\"scroll\" role=\"group\" "
              "aria-labelledby=\"runs\" tabindex=\"0\">\n<table>\n<thead><tr><th scope=\"col\">Run</th><th scope=\"col\">Corpus</th>");
    for (guint i = 0; i < names->len; i++)
        html(out, "<th scope=\"col\" class=\"number\">%s</th>", (const char *)names->pdata[i]);
    html(out, "</tr></thead>\n<tbody>\n");
    for (guint r = report->past->len; r-- > 0;) {
        const PastRun *run = report->past->pdata[r];
        html(out, "<tr><th scope=\"row\">%s <small>#%u</small></th><td><code>%.8s</code></td>", run->at, run->id, run->corpus_hash);
        for (guint i = 0; i < names->len; i++) {
            const PastBackend *b = find(run, names->pdata[i]);
            if (b == NULL) {
                html(out, "<td class=\"number\">–</td>");
                continue;
            }
            g_autofree char *share = html_share(b->good, b->total);
            html(out, "<td class=\"number\">%s <small>%s</small></td>", share, b->version);
        }
        html(out, "</tr>\n");
    }
    html(out, "</tbody>\n</table>\n</div>\n</section>\n");
}

/* {"runs": [[id, at]], "verdicts": [[name, outcome]], "rows": [[case, page, backend, [[run, verdict or -1]]]]}: only what
 * ever changed. */
static void put_data(GString *out, const Report *report)
{
    cJSON *data = cJSON_CreateObject(), *runs = cJSON_AddArrayToObject(data, "runs");
    for (guint i = 0; i < report->past->len; i++) {
        const PastRun *run = report->past->pdata[i];
        cJSON *pair = cJSON_CreateArray();
        cJSON_AddItemToArray(pair, cJSON_CreateNumber(run->id));
        cJSON_AddItemToArray(pair, cJSON_CreateString(run->at));
        cJSON_AddItemToArray(runs, pair);
    }
    cJSON_AddItemToObject(data, "verdicts", html_verdict_table());
    cJSON *rows = cJSON_AddArrayToObject(data, "rows"), *steps = NULL;
    const PastChange *last = NULL;
    for (guint i = 0; i < report->past_changes->len; i++) {
        const PastChange *c = report->past_changes->pdata[i];
        if (last == NULL || strcmp(c->case_id, last->case_id) != 0 || strcmp(c->backend, last->backend) != 0) {
            g_autofree char *page = html_case_page(c->case_id);
            cJSON *row = cJSON_CreateArray();
            cJSON_AddItemToArray(row, cJSON_CreateString(c->case_id));
            cJSON_AddItemToArray(row, cJSON_CreateString(page));
            cJSON_AddItemToArray(row, cJSON_CreateString(c->backend));
            cJSON_AddItemToArray(row, steps = cJSON_CreateArray());
            cJSON_AddItemToArray(rows, row);
        }
        cJSON *step = cJSON_CreateArray();
        cJSON_AddItemToArray(step, cJSON_CreateNumber(c->run));
        cJSON_AddItemToArray(step, cJSON_CreateNumber(c->verdict == VERDICT_COUNT ? -1 : (int)c->verdict));
        cJSON_AddItemToArray(steps, step);
        last = c;
    }
    html(out, "<script type=\"application/json\" id=\"history\">");
    html_json(out, data);
    html(out, "</script>\n");
    cJSON_Delete(data);
}

static void put_run_options(GString *out, const Report *report, guint selected)
{
    for (guint i = 0; i < report->past->len; i++) {
        const PastRun *run = report->past->pdata[i];
        html(out, i == selected ? "<option value=\"%u\" selected>#%u %s</option>" : "<option value=\"%u\">#%u %s</option>", run->id, run->id, run->at);
    }
}

void html_trends(GString *out, const Report *report)
{
    html_page_open(out, report, "", "Trends", "trends");
    html(out, "<h1>Trends</h1>\n<p class=\"lead\">%u run%s. Each line has the scale of its own backend; a gap is a run without it, a dotted mark another version.</p>\n",
         report->past->len, report->past->len == 1 ? "" : "s");
    if (report->past->len > 0) {
        guint n = report->past->len;
        g_autoptr(GPtrArray) names = all_names(report);
        html(out, "<h2 class=\"hidden\">Backends</h2>\n<div class=\"cards\">\n");
        for (guint i = 0; i < names->len; i++)
            put_card(out, report, names->pdata[i]);
        html(out, "</div>\n<section aria-labelledby=\"between\">\n<h2 id=\"between\">Between two runs</h2>\n<noscript><p class=\"flag\">This needs "
                  "JavaScript; <code>assay diff HISTORY.db@1 HISTORY.db@2</code> does not.</p></noscript>\n"
                  "<form id=\"between-form\" class=\"filters\"><label>From <select name=\"from\">");
        put_run_options(out, report, n > 1 ? n - 2 : 0);
        html(out, "</select></label><label>To <select name=\"to\">");
        put_run_options(out, report, n - 1);
        html(out, "</select></label></form>\n<p id=\"between-found\" role=\"status\"></p>\n<ul id=\"between-list\" class=\"changes\"></ul>\n</section>\n");
        put_table(out, report, names);
        put_data(out, report);
    }
    html_page_close(out, report);
}
