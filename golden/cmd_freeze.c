#include "golden/manifest.h"
#include "golden/mutants/score.h"
#include "golden/proposal.h"
#include "reference/cli/paths.h"
#include "reference/cli/subcommand.h"
#include "reference/onnx/save.h"

#include <stdio.h>
#include <string.h>

static int cmd_freeze(int argc, char **argv);
SUBCOMMAND_DEFINE(freeze, "freeze", "DIR", "write the manifest, or prove that DIR reproduces it bit for bit", cmd_freeze)

typedef struct {
    guint cases, moved, missing, extra;
} Difference;

/* name -> rest of the line */
static GHashTable *index_lines(char **lines)
{
    GHashTable *index = g_hash_table_new(g_str_hash, g_str_equal);
    for (char **line = lines; *line; line++) {
        char *space = strchr(*line, ' ');
        if (!space)
            continue;
        *space = '\0';
        g_hash_table_insert(index, *line, space + 1);
    }
    return index;
}

static void say_what_moved(const char *proposal, const char *name, const char *old_hashes, const char *new_hashes)
{
    static const char *const kinds[] = { "model", "inputs", "golden", "interval", "case.json" };
    g_auto(GStrv) a = g_strsplit(old_hashes, " ", -1), b = g_strsplit(new_hashes, " ", -1);
    g_autoptr(GString) what = g_string_new(NULL);
    for (gsize k = 0; k < G_N_ELEMENTS(kinds) && a[k] && b[k]; k++)
        if (strcmp(a[k], b[k]) != 0)
            g_string_append_printf(what, "%s%s", what->len ? ", " : "", kinds[k]);
    printf("%s/%s: %s differs\n", proposal, name, what->str);
}

static void compare(const char *proposal, const char *frozen, const char *found, Difference *d)
{
    g_auto(GStrv) old_lines = g_strsplit(frozen, "\n", -1), new_lines = g_strsplit(found, "\n", -1);
    g_autoptr(GHashTable) old_index = index_lines(old_lines), new_index = index_lines(new_lines);
    for (char **line = new_lines; *line; line++) {
        const char *old = **line ? g_hash_table_lookup(old_index, *line) : NULL;
        if (!**line)
            continue;
        d->cases++;
        if (!old) {
            d->extra++;
            printf("%s/%s: not in the manifest\n", proposal, *line);
        } else if (strcmp(old, g_hash_table_lookup(new_index, *line)) != 0) {
            d->moved++;
            say_what_moved(proposal, *line, old, g_hash_table_lookup(new_index, *line));
        }
    }
    for (char **line = old_lines; *line; line++)
        if (**line && !g_hash_table_contains(new_index, *line)) {
            d->missing++;
            printf("%s/%s: in the manifest, not in the corpus\n", proposal, *line);
        }
}

static gboolean check(const char *proposal, const char *found, Difference *d, GError **error)
{
    g_autofree char *relative = g_strdup_printf("golden/manifest/%s.txt", proposal);
    g_autofree char *path = home_path(relative), *frozen = NULL;
    if (!g_file_get_contents(path, &frozen, NULL, error)) {
        g_prefix_error(error, "no frozen manifest: ");
        return FALSE;
    }
    compare(proposal, frozen, found, d);
    return TRUE;
}

static gboolean freeze(const char *proposal, const char *found, GError **error)
{
    g_autofree char *relative = g_strdup_printf("golden/manifest/%s.txt", proposal);
    g_autofree char *path = home_path(relative);
    return file_replace(path, found, strlen(found), TRUE, error);
}

/* Names of a manifest's lines that another has not. */
static guint count_gone(const char *frozen, const char *found)
{
    g_auto(GStrv) old_lines = g_strsplit(frozen, "\n", -1), new_lines = g_strsplit(found, "\n", -1);
    g_autoptr(GHashTable) old_index = index_lines(old_lines), new_index = index_lines(new_lines);
    GHashTableIter iter;
    gpointer name;
    guint gone = 0;
    g_hash_table_iter_init(&iter, old_index);
    while (g_hash_table_iter_next(&iter, &name, NULL))
        gone += !g_hash_table_contains(new_index, name);
    return gone;
}

