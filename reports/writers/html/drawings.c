/* Drawings of the models' graphs by Graphviz. Results may come from a stranger, so that what is drawn is made here from
 * names and edges, quoted and counted, and is shown as a picture, in which nothing can run. Each graph is drawn once,
 * however many cases share it. Without Graphviz there are no drawings: the text of the model says the same. */
#include "reports/writers/html/html.h"

#include <gio/gio.h>
#include <string.h>

enum { NODES = 200, EDGES = 800, NAME = 80, BATCH = 100 };

/* A DOT string; Graphviz reads backslashes in labels as line ends and the like. */
static void put_quoted(GString *dot, const char *text)
{
    glong left = NAME;
    g_string_append_c(dot, '"');
    for (const char *p = text; *p != '\0' && left > 0; p = g_utf8_next_char(p), left--) {
        if (*p == '"' || *p == '\\')
            g_string_append_c(dot, '\\');
        g_string_append_unichar(dot, g_utf8_get_char(p));
    }
    g_string_append_c(dot, '"');
}

static const char *style_of(const char *kind)
{
    if (strcmp(kind, "input") == 0)
        return "shape=box, style=\"rounded,filled\", fillcolor=\"#e3f1e9\", color=\"#5c9a7b\"";
    if (strcmp(kind, "output") == 0)
        return "shape=box, style=\"rounded,filled\", fillcolor=\"#f6e7e0\", color=\"#b07c5e\"";
    if (strcmp(kind, "constant") == 0)
        return "shape=note, style=filled, fillcolor=\"#f3f0e3\", color=\"#a09468\"";
    return "shape=box, style=filled, fillcolor=\"#e4ecf7\", color=\"#6b8bb8\"";
}

static const char *item_text(const cJSON *array, int i)
{
    return cJSON_GetStringValue(cJSON_GetArrayItem(array, i));
}

static gboolean put_nodes(GString *dot, const cJSON *nodes)
{
    int n = 0;
    const cJSON *node;
    cJSON_ArrayForEach(node, nodes)
    {
        const char *kind = item_text(node, 0), *name = item_text(node, 1);
        if (kind == NULL || name == NULL || n >= NODES)
            return FALSE;
        g_string_append_printf(dot, "n%d [label=", n++);
        put_quoted(dot, name);
        g_string_append_printf(dot, ", %s];\n", style_of(kind));
    }
    return n > 0;
}

static gboolean put_edges(GString *dot, const cJSON *edges, int nodes)
{
    int n = 0;
    const cJSON *edge;
    cJSON_ArrayForEach(edge, edges)
    {
        const cJSON *from = cJSON_GetArrayItem(edge, 0), *to = cJSON_GetArrayItem(edge, 1);
        const char *value = item_text(edge, 2);
        if (value == NULL || !cJSON_IsNumber(from) || !cJSON_IsNumber(to) || from->valueint < 0 || from->valueint >= nodes ||
            to->valueint < 0 || to->valueint >= nodes || ++n > EDGES)
            return FALSE;
        g_string_append_printf(dot, "n%d -> n%d [label=", from->valueint, to->valueint);
        put_quoted(dot, value);
        g_string_append(dot, *value == '\0' ? ", style=dotted];\n" : "];\n");
    }
    return TRUE;
}

static gboolean put_graph(GString *dot, const char *text)
{
    cJSON *json = report_parse(text);
    const cJSON *nodes = cJSON_GetObjectItemCaseSensitive(json, "nodes");
    gsize start = dot->len;
    g_string_append(dot, "digraph model {\nbgcolor=transparent; ranksep=0.3; nodesep=0.25; node [fontname=\"sans-serif\", fontsize=11, height=0.3];"
                         " edge [fontname=\"sans-serif\", fontsize=9, color=\"#7a828c\", fontcolor=\"#5a636e\", arrowsize=0.6];\n");
    gboolean good = put_nodes(dot, nodes) &&
                    put_edges(dot, cJSON_GetObjectItemCaseSensitive(json, "edges"), cJSON_GetArraySize(nodes));
    cJSON_Delete(json);
    g_string_append(dot, "}\n");
    if (!good)
        g_string_truncate(dot, start);
    return good;
}

/* Many graphs in one process: starting it takes longer than drawing. NULL if it cannot be had. */
static char *run_dot(const GString *dot)
{
    g_autoptr(GSubprocess) process =
        g_subprocess_new(G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_SILENCE,
                         NULL, "dot", "-Tsvg", NULL);
    char *svg = NULL;
    if (process == NULL || !g_subprocess_communicate_utf8(process, dot->str, NULL, &svg, NULL, NULL))
        return NULL;
    if (g_subprocess_get_successful(process))
        return svg;
    g_free(svg);
    return NULL;
}

typedef struct {
    const char *folder;
    const GPtrArray *graphs;
    GMutex lock;
    GHashTable *drawings; /* under the lock */
} Easel;

static gboolean write_drawing(Easel *easel, const char *graph, const char *svg, GError **error)
{
    g_autofree char *hash = g_compute_checksum_for_string(G_CHECKSUM_SHA256, graph, -1);
    char *file = g_strdup_printf("graph/%.20s.svg", hash);
    g_autoptr(GString) text = g_string_new(svg);
    gboolean written = report_write_file(easel->folder, file, text, error);
    g_mutex_lock(&easel->lock);
    g_hash_table_insert(easel->drawings, (gpointer)graph, file);
    g_mutex_unlock(&easel->lock);
    return written;
}

/* Batch i of the graphs; what Graphviz does not draw is left out. */
static gboolean draw_batch(guint i, gpointer data, GError **error)
{
    Easel *easel = data;
    g_autoptr(GString) dot = g_string_new(NULL);
    g_autoptr(GPtrArray) asked = g_ptr_array_new();
    for (guint k = i * BATCH; k < MIN((i + 1) * BATCH, easel->graphs->len); k++)
        if (put_graph(dot, easel->graphs->pdata[k]))
            g_ptr_array_add(asked, easel->graphs->pdata[k]);
    g_autofree char *all = asked->len == 0 ? NULL : run_dot(dot);
    g_auto(GStrv) parts = all == NULL ? NULL : g_strsplit(all, "<?xml", -1); /* the first is empty */
    if (parts == NULL || g_strv_length(parts) != asked->len + 1)
        return TRUE;
    for (guint k = 0; k < asked->len; k++) {
        g_autofree char *svg = g_strconcat("<?xml", parts[k + 1], NULL);
        if (!write_drawing(easel, asked->pdata[k], svg, error))
            return FALSE;
    }
    return TRUE;
}

gboolean html_drawings(const Report *report, const char *folder, GHashTable *drawings, GError **error)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL); /* equal graphs are one text */
    g_autoptr(GPtrArray) graphs = g_ptr_array_new();
    g_autofree char *dot = g_find_program_in_path("dot");
    for (guint i = 0; i < report->cases->len && dot != NULL; i++) {
        const ReportCase *c = report->cases->pdata[i];
        if (c->graph != NULL && g_hash_table_add(seen, (gpointer)c->graph))
            g_ptr_array_add(graphs, (gpointer)c->graph);
    }
    Easel easel = { .folder = folder, .graphs = graphs, .drawings = drawings };
    g_mutex_init(&easel.lock);
    gboolean good = html_parallel((graphs->len + BATCH - 1) / BATCH, draw_batch, &easel, error);
    g_mutex_clear(&easel.lock);
    return good;
}
