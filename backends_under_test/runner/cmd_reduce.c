#include "backends_under_test/runner/options.h"
#include "backends_under_test/runner/reduce.h"
#include "backends_under_test/runner/scratch.h"

#include <glib/gstdio.h>
#include <stdio.h>

static int cmd_reduce(int argc, char **argv);
SUBCOMMAND_DEFINE(reduce, "reduce", "CASE -b BACKEND", "shrink a failing case while the backend fails the same way", cmd_reduce)

static const char description[] =
    "CASE is a case's folder, or its id in the corpus. Nodes, outputs, attributes, dims and values are taken away\n"
    "as long as the reference still takes the model and the backend still fails in the same way: the same verdict,\n"
    "grade and kind of value got, or the same words but for numbers and names. What is left is a valid case with\n"
    "outputs and intervals of the reference's, in DIR/PROPOSAL/NAME; a reduced case of that name is replaced.\n\n"
    "Exit status: 0 reduced; 1 the case does not fail, or not reproducibly; 2 asked wrongly; 3 the harness failed.";

typedef struct {
    char  *corpus, *backend, *folder;
    double timeout;
    int    tries;
    gboolean alone;
} Arguments;

static gboolean is_case(const char *folder)
{
    g_autofree char *json = g_build_filename(folder, "case.json", NULL);
    return g_file_test(json, G_FILE_TEST_EXISTS);
}

static char *case_folder(const Arguments *a, const char *wanted, GError **error)
{
    const char      *corpus = a->corpus ? a->corpus : "build/corpus";
    g_autofree char *folder = g_build_filename(corpus, wanted, NULL);
    if (is_case(wanted))
        return g_strdup(wanted);
    if (is_case(folder))
        return g_steal_pointer(&folder);
    g_set_error(error, BACKEND_ERROR, BACKEND_ERROR_UNKNOWN,
                "no case '%s': expected a folder with case.json, or the id of a case in %s (--corpus names another)", wanted, corpus);
    return NULL;
}

/* Moves what was made to its place, over an earlier reduction of the same name but over nothing else. */
static char *put_in_place(const Arguments *a, const char *made, GError **error)
{
    g_autoptr(Case) c = case_read(made, error);
    if (!c)
        return NULL;
    g_autofree char *parent = g_build_filename(a->folder ? a->folder : "build/reduced", c->proposal, NULL);
    g_autofree char *target = g_build_filename(parent, c->name, NULL);
    if (g_file_test(target, G_FILE_TEST_EXISTS)) {
        g_autoptr(Case) old = case_read(target, error);
        if (!old)
            return NULL;
        if (!old->reduced_from) {
            g_set_error(error, BACKEND_ERROR, BACKEND_ERROR_IO, "%s: is there already, and no reduced case", target);
            return NULL;
        }
        if (!scratch_empty(target, error))
            return NULL;
    }
    if (g_mkdir_with_parents(parent, 0777) == 0 && (g_rmdir(target) == 0 || !g_file_test(target, G_FILE_TEST_EXISTS)) &&
        g_rename(made, target) == 0)
        return g_steal_pointer(&target);
    g_set_error(error, BACKEND_ERROR, BACKEND_ERROR_IO, "%s: cannot be put in place", target);
    return NULL;
}

static void report(const Arguments *a, const Oracle *oracle, const Reduction *r, const char *folder)
{
    g_autofree char *program = cli_word(cli_program), *word = cli_word(folder), *backend = cli_word(a->backend);
    printf("kept: %s\n", oracle_kind(oracle));
    printf("nodes %" G_GSIZE_FORMAT " -> %" G_GSIZE_FORMAT ", elements %" G_GSIZE_FORMAT " -> %" G_GSIZE_FORMAT
           ", of these not zero %" G_GSIZE_FORMAT " -> %" G_GSIZE_FORMAT "; %u models tried%s\n",
           r->before.nodes, r->after.nodes, r->before.elements, r->after.elements, r->before.non_zero, r->after.non_zero,
           r->asked, r->complete ? "" : ", then --tries was reached");
    printf("written: %s\nreplay: %s explain %s --backend %s\n", folder, program, word, backend);
}

