#include "reference/cli/subcommand.h"
#include "reports/results.h"


static int cmd_merge(int argc, char **argv);
SUBCOMMAND_DEFINE(merge, "merge", "OUT.db IN.db...", "put the results of several runs into one file", cmd_merge)

static const char description[] =
    "OUT.db is made anew from all IN.db: the shards of one run ('assay run --shard K/N'), or runs of several\n"
    "backends over one corpus. The order of the files does not matter. Results of different corpora, different\n"
    "versions of one backend, or different verdicts for one case and backend are a conflict, and OUT.db is not made.\n"
    "An OUT.db that is there already is replaced if it holds results, and if nobody has it open.";

static gboolean merge_into(Results *out, char **paths, int n, GError **error)
{
    for (int i = 0; i < n; i++) {
        g_autoptr(Results) in = results_open(paths[i], RESULTS_READ, error);
        if (!in || !results_merge(out, in, error)) {
            if (!g_str_has_prefix((*error)->message, paths[i])) /* it names the output, where the two contradict */
                g_prefix_error(error, "%s: ", paths[i]);
            return FALSE;
        }
    }
    return TRUE;
}

/* The user knows the file by the name that it was to get. */
static void name_target(GError *error, const char *unfinished, const char *target)
{
    g_autoptr(GString) message = g_string_new(error->message);
    g_string_replace(message, unfinished, target, 0);
    g_free(error->message);
    error->message = g_string_free(g_steal_pointer(&message), FALSE);
}

static int cmd_merge(int argc, char **argv)
{
    int                code;
    GError            *error = NULL;
    const GOptionEntry entries[] = { { 0 } };
    if (!cli_parse(&argc, &argv, &subcommand_merge, entries, description, &code))
        return code;
    if (argc < 3)
        return cli_complain(&subcommand_merge, EXIT_USAGE, "expected OUT.db and at least one IN.db");
    for (int i = 2; i < argc; i++)
        if (g_strcmp0(argv[1], argv[i]) == 0)
            return cli_complain(&subcommand_merge, EXIT_USAGE, "%s is both output and input", argv[1]);
    /* Beside the target first: a conflict must not cost the file that was there. */
    g_autofree char *unfinished = g_strconcat(argv[1], ".merging", NULL);
    g_autoptr(Results) out = results_open(unfinished, RESULTS_NEW, &error);
    gboolean           good = out && merge_into(out, argv + 2, argc - 2, &error);
    good = (!out || results_finish(g_steal_pointer(&out), good ? &error : NULL)) && good &&
           results_replace(argv[1], unfinished, &error);
    if (!good) {
        results_delete(unfinished);
        name_target(error, unfinished, argv[1]);
        return cli_fail(&subcommand_merge, EXIT_USAGE, error);
    }
    return cli_finish(&subcommand_merge, EXIT_GOOD);
}
