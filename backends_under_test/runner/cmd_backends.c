#include "backends_under_test/runner/options.h"
#include "backends_under_test/runner/probe.h"
#include "backends_under_test/runner/self_test.h"

#include <stdio.h>

static int cmd_backends(int argc, char **argv);
SUBCOMMAND_DEFINE(backends, "backends", "[NAME...]", "adapters, their versions, whether each can run here", cmd_backends)

static const char description[] =
    "Without NAME: every folder of backends_under_test with a backend.json, started once. With --self-test each\n"
    "adapter is held against the protocol: does it carry every element type unchanged, refuse cleanly, survive\n"
    "a refusal, keep quiet when not asked, and stop? What the backend merely lacks is a note, not a fault. Each line is\n"
    "printed as soon as it is known; an adapter that does not answer three checks in a row is given up.\n\n"
    "With --probe CORPUS the one NAME runs the corpus, and a draft of its capability manifest is printed: rules\n"
    "that cover what it refused and nothing else. Read it, strike what it should be able to do, give reasons. Rules of\n"
    "backend.json that apply to no case of the corpus are named.\n\n"
    "Exit status: 0 all good; 1 a backend named here cannot run, or an adapter failed its self-test; 2 no such\n"
    "backend; 3 the harness failed.";

typedef struct {
    char      *name, *description, *version, *device, *reason;
    gboolean   available;
    GPtrArray *checks; /* of Check; NULL without --self-test */
} Listed;

static void listed_free(gpointer data)
{
    Listed *l = data;
    g_free(l->name);
    g_free(l->description);
    g_free(l->version);
    g_free(l->device);
    g_free(l->reason);
    g_clear_pointer(&l->checks, g_ptr_array_unref);
    g_free(l);
}

typedef struct {
    gboolean named, test, json;
    double   seconds; /* deadline of a case */
} Asked;

static void print_check(const Check *check, gpointer unused)
{
    (void)unused;
    printf("  %-5s %-34s %s\n", check_result_name(check->result), check->name, check->message);
    fflush(stdout); /* the next may take a deadline to come */
}

static void print_listed(const Listed *l)
{
    if (l->available)
        printf("%-14s %-10s %s\n", l->name, l->version, l->description);
    else
        printf("%-14s %-10s %s\n               not here: %s\n", l->name, "-", l->description, l->reason);
    fflush(stdout);
}

static gboolean test_listed(Listed *l, const Backend *backend, const Asked *asked, GError **error)
{
    const SelfTestOptions options = { asked->seconds, asked->json ? NULL : print_check, NULL };
    l->checks = self_test(backend, &options, error);
    if (l->checks && !asked->json)
        printf("  self-test %s\n", self_test_passed(l->checks) ? "passed" : "FAILED");
    return l->checks != NULL;
}

/* Looks at one backend and, unless all are printed as JSON in the end, prints what is found as it is found.
 * A backend.json that cannot be read makes the backend unavailable when all are listed, and is an error when it was asked
 * for by name. */
static Listed *examine(const char *name, const Asked *asked, GError **error)
{
    g_autoptr(GError)  local = NULL;
    WorkerLimits       limits = { asked->seconds, DEFAULT_OUTPUT_BYTES, NULL, 0 };
    g_autoptr(Backend) backend = backend_load(name, &local);
    if (!backend && asked->named) {
        g_propagate_error(error, g_steal_pointer(&local));
        return NULL;
    }
    Listed *l = g_new0(Listed, 1);
    l->name = g_strdup(backend ? backend->name : name);
    l->description = g_strdup(backend && backend->description ? backend->description : "");
    g_autoptr(Worker) worker = backend ? worker_start(backend, &limits, &local) : NULL;
    l->available = worker != NULL;
    l->version = g_strdup(worker ? worker_hello(worker)->version : "");
    l->device = g_strdup(worker ? worker_hello(worker)->device : "");
    l->reason = g_strdup(local ? local->message : "");
    if (!asked->json)
        print_listed(l);
    if (asked->test && worker && !test_listed(l, backend, asked, error)) {
        listed_free(l);
        return NULL;
    }
    return l;
}

static void print_list_json(const GPtrArray *list)
{
    cJSON *json = cJSON_CreateObject(), *array = cJSON_AddArrayToObject(json, "backends");
    for (guint i = 0; i < list->len; i++) {
        const Listed *l = list->pdata[i];
        cJSON *object = cJSON_CreateObject();
        cJSON_AddStringToObject(object, "name", l->name);
        cJSON_AddStringToObject(object, "description", l->description);
        cJSON_AddStringToObject(object, "version", l->version);
        cJSON_AddStringToObject(object, "device", l->device);
        cJSON_AddBoolToObject(object, "available", l->available);
        cJSON_AddStringToObject(object, "reason", l->reason);
        cJSON *checks = l->checks ? cJSON_AddArrayToObject(object, "self_test") : NULL;
        for (guint k = 0; l->checks && k < l->checks->len; k++) {
            const Check *check = l->checks->pdata[k];
            cJSON *entry = cJSON_CreateObject();
            cJSON_AddStringToObject(entry, "check", check->name);
            cJSON_AddStringToObject(entry, "result", check_result_name(check->result));
            cJSON_AddStringToObject(entry, "message", check->message);
            cJSON_AddItemToArray(checks, entry);
        }
        cJSON_AddItemToArray(array, object);
    }
    print_json(json);
}

