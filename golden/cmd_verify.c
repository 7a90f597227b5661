#include "golden/verify.h"
#include "reference/eval/limits.h"
#include "reference/cli/subcommand.h"

#include <cJSON.h>
#include <stdio.h>
#include <string.h>

typedef struct {
    EvalOptions options;
    Progress   *progress;
    Verified  **results;
    GPtrArray  *folders;
} Job;

static void verify_one(gpointer data, gpointer user)
{
    Job *job = user;
    const guint i = GPOINTER_TO_UINT(data) - 1;
    job->results[i] = verify_folder(g_ptr_array_index(job->folders, i), &job->options);
    if (job->progress)
        progress_step(job->progress);
}

static void verify_all(Job *job, int jobs)
{
    GThreadPool *pool = g_thread_pool_new(verify_one, job, jobs, TRUE, NULL);
    for (guint i = 0; i < job->folders->len; i++)
        g_thread_pool_push(pool, GUINT_TO_POINTER(i + 1), NULL);
    g_thread_pool_free(pool, FALSE, TRUE);
}

typedef struct {
    guint total, passed, failed, unsupported, bit_equal, statistical;
} Totals;

static Totals count(const Job *job)
{
    Totals t = { .total = job->folders->len };
    for (guint i = 0; i < t.total; i++) {
        t.passed += job->results[i]->result == VERIFY_PASSED;
        t.failed += job->results[i]->result == VERIFY_FAILED;
        t.unsupported += job->results[i]->result == VERIFY_UNSUPPORTED;
        t.bit_equal += (guint)job->results[i]->bit_equal;
        t.statistical += (guint)job->results[i]->statistical;
    }
    return t;
}

static void print_json(const Totals *t, const Job *job)
{
    cJSON *root = cJSON_CreateObject();
    cJSON_AddNumberToObject(root, "total", t->total);
    cJSON_AddNumberToObject(root, "passed", t->passed);
    cJSON_AddNumberToObject(root, "failed", t->failed);
    cJSON_AddNumberToObject(root, "unsupported", t->unsupported);
    cJSON_AddNumberToObject(root, "bit_equal", t->bit_equal);
    cJSON_AddNumberToObject(root, "statistical", t->statistical);
    cJSON *list = cJSON_AddArrayToObject(root, "not_passed");
    for (guint i = 0; i < t->total; i++) {
        const Verified *v = job->results[i];
        if (v->result == VERIFY_PASSED)
            continue;
        cJSON *item = cJSON_CreateObject();
        cJSON_AddStringToObject(item, "case", v->folder);
        cJSON_AddStringToObject(item, "result", v->result == VERIFY_FAILED ? "failed" : "unsupported");
        cJSON_AddStringToObject(item, "message", v->message);
        cJSON_AddItemToArray(list, item);
    }
    char *text = cJSON_Print(root);
    puts(text);
    cJSON_free(text);
    cJSON_Delete(root);
}

