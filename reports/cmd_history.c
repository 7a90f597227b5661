#include "reference/cli/subcommand.h"
#include "reports/history.h"

#include <math.h>

static int cmd_history(int argc, char **argv);
SUBCOMMAND_DEFINE(history, "history", "HISTORY.db [RESULTS.db]", "append a run to a history, or list its runs", cmd_history)

static const char description[] =
    "With RESULTS.db, appends that run; HISTORY.db is made if it is not there. Without, lists the runs. A history keeps\n"
    "tallies and the verdicts that changed, so it grows by little each night; 'assay report --history' draws trends from\n"
    "it, 'assay diff HISTORY.db@1 HISTORY.db@2' compares two of its runs.\n\n"
    "Exit status: 0 done; 2 asked wrongly, or the history holds a run of that time or later.";

/* "2026-11-28T03:00:00Z", of the clock or as given; NULL if it is no such time. */
static char *time_of(const char *given)
{
    g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
    g_autoptr(GDateTime) time = given == NULL ? g_date_time_new_now_utc() : g_date_time_new_from_iso8601(given, utc);
    g_autoptr(GDateTime) in_utc = time == NULL ? NULL : g_date_time_to_utc(time);
    return in_utc == NULL ? NULL : g_date_time_format(in_utc, "%Y-%m-%dT%H:%M:%SZ");
}

static gboolean is_there(G_GNUC_UNUSED const CaseFacts *facts, gpointer there, G_GNUC_UNUSED GError **error)
{
    *(gboolean *)there = TRUE;
    return TRUE;
}

static int append(const char *path, const char *results_path, const char *at)
{
    GError *error = NULL;
    g_autoptr(Results) results = results_open(results_path, RESULTS_READ, &error);
    g_autoptr(Results) history = results == NULL ? NULL : results_open(path, RESULTS_APPEND, &error);
    gboolean taken = FALSE;
    if (history != NULL && results_each_case(history, NULL, is_there, &taken, &error) && taken)
        return cli_complain(&subcommand_history, EXIT_USAGE, "%s holds results: expected a history, which is a file of its own", path);
    if (history == NULL || error != NULL || !history_append(history, results, at, &error))
        return cli_fail(&subcommand_history, EXIT_USAGE, error);
    return EXIT_GOOD;
}

static int list(const char *path)
{
    GError *error = NULL;
    g_autoptr(Results) history = results_open(path, RESULTS_READ, &error);
    g_autoptr(GPtrArray) runs = history == NULL ? NULL : history_runs(history, &error);
    if (runs == NULL)
        return cli_fail(&subcommand_history, EXIT_USAGE, error);
    for (guint i = 0; i < runs->len; i++) {
        const PastRun *run = runs->pdata[i];
        g_print("%4u  %s  corpus %.12s\n", run->id, run->at, run->corpus_hash);
        for (guint b = 0; b < run->backends->len; b++) {
            const PastBackend *backend = run->backends->pdata[b];
            g_print("      %-16s %-12s %u of %u passed\n", backend->name, backend->version, backend->good, backend->total);
        }
    }
    g_print("%u run%s\n", runs->len, runs->len == 1 ? "" : "s");
    return EXIT_GOOD;
}

static int cmd_history(int argc, char **argv)
{
    g_autofree char *given = NULL;
    const GOptionEntry entries[] = {
        { "at", 0, 0, G_OPTION_ARG_STRING, &given, "when the run was, ISO 8601 (default: now)", "TIME" },
        { NULL, 0, 0, 0, NULL, NULL, NULL },
    };
    int code;
    if (!cli_parse(&argc, &argv, &subcommand_history, entries, description, &code))
        return code;
    if (argc != 2 && argc != 3)
        return cli_complain(&subcommand_history, EXIT_USAGE, "expected HISTORY.db and at most one results file");
    g_autofree char *at = time_of(given);
    if (at == NULL)
        return cli_complain(&subcommand_history, EXIT_USAGE, "--at %s: expected a time like 2026-11-28T03:00:00Z", given);
    return cli_finish(&subcommand_history, argc == 3 ? append(argv[1], argv[2], at) : list(argv[1]));
}