/* A corpus that was generated with a filter looks like one whose generators lost the other cases. */
static gboolean keeps_all(const char *corpus, const char *proposal, GError **error)
{
    g_autofree char *folder = g_build_filename(corpus, proposal, NULL), *frozen = manifest_frozen(proposal);
    if (!frozen || !g_file_test(folder, G_FILE_TEST_IS_DIR))
        return TRUE;
    g_autofree char *found = manifest_of(folder, error);
    const guint gone = found ? count_gone(frozen, found) : 0;
    if (gone > 0)
        g_set_error(error, CORPUS_ERROR, CORPUS_ERROR_FORMAT, "%s: %u of the frozen cases are not there: generate without a filter, or "
                    "let them go with --drop", folder, gone);
    return found && gone == 0;
}

/* ---- what may not be frozen ------------------------------------------------------------------------------------------- */

/* A golden that is judged by a tolerance has no certificate, and neither has one of which none is recorded; one that the
 * reference's own errors may have rounded wrong is none. NULL: there is nothing to say against it. */
static const char *what_is_missing(const Case *c, guint output)
{
    if (output >= c->certificates->len)
        return "has no golden_certified: generate the case again";
    if (g_array_index(c->comparisons, CompareSpec, output).mode == COMPARE_TOLERANCE)
        return "is judged by a tolerance: its golden has no certificate";
    if (g_array_index(c->certificates, GoldenCertificate, output).proof == GOLDEN_BOUNDED)
        return "is bounded, not proven: choose data that stays clear of ties, or prove it (golden/proof.h)";
    return NULL;
}

