#include "backends_under_test/runner/evidence.h"

#include <cJSON.h>
#include <csv.h>
#include <math.h>
#include <string.h>

static const struct {
    const char *name, *unit;
    double      scale;
} metrics[] = {
    [METRIC_LOAD] = { "load time", "ms", 1e3 }, [METRIC_RUN] = { "run time", "ms", 1e3 }, [METRIC_BYTES] = { "model size", "bytes", 1 },
    [METRIC_NODES] = { "number of nodes", "nodes", 1 }, [METRIC_PEAK] = { "peak memory", "MiB", 1.0 / (1 << 20) },
    [METRIC_FACT] = { "fact", "", 1 },
};

/* NAN if the backend did not run it. */
static double value_of(const Series *s, Metric metric)
{
    switch (metric) {
    case METRIC_LOAD:
        return s->load->len ? spread_of(s->load).median : NAN;
    case METRIC_RUN:
        return s->run->len ? spread_of(s->run).median : NAN;
    case METRIC_BYTES:
        return (double)s->point->bytes;
    case METRIC_NODES:
        return (double)s->point->nodes;
    case METRIC_PEAK:
        return s->peak->len ? spread_of(s->peak).median : NAN;
    default:
        return s->point->fact;
    }
}

/* ---- table --------------------------------------------------------------------------------------------------------------- */

static void append_spread(GString *text, const GArray *samples, double scale)
{
    if (samples->len == 0) {
        g_string_append_printf(text, " %26s", "-");
        return;
    }
    const Spread s = spread_of(samples);
    g_autofree char *cell = g_strdup_printf("%.3f (%.3f..%.3f)", s.median * scale, s.low * scale, s.high * scale);
    g_string_append_printf(text, " %26s", cell);
}

static gboolean has_peaks(const GPtrArray *series)
{
    gboolean any = FALSE;
    for (guint i = 0; i < series->len; i++)
        any |= ((const Series *)series->pdata[i])->peak->len > 0;
    return any;
}

char *evidence_table(const Experiment *e, const GPtrArray *series)
{
    GString *text = g_string_new(NULL);
    g_string_append_printf(text, "%-12s %-38s %10s %10s %7s %26s %26s%s\n", "backend", "form", e->x, "bytes", "nodes",
                           "load ms (quartiles)", "run ms (quartiles)", has_peaks(series) ? "   peak memory MiB (quartiles)" : "");
    for (guint i = 0; i < series->len; i++) {
        const Series *s = g_ptr_array_index(series, i);
        g_string_append_printf(text, "%-12s %-38s %10" G_GINT64_FORMAT " %10" G_GINT64_FORMAT " %7" G_GINT64_FORMAT, s->backend,
                               s->point->series, s->point->x, s->point->bytes, s->point->nodes);
        append_spread(text, s->load, 1e3);
        append_spread(text, s->run, 1e3);
        if (has_peaks(series))
            append_spread(text, s->peak, metrics[METRIC_PEAK].scale);
        if (s->refused)
            g_string_append_printf(text, "  refused: %.60s", s->refused);
        g_string_append_c(text, '\n');
    }
    return g_string_free(text, FALSE);
}

/* ---- sentences ----------------------------------------------------------------------------------------------------------- */

static const Series *find(const GPtrArray *series, const char *backend, const char *form, int64_t x)
{
    for (guint i = 0; i < series->len; i++) {
        const Series *s = g_ptr_array_index(series, i);
        if (strcmp(s->backend, backend) == 0 && strcmp(s->point->series, form) == 0 && s->point->x == x)
            return s;
    }
    return NULL;
}

static gboolean seen_before(const GPtrArray *series, guint at)
{
    const Series *own = g_ptr_array_index(series, at);
    for (guint i = 0; i < at; i++)
        if (strcmp(((Series *)g_ptr_array_index(series, i))->backend, own->backend) == 0)
            return TRUE;
    return FALSE;
}

/* The largest x at which the backend ran both forms. */
static void contrast(GString *text, const Experiment *e, const GPtrArray *series, const char *backend, const Contrast *c)
{
    const Series *a = NULL, *b = NULL;
    for (guint i = 0; i < series->len; i++) {
        const Series *s = g_ptr_array_index(series, i);
        if (strcmp(s->backend, backend) != 0 || strcmp(s->point->series, c->a) != 0 || (a && s->point->x <= a->point->x))
            continue;
        const Series *other = find(series, backend, c->b, s->point->x);
        if (other && !isnan(value_of(s, c->metric)) && !isnan(value_of(other, c->metric))) {
            a = s;
            b = other;
        }
    }
    const char *unit = metrics[c->metric].unit, *name = c->metric == METRIC_FACT ? e->fact : metrics[c->metric].name;
    if (!a) {
        g_string_append_printf(text, "On %s the forms \"%s\" and \"%s\" did not both run.\n", backend, c->a, c->b);
        return;
    }
    const double va = value_of(a, c->metric) * metrics[c->metric].scale, vb = value_of(b, c->metric) * metrics[c->metric].scale;
    g_string_append_printf(text, "On %s, at %" G_GINT64_FORMAT " %s, \"%s\" has %.3g times the %s of \"%s\" (%.6g against %.6g%s%s, %s).\n",
                           backend, a->point->x, e->x, c->a, va / vb, name, c->b, va, vb, *unit ? " " : "", unit,
                           c->metric <= METRIC_RUN || c->metric == METRIC_PEAK ? "medians" : "exact");
}

