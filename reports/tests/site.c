/* What the site's pages say, beyond being inert (writers.c). */
#include "golden/manifest.h"
#include "reports/report.h"
#include "reports/tests/fixture.h"

#include <archive.h>
#include <archive_entry.h>
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

/* ---- what is added to a report: findings, certificates, the corpus --------------------------------------------------
 */

#define SCRIPT "<script>alert(1)</script>"

Test(site, findings_stand_beside_the_verdicts_they_explain)
{
    fixture_write("known/x/FINDINGS.md",
                  "# Findings: x 1.0 " SCRIPT "\n\nProse | with a bar.\n\n## Wrong " SCRIPT "\n\n"
                  "| what | case | requirement | whose |\n| --- | --- | --- | --- |\n"
                  "| Rounds `up` " SCRIPT " | `p/a`; right: `q/a` | p/R1 | backend |\n"
                  "| Elsewhere | `z/nowhere` | | |\n| too few | cells |\n\n## Objects\n\n| what | shown by | whose "
                  "|\n| --- | --- | --- |\n| Other | `q/a` | text |\n");
    fixture_write("known/y/FINDINGS.md", "no table at all | |\n|\n||\n`");
    g_autoptr(Results) results = two_by_two("r.db", "");
    g_autoptr(Report) report = report_load(results, FALSE, NULL);
    g_autofree char *folder = fixture_path("known"), *none = fixture_path("none");
    cr_assert(report_add_findings(report, folder, NULL));
    cr_assert_not(report_add_findings(report, none, NULL));
    write_site(report);
    g_autofree char *backend = fixture_read("out/backend/x.html", NULL),
                    *page = fixture_read("out/case/p/a.html", NULL);
    g_autofree char *right = fixture_read("out/case/q/a.html", NULL), *other = fixture_read("out/backend/y.html", NULL);
    cr_assert_not_null(strstr(backend, "Rounds <code>up</code> &lt;script&gt;"));
    cr_assert_not_null(strstr(backend, "href=\"../case/p/a.html\">p/a</a> <span class=\"verdict bad\""));
    cr_assert_not_null(strstr(backend, "right: <code>q/a</code>"));
    cr_assert_not_null(strstr(backend, "2 more name no case of this report"));
    cr_assert_not_null(strstr(page, "Known</a>: Rounds <code>up</code>"));
    cr_assert_not_null(strstr(right, "Known</a>: Other"));
    cr_assert_null(strstr(right, "Rounds"));
    cr_assert_eq(times(other, "Known"), 0);
    cr_assert_null(strstr(backend, "<script>alert"));
    cr_assert_null(strstr(page, "<script>alert"));
}

/* A tar archive with one entry; the path's file. */
static char *write_tar(const char *name, const char *entry_name, const char *text)
{
    char *path = fixture_path(name);
    struct archive *archive = archive_write_new();
    struct archive_entry *entry = archive_entry_new();
    archive_write_set_format_ustar(archive);
    cr_assert_eq(archive_write_open_filename(archive, path), ARCHIVE_OK);
    archive_entry_set_pathname(entry, entry_name);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_size(entry, (la_int64_t)strlen(text));
    cr_assert_eq(archive_write_header(archive, entry), ARCHIVE_OK);
    cr_assert_eq(archive_write_data(archive, text, strlen(text)), (la_ssize_t)strlen(text));
    archive_entry_free(entry);
    archive_write_free(archive);
    return path;
}

