/* What the site's pages say, beyond being inert (writers.c). */
#include "reports/report.h"
#include "reports/tests/fixture.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

TestSuite(site, .init = fixture_set_up, .fini = fixture_tear_down);

/* Cases p/a and q/a on backends x and y, of which x alone is wrong; `without` (a case or a backend) is left out. */
static Results *two_by_two(const char *name, const char *without)
{
    static const char *const ids[] = { "p/a", "q/a" }, *const backends[] = { "x", "y" };
    Results *results = fixture_open(name, RESULTS_NEW);
    cr_assert(results_begin_run(results, &(RunFacts){ .corpus = "my corpus", .corpus_hash = "h" }, NULL));
    for (int b = 0; b < 2; b++)
        cr_assert(strcmp(backends[b], without) == 0 ||
                  results_put_backend(results, &(BackendFacts){ .name = backends[b] }, NULL));
    for (int i = 0; i < 2; i++) {
        const char proposal[] = { ids[i][0], '\0' };
        if (strcmp(ids[i], without) == 0)
            continue;
        cr_assert(results_put_case(results,
                                   &(CaseFacts){ .id = ids[i], .proposal = proposal, .expectation = "outputs" }, NULL));
        for (int b = 0; b < 2; b++) {
            VerdictFacts v = { .case_id = ids[i],
                               .backend = backends[b],
                               .margin = (double)NAN,
                               .seconds = (double)NAN,
                               .verdict = b == 0 ? VERDICT_WRONG_VALUE : VERDICT_PASS,
                               .message = b == 0 ? "off by one" : NULL };
            cr_assert(strcmp(backends[b], without) == 0 || results_put_verdict(results, &v, NULL));
        }
    }
    return results;
}

static void write_site(const Report *report)
{
    GError *error = NULL;
    g_autofree char *out = fixture_path("out");
    const Writer *html = writer_find("html");
    cr_assert(report_write(report, out, &html, 1, &error), "%s", error ? error->message : "");
}

static guint times(const char *text, const char *part)
{
    guint n = 0;
    for (const char *p = text; (p = strstr(p, part)) != NULL; p += strlen(part))
        n++;
    return n;
}

static char *overview_after(const char *const *without, guint runs)
{
    g_autoptr(Results) now = two_by_two("now.db", ""), history = fixture_open("h.db", RESULTS_NEW);
    for (guint i = 0; i < runs; i++) {
        g_autofree char *name = g_strdup_printf("%u.db", i), *at = g_strdup_printf("2026-01-0%uT00:00:00Z", i + 1);
        g_autoptr(Results) run = two_by_two(name, without[i]);
        cr_assert(history_append(history, run, at, NULL));
    }
    g_autoptr(Report) report = report_load(now, FALSE, NULL);
    cr_assert(report_set_history(report, history, NULL));
    write_site(report);
    return fixture_read("out/index.html", NULL);
}

Test(site, a_row_that_newer_runs_went_without_is_stale)
{
    static const char *const runs[] = { "", "q/a", "q/a" };
    g_autofree char *page = overview_after(runs, 3);
    cr_assert_eq(times(page, "stale: 2 newer runs without it"), 1);
    cr_assert_eq(times(page, "run of 2026-01-01"), 1, "the row of q");
    cr_assert_eq(times(page, "run of 2026-01-03"), 3, "the row of p and both columns");
}

Test(site, so_is_a_column_and_a_cell_that_neither_tells)
{
    static const char *const columns[] = { "", "y" };
    g_autofree char *column = overview_after(columns, 2);
    cr_assert_eq(times(column, "stale: 1 newer run without it"), 1);
    cr_assert_eq(times(column, "stale: run of"), 0, "the column says it");
    /* y and q are in the newest run each, but not together. */
    g_autoptr(Results) now = two_by_two("now.db", ""), history = fixture_open("h2.db", RESULTS_NEW);
    g_autoptr(Results) all = two_by_two("all.db", ""), no_y = two_by_two("no-y.db", "y"),
                       no_q = two_by_two("no-q.db", "q/a");
    cr_assert(history_append(history, all, "2026-01-01T00:00:00Z", NULL) &&
              history_append(history, no_y, "2026-01-02T00:00:00Z", NULL) &&
              history_append(history, no_q, "2026-01-03T00:00:00Z", NULL));
    g_autoptr(Report) report = report_load(now, FALSE, NULL);
    cr_assert(report_set_history(report, history, NULL));
    write_site(report);
    g_autofree char *cell = fixture_read("out/index.html", NULL);
    cr_assert_eq(times(cell, "stale: run of 2026-01-01"), 1, "q on y");
}

Test(site, a_failure_leads_to_its_answer_and_a_command_made_of_quoted_words)
{
    g_autoptr(Results) results = two_by_two("r.db", "");
    g_autoptr(Report) report = report_load(results, FALSE, NULL);
    write_site(report);
    g_autofree char *overview = fixture_read("out/index.html", NULL), *page = fixture_read("out/case/p/a.html", NULL);
    cr_assert_not_null(strstr(overview, "href=\"case/p/a.html#answer-x\""));
    cr_assert_not_null(strstr(page, "id=\"answer-x\""));
    cr_assert_null(strstr(page, "answer-y"), "nothing is to be told of y");
    cr_assert_not_null(strstr(page, "<code>assay explain p/a --corpus &#39;my corpus&#39; --backend x</code>"));
}
