#include "generators/engine/generator.h"
#include "reference/cli/paths.h"
#include "reference/cli/subcommand.h"
#include "reference/cli/swap.h"

#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>

static int cmd_generate(int argc, char **argv);
SUBCOMMAND_DEFINE(generate, "generate", "", "write cases: model, inputs, golden outputs, intervals, case.json", cmd_generate)

/* ---- folders: nothing but our own case folders is ever removed ------------------------------------------------------------ */

static gboolean refuse(GError **error, const char *path, const char *why)
{
    g_set_error(error, CORPUS_ERROR, CORPUS_ERROR_IO, "%s: %s", path, why);
    return FALSE;
}

static gboolean remove_files(const char *path, GError **error);

static gboolean remove_below(const char *folder, GError **error)
{
    g_autoptr(GDir) dir = g_dir_open(folder, 0, error);
    const char *name;
    while (dir && (name = g_dir_read_name(dir))) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        if (!remove_files(path, error))
            return FALSE;
    }
    return dir != NULL;
}

/* A file or a folder. */
static gboolean remove_files(const char *path, GError **error)
{
    const gboolean is_dir = g_file_test(path, G_FILE_TEST_IS_DIR) && !g_file_test(path, G_FILE_TEST_IS_SYMLINK);
    return (!is_dir || remove_below(path, error)) && (g_remove(path) == 0 || refuse(error, path, g_strerror(errno)));
}

/* Each case becomes a .partial before it loses its first file, so that a kill leaves nothing that looks like a case. */
static gboolean remove_cases(const char *folder, GError **error)
{
    g_autoptr(GDir) dir = g_dir_open(folder, 0, error);
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    const char *name;
    while (dir && (name = g_dir_read_name(dir)))
        g_ptr_array_add(names, g_strdup(name));
    for (guint i = 0; i < names->len; i++) {
        g_autofree char *path = g_build_filename(folder, names->pdata[i], NULL), *partial = g_strconcat(path, ".partial", NULL);
        const gboolean renamed = !g_str_has_suffix(path, ".partial") && g_rename(path, partial) == 0;
        if (!remove_files(renamed ? partial : path, error))
            return FALSE;
    }
    return dir && (g_rmdir(folder) == 0 || refuse(error, folder, g_strerror(errno)));
}

/* A proposal's folder of an earlier generation: every entry is a case, or a leftover .partial of one. */
static gboolean is_ours(const char *folder)
{
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    const char *name;
    while (dir && (name = g_dir_read_name(dir))) {
        g_autofree char *json = g_build_filename(folder, name, "case.json", NULL);
        if (!g_str_has_suffix(name, ".partial") && !g_file_test(json, G_FILE_TEST_IS_REGULAR))
            return FALSE;
    }
    return dir != NULL;
}

/* Whether the folder may be replaced, or is not there. */
static gboolean may_go(const char *folder, GError **error)
{
    if (g_file_test(folder, G_FILE_TEST_IS_SYMLINK))
        return refuse(error, folder, "is a symbolic link; not touched");
    if (!g_file_test(folder, G_FILE_TEST_EXISTS))
        return TRUE;
    if (!is_ours(folder))
        return refuse(error, folder, "holds something that is no case; not touched. Choose another folder");
    return TRUE;
}

static gboolean clear(const char *folder, GError **error)
{
    return may_go(folder, error) && (!g_file_test(folder, G_FILE_TEST_EXISTS) || remove_cases(folder, error));
}

/* The new cases are written beside the old ones, with which they change places when they are whole. Where no scenario matches, there
 * are none to change with. */
static gboolean generate_one(const ProposalGenerator *generator, const Proposal *proposal, const char *out,
                             const GeneratorOptions *options, guint *cases, GError **error)
{
    g_autofree char *final = g_build_filename(out, proposal->id, NULL);
    g_autofree char *fresh = g_strdup_printf("%s/%s.partial", out, proposal->id);
    if (!clear(fresh, error))
        return FALSE;
    if (g_mkdir_with_parents(fresh, 0777) != 0)
        return refuse(error, fresh, g_strerror(errno));
    if (!generator_run(generator, proposal, fresh, options, cases, error)) {
        remove_cases(fresh, NULL);
        return FALSE;
    }
    if (*cases == 0)
        return clear(fresh, error);
    if (!may_go(final, error))
        return FALSE;
    if (!folder_swap(fresh, final))
        return refuse(error, final, g_strerror(errno));
    return clear(fresh, error);
}