static gboolean is_certified(const Case *c, GError **error)
{
    for (guint o = 0; c->expectation != EXPECT_REJECT && o < c->comparisons->len; o++) {
        const char *missing = what_is_missing(c, o);
        if (missing) {
            g_set_error(error, CORPUS_ERROR, CORPUS_ERROR_FORMAT, "%s: output %u %s", c->id, o, missing);
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean all_certified(const char *corpus, GError **error)
{
    g_autoptr(GPtrArray) folders = corpus_list(corpus, error);
    for (guint i = 0; folders && i < folders->len; i++) {
        g_autoptr(Case) c = case_read(g_ptr_array_index(folders, i), error);
        if (!c || !is_certified(c, error))
            return FALSE;
    }
    return folders != NULL;
}

static gboolean whole_corpus(const char *corpus, const GPtrArray *proposals)
{
    for (guint i = 0; i < proposals->len; i++) {
        const Proposal *p = g_ptr_array_index(proposals, i);
        g_autofree char *folder = g_build_filename(corpus, p->id, NULL);
        if (!g_file_test(folder, G_FILE_TEST_IS_DIR))
            return FALSE;
    }
    return TRUE;
}

/* Part of the corpus cannot be expected to notice every mistake. */
static gboolean may_freeze(const char *corpus, const GPtrArray *proposals, GError **error)
{
    if (!all_certified(corpus, error))
        return FALSE;
    const ScoreOptions options = { .root = corpus, .jobs = (int)g_get_num_processors() };
    g_autoptr(Scores) scores = score_cases(&options, error);
    return scores && scores_admit(scores, whole_corpus(corpus, proposals), error);
}

/* All proposals, or the one that is named. */
static GPtrArray *chosen(const char *only, GError **error)
{
    g_autoptr(GPtrArray) all = proposal_list(error);
    if (!all || (only && !proposal_find(all, only, error)))
        return NULL;
    for (guint i = only ? all->len : 0; i-- > 0;)
        if (strcmp(((const Proposal *)g_ptr_array_index(all, i))->id, only) != 0)
            g_ptr_array_remove_index(all, i);
    return g_steal_pointer(&all);
}

static int run(const char *corpus, const char *only, gboolean checking, gboolean dropping, GError **error)
{
    g_autoptr(GPtrArray) proposals = chosen(only, error);
    Difference d = { 0 };
    guint found_any = 0;
    for (guint i = 0; proposals && !checking && !dropping && i < proposals->len; i++)
        if (!keeps_all(corpus, ((const Proposal *)g_ptr_array_index(proposals, i))->id, error))
            return EXIT_SHORT;
    if (proposals && !checking && !may_freeze(corpus, proposals, error))
        return g_file_test(corpus, G_FILE_TEST_IS_DIR) ? EXIT_SHORT : EXIT_USAGE;
    for (guint i = 0; proposals && i < proposals->len; i++) {
        const Proposal *p = g_ptr_array_index(proposals, i);
        g_autofree char *folder = g_build_filename(corpus, p->id, NULL);
        if (!g_file_test(folder, G_FILE_TEST_IS_DIR)) {
            if (checking) {
                printf("%s: no such folder in the corpus\n", p->id);
                d.missing++;
            }
            continue;
        }
        g_autofree char *lines = manifest_of(folder, error);
        if (!lines || !(checking ? check(p->id, lines, &d, error) : freeze(p->id, lines, error)))
            return EXIT_USAGE;
        found_any++;
    }
    if (!proposals)
        return only ? EXIT_USAGE : EXIT_HARNESS;
    if (!found_any) {
        g_set_error(error, CORPUS_ERROR, CORPUS_ERROR_FORMAT, "%s: no proposal's folder in it; 'assay generate -o %s' writes them",
                    corpus, corpus);
        return EXIT_USAGE;
    }
    if (!checking) {
        g_autofree char *count = cli_count(found_any, "proposal");
        printf("froze %s\n", count);
        return EXIT_GOOD;
    }
    printf("%u cases checked: %u moved, %u missing, %u extra\n", d.cases, d.moved, d.missing, d.extra);
    return d.moved + d.missing + d.extra == 0 && d.cases > 0 ? EXIT_GOOD : EXIT_SHORT;
}

static int cmd_freeze(int argc, char **argv)
{
    gboolean checking = FALSE, dropping = FALSE;
    g_autofree char *only = NULL;
    int code;
    const GOptionEntry entries[] = {
        { "check", 0, 0, G_OPTION_ARG_NONE, &checking, "Compare with the frozen manifest instead of writing it", NULL },
        { "proposal", 'p', 0, G_OPTION_ARG_STRING, &only, "Only this proposal", "ID" },
        { "drop", 0, 0, G_OPTION_ARG_NONE, &dropping, "Let go of cases that the manifest has and DIR has not", NULL },
        { NULL, 0, 0, 0, NULL, NULL, NULL }
    };
    if (!cli_parse(&argc, &argv, &subcommand_freeze, entries,
                   "The manifest (golden/manifest/<proposal>.txt) holds hashes of every model, input, golden and interval.\n"
                   "Freezing is a decision: read the diff of the manifest like code. Refused are goldens without certificate or\n"
                   "without proof, a corpus that the mutants (see 'assay mutants') find unsound, or, if it is whole, blind to a\n"
                   "mistake, and one that lacks frozen cases, unless --drop lets them go.\n\n"
                   "Exit code of --check: 0 identical, 1 something moved.", &code))
        return code;
    if (argc != 2)
        return cli_complain(&subcommand_freeze, EXIT_USAGE, "expected one corpus folder; see 'assay freeze --help'");
    GError *error = NULL;
    code = run(argv[1], only, checking, dropping, &error);
    return error ? cli_fail(&subcommand_freeze, code, error) : cli_finish(&subcommand_freeze, code);
}
