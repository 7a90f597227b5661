#include "reference/cli/subcommand.h"
#include "reference/graph_dot.h"
#include "reference/onnx/text.h"

#include <gio/gio.h>
#include <stdio.h>
#include <string.h>

static int cmd_show(int argc, char **argv);
SUBCOMMAND_DEFINE(show, "show", "MODEL|TENSOR.pb", "readable text (ONNX's textual syntax), or a drawing", cmd_show)

static const char *const formats[] = { "dot", "svg", "png", "pdf", NULL };

/* Graphviz does the layout; it is optional, and its absence is said. */
static GBytes *draw(const char *dot, const char *format, GError **error)
{
    g_autofree char *flag = g_strdup_printf("-T%s", format);
    g_autoptr(GSubprocess) process = g_subprocess_new(G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE, error,
                                                      "dot", flag, NULL);
    if (!process) {
        g_prefix_error(error, "Graphviz's 'dot' is needed to draw (Debian package graphviz): ");
        return NULL;
    }
    g_autoptr(GBytes) text = g_bytes_new(dot, strlen(dot)), drawing = NULL;
    if (!g_subprocess_communicate(process, text, NULL, &drawing, NULL, error))
        return NULL;
    if (g_subprocess_get_successful(process))
        return g_steal_pointer(&drawing);
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "'dot' did not draw the graph");
    return NULL;
}

/* Takes the text; NULL stays NULL. */
static GBytes *bytes_of(char *text)
{
    return text ? g_bytes_new_take(text, strlen(text)) : NULL;
}

static GBytes *show_model(const Model *model, const char *graph, gsize elements, GError **error)
{
    if (!graph)
        return bytes_of(model_to_text(model, elements));
    g_autofree char *dot = graph_to_dot(model->graph);
    return strcmp(graph, "dot") == 0 ? bytes_of(g_steal_pointer(&dot)) : draw(dot, graph, error);
}

static GBytes *show(const char *path, const char *graph, gsize elements, GError **error)
{
    if (g_str_has_suffix(path, ".pb") && !graph) {
        g_autoptr(Tensor) tensor = tensor_load(path, NULL, NULL, error);
        g_autofree char *text = tensor ? tensor_to_text(tensor, elements) : NULL;
        return text ? bytes_of(g_strconcat(text, "\n", NULL)) : NULL;
    }
    Model *model = model_load(path, NULL, error);
    if (!model)
        return NULL;
    GBytes *shown = show_model(model, graph, elements, error);
    model_free(model);
    return shown;
}

static int cmd_show(int argc, char **argv)
{
    g_autofree char *graph = NULL;
    int elements = 32, code;
    const GOptionEntry entries[] = {
        { "graph", 'g', 0, G_OPTION_ARG_STRING, &graph, "Draw the graph instead: svg, png, pdf (Graphviz) or dot", "FORMAT" },
        { "elements", 'n', 0, G_OPTION_ARG_INT, &elements, "Elements of a tensor to print, 0 for all (default 32)", "N" },
        { NULL, 0, 0, 0, NULL, NULL, NULL }
    };
    if (!cli_parse(&argc, &argv, &subcommand_show, entries,
                   "A file that ends in .pb is shown as a tensor, anything else as a model.\n\n"
                   "Example: assay show model.onnx --graph svg >model.svg", &code))
        return code;
    if (argc != 2)
        return cli_complain(&subcommand_show, EXIT_USAGE, "expected one file; see 'assay show --help'");
    if (elements < 0)
        return cli_complain(&subcommand_show, EXIT_USAGE, "--elements %d: expected 0 for all, or more", elements);
    if (graph && !g_strv_contains(formats, graph))
        return cli_complain(&subcommand_show, EXIT_USAGE, "--graph %s: expected svg, png, pdf or dot", graph);
    GError *error = NULL;
    g_autoptr(GBytes) shown = show(argv[1], graph, (gsize)elements, &error);
    if (!shown)
        return cli_fail(&subcommand_show, EXIT_USAGE, error);
    fwrite(g_bytes_get_data(shown, NULL), 1, g_bytes_get_size(shown), stdout);
    return cli_finish(&subcommand_show, EXIT_GOOD);
}
