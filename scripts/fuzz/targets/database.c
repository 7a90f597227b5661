/* Bytes as a results database from elsewhere: opened, everything in it visited, merged into a new one. */
#include "reports/results.h"
#include "scripts/fuzz/target.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

static void run_fact(const RunFacts *run, gpointer data)
{
    (void)run, (void)data;
}
static gboolean proposal(const ProposalFacts *facts, gpointer data, GError **error)
{
    (void)data, (void)error;
    fuzz_require(facts->id, "a proposal without id\n");
    return TRUE;
}
static gboolean backend(const BackendFacts *facts, gpointer data, GError **error)
{
    (void)data, (void)error;
    fuzz_require(facts->name, "a backend without name\n");
    return TRUE;
}
static gboolean one_case(const CaseFacts *facts, gpointer data, GError **error)
{
    (void)data, (void)error;
    fuzz_require(facts->id && facts->requirements, "a case without id\n");
    return TRUE;
}
static gboolean verdict(const VerdictFacts *facts, gpointer data, GError **error)
{
    (void)data, (void)error;
    fuzz_require(facts->verdict < VERDICT_COUNT, "a verdict that does not exist\n");
    fuzz_require(!facts->message || g_utf8_validate(facts->message, -1, NULL), "a message that is no text\n");
    return TRUE;
}

static gboolean visit(Results *results, GError **error)
{
    return results_run(results, run_fact, NULL, error) && results_each_proposal(results, proposal, NULL, error) &&
           results_each_backend(results, backend, NULL, error) && results_each_case(results, NULL, one_case, NULL, error) &&
           results_each_verdict(results, NULL, NULL, verdict, NULL, error);
}

static void forget(const char *path)
{
    static const char *const beside[] = { "", "-wal", "-shm", "-journal" };
    for (gsize i = 0; i < G_N_ELEMENTS(beside); i++) {
        g_autofree char *file = g_strconcat(path, beside[i], NULL);
        g_unlink(file);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    GError *error = NULL;
    g_autofree char *path = g_strdup_printf("/dev/shm/assay-fuzz-%d.db", (int)getpid());
    g_autofree char *merged = g_strdup_printf("/dev/shm/assay-fuzz-%d-merged.db", (int)getpid());
    fuzz_require(g_file_set_contents(path, (const char *)data, (gssize)size, NULL), "cannot write %s\n", path);
    g_autoptr(Results) results = results_open(path, RESULTS_READ, &error);
    if (results && visit(results, &error)) {
        g_autoptr(Results) into = results_open(merged, RESULTS_NEW, &error);
        fuzz_require(into, "no new database: %s\n", error->message);
        if (results_merge(into, results, &error))
            fuzz_require(visit(into, &error), "what was merged is bad: %s\n", error->message);
    }
    fuzz_refusal(error);
    g_clear_pointer(&results, results_close);
    results = results_open(path, RESULTS_APPEND, &error); /* as 'run --resume' does */
    g_clear_pointer(&results, results_close);
    fuzz_refusal(error);
    forget(path);
    forget(merged);
    return 0;
}