char *evidence_sentences(const Experiment *e, const GPtrArray *series)
{
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < series->len; i++)
        for (gsize c = 0; !seen_before(series, i) && c < e->n_contrasts; c++)
            contrast(text, e, series, ((Series *)g_ptr_array_index(series, i))->backend, &e->contrasts[c]);
    return g_string_free(text, FALSE);
}

/* ---- for programs -------------------------------------------------------------------------------------------------------- */

static void add_samples(cJSON *item, const char *key, const GArray *samples)
{
    cJSON_AddItemToObject(item, key, cJSON_CreateDoubleArray((const double *)(gpointer)samples->data, (int)samples->len));
}

char *evidence_json(const Experiment *e, const GPtrArray *series)
{
    cJSON *root = cJSON_CreateObject();
    cJSON_AddStringToObject(root, "experiment", e->id);
    cJSON_AddStringToObject(root, "proposal", e->proposal);
    cJSON_AddStringToObject(root, "title", e->title);
    cJSON_AddStringToObject(root, "question", e->question);
    if (e->open_question)
        cJSON_AddStringToObject(root, "open_question", e->open_question);
    cJSON_AddStringToObject(root, "x", e->x);
    if (e->fact)
        cJSON_AddStringToObject(root, "fact", e->fact);
    g_autofree char *sentences = evidence_sentences(e, series);
    cJSON_AddStringToObject(root, "answer", sentences);
    cJSON *points = cJSON_AddArrayToObject(root, "points");
    for (guint i = 0; i < series->len; i++) {
        const Series *s = g_ptr_array_index(series, i);
        cJSON *item = cJSON_CreateObject();
        cJSON_AddStringToObject(item, "backend", s->backend);
        cJSON_AddStringToObject(item, "form", s->point->series);
        cJSON_AddNumberToObject(item, "x", (double)s->point->x);
        cJSON_AddNumberToObject(item, "bytes", (double)s->point->bytes);
        cJSON_AddNumberToObject(item, "nodes", (double)s->point->nodes);
        if (!isnan(s->point->fact))
            cJSON_AddNumberToObject(item, "fact", s->point->fact);
        add_samples(item, "load_seconds", s->load);
        add_samples(item, "run_seconds", s->run);
        if (s->peak->len)
            add_samples(item, "peak_bytes", s->peak);
        if (s->refused)
            cJSON_AddStringToObject(item, "refused", s->refused);
        cJSON_AddItemToArray(points, item);
    }
    char *printed = cJSON_Print(root), *text = g_strconcat(printed, "\n", NULL);
    cJSON_free(printed);
    cJSON_Delete(root);
    return text;
}

static void append_cell(GString *text, const char *cell, gboolean last)
{
    const gsize room = csv_write(NULL, 0, cell, strlen(cell));
    g_autofree char *quoted = g_malloc(room);
    csv_write(quoted, room, cell, strlen(cell));
    g_string_append_len(text, quoted, (gssize)room);
    g_string_append(text, last ? "\r\n" : ",");
}

/* An empty cell where there is no such sample. */
static void append_number(GString *text, const GArray *samples, guint k)
{
    char number[G_ASCII_DTOSTR_BUF_SIZE] = "";
    if (k < samples->len)
        g_ascii_dtostr(number, sizeof number, g_array_index(samples, double, k));
    g_string_append_printf(text, ",%s", number);
}

char *evidence_csv(const GPtrArray *series)
{
    GString *text = g_string_new("backend,form,x,bytes,nodes,round,load_seconds,run_seconds,peak_bytes\r\n");
    for (guint i = 0; i < series->len; i++) {
        const Series *s = g_ptr_array_index(series, i);
        for (guint k = 0; k < s->load->len; k++) {
            append_cell(text, s->backend, FALSE);
            append_cell(text, s->point->series, FALSE);
            g_string_append_printf(text, "%" G_GINT64_FORMAT ",%" G_GINT64_FORMAT ",%" G_GINT64_FORMAT ",%u", s->point->x, s->point->bytes,
                                   s->point->nodes, k);
            append_number(text, s->load, k);
            append_number(text, s->run, k);
            append_number(text, s->peak, k);
            g_string_append(text, "\r\n");
        }
    }
    return g_string_free(text, FALSE);
}