static int shrink(const Arguments *a, const Subject *subject, const Backend *backend)
{
    GError          *error = NULL;
    Reduction        reduction = { 0 };
    const RunOptions options = { .jobs = 1, .seconds = a->timeout, .output_bytes = DEFAULT_OUTPUT_BYTES };
    g_autoptr(Oracle) oracle = oracle_new(subject, backend, &options, (guint)a->tries, a->alone, &error);
    if (!oracle)
        return cli_fail(&subcommand_reduce, g_error_matches(error, BACKEND_ERROR, BACKEND_ERROR_UNKNOWN) ? EXIT_SHORT : EXIT_HARNESS,
                        error);
    /* Beside the target, so that a rename can put it in place. */
    g_autofree char *place = g_strdup(a->folder ? a->folder : "build/reduced");
    g_autofree char *partial = g_build_filename(place, "reduced.partial", NULL);
    if (g_mkdir_with_parents(place, 0777) != 0 || (g_file_test(partial, G_FILE_TEST_EXISTS) && !scratch_empty(partial, &error))) {
        if (!error)
            g_set_error(&error, BACKEND_ERROR, BACKEND_ERROR_IO, "%s: cannot be made", place);
        return cli_fail(&subcommand_reduce, EXIT_HARNESS, error);
    }
    g_rmdir(partial);
    g_autofree char *folder =
        reduce(subject, oracle, partial, &reduction, &error) ? put_in_place(a, partial, &error) : NULL;
    if (!folder) {
        if (g_file_test(partial, G_FILE_TEST_EXISTS) && scratch_empty(partial, NULL))
            g_rmdir(partial);
        return cli_fail(&subcommand_reduce,
                        g_error_matches(error, BACKEND_ERROR, BACKEND_ERROR_UNKNOWN) ? EXIT_SHORT : EXIT_HARNESS, error);
    }
    report(a, oracle, &reduction, folder);
    return EXIT_GOOD;
}

static int reduce_case(const Arguments *a, const char *wanted)
{
    GError            *error = NULL;
    g_autofree char   *folder = case_folder(a, wanted, &error);
    g_autoptr(Backend) backend = folder ? backend_load(a->backend, &error) : NULL;
    Subject           *subject = backend ? subject_read(folder, &error) : NULL;
    if (!subject)
        return cli_fail(&subcommand_reduce, EXIT_USAGE, error);
    const int code = shrink(a, subject, backend);
    subject_free(subject);
    return code;
}

static int cmd_reduce(int argc, char **argv)
{
    Arguments          a = { .timeout = DEFAULT_TIMEOUT, .tries = 5000 };
    int                code;
    const GOptionEntry entries[] = {
        { "backend", 'b', 0, G_OPTION_ARG_STRING, &a.backend, "the backend that fails", "NAME" },
        { "corpus", 'c', 0, G_OPTION_ARG_FILENAME, &a.corpus, "corpus folder (build/corpus)", "DIR" },
        { "output", 'o', 0, G_OPTION_ARG_FILENAME, &a.folder, "where the reduced case goes (build/reduced)", "DIR" },
        { "timeout", 't', 0, G_OPTION_ARG_DOUBLE, &a.timeout, "deadline of a model in seconds (30)", "S" },
        { "tries", 'n', 0, G_OPTION_ARG_INT, &a.tries, "models tried at most (5000)", "N" },
        { "alone", 0, 0, G_OPTION_ARG_NONE, &a.alone, "a fresh adapter for every model", NULL },
        { 0 }
    };
    if (!cli_parse(&argc, &argv, &subcommand_reduce, entries, description, &code))
        return code;
    if (!check_number(&subcommand_reduce, "--tries", a.tries, a.tries >= 1, "1 or more") || !check_timeout(&subcommand_reduce, a.timeout))
        code = EXIT_USAGE;
    else if (argc != 2 || !a.backend)
        code = cli_complain(&subcommand_reduce, EXIT_USAGE, "expected one CASE and a -b BACKEND; see 'assay reduce --help'");
    else
        code = cli_finish(&subcommand_reduce, reduce_case(&a, argv[1]));
    g_free(a.corpus);
    g_free(a.backend);
    g_free(a.folder);
    return code;
}