static gboolean is_wanted(const char *id, char **wanted)
{
    return !wanted || g_strv_contains((const char *const *)wanted, id);
}

static void no_generator(const char *id, GError **error)
{
    gsize n;
    const ProposalGenerator *const *all = generator_all(&n);
    g_autoptr(GString) known = g_string_new(NULL);
    for (gsize i = 0; i < n; i++)
        g_string_append_printf(known, "%s%s", i > 0 ? ", " : "", all[i]->id);
    g_set_error(error, CORPUS_ERROR, CORPUS_ERROR_FORMAT, "no generator for proposal '%s': expected %s", id, known->str);
}

static int generate(const char *out, char **wanted, const GeneratorOptions *options, GError **error)
{
    for (char **id = wanted; id && *id; id++)
        if (!generator_find(*id)) {
            no_generator(*id, error);
            return EXIT_USAGE;
        }
    gsize n;
    guint total = 0;
    const ProposalGenerator *const *all = generator_all(&n);
    const gint64 start = g_get_monotonic_time();
    const gboolean there = g_file_test(out, G_FILE_TEST_EXISTS);
    for (gsize i = 0; i < n; i++) {
        if (!is_wanted(all[i]->id, wanted))
            continue;
        g_autofree char *relative = g_build_filename("spec", "proposals", all[i]->id, NULL), *folder = home_path(relative);
        g_autoptr(Proposal) proposal = proposal_read(folder, error);
        guint cases;
        if (!proposal || !generate_one(all[i], proposal, out, options, &cases, error))
            return g_error_matches(*error, CORPUS_ERROR, CORPUS_ERROR_IO) ? EXIT_USAGE : EXIT_HARNESS;
        if (cases > 0)
            printf("%-20s %5u cases\n", all[i]->id, cases);
        total += cases;
    }
    if (total == 0 && options->filter) {
        if (!there)
            g_rmdir(out);
        g_set_error(error, CORPUS_ERROR, CORPUS_ERROR_FORMAT, "no scenario matches '%s': nothing was written", options->filter);
        return EXIT_USAGE;
    }
    g_autofree char *count = cli_count(total, "case");
    fprintf(stderr, "%s in %.2f s\n", count, (double)(g_get_monotonic_time() - start) / G_USEC_PER_SEC);
    return total > 0 ? EXIT_GOOD : EXIT_SHORT;
}

static int cmd_generate(int argc, char **argv)
{
    g_autofree char *out = NULL, *filter = NULL;
    g_auto(GStrv) wanted = NULL;
    gboolean uncertified = FALSE;
    int jobs = (int)g_get_num_processors(), code;
    const GOptionEntry entries[] = {
        { "proposal", 'p', 0, G_OPTION_ARG_STRING_ARRAY, &wanted, "Only this proposal; may be repeated (default: all)", "ID" },
        { "output", 'o', 0, G_OPTION_ARG_FILENAME, &out, "Where the corpus goes (default: build/corpus)", "DIR" },
        { "filter", 'f', 0, G_OPTION_ARG_STRING, &filter, "Only scenarios whose name matches", "GLOB" },
        { "jobs", 'j', 0, G_OPTION_ARG_INT, &jobs, "Scenarios at a time (default: the number of processors)", "N" },
        { "uncertified", 0, 0, G_OPTION_ARG_NONE, &uncertified, "Goldens only, no intervals: to measure what those cost (freeze refuses it)", NULL },
        { NULL, 0, 0, 0, NULL, NULL, NULL }
    };
    if (!cli_parse(&argc, &argv, &subcommand_generate, entries,
                   "Each case is a folder in ONNX's backend-test layout with a case.json beside the model. A proposal's folder in\n"
                   "DIR is replaced as a whole when all its cases are written; anything else there is left alone.\n\n"
                   "Example: assay generate -p block-qdq -o build/corpus", &code))
        return code;
    if (argc != 1)
        return cli_complain(&subcommand_generate, EXIT_USAGE, "expected only options, not '%s'; see 'assay generate --help'", argv[1]);
    if (jobs < 1)
        return cli_complain(&subcommand_generate, EXIT_USAGE, "--jobs %d: expected at least 1", jobs);
    GError *error = NULL;
    const GeneratorOptions options = { filter, (guint)jobs, uncertified };
    code = generate(out ? out : "build/corpus", wanted, &options, &error);
    return error ? cli_fail(&subcommand_generate, code, error) : cli_finish(&subcommand_generate, code);
}
