/* What gives way to what when results are merged. */
#include "reports/tests/fixture.h"

#include <criterion/criterion.h>
#include <math.h>

TestSuite(merge, .init = fixture_set_up, .fini = fixture_tear_down);

static gboolean keep_version(const BackendFacts *backend, gpointer data, G_GNUC_UNUSED GError **error)
{
    *(char **)data = g_strdup(backend->version);
    return TRUE;
}

static gboolean keep_message(const VerdictFacts *v, gpointer data, G_GNUC_UNUSED GError **error)
{
    *(char **)data = g_strconcat(verdict_name(v->verdict), ": ", v->message, NULL);
    return TRUE;
}

static char *part(const char *name, const char *version, Verdict verdict, const char *message)
{
    g_autoptr(Results) results = fixture_open(name, RESULTS_NEW);
    VerdictFacts facts = { .case_id = "p/c", .backend = "b", .verdict = verdict, .margin = NAN, .seconds = NAN, .message = message };
    cr_assert(results_put_backend(results, &(BackendFacts){ .name = "b", .version = version }, NULL));
    cr_assert(results_put_case(results, &(CaseFacts){ .id = "p/c", .proposal = "p" }, NULL));
    cr_assert(results_put_verdict(results, &facts, NULL));
    return g_strdup(name);
}

static char *merged(const char *first, const char *second, char **version)
{
    g_autoptr(Results) into = fixture_open("merged.db", RESULTS_NEW);
    const char *const names[] = { first, second };
    char *message = NULL;
    for (int i = 0; i < 2; i++) {
        g_autoptr(Results) from = fixture_open(names[i], RESULTS_READ);
        cr_assert(results_merge(into, from, NULL));
    }
    cr_assert(results_each_backend(into, keep_version, version, NULL));
    cr_assert(results_each_verdict(into, NULL, NULL, keep_message, &message, NULL));
    return message;
}

/* In any order: who never said who it is gives way to who did, not_run to a verdict, silence to a reason. */
Test(merge, what_never_ran_gives_way)
{
    g_autofree char *dead = part("dead.db", NULL, VERDICT_NOT_RUN, "did not start");
    g_autofree char *other = part("other.db", NULL, VERDICT_NOT_RUN, "interrupted"), *mute = part("mute.db", NULL, VERDICT_NOT_RUN, NULL);
    g_autofree char *alive = part("alive.db", "2", VERDICT_REFUSED, "too new");
    const char *const pairs[][3] = { { dead, alive, "refused: too new" }, { dead, other, "not_run: did not start" },
                                     { dead, mute, "not_run: did not start" } };
    for (gsize i = 0; i < G_N_ELEMENTS(pairs); i++)
        for (int turn = 0; turn < 2; turn++) {
            g_autofree char *version = NULL, *message = merged(pairs[i][turn], pairs[i][!turn], &version);
            cr_expect_str_eq(message, pairs[i][2]);
            cr_expect(g_strcmp0(version, i == 0 ? "2" : NULL) == 0, "%s", version);
        }
}