Test(site, a_certificate_is_shown_as_what_it_says_and_handed_on)
{
    g_autoptr(Results) results = two_by_two("r.db", "");
    g_autoptr(Report) report = report_load(results, FALSE, NULL);
    static const char good[] =
        "{\"backend\": {\"name\": \"x\", \"version\": \"" SCRIPT "\"}, \"profile\": \"" SCRIPT
        "\", \"corpus\": \"h\", \"granted\": true, \"reason\": \"part" SCRIPT "\", \"counted\": 7, \"accepted\": 6, \"waived\": 1, \"missed\": -1e300}";
    g_autofree char *path = write_tar("..a b.tar", "certificate.json", good);
    cr_assert(report_add_certificate(report, path, NULL));
    cr_assert(report_add_certificate(report, path, NULL), "twice is two files");
    static const struct {
        const char *entry, *text;
    } refused[] = { { "other.json", good },
                    { "certificate.json", "{}" },
                    { "certificate.json", "[1" },
                    { "certificate.json", "{\"backend\": \"x\"}" },
                    { "certificate.json", "{\"backend\": {\"name\": \"unknown\"}}" } };
    for (gsize i = 0; i < G_N_ELEMENTS(refused); i++) {
        g_autofree char *bad = write_tar("bad.tar", refused[i].entry, refused[i].text);
        g_autoptr(GError) error = NULL;
        cr_assert_not(report_add_certificate(report, bad, &error), "%s", refused[i].text);
        cr_assert(g_str_has_prefix(error->message, bad), "%s", error->message);
    }
    fixture_write("garbage.tar", "no archive");
    fixture_write("empty.tar", "");
    g_autofree char *garbage = fixture_path("garbage.tar"), *empty = fixture_path("empty.tar"),
                    *none = fixture_path("none.tar");
    cr_assert_not(report_add_certificate(report, garbage, NULL) || report_add_certificate(report, empty, NULL) ||
                  report_add_certificate(report, none, NULL));
    write_site(report);
    g_autofree char *page = fixture_read("out/backend/x.html", NULL);
    cr_assert_eq(times(page, "granted</span>"), 2);
    cr_assert_not_null(strstr(page, "6 of 7"));
    cr_assert_not_null(strstr(page, "<code>h</code>: part"));
    cr_assert_null(strstr(page, "<script>alert"));
    cr_assert_null(strstr(page, "not the corpus"));
    gsize length, copied;
    g_autofree char *original = fixture_read("..a b.tar", &length);
    g_autoptr(GRegex) link = g_regex_new("href=\"\\.\\./(certificate/x-2-[^\"/]+)\"", 0, 0, NULL);
    g_autoptr(GMatchInfo) match = NULL;
    cr_assert(g_regex_match(link, page, 0, &match));
    g_autofree char *file = g_match_info_fetch(match, 1), *out = g_build_filename("out", file, NULL),
                    *copy = fixture_read(out, &copied);
    cr_assert(length == copied && memcmp(original, copy, length) == 0);
}

/* "name=text" of each entry, joined by '\n'. */
static char *unzip(const char *name)
{
    g_autofree char *path = fixture_path(name);
    GString *text = g_string_new(NULL);
    struct archive *archive = archive_read_new();
    struct archive_entry *entry;
    char buffer[1000];
    archive_read_support_format_zip(archive);
    cr_assert_eq(archive_read_open_filename(archive, path, 4096), ARCHIVE_OK);
    while (archive_read_next_header(archive, &entry) == ARCHIVE_OK) {
        la_ssize_t n = archive_read_data(archive, buffer, sizeof buffer);
        cr_assert(n >= 0 && n < (la_ssize_t)sizeof buffer);
        g_string_append_printf(text, "%s=%.*s\n", archive_entry_pathname(entry), MIN((int)n, 12), buffer);
    }
    archive_read_free(archive);
    return g_string_free(text, FALSE);
}

