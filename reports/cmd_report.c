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
              "--findings, --certificate and --corpus add what the results do not hold to the site: tables of causes beside\n"
              "verdicts, certificates, and for each case an archive of its files and the answers that the run kept.\n"
              "--fail-on regression: a verdict that was good in --baseline is not good any more, or lost; any: a bad verdict,\n"
              "or a selected case that was never judged, which is what junit.xml counts as failures and errors; wrong: the\n"
              "same without mere refusals.\n\n"
              "Exit codes: 0 written; 1 written, but the results hold no verdict or --fail-on holds them back; 2 bad\n"
              "arguments or results.");
    return g_string_free(text, FALSE);
}

static void no_format(const char *name)
{
    gsize n;
    const Writer *const *all = writer_all(&n);
    g_autoptr(GString) known = g_string_new("all");
    for (gsize i = 0; i < n; i++)
        g_string_append_printf(known, ", %s", all[i]->name);
    cli_complain(&subcommand_report, EXIT_USAGE, "--format: no report format '%s', expected %s", name, known->str);
}

/* The writers that a comma-separated list names, each once; NULL after a message. */
static GPtrArray *choose_writers(const char *formats)
{
    g_autoptr(GPtrArray) chosen = g_ptr_array_new();
    if (strcmp(formats, "all") == 0) {
        gsize n;
        const Writer *const *all = writer_all(&n);
        for (gsize i = 0; i < n; i++)
            g_ptr_array_add(chosen, (gpointer)all[i]);
        return g_steal_pointer(&chosen);
    }
    if (*formats == '\0') {
        no_format("");
        return NULL;
    }
    g_auto(GStrv) names = g_strsplit(formats, ",", -1);
    for (gsize i = 0; names[i] != NULL; i++) {
        const Writer *writer = writer_find(g_strstrip(names[i]));
        if (writer == NULL) {
            no_format(names[i]);
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

typedef struct {
    char *folder, *formats, *baseline, *history, *fail_on, *corpus, *findings, **evidence, **certificates;
    gboolean observations;
    Gate gate;
} Options;

/* Everything that the report is written from besides the results. */
static gboolean add_rest(Report *report, const Options *options, GError **error)
{
    for (char **each = options->evidence; each != NULL && *each != NULL; each++)
        if (!report_add_evidence(report, *each, error))
            return FALSE;
    for (char **each = options->certificates; each != NULL && *each != NULL; each++)
        if (!report_add_certificate(report, *each, error))
            return FALSE;
    if ((options->findings != NULL && !report_add_findings(report, options->findings, error)) ||
        (options->corpus != NULL && !report_set_corpus(report, options->corpus, error)))
        return FALSE;
    g_autoptr(Results) baseline = NULL, history = NULL;
    if (options->baseline != NULL) {
        g_autofree char *name = g_path_get_basename(options->baseline);
        baseline = results_open(options->baseline, RESULTS_READ, error);
        if (baseline == NULL || !report_set_baseline(report, baseline, name, error))
            return FALSE;
    }
    if (options->history != NULL) {
        history = results_open(options->history, RESULTS_READ, error);
        if (history == NULL || !report_set_history(report, history, error))
            return FALSE;
    }
    return TRUE;
}

/* The report is written first: it explains what the gate holds back. */
static int judge_by_gate(Results *results, const Report *report, Gate gate)
{
    GError *error = NULL;
    g_autoptr(VerdictSet) now = gate == GATE_NONE ? NULL : verdict_set_load(results, &error);
    if (error != NULL)
        return cli_fail(&subcommand_report, EXIT_USAGE, error);
    g_autofree char *reason = gate == GATE_NONE ? NULL : gate_holds_back(gate, now, report->changes);
    return reason == NULL ? EXIT_GOOD : cli_complain(&subcommand_report, EXIT_SHORT, "%s", reason);
}

static gboolean shows_anything(const Report *report)
{
    guint judged = 0;
    for (guint b = 0; b < report->backends->len; b++) {
        const Tally tally = report_tally(report->cases, b, NULL, NULL);
        judged += tally.total - tally.verdicts[VERDICT_NOT_RUN];
    }
    return judged > 0;
}

static int write_report(const char *path, const char *folder, const GPtrArray *writers, const Options *options)
{
    GError *error = NULL;
    g_autoptr(Results) results = results_open(path, RESULTS_READ, &error);
    g_autoptr(Report) report = results == NULL ? NULL : report_load(results, options->observations, &error);
    if (report == NULL || !add_rest(report, options, &error))
        return cli_fail(&subcommand_report, EXIT_USAGE, error);
    if (!report_write(report, folder, (const Writer *const *)writers->pdata, writers->len, &error)) {
        gboolean asked = error->domain == RESULTS_ERROR && error->code != RESULTS_ERROR_FORMAT;
        return cli_fail(&subcommand_report, asked ? EXIT_USAGE : EXIT_HARNESS, error);
    }
    for (guint i = 0; i < writers->len; i++) {
        g_autofree char *file = g_build_filename(folder, ((const Writer *)writers->pdata[i])->file, NULL);
        g_print("%s\n", file);
    }
    if (!shows_anything(report))
        return cli_complain(&subcommand_report, EXIT_SHORT, "%s holds no verdict: nothing was run", path);
    return judge_by_gate(results, report, options->gate);
}

static void options_clear(Options *options)
{
    g_free(options->folder);
    g_free(options->formats);
    g_free(options->baseline);
    g_free(options->history);
    g_free(options->fail_on);
    g_free(options->corpus);
    g_free(options->findings);
    g_strfreev(options->evidence);
    g_strfreev(options->certificates);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Options, options_clear)

static int cmd_report(int argc, char **argv)
{
    g_autofree char *description = describe();
    g_auto(Options) options = { 0 };
    const GOptionEntry entries[] = {
        { "output", 'o', 0, G_OPTION_ARG_FILENAME, &options.folder, "folder to write (default: RESULTS-report)", "DIR" },
        { "format", 'f', 0, G_OPTION_ARG_STRING, &options.formats, "comma-separated formats, or all (default: html)", "LIST" },
        { "baseline", 'b', 0, G_OPTION_ARG_FILENAME, &options.baseline, "earlier results: show what changed", "OLD.db" },
        { "history", 0, 0, G_OPTION_ARG_FILENAME, &options.history, "earlier runs ('assay history'): show trends", "FILE" },
        { "fail-on", 0, 0, G_OPTION_ARG_STRING, &options.fail_on, "exit 1 on: regression, any, wrong", "WHAT" },
        { "evidence", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &options.evidence, "folder of an experiment to show; may be repeated", "DIR" },
        { "findings", 0, 0, G_OPTION_ARG_FILENAME, &options.findings, "what is known: DIR/BACKEND/FINDINGS.md", "DIR" },
        { "certificate", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &options.certificates, "certificate of a backend; may be repeated", "FILE" },
        { "corpus", 'c', 0, G_OPTION_ARG_FILENAME, &options.corpus, "offer each case's files for download", "DIR" },
        { "observations", 0, 0, G_OPTION_ARG_NONE, &options.observations, "show durations and adapters' logs", NULL },
        { NULL, 0, 0, 0, NULL, NULL, NULL },
    };
    int code;
    if (!cli_parse(&argc, &argv, &subcommand_report, entries, description, &code))
        return code;
    if (argc != 2)
        return cli_complain(&subcommand_report, EXIT_USAGE, "expected one results file, got %d", argc - 1);
    if (options.fail_on != NULL && !gate_from_name(options.fail_on, &options.gate))
        return cli_complain(&subcommand_report, EXIT_USAGE, "--fail-on %s: expected regression, any or wrong", options.fail_on);
    if (options.gate == GATE_REGRESSION && options.baseline == NULL)
        return cli_complain(&subcommand_report, EXIT_USAGE, "--fail-on regression needs --baseline");
    g_autoptr(GPtrArray) writers = choose_writers(options.formats == NULL ? "html" : options.formats);
    if (writers == NULL)
        return EXIT_USAGE;
    g_autofree char *folder = options.folder == NULL ? default_folder(argv[1]) : g_strdup(options.folder);
    return cli_finish(&subcommand_report, write_report(argv[1], folder, writers, &options));
}
