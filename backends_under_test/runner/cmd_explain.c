#include "backends_under_test/runner/explain.h"
#include "backends_under_test/runner/options.h"
#include "backends_under_test/runner/regenerate.h"
#include "backends_under_test/runner/scratch.h"
#include "reference/cli/nearest.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static int cmd_explain(int argc, char **argv);
SUBCOMMAND_DEFINE(explain, "explain", "CASE", "what a case asks, which sentence it tests, what each backend answered",
                  cmd_explain)

static const char description[] =
    "CASE is an id (block-qdq/per-axis-int4) to be found in --corpus, or the path of a case's folder. Where there is no\n"
    "such corpus, the case is generated anew: what 'assay report' prints works anywhere. Printed are\n"
    "the question, the sentence of the proposal that it tests, the model as text, inputs and expected outputs,\n"
    "the answers stored in --results, and with --backend the answer that a backend gives now: enough to file a\n"
    "report with the backend's makers.\n\n"
    "Exit status: 0 printed, and with --backend the backend did well; 1 it fell short; 2 no such case;\n"
    "3 the harness failed.";

typedef struct {
    char   *results, *corpus, **backends;
    double  timeout;
    gint64  elements;
} Arguments;

/* ---- answers ------------------------------------------------------------------------------------------------------- */

static void print_block(const char *head, const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    printf("    %s\n", head);
    for (char **line = lines; *line; line++)
        if (**line)
            printf("      %s\n", *line);
}

static void print_answer(const char *backend, const char *version, const VerdictFacts *v)
{
    printf("  %s%s%s: %s", backend, version ? " " : "", version ? version : "", verdict_name(v->verdict));
    if (v->grade)
        printf(", grade %c%s%s%s (%s)", v->grade, v->profile ? "(" : "", v->profile ? v->profile : "", v->profile ? ")" : "",
               grade_meaning(v->grade));
    if (isfinite(v->margin) && v->margin > 0)
        printf(", error %.3g times what was allowed", v->margin);
    printf("\n");
    if (v->stage && v->verdict != VERDICT_CRASHED && v->verdict != VERDICT_TIMED_OUT) /* their message says where */
        printf("    refused at %s\n", v->stage);
    if (v->message)
        printf("    %s\n", v->message);
    if (v->signature)
        printf("    looks like: %s\n", v->signature);
    if (v->waiver)
        printf("    waived: %s\n", v->waiver);
    if (v->flaky)
        printf("    flaky: a repetition came out differently\n");
    if (v->difference)
        print_block("elements that differ:", v->difference);
    if (v->statistics)
        print_block("in numbers, one object an output:", v->statistics);
    if (v->log && *v->log)
        print_block("stderr ended with:", v->log);
}

static gboolean print_stored(const VerdictFacts *v, gpointer data, GError **error)
{
    (void)data;
    (void)error;
    if (v->verdict != VERDICT_NOT_RUN)
        print_answer(v->backend, NULL, v);
    return TRUE;
}

/* Without -r and without a results.db there is nothing to show, and that is no error. */
static gboolean print_results(const Arguments *a, const Case *c, GError **error)
{
    const char *path = a->results ? a->results : "results.db";
    if (!a->results && !g_file_test(path, G_FILE_TEST_EXISTS))
        return TRUE;
    g_autoptr(Results) results = results_open(path, RESULTS_READ, error);
    if (!results)
        return FALSE;
    printf("\nAnswers stored in %s\n", path);
    return results_each_verdict(results, c->id, NULL, print_stored, NULL, error);
}