static gint by_text(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* What is not supported, as a table: reason and number of cases, each reason once. */
static void print_unsupported(const Job *job)
{
    g_autoptr(GHashTable) counts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (guint i = 0; i < job->folders->len; i++) {
        const Verified *v = job->results[i];
        const char *reason = v->result == VERIFY_UNSUPPORTED ? g_strrstr(v->message, "no operator ") : NULL;
        if (reason)
            g_hash_table_insert(counts, g_strdup(reason),
                                GUINT_TO_POINTER(GPOINTER_TO_UINT(g_hash_table_lookup(counts, reason)) + 1));
    }
    guint n;
    g_autofree char **reasons = (char **)g_hash_table_get_keys_as_array(counts, &n);
    g_autoptr(GPtrArray) sorted = g_ptr_array_new();
    for (guint i = 0; i < n; i++)
        g_ptr_array_add(sorted, reasons[i]);
    g_ptr_array_sort(sorted, by_text);
    for (guint i = 0; i < n; i++) {
        const char *reason = g_ptr_array_index(sorted, i);
        printf("%6u  %s\n", GPOINTER_TO_UINT(g_hash_table_lookup(counts, reason)), reason);
    }
}

static void print_text(const Totals *t, const Job *job, gboolean strict)
{
    for (guint i = 0; i < t->total; i++) {
        const Verified *v = job->results[i];
        if (v->result == VERIFY_FAILED)
            printf("FAILED %s: %s\n", v->folder, v->message);
        else if (strict && v->result == VERIFY_PASSED && !v->bit_equal)
            printf("not bit-equal %s\n", v->folder);
    }
    if (t->unsupported) {
        puts("not supported:");
        print_unsupported(job);
    }
    printf("%u cases: %u passed", t->total, t->passed);
    if (strict)
        printf(" (%u bit-equal)", t->bit_equal);
    if (t->statistical)
        printf(" (%u of them random, judged as draws)", t->statistical);
    printf(", %u failed, %u unsupported\n", t->failed, t->unsupported);
}

static int cmd_verify(int argc, char **argv);
SUBCOMMAND_DEFINE(verify, "verify", "DIR", "run the reference evaluator over any tree in ONNX's backend-test layout", cmd_verify)

static int cmd_verify(int argc, char **argv)
{
    int jobs = (int)g_get_num_processors(), code = EXIT_GOOD;
    gboolean json = FALSE, strict = FALSE, body = FALSE;
    Limits limits = LIMITS_DEFAULT;
    g_autofree char *glob = NULL;
    const GOptionEntry entries[] = {
        { "jobs", 'j', 0, G_OPTION_ARG_INT, &jobs, "Cases at a time (default: the number of processors)", "N" },
        { "filter", 'f', 0, G_OPTION_ARG_STRING, &glob, "Only folders whose name matches", "GLOB" },
        { "strict", 0, 0, G_OPTION_ARG_NONE, &strict, "Also say which cases are not equal bit for bit", NULL },
        { "prefer-body", 0, 0, G_OPTION_ARG_NONE, &body, "Run operators that are defined as functions from their body", NULL },
        { "json", 0, 0, G_OPTION_ARG_NONE, &json, "Print JSON (spec/schemas/verify.schema.json)", NULL },
        LIMIT_ENTRIES(&limits),
        { NULL, 0, 0, 0, NULL, NULL, NULL }
    };
    if (!cli_parse(&argc, &argv, &subcommand_verify, entries,
                   "Exit code 0: no case failed, and at least one passed. Cases with an operator that the reference does not\n"
                   "know are counted and listed as unsupported.\n\n"
                   "Example: assay verify --strict /usr/lib/python3/dist-packages/onnx/backend/test/data/node", &code))
        return code;
    if (argc != 2 || jobs < 1)
        return cli_complain(&subcommand_verify, EXIT_USAGE, "expected one folder and at least one job; see 'assay verify --help'");
    GError *error = NULL;
    EvalOptions options = { .prefer_body = body };
    g_autoptr(GPtrArray) folders = limits_apply(&limits, &options.limits, &error) ? verify_list(argv[1], glob, &error) : NULL;
    if (!folders)
        return cli_fail(&subcommand_verify, EXIT_USAGE, error);
    Job job = { .options = options, .folders = folders, .results = g_new0(Verified *, folders->len),
                .progress = json ? NULL : progress_start("verify", folders->len) };
    verify_all(&job, jobs);
    if (job.progress)
        progress_end(job.progress);
    const Totals totals = count(&job);
    if (json)
        print_json(&totals, &job);
    else
        print_text(&totals, &job, strict);
    for (guint i = 0; i < folders->len; i++)
        verified_free(job.results[i]);
    g_free(job.results);
    return cli_finish(&subcommand_verify, totals.failed == 0 && totals.passed > 0 ? EXIT_GOOD : EXIT_SHORT);
}
