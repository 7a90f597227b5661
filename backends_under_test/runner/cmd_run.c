#include "backends_under_test/runner/damage.h"
#include "backends_under_test/runner/options.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

static int cmd_run(int argc, char **argv);
SUBCOMMAND_DEFINE(run, "run", "CORPUS -b BACKEND...", "run cases on backends and score what they answer", cmd_run)

static const char description[] =
    "Every selected case ends in exactly one verdict with every backend. While verdicts are worked out their adapter is\n"
    "already at the next cases, never more than fifteen of them without a committed verdict: that is what a killed run\n"
    "loses of each job at most. Without --resume the results file starts anew; with it, verdicts that it holds are kept:\n"
    "a killed run continues, and another backend joins the same file. One run at a time writes a file; reports read it\n"
    "meanwhile.\n\n"
    "A backend is a name (see 'assay backends') or the path of a folder with a backend.json; options follow\n"
    "after a colon: -b ort:provider=cuda,threads=4.\n\n"
    "--filter takes terms separated by spaces, all of which must match: a glob on the id, or KEY=GLOB with KEY\n"
    "one of proposal, variant, form, tag, dtype, requirement, expectation; '!' before a term turns it round:\n"
    "  assay run corpus -b ort --filter 'block-qdq/* dtype=int4 !form=native'\n\n"
    "--shard K/N takes the K-th of N parts; which part a case is in depends on its id alone. 'assay merge' puts\n"
    "the results of the parts together.\n\n"
    "A case that crashes or hangs in company is repeated alone: the repetition's verdict counts, and a different one is\n"
    "marked flaky. With --since OLD.db so is every case that came out otherwise in that run; of two different verdicts\n"
    "the worse one counts.\n\n"
    "--keep-outputs boundary keeps in the results file what backends answered where they failed, or passed with\n"
    "over half of the allowance used; all: of every pass too. 'assay certify' packs what was kept.\n\n"
    "--waivers takes a JSON array of failures that somebody answers for until a day (backends_under_test/README.md).\n\n"
    "Exit status: 0 all good; 1 a backend fell short, could not be run, or ran nothing that it supports;\n"
    "2 asked wrongly; 3 the harness failed, or a file of a case is damaged.";

typedef struct {
    char   **backends, *results, *since, *shard, *filter, *keep, *waivers;
    int      jobs, restarts;
    double   timeout, load_timeout;
    gint64   memory, output; /* MiB; 0: as backend.json says, the default */
    gboolean resume, json;
} Arguments;

/* ---- the summary --------------------------------------------------------------------------------------------------- */

static gint64 count_outcome(const RunSummary *summary, Outcome outcome)
{
    gint64 n = 0;
    for (int v = 0; v < VERDICT_COUNT; v++)
        if (verdict_outcome((Verdict)v) == outcome)
            n += summary->counts[v];
    return n;
}

/* A run that showed nothing is no success: neither an empty one, nor one in which nothing is supported. */
static gboolean all_good(const RunSummary *summary)
{
    return count_outcome(summary, OUTCOME_BAD) == 0 && count_outcome(summary, OUTCOME_GOOD) > 0 &&
           summary->counts[VERDICT_NOT_RUN] == 0;
}

static cJSON *summary_json(const Backend *backend, const RunSummary *summary)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "name", backend->name);
    cJSON_AddStringToObject(object, "version", summary->version ? summary->version : "");
    cJSON_AddStringToObject(object, "stopped", summary->stopped ? summary->stopped : "");
    cJSON *verdicts = cJSON_AddObjectToObject(object, "verdicts");
    for (int v = 0; v < VERDICT_COUNT; v++)
        cJSON_AddNumberToObject(verdicts, verdict_name((Verdict)v), (double)summary->counts[v]);
    return object;
}