Test(site, a_case_can_be_downloaded_with_what_was_answered)
{
    g_autoptr(Results) results = fixture_open("r.db", RESULTS_NEW);
    fixture_write("corpus/p/a/case.json", "{\"schema\": 1, \"id\": \"p/a\", \"proposal\": \"p\", \"variant\": \"v\", "
                                          "\"semantic\": \"a\", \"form\": \"native\", \"summary\": \"s\", "
                                          "\"requirements\": [\"p/R1\"], \"dtypes\": [], \"tags\": [], \"expect\": "
                                          "\"outputs\", \"inputs\": 1, \"outputs\": 1, "
                                          "\"compare\": [{\"mode\": \"value\"}]}");
    fixture_write("corpus/p/a/model.onnx", "the model");
    fixture_write("corpus/p/a/test_data_set_0/input_0.pb", "an input");
    g_autofree char *corpus = fixture_path("corpus"), *hash = NULL;
    GError *unread = NULL;
    cr_assert_not_null(hash = corpus_digest(corpus, &unread), "%s", unread ? unread->message : "");
    cr_assert(results_begin_run(results, &(RunFacts){ .corpus = corpus, .corpus_hash = hash }, NULL));
    cr_assert(results_put_backend(results, &(BackendFacts){ .name = "x/y" }, NULL));
    g_autoptr(GPtrArray) outputs = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
    g_ptr_array_add(outputs, g_bytes_new_static("answered", 8));
    static const char *const ids[] = { "p/a", "../corpus/p", "p/..", "p/gone", "p", "/etc" };
    for (gsize i = 0; i < G_N_ELEMENTS(ids); i++) {
        cr_assert(
            results_put_case(results, &(CaseFacts){ .id = ids[i], .proposal = "p", .expectation = "outputs" }, NULL));
        VerdictFacts v = { .case_id = ids[i],
                           .backend = "x/y",
                           .verdict = VERDICT_WRONG_VALUE,
                           .margin = (double)NAN,
                           .seconds = (double)NAN,
                           .outputs = outputs };
        cr_assert(results_put_verdict(results, &v, NULL));
    }
    g_autoptr(Report) report = report_load(results, FALSE, NULL);
    cr_assert(report_set_corpus(report, corpus, NULL));
    write_site(report);
    g_autofree char *page = fixture_read("out/case/p/a.html", NULL), *files = unzip("out/case/p/a.zip");
    cr_assert_not_null(strstr(page, "href=\"../../case/p/a.zip\" download"));
    g_auto(GStrv) lines = g_strsplit(files, "\n", -1);
    cr_assert_eq(g_strv_length(lines), 5, "%s", files);
    cr_assert_str_eq(lines[0], "a/case.json={\"schema\": 1");
    cr_assert_str_eq(lines[1], "a/model.onnx=the model");
    cr_assert_str_eq(lines[2], "a/test_data_set_0/input_0.pb=an input");
    cr_assert(g_str_has_prefix(lines[3], "a/answers/x_y-") && g_str_has_suffix(lines[3], "/output_0.pb=answered"), "%s",
              lines[3]);
    for (gsize i = 1; i < G_N_ELEMENTS(ids); i++) {
        g_autoptr(GPtrArray) none = report_case_files(report, report->cases->pdata[i], NULL);
        cr_assert_not_null(none);
        cr_assert(none->len == 0 || strcmp(((const ReportCase *)report->cases->pdata[i])->id, "p/a") == 0);
    }
    fixture_write("corpus/p/a/model.onnx", "another model");
    g_autoptr(GError) error = NULL;
    cr_assert_not(report_set_corpus(report, corpus, &error));
    cr_assert_not_null(strstr(error->message, "not the corpus"));
}

/* ---- trends and contradictions
 * --------------------------------------------------------------------------------------- */

static Results *one_of_version(const char *name, const char *version)
{
    Results *results = fixture_open(name, RESULTS_NEW);
    cr_assert(results_put_backend(results, &(BackendFacts){ .name = "x", .version = version }, NULL));
    cr_assert(results_put_case(results, &(CaseFacts){ .id = "p/a", .proposal = "p", .expectation = "outputs" }, NULL));
    VerdictFacts v = { .case_id = "p/a", .backend = "x", .verdict = VERDICT_PASS, .margin = 0, .seconds = 1 };
    cr_assert(results_put_verdict(results, &v, NULL));
    return results;
}

