#include "backends_under_test/runner/evidence.h"
#include "backends_under_test/runner/scratch.h"
#include "reference/cli/subcommand.h"
#include "reference/onnx/save.h"

#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>

static int cmd_experiment(int argc, char **argv);
SUBCOMMAND_DEFINE(experiment, "experiment", "NAME", "evidence for an open question: one meaning in several forms, measured",
                  cmd_experiment)

static gboolean put(const char *folder, const char *name, char *text, GError **error) /* takes the text */
{
    g_autofree char *own = text, *path = g_build_filename(folder, name, NULL);
    return file_replace(path, own, strlen(own), FALSE, error);
}

static gboolean write_evidence(const Experiment *e, const GPtrArray *series, const char *folder, GError **error)
{
    return put(folder, "evidence.json", evidence_json(e, series), error) &&
           put(folder, "samples.csv", evidence_csv(series), error) &&
           put(folder, "table.txt", evidence_table(e, series), error) &&
           put(folder, "load.svg", evidence_svg(e, series, METRIC_LOAD), error) &&
           put(folder, "run.svg", evidence_svg(e, series, METRIC_RUN), error) &&
           (!e->heavy || put(folder, "peak.svg", evidence_svg(e, series, METRIC_PEAK), error));
}

/* What a heavy experiment built; what was measured stays. */
static void remove_models(const GPtrArray *points)
{
    for (guint i = 0; i < points->len; i++) {
        g_autofree char *folder = g_path_get_dirname(((const Point *)points->pdata[i])->model);
        scratch_empty(folder, NULL);
        g_rmdir(folder);
    }
}

static int run(const Experiment *e, char **backends, const char *folder, guint repeats, gboolean small, GError **error)
{
    if (g_mkdir(folder, 0777) != 0) {
        g_set_error(error, BACKEND_ERROR, BACKEND_ERROR_IO, "%s cannot be made: %s; an experiment wants a folder of its own", folder, g_strerror(errno));
        return EXIT_USAGE;
    }
    g_autoptr(GPtrArray) points = experiment_build(e, folder, small, error);
    g_autoptr(GPtrArray) series = g_ptr_array_new_with_free_func(series_free);
    if (!points)
        return EXIT_HARNESS;
    gboolean measured = TRUE;
    for (char **name = backends; measured && *name; name++) {
        g_autoptr(Backend) backend = backend_load(*name, error);
        fprintf(stderr, "%s: %u points, %u rounds each\n", *name, points->len, repeats);
        measured = backend && measure(backend, points, repeats, series, error);
    }
    if (e->heavy)
        remove_models(points);
    if (!measured)
        return EXIT_USAGE;
    g_autofree char *table = evidence_table(e, series), *sentences = evidence_sentences(e, series);
    printf("%s\n%s\n%s\n%s", e->title, e->question, table, sentences);
    printf("Samples, table and pictures: %s\n", folder);
    return write_evidence(e, series, folder, error) ? EXIT_GOOD : EXIT_HARNESS;
}

static char *list_all(void)
{
    GString *text = g_string_new("Experiments:\n");
    const Experiment *const *all = experiment_all();
    for (gsize i = 0; all[i]; i++)
        g_string_append_printf(text, "  %-18s %s\n", all[i]->id, all[i]->question);
    g_string_append(text, "\nWritten are the models, samples.csv (every round), evidence.json, table.txt, load.svg and run.svg.\n"
                          "Measure on an idle machine: quartiles show how quiet it was.\n\n"
                          "Example: assay experiment cache-update -b ort -b reference -o build/cache-update");
    return g_string_free(text, FALSE);
}

static int cmd_experiment(int argc, char **argv)
{
    g_auto(GStrv) backends = NULL;
    g_autofree char *folder = NULL, *description = list_all();
    int repeats = 9, code;
    gboolean small = FALSE;
    const GOptionEntry entries[] = {
        { "backend", 'b', 0, G_OPTION_ARG_STRING_ARRAY, &backends, "Backend to measure; may be repeated (default: reference)", "NAME" },
        { "output", 'o', 0, G_OPTION_ARG_FILENAME, &folder, "A new folder for models and results (default: build/experiment-NAME)", "DIR" },
        { "repeats", 'n', 0, G_OPTION_ARG_INT, &repeats, "Rounds kept for each point (default: 9)", "N" },
        { "small", 0, 0, G_OPTION_ARG_NONE, &small, "Small models: to try it, whatever the numbers say then", NULL },
        { NULL, 0, 0, 0, NULL, NULL, NULL }
    };
    static const char *const only_reference[] = { "reference", NULL };
    if (!cli_parse(&argc, &argv, &subcommand_experiment, entries, description, &code))
        return code;
    const Experiment *e = argc == 2 ? experiment_find(argv[1]) : NULL;
    if (argc != 2 || repeats < 1)
        return cli_complain(&subcommand_experiment, EXIT_USAGE, "expected one experiment and at least one round; see 'assay experiment --help'");
    if (!e)
        return cli_complain(&subcommand_experiment, EXIT_USAGE, "no experiment '%s'; 'assay experiment --help' lists them", argv[1]);
    if (!folder)
        folder = g_strdup_printf("build/experiment-%s", e->id);
    GError *error = NULL;
    code = run(e, backends ? backends : (char **)only_reference, folder, (guint)repeats, small, &error);
    return error ? cli_fail(&subcommand_experiment, code, error) : cli_finish(&subcommand_experiment, code);
}