/* The answers that backends give now. *good becomes FALSE if one falls short. */
static gboolean print_fresh(const Arguments *a, const Workload *workload, const Subject *subject, gboolean *good,
                            GError **error)
{
    RunOptions options = { .jobs = 1, .seconds = a->timeout, .output_bytes = DEFAULT_OUTPUT_BYTES };
    printf("\nAnswers now\n");
    for (char **name = a->backends; *name; name++) {
        Judgement j = { .margin = NAN, .seconds = NAN };
        g_autoptr(Backend) backend = backend_load(*name, error);
        g_autofree char   *version = NULL;
        if (!backend || !run_one(workload, subject, backend, &options, &j, &version, error)) {
            judgement_clear(&j);
            return FALSE;
        }
        VerdictFacts facts = { .verdict = j.verdict,
                               .grade = j.grade,
                               .margin = j.margin,
                               .stage = j.stage,
                               .message = j.message,
                               .difference = j.difference,
                               .profile = j.profile,
                               .signature = j.signature,
                               .statistics = j.statistics,
                               .flaky = j.flaky,
                               .log = j.log };
        print_answer(backend->name, version, &facts);
        *good = *good && verdict_outcome(j.verdict) != OUTCOME_BAD;
        judgement_clear(&j);
    }
    return TRUE;
}

static void print_replay(const Arguments *a, const Subject *subject, gboolean keeps)
{
    g_autofree char *program = cli_word(cli_program), *id = cli_word(subject->c->id), *corpus = cli_word(a->corpus);
    g_autofree char *backend = cli_word(a->backends ? a->backends[0] : "BACKEND");
    printf("\nReplay\n  %s explain %s --corpus %s --backend %s\n", program, id, corpus, backend);
    if (keeps)
        printf("  files: %s\n", subject->folder);
    else
        printf("  files: made anew by %s generate -o %s\n", program, corpus);
}

/* ---- finding the case ----------------------------------------------------------------------------------------------- */

/* A case named by its folder brings its corpus along: the folder two levels above. */
static char *corpus_of(const Arguments *a, const char *wanted)
{
    g_autofree char *json = g_build_filename(wanted, "case.json", NULL);
    if (a->corpus || !g_file_test(json, G_FILE_TEST_EXISTS))
        return g_strdup(a->corpus ? a->corpus : "build/corpus");
    g_autofree char *folder = g_canonicalize_filename(wanted, NULL), *proposal = g_path_get_dirname(folder);
    return g_path_get_dirname(proposal);
}

/* By its id or by that without the proposal; NULL: nothing is near. */
static const char *nearest_case(const Workload *workload, const char *wanted)
{
    const char *nearest = NULL;
    gsize least = G_MAXSIZE;
    for (guint i = 0; i < workload->all->len; i++) {
        const char *id = ((const Subject *)workload->all->pdata[i])->c->id, *slash = strchr(id, '/');
        const gsize distance = MIN(cli_distance(wanted, id), slash ? cli_distance(wanted, slash + 1) : G_MAXSIZE);
        if (distance < least) {
            least = distance;
            nearest = id;
        }
    }
    return cli_is_near(wanted, least) ? nearest : NULL;
}

static const Subject *find_case(const Workload *workload, const char *wanted, GError **error)
{
    const Subject   *found = g_hash_table_lookup(workload->by_id, wanted);
    g_autofree char *folder = g_canonicalize_filename(wanted, NULL);
    for (guint i = 0; i < workload->all->len && !found; i++)
        if (strcmp(((const Subject *)workload->all->pdata[i])->folder, folder) == 0)
            found = workload->all->pdata[i];
    const char *nearest = found ? NULL : nearest_case(workload, wanted);
    if (!found)
        g_set_error(error, BACKEND_ERROR, BACKEND_ERROR_UNKNOWN, "no case '%s' among the %u of %s%s%s%s", wanted,
                    workload->all->len, workload->corpus, nearest ? ": did you mean " : "", nearest ? nearest : "", nearest ? "?" : "");
    return found;
}

/* A corpus holds many thousands of cases: of an id's proposal, where it has a folder, the rest need not be read. */
static char *folder_to_read(const char *corpus, const char *wanted)
{
    const char      *slash = strchr(wanted, '/');
    g_autofree char *proposal = g_strndup(wanted, slash ? (gsize)(slash - wanted) : 0);
    g_autofree char *folder = g_build_filename(corpus, proposal, NULL);
    const gboolean   there = *proposal != '\0' && *proposal != '.' && g_file_test(folder, G_FILE_TEST_IS_DIR);
    return there ? g_steal_pointer(&folder) : g_strdup(corpus);
}