Test(site, another_version_is_marked_in_each_chart)
{
    g_autoptr(Results) a = one_of_version("a.db", "1.0"), b = one_of_version("b.db", "1.1" SCRIPT),
                       history = fixture_open("h.db", RESULTS_NEW);
    cr_assert(history_append(history, a, "2026-01-01T00:00:00Z", NULL) &&
              history_append(history, b, "2026-01-02T00:00:00Z", NULL) &&
              history_append(history, b, "2026-01-03T00:00:00Z", NULL));
    g_autoptr(Report) report = report_load(b, FALSE, NULL);
    cr_assert(report_set_history(report, history, NULL));
    write_site(report);
    g_autofree char *page = fixture_read("out/trends.html", NULL);
    cr_assert_eq(times(page, "<title>1.0 → 1.1&lt;script&gt;"), 3);
    cr_assert_eq(times(page, "class=\"version\""), 3);
}

Test(site, contradictions_are_in_the_order_of_requirements_with_the_smallest_model)
{
    static const char *const graphs[] = { "[\"a long graph\"]", "[]" };
    g_autoptr(Results) results = fixture_open("r.db", RESULTS_NEW);
    for (int b = 0; b < 3; b++)
        cr_assert(results_put_backend(results,
                                      &(BackendFacts){ .name = b == 0   ? "reference"
                                                               : b == 1 ? "x"
                                                                        : "y" },
                                      NULL));
    for (int i = 0; i < 4; i++) {
        g_autofree char *id = g_strdup_printf("p/%d", i), *model = g_strdup_printf("model %d" SCRIPT, i);
        g_autoptr(GPtrArray) requirements = g_ptr_array_new();
        g_ptr_array_add(requirements, (gpointer)(i < 2 ? "p/R11" : "p/R5"));
        CaseFacts facts = { .id = id,
                            .proposal = "p",
                            .expectation = "outputs",
                            .model = model,
                            .graph = graphs[i % 2],
                            .requirements = requirements };
        cr_assert(results_put_case(results, &facts, NULL));
        for (int b = 0; b < 3; b++) {
            VerdictFacts v = { .case_id = id,
                               .backend = b == 0   ? "reference"
                                          : b == 1 ? "x"
                                                   : "y",
                               .margin = (double)NAN,
                               .seconds = (double)NAN,
                               .verdict = b == 1 ? VERDICT_WRONG_VALUE : VERDICT_PASS };
            cr_assert(results_put_verdict(results, &v, NULL));
        }
    }
    g_autoptr(Report) report = report_load(results, FALSE, NULL);
    write_site(report);
    g_autofree char *page = fixture_read("out/proposal/p.html", NULL);
    const char *table = strstr(page, "id=\"ambiguities\"");
    cr_assert_not_null(table);
    const char *five = strstr(table, "p/R5"), *eleven = strstr(table, "p/R11");
    cr_assert(five != NULL && eleven != NULL && five < eleven);
    cr_assert_eq(times(page, "<pre tabindex=\"0\">model 1&lt;script&gt;"), 1);
    cr_assert_eq(times(page, "<pre tabindex=\"0\">model 3&lt;script&gt;"), 1);
    cr_assert_eq(times(page, "<pre tabindex=\"0\">model 0"), 0);
}

static void put_experiment(const char *name, const char *question)
{
    g_autofree char *json = g_strdup_printf("%s/evidence.json", name), *table = g_strdup_printf("%s/table.txt", name);
    g_autofree char *load = g_strdup_printf("%s/load.svg", name), *run = g_strdup_printf("%s/run.svg", name);
    g_autofree char *text = g_strdup_printf("{\"experiment\": \"%s\", \"proposal\": \"p\", \"title\": \"%s" SCRIPT "\", \"question\": \"q\", "
                                            "\"answer\": \"a" SCRIPT "\"%s}", name, name, question);
    fixture_write(json, text);
    fixture_write(table, "points" SCRIPT);
    fixture_write(load, "<svg/>");
    fixture_write(run, "<svg/>");
}