static int examine_all(char **names, int n, const Asked *asked)
{
    int code = EXIT_GOOD;
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func(listed_free);
    for (int i = 0; i < n; i++) {
        GError *error = NULL;
        Listed *l = examine(names[i], asked, &error);
        if (!l)
            return cli_fail(&subcommand_backends,
                            error->domain == BACKEND_ERROR && error->code != BACKEND_ERROR_IO ? EXIT_USAGE : EXIT_HARNESS,
                            error);
        g_ptr_array_add(list, l);
        if ((asked->named && !l->available) || (l->checks && !self_test_passed(l->checks)))
            code = EXIT_SHORT;
    }
    if (asked->json)
        print_list_json(list);
    return code;
}

/* ---- drafting a manifest -------------------------------------------------------------------------------------------- */

static int print_draft(const Draft *draft)
{
    if (draft->stopped)
        return cli_complain(&subcommand_backends, EXIT_SHORT, "%s", draft->stopped);
    fprintf(stderr, "%u valid cases refused", draft->refused);
    if (draft->uncovered > 0)
        fprintf(stderr, ", %u of them covered by no rule, such as %s", draft->uncovered, draft->example);
    fputc('\n', stderr);
    for (guint i = 0; i < draft->idle->len; i++)
        fprintf(stderr, "%s\n", (const char *)draft->idle->pdata[i]);
    cJSON *object = cJSON_CreateObject();
    cJSON_AddItemReferenceToObject(object, "unsupported", draft->rules);
    print_json(object);
    return EXIT_GOOD;
}

static int probe(const char *name, const char *corpus, double seconds)
{
    GError    *error = NULL;
    Selection  selection = { 0 };
    Draft      draft = { 0 };
    g_autoptr(Backend)  backend = backend_load(name, &error);
    g_autoptr(Workload) workload = backend && selection_parse(NULL, NULL, &selection, &error)
                                       ? workload_read(corpus, &selection, &error)
                                       : NULL;
    selection_clear(&selection);
    if (!workload)
        return cli_fail(&subcommand_backends, EXIT_USAGE, error);
    RunOptions options = { .jobs = 1,
                           .seconds = seconds,
                           .output_bytes = DEFAULT_OUTPUT_BYTES,
                           .progress = progress_start(backend->name, workload->selected->len) };
    gboolean good = probe_backend(workload, backend, &options, &draft, &error);
    progress_end(options.progress);
    int code = good ? print_draft(&draft) : cli_fail(&subcommand_backends, EXIT_HARNESS, error);
    draft_clear(&draft);
    return code;
}

static int cmd_backends(int argc, char **argv)
{
    int                code;
    GError            *error = NULL;
    Asked              asked = { .seconds = DEFAULT_TIMEOUT };
    g_autofree char   *corpus = NULL;
    const GOptionEntry entries[] = {
        { "self-test", 0, 0, G_OPTION_ARG_NONE, &asked.test, "check the adapters against the protocol", NULL },
        { "probe", 0, 0, G_OPTION_ARG_FILENAME, &corpus, "draft a capability manifest from a run", "CORPUS" },
        { "timeout", 't', 0, G_OPTION_ARG_DOUBLE, &asked.seconds, "deadline of a case of these two in seconds (30)", "S" },
        { "json", 0, 0, G_OPTION_ARG_NONE, &asked.json, "print the list as JSON", NULL },
        { 0 }
    };
    if (!cli_parse(&argc, &argv, &subcommand_backends, entries, description, &code))
        return code;
    if (!check_timeout(&subcommand_backends, asked.seconds))
        return EXIT_USAGE;
    asked.named = argc > 1;
    if (corpus)
        return cli_finish(&subcommand_backends,
                          argc == 2 ? probe(argv[1], corpus, asked.seconds)
                                    : cli_complain(&subcommand_backends, EXIT_USAGE, "--probe takes exactly one NAME"));
    if (asked.named)
        return cli_finish(&subcommand_backends, examine_all(argv + 1, argc - 1, &asked));
    g_autoptr(GPtrArray) names = backend_list(&error);
    if (!names)
        return cli_fail(&subcommand_backends, EXIT_USAGE, error);
    return cli_finish(&subcommand_backends, examine_all((char **)names->pdata, (int)names->len, &asked));
}
