#include "reference/cli/subcommand.h"
#include "reports/results.h"

static int cmd_merge(int argc, char **argv);
SUBCOMMAND_DEFINE(merge, "merge", "OUT.db IN.db...", "one results file from the shards of a run", cmd_merge)

static gboolean merge_file(Results *into, const char *path, GError **error)
{
    g_autoptr(Results) from = results_open(path, RESULTS_READ, error);
    return from != NULL && results_merge(into, from, error);
}

static int cmd_merge(int argc, char **argv)
{
    const GOptionEntry entries[] = { { NULL, 0, 0, 0, NULL, NULL, NULL } };
    int code;
    if (!cli_parse(
            &argc, &argv, &subcommand_merge, entries,
            "Adds every IN.db to OUT.db, which may exist already. Each is added whole or not at all: it is refused if\n"
            "it holds another corpus, another version of a backend, or another verdict for the same case.",
            &code))
        return code;
    if (argc < 3)
        return cli_complain(&subcommand_merge, EXIT_USAGE, "expected OUT.db and at least one IN.db");
    GError *error = NULL;
    g_autoptr(Results) into = results_open(argv[1], RESULTS_APPEND, &error);
    if (into == NULL)
        return cli_fail(&subcommand_merge, EXIT_USAGE, error);
    for (int i = 2; i < argc; i++)
        if (!merge_file(into, argv[i], &error))
            return cli_fail(&subcommand_merge, EXIT_USAGE, error);
    return EXIT_GOOD;
}