Test(site, evidence_stands_with_the_question_that_it_helps_to_decide)
{
    g_autoptr(Results) results = two_by_two("r.db", "");
    cr_assert(results_put_proposal(results, &(ProposalFacts){ "p", "{\"questions\": [{\"id\": \"Q1\", \"title\": \"first\"}, {\"id\": \"Q2\", \"title\": \"second\"}]}" }, NULL));
    put_experiment("one", ", \"open_question\": \"Q1\"");
    put_experiment("two", "");
    put_experiment("three", ", \"open_question\": \"Q9\"");
    g_autoptr(Report) report = report_load(results, FALSE, NULL);
    static const char *const folders[] = { "one", "two", "three" };
    for (gsize i = 0; i < G_N_ELEMENTS(folders); i++) {
        g_autofree char *folder = fixture_path(folders[i]);
        cr_assert(report_add_evidence(report, folder, NULL));
    }
    write_site(report);
    g_autofree char *page = fixture_read("out/proposal/p.html", NULL);
    const char *first = strstr(page, "Q1 first"), *second = strstr(page, "Q2 second"), *rest = strstr(page, "id=\"evidence\"");
    const char *one = strstr(page, "<h3>one"), *two = strstr(page, "<h3>two"), *three = strstr(page, "<h3>three");
    cr_assert(first && second && rest && one && two && three);
    cr_assert(first < one && one < second && second < rest && rest < two && two < three);
    cr_assert_null(strstr(page, "<script>alert"));
}

Test(site, careless_evidence_is_told_what_is_wrong)
{
    static const char *const rows[][2] = {
        { "{\"experiment\": \"one\",", "evidence.json: line 1, column 21: the JSON breaks off here" },
        { "{\"experiment\": \"one\", \"proposal\": \"p\"}", "evidence.json needs 'title', a text" },
    };
    g_autoptr(Results) results = two_by_two("r.db", "");
    g_autoptr(Report) report = report_load(results, FALSE, NULL);
    g_autofree char *folder = fixture_path("one");
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        fixture_write("one/evidence.json", rows[i][0]);
        cr_assert_not(report_add_evidence(report, folder, &error));
        cr_assert_not_null(strstr(error->message, rows[i][1]), "%s", error->message);
    }
}

Test(site, only_numbers_that_are_not_allowed_are_shown_as_wrong)
{
    static const char data[] = "{\"inputs\": [], \"outputs\": [{\"name\": \"y\", \"type\": \"float[4]\", \"elements\": 4, \"values\": [\"1\", \"2\", \"3\", \"4\"], "
                               "\"lower\": [\"0.5\", \"1.5\", \"2.5\", \"4\"], \"upper\": [\"1.5\", \"2.5\", \"3.5\", \"4\"]}]}";
    static const char answer[] = "{\"outputs\": [{\"type\": \"float[4]\", \"values\": [\"1\", \"2.4\", \"3.5\", \"nan\"]}]}";
    for (int good = 0; good < 2; good++) {
        g_autoptr(Results) results = fixture_open("r.db", RESULTS_NEW);
        cr_assert(results_put_backend(results, &(BackendFacts){ .name = "x" }, NULL));
        cr_assert(results_put_case(results, &(CaseFacts){ .id = "p/a", .proposal = "p", .expectation = "outputs", .data = data }, NULL));
        VerdictFacts v = { .case_id = "p/a", .backend = "x", .verdict = good ? VERDICT_PASS : VERDICT_WRONG_VALUE, .margin = 0.5, .seconds = 1, .answer = answer };
        cr_assert(results_put_verdict(results, &v, NULL));
        g_autoptr(Report) report = report_load(results, FALSE, NULL);
        write_site(report);
        g_autofree char *page = fixture_read("out/case/p/a.html", NULL);
        cr_assert_eq(times(page, "number within\">"), good ? 3 : 1, "2.4 is inside, 3.5 on the edge, nan nowhere");
        cr_assert_eq(times(page, "number differs\">"), good ? 0 : 2);
    }
}