static void print_summary(const Backend *backend, const RunSummary *summary)
{
    gint64 total = 0;
    for (int v = 0; v < VERDICT_COUNT; v++)
        total += summary->counts[v];
    printf("%s %s: %" G_GINT64_FORMAT " cases\n", backend->name, summary->version ? summary->version : "(no version)",
           total);
    for (int v = 0; v < VERDICT_COUNT; v++)
        if (summary->counts[v] > 0)
            printf("  %-16s %6" G_GINT64_FORMAT "  %s\n", verdict_name((Verdict)v), summary->counts[v],
                   verdict_meaning((Verdict)v));
    if (summary->stopped)
        printf("  stopped: %s\n", summary->stopped);
    else if (count_outcome(summary, OUTCOME_GOOD) == 0)
        printf("  nothing passed: this run shows nothing about the backend\n");
}

/* ---- running ------------------------------------------------------------------------------------------------------- */

static void on_signal(int number)
{
    (void)number;
    run_interrupt();
}

/* What is waived in vain is not waived in silence. */
static void print_unused(Waivers *waivers)
{
    g_autoptr(GPtrArray) lines = waivers ? waivers_unused(waivers) : g_ptr_array_new();
    for (guint i = 0; i < lines->len; i++)
        fprintf(stderr, "assay run: %s\n", (const char *)lines->pdata[i]);
}

/* What the runs of all backends have in common. */
typedef struct {
    const Arguments *a;
    GPtrArray       *backends;
    Workload        *workload;
    Results         *results, *since;
    Recording       *recording;
    Waivers         *waivers;
    Keep             keep;
    char            *logs;
} Session;

static void session_clear(Session *s)
{
    workload_free(s->workload);
    results_close(s->since);
    results_close(s->results);
    g_clear_pointer(&s->backends, g_ptr_array_unref);
    g_clear_pointer(&s->waivers, waivers_free);
    g_free(s->logs);
}

static RunOptions options_of(const Session *s)
{
    const Arguments *a = s->a;
    return (RunOptions){ .jobs = (guint)a->jobs,
                         .resume = a->resume,
                         .keep = s->keep,
                         .waivers = s->waivers,
                         .seconds = a->timeout,
                         .load_seconds = a->load_timeout,
                         .restarts = (guint)a->restarts,
                         .since = s->since,
                         .recording = s->recording,
                         .output_bytes = a->output ? (guint64)a->output << 20 : DEFAULT_OUTPUT_BYTES,
                         .logs = s->logs };
}

/* Takes `launched`, of the first backend. */
static int run_backends(const Session *s, Worker *launched)
{
    g_autoptr(GError) error = NULL;
    int    code = EXIT_GOOD;
    cJSON *json = cJSON_CreateObject(), *array = cJSON_AddArrayToObject(json, "backends");
    for (guint i = 0; i < s->backends->len && !error; i++) {
        const Backend *backend = s->backends->pdata[i];
        RunSummary     summary = { 0 };
        RunOptions     options = options_of(s);
        options.progress = progress_start(backend->name, s->workload->selected->len);
        if (run_backend(s->workload, backend, &options, g_steal_pointer(&launched), s->results, &summary, &error)) {
            if (!all_good(&summary))
                code = EXIT_SHORT;
            cJSON_AddItemToArray(array, summary_json(backend, &summary));
        }
        progress_end(options.progress);
        if (!s->a->json && !error)
            print_summary(backend, &summary);
        run_summary_clear(&summary);
    }
    if (s->a->json && !error)
        print_json(json);
    else
        cJSON_Delete(json);
    print_unused(s->waivers);
    if (!error)
        return code;
    const gboolean asked = g_error_matches(error, BACKEND_ERROR, BACKEND_ERROR_UNKNOWN);
    return cli_fail(&subcommand_run, asked ? EXIT_USAGE : EXIT_HARNESS, g_steal_pointer(&error));
}

/* Results know a backend by its name: the second would find every case judged, or judge it over. */
static gboolean is_new(const GPtrArray *backends, const Backend *backend, GError **error)
{
    for (guint i = 0; i < backends->len; i++) {
        if (strcmp(((const Backend *)backends->pdata[i])->name, backend->name) != 0)
            continue;
        g_set_error(error, BACKEND_ERROR, BACKEND_ERROR_UNKNOWN, "--backend %s is given twice", backend->name);
        return FALSE;
    }
    return TRUE;
}

