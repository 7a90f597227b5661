#include "reference/cli/subcommand.h"
#include "reports/report.h"

#include <string.h>

static int cmd_report(int argc, char **argv);
SUBCOMMAND_DEFINE(report, "report", "RESULTS.db", "reports for people and machines from the results of a run",
                  cmd_report)

static char *describe(void)
{
    GString *text = g_string_new("Formats:\n");
    gsize n;
    const Writer *const *writers = writer_all(&n);
    for (gsize i = 0; i < n; i++)
        g_string_append_printf(text, "  %-10s %-14s %s\n", writers[i]->name, writers[i]->file, writers[i]->description);
    g_string_append(
        text, "\nThe folder appears complete or not at all; an older report in it is replaced, anything else is not.\n"
              "Equal verdicts give equal bytes, unless --observations adds what differs between runs.\n"
              "Exit codes: 0 written; 1 written, but the results hold no verdict; 2 bad arguments or results.");
    return g_string_free(text, FALSE);
}

/* The writers that a comma-separated list names, each once; NULL after a message. */
static GPtrArray *choose_writers(const char *formats)
{
    g_autoptr(GPtrArray) chosen = g_ptr_array_new();
    g_auto(GStrv) names = g_strsplit(formats, ",", -1);
    for (gsize i = 0; names[i] != NULL; i++) {
        const Writer *writer = writer_find(g_strstrip(names[i]));
        if (writer == NULL) {
            cli_complain(&subcommand_report, EXIT_USAGE, "no report format '%s'; --help lists them", names[i]);
            return NULL;
        }
        if (!g_ptr_array_find(chosen, writer, NULL))
            g_ptr_array_add(chosen, (gpointer)writer);
    }
    return g_steal_pointer(&chosen);
}

/* results.db is reported in results-report/ beside it. */
static char *default_folder(const char *results)
{
    g_autofree char *stem =
        g_str_has_suffix(results, ".db") ? g_strndup(results, strlen(results) - 3) : g_strdup(results);
    return g_strconcat(stem, "-report", NULL);
}

static int write_report(const char *path, const char *folder, const GPtrArray *writers, gboolean observations,
                        char **evidence)
{
    GError *error = NULL;
    g_autoptr(Results) results = results_open(path, RESULTS_READ, &error);
    if (results == NULL)
        return cli_fail(&subcommand_report, EXIT_USAGE, error);
    g_autoptr(Report) report = report_load(results, observations, &error);
    if (report == NULL)
        return cli_fail(&subcommand_report, EXIT_USAGE, error);
    for (char **each = evidence; each != NULL && *each != NULL; each++)
        if (!report_add_evidence(report, *each, &error))
            return cli_fail(&subcommand_report, EXIT_USAGE, error);
    if (!report_write(report, folder, (const Writer *const *)writers->pdata, writers->len, &error)) {
        gboolean taken = g_error_matches(error, RESULTS_ERROR, RESULTS_ERROR_CONFLICT);
        return cli_fail(&subcommand_report, taken ? EXIT_USAGE : EXIT_HARNESS, error);
    }
    for (guint i = 0; i < writers->len; i++) {
        g_autofree char *file = g_build_filename(folder, ((const Writer *)writers->pdata[i])->file, NULL);
        g_print("%s\n", file);
    }
    if (report->cases->len == 0 || report->backends->len == 0)
        return cli_complain(&subcommand_report, EXIT_SHORT, "%s holds no verdict: nothing was run", path);
    return EXIT_GOOD;
}

static int cmd_report(int argc, char **argv)
{
    g_autofree char *folder = NULL, *formats = NULL, *description = describe();
    g_auto(GStrv) evidence = NULL;
    gboolean observations = FALSE;
    const GOptionEntry entries[] = {
        { "output", 'o', 0, G_OPTION_ARG_FILENAME, &folder, "folder to write (default: RESULTS-report)", "DIR" },
        { "format", 'f', 0, G_OPTION_ARG_STRING, &formats, "comma-separated formats (default: html)", "LIST" },
        { "evidence", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &evidence, "folder of an experiment to show; may be repeated", "DIR" },
        { "observations", 0, 0, G_OPTION_ARG_NONE, &observations, "show durations and adapters' logs", NULL },
        { NULL, 0, 0, 0, NULL, NULL, NULL },
    };
    int code;
    if (!cli_parse(&argc, &argv, &subcommand_report, entries, description, &code))
        return code;
    if (argc != 2)
        return cli_complain(&subcommand_report, EXIT_USAGE, "expected one results file, got %d", argc - 1);
    g_autoptr(GPtrArray) writers = choose_writers(formats == NULL ? "html" : formats);
    if (writers == NULL)
        return EXIT_USAGE;
    if (folder == NULL)
        folder = default_folder(argv[1]);
    return cli_finish(&subcommand_report, write_report(argv[1], folder, writers, observations, evidence));
}
