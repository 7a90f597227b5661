/* The picture of an experiment: lines on logarithmic axes. */
#include "backends_under_test/runner/evidence.h"

#include <math.h>
#include <string.h>

enum { WIDTH = 760, HEIGHT = 420, LEFT = 70, RIGHT = 250, TOP = 50, BOTTOM = 50 };

typedef struct {
    double x0, x1, y0, y1; /* decimal logarithms */
} Frame;

static const GArray *samples_of(const Series *s, Metric metric)
{
    return metric == METRIC_LOAD ? s->load : metric == METRIC_PEAK ? s->peak : s->run;
}

/* Milliseconds, or MiB. */
static double height_of(const Series *s, Metric metric)
{
    return MAX(spread_of(samples_of(s, metric)).median * (metric == METRIC_PEAK ? 1.0 / (1 << 20) : 1e3), 1e-6);
}

static Frame frame_of(const GPtrArray *series, Metric metric)
{
    Frame f = { INFINITY, -INFINITY, INFINITY, -INFINITY };
    for (guint i = 0; i < series->len; i++) {
        const Series *s = g_ptr_array_index(series, i);
        if (samples_of(s, metric)->len == 0)
            continue;
        const double x = log10((double)s->point->x), y = log10(height_of(s, metric));
        f = (Frame){ MIN(f.x0, x), MAX(f.x1, x), MIN(f.y0, floor(y)), MAX(f.y1, ceil(y)) };
    }
    f.x1 = MAX(f.x1, f.x0 + 0.1);
    f.y1 = MAX(f.y1, f.y0 + 1);
    return f;
}

static double place_x(const Frame *f, double value)
{
    return LEFT + (log10(value) - f->x0) / (f->x1 - f->x0) * (WIDTH - LEFT - RIGHT);
}

static double place_y(const Frame *f, double value)
{
    return HEIGHT - BOTTOM - (log10(value) - f->y0) / (f->y1 - f->y0) * (HEIGHT - TOP - BOTTOM);
}

static void append_text(GString *svg, double x, double y, const char *anchor, const char *text)
{
    g_autofree char *escaped = g_markup_escape_text(text, -1);
    g_string_append_printf(svg, "<text x='%.1f' y='%.1f' text-anchor='%s'>%s</text>\n", x, y, anchor, escaped);
}

static void append_axes(GString *svg, const Frame *f, const Experiment *e, const GPtrArray *series, Metric metric)
{
    for (double y = f->y0; y <= f->y1; y++) {
        const double at = place_y(f, pow(10, y));
        g_autofree char *label = g_strdup_printf("%g %s", pow(10, y), metric == METRIC_PEAK ? "MiB" : "ms");
        g_string_append_printf(svg, "<line x1='%d' x2='%d' y1='%.1f' y2='%.1f' stroke='#8884'/>\n", LEFT, WIDTH - RIGHT, at, at);
        append_text(svg, LEFT - 6, at + 4, "end", label);
    }
    g_autoptr(GHashTable) labels = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (guint i = 0; i < series->len; i++) {
        const double x = (double)((Series *)g_ptr_array_index(series, i))->point->x;
        g_autofree char *label = g_strdup_printf("%g", x);
        if (g_hash_table_add(labels, g_strdup(label)))
            append_text(svg, place_x(f, x), HEIGHT - BOTTOM + 18, "middle", label);
    }
    append_text(svg, LEFT + (WIDTH - LEFT - RIGHT) / 2.0, HEIGHT - 10, "middle", e->x);
    g_autofree char *title = g_strdup_printf("%s: %s, median", e->title, metric == METRIC_LOAD ? "load time" : metric == METRIC_PEAK ? "peak memory" : "run time");
    append_text(svg, LEFT, 26, "start", title);
}

char *evidence_svg(const Experiment *e, const GPtrArray *series, Metric metric)
{
    static const char *const colours[] = { "#2563eb", "#dc2626", "#16a34a", "#9333ea", "#ea580c", "#0891b2", "#a16207", "#db2777" };
    GString *svg = g_string_new(NULL);
    g_string_append_printf(svg, "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 %d %d' font-family='sans-serif' font-size='12' "
                                "fill='currentColor'>\n", WIDTH, HEIGHT);
    const Frame f = frame_of(series, metric);
    if (isfinite(f.x0))
        append_axes(svg, &f, e, series, metric);
    g_autoptr(GHashTable) lines = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (guint i = 0; i < series->len; i++) {
        const Series *first = g_ptr_array_index(series, i);
        g_autofree char *label = g_strdup_printf("%s, %s", first->point->series, first->backend);
        if (samples_of(first, metric)->len == 0 || !g_hash_table_add(lines, g_strdup(label)))
            continue;
        const guint n = g_hash_table_size(lines) - 1;
        const char *colour = colours[n % G_N_ELEMENTS(colours)];
        g_string_append_printf(svg, "<polyline fill='none' stroke='%s' stroke-width='2' stroke-dasharray='%s' points='", colour,
                               n >= G_N_ELEMENTS(colours) ? "5 3" : "none");
        for (guint k = i; k < series->len; k++) {
            const Series *s = g_ptr_array_index(series, k);
            if (strcmp(s->backend, first->backend) == 0 && strcmp(s->point->series, first->point->series) == 0 &&
                samples_of(s, metric)->len)
                g_string_append_printf(svg, "%.1f,%.1f ", place_x(&f, (double)s->point->x), place_y(&f, height_of(s, metric)));
        }
        g_string_append(svg, "'/>\n");
        g_string_append_printf(svg, "<rect x='%d' y='%u' width='14' height='4' fill='%s'/>\n", WIDTH - RIGHT + 16, TOP + 18 * n, colour);
        append_text(svg, WIDTH - RIGHT + 36, TOP + 6 + 18 * n, "start", label);
    }
    g_string_append(svg, "</svg>\n");
    return g_string_free(svg, FALSE);
}