static GPtrArray *load_backends(char **names, gint64 memory, GError **error)
{
    g_autoptr(GPtrArray) backends = g_ptr_array_new_with_free_func((GDestroyNotify)backend_free);
    for (char **name = names; *name; name++) {
        Backend *backend = backend_load(*name, error);
        if (!backend)
            return NULL;
        if (!is_new(backends, backend, error)) {
            backend_free(backend);
            return NULL;
        }
        if (memory)
            backend->memory_bytes = (guint64)memory << 20;
        g_ptr_array_add(backends, backend);
    }
    return g_steal_pointer(&backends);
}

static gboolean read_keep(const char *text, Keep *keep)
{
    *keep = !text ? KEEP_NOTHING : strcmp(text, "all") == 0 ? KEEP_ALL : KEEP_BOUNDARY;
    return !text || strcmp(text, "all") == 0 || strcmp(text, "boundary") == 0;
}

static gboolean read_arguments(Session *s, Selection *selection, GError **error)
{
    const Arguments *a = s->a;
    s->logs = g_strconcat(a->results, ".logs", NULL);
    return (!a->waivers || (s->waivers = waivers_read(a->waivers, NULL, error))) &&
           (s->backends = load_backends(a->backends, a->memory, error)) &&
           selection_parse(a->filter, a->shard, selection, error);
}

static gboolean check_cases(const Workload *w, GError **error)
{
    gboolean good = TRUE;
    for (guint i = 0; good && i < w->selected->len; i++)
        good = damage_check_presence(w->selected->pdata[i], error);
    return good;
}

static gboolean read_files(Session *s, const char *corpus, const Selection *selection, GError **error)
{
    const Arguments *a = s->a;
    return (s->workload = workload_read(corpus, selection, error)) && check_cases(s->workload, error) &&
           (!a->since || (s->since = results_open(a->since, RESULTS_READ, error))) &&
           (s->results = results_open(a->results, a->resume ? RESULTS_APPEND : RESULTS_NEW, error));
}

static int record_and_run(Session *s, Worker *launched)
{
    GError          *error = NULL;
    struct sigaction action = { .sa_handler = on_signal };
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    s->recording = recording_start(s->workload, s->results, !s->a->resume);
    const int code = run_backends(s, launched);
    if (recording_finish(s->recording, &error))
        return code;
    if (code != EXIT_HARNESS)
        return cli_fail(&subcommand_run, EXIT_HARNESS, error);
    g_error_free(error); /* it has been said: no verdict could be written */
    return code;
}

static int run_all(const Arguments *a, Keep keep, const char *corpus)
{
    GError   *error = NULL;
    Selection selection = { 0 };
    Session   s = { .a = a, .keep = keep };
    int       code;
    if (!read_arguments(&s, &selection, &error)) {
        session_clear(&s);
        return cli_fail(&subcommand_run, EXIT_USAGE, error);
    }
    RunOptions options = options_of(&s);
    Worker    *launched = run_launch(s.backends->pdata[0], &options);
    if (read_files(&s, corpus, &selection, &error)) {
        code = record_and_run(&s, launched);
    } else {
        const gboolean damaged = g_error_matches(error, CORPUS_ERROR, CORPUS_ERROR_DAMAGED);
        worker_free(launched);
        code = cli_fail(&subcommand_run, damaged ? EXIT_HARNESS : EXIT_USAGE, error);
    }
    selection_clear(&selection);
    session_clear(&s);
    return code;
}

