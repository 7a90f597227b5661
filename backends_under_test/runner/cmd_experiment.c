#include "backends_under_test/runner/evidence.h"
#include "backends_under_test/runner/options.h"
#include "backends_under_test/runner/scratch.h"
#include "reference/cli/subcommand.h"
#include "reference/onnx/save.h"

#include <errno.h>
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

/* Each is looked up and said hello to: building the models and measuring takes long, and a wrong name should not. */
static GPtrArray *start_backends(char **names, GError **error)
{
    g_autoptr(GPtrArray) backends = g_ptr_array_new_with_free_func((GDestroyNotify)backend_free);
    for (char **name = names; *name; name++) {
        Backend *backend = backend_load(*name, error);
        if (!backend)
            return NULL;
        g_ptr_array_add(backends, backend);
    }
    for (guint i = 0; i < backends->len; i++)
        if (!measure_can_start(backends->pdata[i], error))
            return NULL;
    return g_steal_pointer(&backends);
}

static gboolean measure_all(const GPtrArray *backends, const GPtrArray *points, guint repeats, GPtrArray *series, GError **error)
{
    gboolean good = TRUE;
    for (guint i = 0; good && i < backends->len; i++) {
        const Backend *backend = backends->pdata[i];
        fprintf(stderr, "%s: %u points, %u rounds each\n", backend->name, points->len, repeats);
        good = measure(backend, points, repeats, series, error);
    }
    return good;
}

static char *story_of(const Experiment *e, const GPtrArray *series)
{
    g_autofree char *table = evidence_table(e, series), *sentences = evidence_sentences(e, series);
    return g_strdup_printf("%s\n%s\n%s\n%s", e->title, e->question, table, sentences);
}

/* Everything into the folder `partial`; `story` is what there is to tell, free with g_free. */
static int fill(const Experiment *e, const GPtrArray *backends, const char *partial, guint repeats, gboolean small, char **story,
                GError **error)
{
    g_autoptr(GPtrArray) points = experiment_build(e, partial, small, error);
    g_autoptr(GPtrArray) series = g_ptr_array_new_with_free_func(series_free);
    if (!points)
        return EXIT_HARNESS;
    if (!measure_all(backends, points, repeats, series, error))
        return EXIT_USAGE;
    if (!write_evidence(e, series, partial, error))
        return EXIT_HARNESS;
    *story = story_of(e, series);
    if (e->heavy)
        remove_models(points);
    return EXIT_GOOD;
}

static int refuse_folder(const char *folder, int cause, GError **error)
{
    g_set_error(error, BACKEND_ERROR, BACKEND_ERROR_IO, "%s cannot be made: %s; an experiment wants a folder of its own", folder,
                g_strerror(cause));
    return EXIT_USAGE;
}

/* Written beside its place, which it takes when it is whole: what fails leaves nothing. */
static int run(const Experiment *e, char **names, const char *folder, guint repeats, gboolean small, GError **error)
{
    g_autofree char *partial = g_strconcat(folder, ".partial-XXXXXX", NULL), *story = NULL;
    if (g_file_test(folder, G_FILE_TEST_EXISTS))
        return refuse_folder(folder, EEXIST, error);
    g_autoptr(GPtrArray) backends = start_backends(names, error);
    if (!backends)
        return EXIT_USAGE;
    if (!g_mkdtemp_full(partial, 0777))
        return refuse_folder(folder, errno, error);
    int code = fill(e, backends, partial, repeats, small, &story, error);
    if (code == EXIT_GOOD && g_rename(partial, folder) != 0)
        code = refuse_folder(folder, errno, error);
    if (code == EXIT_GOOD)
        printf("%sSamples, table and pictures: %s\n", story, folder);
    else
        scratch_remove(partial);
    return code;
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
    if (!check_number(&subcommand_experiment, "--repeats", repeats, repeats >= 1, "1 or more"))
        return EXIT_USAGE;
    if (argc != 2)
        return cli_complain(&subcommand_experiment, EXIT_USAGE, "expected one experiment; see 'assay experiment --help'");
    if (!e)
        return cli_complain(&subcommand_experiment, EXIT_USAGE, "no experiment '%s'; 'assay experiment --help' lists them", argv[1]);
    if (!folder)
        folder = g_strdup_printf("build/experiment-%s", e->id);
    GError *error = NULL;
    code = run(e, backends ? backends : (char **)only_reference, folder, (guint)repeats, small, &error);
    return error ? cli_fail(&subcommand_experiment, code, error) : cli_finish(&subcommand_experiment, code);
}