/* What is asked for besides the case, before anything is printed. */
static gboolean are_there(const Arguments *a, GError **error)
{
    g_autoptr(Results) results = a->results ? results_open(a->results, RESULTS_READ, error) : NULL;
    if (a->results && !results)
        return FALSE;
    for (char **name = a->backends; name && *name; name++) {
        g_autoptr(Backend) backend = backend_load(*name, error);
        if (!backend)
            return FALSE;
    }
    return TRUE;
}

static int explain_from(const Arguments *a, const char *corpus, const char *wanted)
{
    GError   *error = NULL;
    gboolean  good = TRUE;
    Selection everything = { 0 };
    if (!selection_parse(NULL, NULL, &everything, &error))
        return cli_fail(&subcommand_explain, EXIT_USAGE, error);
    g_autofree char *folder = folder_to_read(corpus, wanted);
    g_autoptr(Workload) workload = workload_read(folder, &everything, &error);
    selection_clear(&everything);
    const Subject *subject = workload ? find_case(workload, wanted, &error) : NULL;
    if (!subject || !are_there(a, &error))
        return cli_fail(&subcommand_explain, EXIT_USAGE, error);
    if (!explain_case(subject, (gsize)a->elements, &error) || !print_results(a, subject->c, &error) ||
        (a->backends && !print_fresh(a, workload, subject, &good, &error)))
        return cli_fail(&subcommand_explain, EXIT_HARNESS, error);
    print_replay(a, subject, corpus == a->corpus);
    return good ? EXIT_GOOD : EXIT_SHORT;
}

static int explain(Arguments *a, const char *wanted)
{
    GError *error = NULL;
    char   *corpus = corpus_of(a, wanted);
    g_free(a->corpus);
    a->corpus = corpus;
    if (g_file_test(corpus, G_FILE_TEST_EXISTS))
        return explain_from(a, corpus, wanted);
    g_autofree char *anew = regenerate(wanted, &error);
    if (!anew) {
        g_prefix_error(&error, "%s is not there, and ", corpus);
        return cli_fail(&subcommand_explain, EXIT_USAGE, error);
    }
    fprintf(stderr, "assay explain: %s is not there: the case is generated anew\n", corpus);
    int code = explain_from(a, anew, wanted);
    scratch_remove(anew);
    return code;
}

static int cmd_explain(int argc, char **argv)
{
    Arguments          a = { .timeout = DEFAULT_TIMEOUT, .elements = 16 };
    int                code;
    const GOptionEntry entries[] = {
        { "results", 'r', 0, G_OPTION_ARG_FILENAME, &a.results, "results file (results.db, if it exists)", "FILE" },
        { "corpus", 'c', 0, G_OPTION_ARG_FILENAME, &a.corpus, "corpus folder (build/corpus)", "DIR" },
        { "backend", 'b', 0, G_OPTION_ARG_STRING_ARRAY, &a.backends, "ask this backend now; may be repeated", "NAME" },
        { "timeout", 't', 0, G_OPTION_ARG_DOUBLE, &a.timeout, "deadline in seconds (30)", "S" },
        { "elements", 'e', 0, G_OPTION_ARG_INT64, &a.elements, "elements of a tensor that are shown, 0: all (16)", "N" },
        { 0 }
    };
    if (!cli_parse(&argc, &argv, &subcommand_explain, entries, description, &code))
        return code;
    if (!check_number(&subcommand_explain, "--elements", (double)a.elements, a.elements >= 0, "0 (all) or more") ||
        !check_timeout(&subcommand_explain, a.timeout))
        code = EXIT_USAGE;
    else if (argc != 2)
        code = cli_complain(&subcommand_explain, EXIT_USAGE, "expected one CASE; see 'assay explain --help'");
    else
        code = cli_finish(&subcommand_explain, explain(&a, argv[1]));
    g_free(a.results);
    g_free(a.corpus);
    g_strfreev(a.backends);
    return code;
}