/* Sizes are in MiB, of which there are 2^44 in 64 bits. */
static gboolean numbers_are_good(const Arguments *a)
{
    const Subcommand *self = &subcommand_run;
    const gint64      most = G_GINT64_CONSTANT(1) << 40;
    return check_number(self, "--jobs", a->jobs, a->jobs >= 1 && a->jobs <= 256, "1 to 256") && check_timeout(self, a->timeout) &&
           check_number(self, "--load-timeout", a->load_timeout, a->load_timeout >= 0 && a->load_timeout <= MOST_SECONDS,
                        "seconds, 0 (as --timeout) to 86400") &&
           check_number(self, "--restarts", a->restarts, a->restarts >= 0, "0 (no limit) or more") &&
           check_number(self, "--max-memory", (double)a->memory, a->memory >= 0 && a->memory <= most, "MiB, 0 (as backend.json) or more") &&
           check_number(self, "--max-output", (double)a->output, a->output >= 0 && a->output <= most, "MiB, 0 (the default) or more");
}

static int cmd_run(int argc, char **argv)
{
    Arguments          a = { .jobs = 1, .timeout = DEFAULT_TIMEOUT };
    int                code;
    Keep               keep;
    const GOptionEntry entries[] = {
        { "backend", 'b', 0, G_OPTION_ARG_STRING_ARRAY, &a.backends, "backend to run; may be repeated", "NAME" },
        { "results", 'r', 0, G_OPTION_ARG_FILENAME, &a.results, "results file (results.db)", "FILE" },
        { "jobs", 'j', 0, G_OPTION_ARG_INT, &a.jobs, "adapter processes side by side (1)", "N" },
        { "timeout", 't', 0, G_OPTION_ARG_DOUBLE, &a.timeout, "deadline of a case in seconds (30)", "S" },
        { "load-timeout", 0, 0, G_OPTION_ARG_DOUBLE, &a.load_timeout, "of loading its model, where the adapter says when (--timeout)",
          "S" },
        { "max-memory", 0, 0, G_OPTION_ARG_INT64, &a.memory, "private memory of an adapter (as its backend.json says)", "MIB" },
        { "max-output", 0, 0, G_OPTION_ARG_INT64, &a.output, "any one file that an adapter writes (1024)", "MIB" },
        { "restarts", 0, 0, G_OPTION_ARG_INT, &a.restarts, "give a backend up after so many restarts (no limit)", "N" },
        { "since", 0, 0, G_OPTION_ARG_FILENAME, &a.since, "run again what came out otherwise in an earlier run", "OLD.db" },
        { "shard", 0, 0, G_OPTION_ARG_STRING, &a.shard, "take the K-th of N parts of the corpus", "K/N" },
        { "filter", 'f', 0, G_OPTION_ARG_STRING, &a.filter, "take the cases that match", "EXPR" },
        { "resume", 0, 0, G_OPTION_ARG_NONE, &a.resume, "keep the verdicts in the results file", NULL },
        { "keep-outputs", 0, 0, G_OPTION_ARG_STRING, &a.keep, "keep answers in the results: boundary, or all", "WHICH" },
        { "waivers", 0, 0, G_OPTION_ARG_FILENAME, &a.waivers, "failures that somebody answers for", "FILE" },
        { "json", 0, 0, G_OPTION_ARG_NONE, &a.json, "print the counts as JSON", NULL },
        { 0 }
    };
    if (!cli_parse(&argc, &argv, &subcommand_run, entries, description, &code))
        return code;
    if (!a.results)
        a.results = g_strdup("results.db");
    if (argc != 2 || !a.backends)
        code = cli_complain(&subcommand_run, EXIT_USAGE, "expected one corpus folder and at least one -b BACKEND; see "
                                                         "'assay run --help'");
    else if (!numbers_are_good(&a))
        code = EXIT_USAGE;
    else if (a.since && g_strcmp0(a.since, a.results) == 0)
        code = cli_complain(&subcommand_run, EXIT_USAGE, "%s is both the results and what they are held to", a.since);
    else if (!read_keep(a.keep, &keep))
        code = cli_complain(&subcommand_run, EXIT_USAGE, "--keep-outputs is boundary or all");
    else
        code = cli_finish(&subcommand_run, run_all(&a, keep, argv[1]));
    g_strfreev(a.backends);
    g_free(a.results);
    g_free(a.since);
    g_free(a.shard);
    g_free(a.filter);
    g_free(a.keep);
    g_free(a.waivers);
    return code;
}
