#include "reports/report.h"
#include "reports/tests/fabricate.h"
#include "reports/tests/fixture.h"

#include <cjson/cJSON.h>
#include <criterion/criterion.h>
#include <csv.h>
#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

TestSuite(writers, .init = fixture_set_up, .fini = fixture_tear_down);

/* Every format of `results` into folder/name, with a baseline and a history made of the same. */
static void write_everything(Results *results, const char *name)
{
    GError *error = NULL;
    g_autofree char *history_name = g_strconcat(name, "-history.db", NULL), *empty_name = g_strconcat(name, "-empty.db", NULL);
    g_autoptr(Report) report = report_load(results, FALSE, &error);
    g_autoptr(Results) history = fixture_open(history_name, RESULTS_NEW), empty = fixture_open(empty_name, RESULTS_NEW);
    cr_assert_not_null(report, "%s", error ? error->message : "");
    cr_assert(history_append(history, results, "2026-01-01T00:00:00Z", &error), "%s", error ? error->message : "");
    cr_assert(history_append(history, empty, "2026-01-02T00:00:00Z", &error), "%s", error ? error->message : "");
    cr_assert(history_append(history, results, "2026-01-03T00:00:00Z", &error), "%s", error ? error->message : "");
    cr_assert(report_set_baseline(report, empty, "empty.db", NULL));
    cr_assert(report_set_history(report, history, NULL));
    g_autofree char *out = fixture_path(name);
    gsize n;
    const Writer *const *all = writer_all(&n);
    cr_assert_geq(n, 5);
    cr_assert(report_write(report, out, all, n, &error), "%s", error ? error->message : "");
}

static int by_name(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The files under a folder with their contents, in order: two folders are equal if these texts are. */
static void gather(GString *text, const char *path, const char *shown)
{
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    if (dir == NULL) {
        g_autofree char *content = NULL;
        cr_assert(g_file_get_contents(path, &content, NULL, NULL), "%s", path);
        g_string_append_printf(text, "== %s\n%s\n", shown, content);
        return;
    }
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    for (const char *name; (name = g_dir_read_name(dir)) != NULL;)
        g_ptr_array_add(names, g_strdup(name));
    g_ptr_array_sort(names, by_name);
    for (guint i = 0; i < names->len; i++) {
        g_autofree char *child = g_build_filename(path, names->pdata[i], NULL);
        g_autofree char *label = g_build_filename(shown, names->pdata[i], NULL);
        gather(text, child, label);
    }
}

static char *everything(const char *name)
{
    g_autofree char *path = fixture_path(name);
    GString *text = g_string_new(NULL);
    gather(text, path, "");
    return g_string_free(text, FALSE);
}

/* ---- the same verdicts give the same bytes --------------------------------------------------------------------------
 */

Test(writers, reports_of_shards_merged_in_any_order_are_identical)
{
    g_autoptr(Results) whole = fixture_open("whole.db", RESULTS_NEW);
    g_autoptr(Results) merged = fixture_open("merged.db", RESULTS_NEW);
    fabricate(whole, 90, 0, 1);
    for (guint i = 3; i-- > 0;) {
        g_autofree char *name = g_strdup_printf("%u.db", i);
        results_close(({
            Results *r = fixture_open(name, RESULTS_NEW);
            fabricate(r, 90, i, 3);
            r;
        }));
        g_autoptr(Results) shard = fixture_open(name, RESULTS_READ);
        cr_assert(results_merge(merged, shard, NULL));
    }
    write_everything(whole, "a");
    write_everything(whole, "b");
    write_everything(merged, "c");
    g_autofree char *a = everything("a"), *b = everything("b"), *c = everything("c");
    cr_assert_gt(strlen(a), 100000);
    cr_assert(strcmp(a, b) == 0, "written twice");
    cr_assert(strcmp(a, c) == 0, "from merged shards");
}

Test(writers, durations_and_logs_are_shown_only_when_asked_for)
{
    g_autoptr(Results) results = fixture_open("r.db", RESULTS_NEW);
    fabricate(results, 320, 0, 1);
    write_everything(results, "without");
    g_autofree char *without = everything("without");
    cr_assert_null(strstr(without, "edge: loading"));
    cr_assert_null(strstr(without, "seconds"));
    g_autoptr(Report) report = report_load(results, TRUE, NULL);
    g_autofree char *out = fixture_path("with");
    gsize n;
    const Writer *const *all = writer_all(&n);
    cr_assert(report_write(report, out, all, n, NULL));
    g_autofree char *with = everything("with");
    cr_assert_not_null(strstr(with, "edge: loading"));
    cr_assert_not_null(strstr(with, "seconds"));
}

/* ---- hostile text ---------------------------------------------------------------------------------------------------
 */

#define SCRIPT "</script><script>alert(1)</script><img src=x onerror=alert(1)>"

static const char *const hostile_texts[] = {
    SCRIPT,
    "=cmd|' /C calc'!A0",
    "+1",
    "-1+1",
    "@SUM(A1)",
    "\x01\x02\x1b[31m\x7f",
    "\xff\xfe\xc0\x80 broken",
    "]]><x/>",
    "a|b`c`<b>\n# heading",
    "\xe2\x80\xae gnol",
    "{\"a\":1}",
    "../../etc/passwd",
    "\xef\xbf\xbe",
    "--><!-- -->",
    "'\"\\",
    "@everyone https://example.org [x](javascript:alert(1))",
};

/* {"nodes": [[text, text]], "edges": [[0, 0, text]]} and the like: what is JSON, and hostile inside. */
static char *hostile_graph(const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    cJSON *json = cJSON_CreateObject(), *node = cJSON_CreateArray(), *edge = cJSON_CreateArray();
    for (int i = 0; i < 2; i++) {
        cJSON_AddItemToArray(node, cJSON_CreateString(valid));
        cJSON_AddItemToArray(edge, cJSON_CreateNumber(0));
    }
    cJSON_AddItemToArray(edge, cJSON_CreateString(valid));
    cJSON_AddItemToArray(cJSON_AddArrayToObject(json, "nodes"), node);
    cJSON_AddItemToArray(cJSON_AddArrayToObject(json, "edges"), edge);
    char *printed = cJSON_PrintUnformatted(json), *copy = g_strdup(printed);
    cJSON_free(printed);
    cJSON_Delete(json);
    return copy;
}

static char *hostile_data(const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    const char *const texts[] = { valid, valid };
    cJSON *json = cJSON_CreateObject(), *output = cJSON_CreateObject();
    cJSON_AddStringToObject(output, "name", valid);
    cJSON_AddStringToObject(output, "type", valid);
    cJSON_AddNumberToObject(output, "elements", 1e300);
    cJSON_AddItemToObject(output, "values", cJSON_CreateStringArray(texts, 2));
    cJSON_AddItemToObject(output, "lower", cJSON_CreateStringArray(texts, 1));
    cJSON_AddItemToArray(cJSON_AddArrayToObject(json, "outputs"), output);
    cJSON_AddItemToArray(cJSON_AddArrayToObject(json, "inputs"), cJSON_Duplicate(output, TRUE));
    char *printed = cJSON_PrintUnformatted(json), *copy = g_strdup(printed);
    cJSON_free(printed);
    cJSON_Delete(json);
    return copy;
}

static void put_hostile(Results *results)
{
    g_autofree char *megabyte = g_strnfill(1024 * 1024, '<');
    GError *error = NULL;
    cr_assert(
        results_begin_run(results, &(RunFacts){ .corpus = SCRIPT, .corpus_hash = SCRIPT, .assay = SCRIPT }, NULL));
    for (gsize i = 0; i < G_N_ELEMENTS(hostile_texts); i++) {
        const char *text = hostile_texts[i];
        g_autofree char *id = g_strdup_printf("%s/%s", i % 2 ? "p" : text, text);
        g_autoptr(GPtrArray) list = g_ptr_array_new();
        g_ptr_array_add(list, (gpointer)text);
        g_autofree char *graph = i % 3 ? hostile_graph(text) : g_strdup(text);
        g_autofree char *data = i % 4 ? hostile_data(text) : g_strdup(text);
        BackendFacts backend = {
            .name = text, .version = text, .device = text, .environment = text, .capabilities = text
        };
        CaseFacts facts = { .id = id,
                            .proposal = i % 2 ? "p" : text,
                            .variant = text,
                            .semantic = text,
                            .form = text,
                            .expectation = text,
                            .twin = text,
                            .summary = text,
                            .requirements = list,
                            .dtypes = list,
                            .tags = list,
                            .model = megabyte,
                            .comparison = text,
                            .graph = graph,
                            .data = data };
        VerdictFacts verdict = { .case_id = id,
                                 .backend = text,
                                 .verdict = (Verdict)(i % VERDICT_COUNT),
                                 .grade = 'F',
                                 .profile = text,
                                 .margin = i % 2 ? (double)INFINITY : 1e300,
                                 .stage = text,
                                 .message = i % 5 ? text : megabyte,
                                 .difference = text,
                                 .answer = i % 2 ? data : text,
                                 .signature = text,
                                 .statistics = i % 2 ? data : text,
                                 .waiver = text,
                                 .flaky = TRUE,
                                 .contradicts_manifest = TRUE,
                                 .seconds = (double)NAN,
                                 .log = text };
        cr_assert(results_put_backend(results, &backend, &error), "%s", error ? error->message : "");
        cr_assert(results_put_case(results, &facts, &error), "%s", error ? error->message : "");
        cr_assert(results_put_verdict(results, &verdict, &error), "%s", error ? error->message : "");
    }
    cr_assert(results_put_proposal(
        results,
        &(ProposalFacts){ "p", "{\"title\": \""
                               "<script>"
                               "\\u202e\\u0001\", \"requirements\": [{}, 1, "
                               "{\"id\": \"<i>\"}], \"variants\": 7, \"questions\": [null, \"<u>\"]}" },
        NULL));
}

/* No page holds a tag that a text brought along; only ours. */
static void check_inert(const char *path)
{
    g_autofree char *page = NULL;
    gsize length;
    cr_assert(g_file_get_contents(path, &page, &length, NULL));
    cr_assert(g_utf8_validate(page, (gssize)length, NULL), "%s", path);
    for (const char *image = page; (image = strstr(image, "<img")) != NULL; image++)
        cr_assert(g_str_has_prefix(image, "<img src=\"../../graph/"), "%s", path);
    cr_assert_null(strstr(page, "<script>"), "%s", path);
    cr_assert_null(strstr(page, "\xe2\x80\xae"), "%s", path);
    for (gsize i = 0; i < length; i++)
        cr_assert((guchar)page[i] >= 0x20 || page[i] == '\n' || page[i] == '\t', "%s: byte %d", path, page[i]);
    cr_assert_lt(length, 2500000, "%s has %" G_GSIZE_FORMAT " bytes", path, length);
}

static guint check_pages(const char *path)
{
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    if (dir == NULL && !g_str_has_suffix(path, ".html") && !g_str_has_suffix(path, ".svg"))
        return 0;
    if (dir == NULL) {
        check_inert(path);
        return 1;
    }
    guint pages = 0;
    for (const char *name; (name = g_dir_read_name(dir)) != NULL;) {
        g_autofree char *child = g_build_filename(path, name, NULL);
        pages += check_pages(child);
    }
    return pages;
}

static void nothing_but_names(G_GNUC_UNUSED GMarkupParseContext *context, const char *name,
                              G_GNUC_UNUSED const char **attributes, G_GNUC_UNUSED const char **values, gpointer data,
                              G_GNUC_UNUSED GError **error)
{
    static const char *const known[] = { "testsuites", "testsuite", "testcase", "failure", "error", "skipped", NULL };
    cr_assert(g_strv_contains(known, name), "%s", name);
    *(guint *)data += strcmp(name, "testcase") == 0;
}

static guint parse_junit(const char *name)
{
    gsize length;
    g_autofree char *file = g_build_filename(name, "junit.xml", NULL), *xml = fixture_read(file, &length);
    guint cases = 0;
    GMarkupParser parser = { .start_element = nothing_but_names };
    GMarkupParseContext *context = g_markup_parse_context_new(&parser, G_MARKUP_TREAT_CDATA_AS_TEXT, &cases, NULL);
    GError *error = NULL;
    cr_assert(g_markup_parse_context_parse(context, xml, (gssize)length, &error), "%s", error ? error->message : "");
    cr_assert(g_markup_parse_context_end_parse(context, &error), "%s", error ? error->message : "");
    g_markup_parse_context_free(context);
    /* GMarkup takes references that XML 1.0 forbids. */
    for (int c = 1; c < 0x20; c++) {
        g_autofree char *reference = g_strdup_printf("&#x%x;", (guint)c);
        cr_assert_null(strstr(xml, reference), "%s", reference);
    }
    return cases;
}

typedef struct {
    guint rows, cells, formulas;
} Sheet;

static void end_cell(void *cell, size_t length, void *data)
{
    Sheet *sheet = data;
    sheet->cells++;
    sheet->formulas += length > 0 && strchr("=+-@\t", *(const char *)cell) != NULL;
}

static void end_row(G_GNUC_UNUSED int c, void *data)
{
    ((Sheet *)data)->rows++;
}

static Sheet parse_csv(const char *name)
{
    gsize length;
    g_autofree char *file = g_build_filename(name, "results.csv", NULL), *text = fixture_read(file, &length);
    struct csv_parser parser;
    Sheet sheet = { 0 };
    cr_assert_eq(csv_init(&parser, CSV_STRICT), 0);
    cr_assert_eq(csv_parse(&parser, text, length, end_cell, end_row, &sheet), length);
    csv_fini(&parser, end_cell, end_row, &sheet);
    csv_free(&parser);
    return sheet;
}

/* Every JSON file under a folder is JSON; how many there are. */
static guint check_json(const char *path)
{
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    guint n = 0;
    if (dir == NULL && g_str_has_suffix(path, ".json")) {
        g_autofree char *text = NULL;
        cr_assert(g_file_get_contents(path, &text, NULL, NULL));
        cJSON *json = cJSON_Parse(text);
        cr_assert_not_null(json, "%s", path);
        cJSON_Delete(json);
        return 1;
    }
    for (const char *name; dir != NULL && (name = g_dir_read_name(dir)) != NULL;) {
        g_autofree char *child = g_build_filename(path, name, NULL);
        n += check_json(child);
    }
    return n;
}

/* Each line of the metrics is a comment of ours or one sample: no label ends early or runs on. */
static guint check_metrics(void)
{
    g_autofree char *text = fixture_read("out/metrics.txt", NULL);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    guint n = g_strv_length(lines), samples = 0;
    cr_assert_str_eq(lines[n - 2], "# EOF");
    cr_assert_str_empty(lines[n - 1]);
    for (guint i = 0; i + 2 < n; i++) {
        gboolean sample = g_regex_match_simple("^assay_[a-z_]+\\{[a-z]+=\"([^\"\\\\]|\\\\.)*\"(,[a-z]+=\"([^\"\\\\]|\\\\.)*\")*\\} [-+0-9.eInf]+$",
                                               lines[i], 0, 0);
        cr_assert(sample || g_regex_match_simple("^# (TYPE|HELP) assay_", lines[i], 0, 0), "%s", lines[i]);
        samples += sample ? 1 : 0;
    }
    return samples;
}

Test(writers, hostile_text_is_inert_in_every_format)
{
    /* What is checked below: a new format must be added. */
    static const char *const checked[] = { "badge", "csv", "html", "json", "junit", "markdown", "openmetrics", "scoreboard" };
    gsize formats;
    const Writer *const *all = writer_all(&formats);
    cr_assert_eq(formats, G_N_ELEMENTS(checked));
    for (gsize i = 0; i < formats; i++)
        cr_assert_str_eq(all[i]->name, checked[i]);
    g_autoptr(Results) results = fixture_open("r.db", RESULTS_NEW);
    put_hostile(results);
    write_everything(results, "out");
    guint n = (guint)G_N_ELEMENTS(hostile_texts);
    g_autofree char *out = fixture_path("out");
    cr_assert_gt(check_pages(out), n);
    cr_assert_eq(parse_junit("out"), n * n);
    Sheet sheet = parse_csv("out");
    cr_assert_eq(sheet.rows, n * n + 1);
    cr_assert_eq(sheet.cells, sheet.rows * 20);
    cr_assert_eq(sheet.formulas, 0);
    g_autofree char *json = fixture_read("out/results.json", NULL);
    cJSON *parsed = cJSON_Parse(json);
    cr_assert_not_null(parsed);
    cr_assert_eq(cJSON_GetArraySize(cJSON_GetObjectItem(parsed, "cases")), (int)n);
    cJSON_Delete(parsed);
    cr_assert_eq(check_json(out), 1 + 3 * n); /* results.json; of each backend a badge, report.json, trend.json */
    cr_assert_geq(check_metrics(), n * VERDICT_COUNT);
    g_autofree char *markdown = fixture_read("out/summary.md", NULL);
    g_auto(GStrv) spans = g_strsplit(markdown, "`", -1);
    for (guint i = 0; i < g_strv_length(spans); i += 2) /* outside the code spans */
        cr_assert_null(strpbrk(spans[i], "<>@"), "%s", spans[i]);
    /* Nothing was written outside the folder. */
    g_autofree char *root = fixture_path(NULL);
    g_autoptr(GDir) dir = g_dir_open(root, 0, NULL);
    for (const char *name; (name = g_dir_read_name(dir)) != NULL;)
        cr_assert(strcmp(name, "out") == 0 || g_str_has_prefix(name, "r.db") || g_str_has_prefix(name, "out-"), "%s", name);
}

/* ---- what the formats say -------------------------------------------------------------------------------------------
 */

Test(writers, the_counts_of_every_format_add_up)
{
    enum { CASES = 120 };
    g_autoptr(Results) results = fixture_open("r.db", RESULTS_NEW);
    fabricate(results, CASES, 0, 1);
    write_everything(results, "out");
    cr_assert_eq(parse_junit("out"), CASES * fabricate_backends());
    cr_assert_eq(parse_csv("out").rows, CASES * fabricate_backends() + 1);
    g_autofree char *json = fixture_read("out/results.json", NULL);
    cJSON *parsed = cJSON_Parse(json);
    const cJSON *backend, *count;
    cJSON_ArrayForEach(backend, cJSON_GetObjectItem(parsed, "backends"))
    {
        int sum = 0;
        cJSON_ArrayForEach(count, cJSON_GetObjectItem(backend, "verdicts")) sum += count->valueint;
        cr_assert_eq(sum, CASES);
    }
    cJSON_Delete(parsed);
    g_autofree char *xml = fixture_read("out/junit.xml", NULL);
    cr_assert_not_null(strstr(xml, "<testsuites name=\"assay\" tests=\"360\""));
}

Test(writers, untested_requirements_are_flagged)
{
    g_autoptr(Results) results = fixture_open("r.db", RESULTS_NEW);
    fabricate(results, 120, 0, 1); /* no case of either proposal names R13 or R14 */
    write_everything(results, "out");
    g_autofree char *page = fixture_read("out/proposal/block-qdq.html", NULL);
    cr_assert_not_null(strstr(page, "no case tests this MUST"));
    g_autofree char *markdown = fixture_read("out/summary.md", NULL);
    cr_assert_not_null(strstr(markdown, "no case tests `block-qdq/R13` (MUST)"));
}

Test(writers, a_share_is_never_rounded_to_all_or_nothing)
{
    g_autoptr(Results) results = fixture_open("r.db", RESULTS_NEW);
    fabricate(results, 3000, 0, 1);
    VerdictFacts v = { .case_id = "block-qdq/ragged_uint2_rank1_0_native",
                       .backend = "reference",
                       .margin = (double)NAN,
                       .verdict = VERDICT_TIMED_OUT,
                       .seconds = (double)NAN };
    cr_assert(results_put_verdict(results, &v, NULL));
    g_autoptr(Report) report = report_load(results, FALSE, NULL);
    g_autofree char *out = fixture_path("out");
    const Writer *html = writer_find("html");
    cr_assert(report_write(report, out, &html, 1, NULL));
    gsize length;
    g_autofree char *page = fixture_read("out/index.html", &length);
    cr_assert_not_null(strstr(page, "<strong>99.9 %</strong>"));
    cr_assert_lt(length, 1500000);
}

Test(writers, a_folder_that_is_no_report_is_left_alone)
{
    g_autoptr(Results) results = fixture_open("r.db", RESULTS_NEW);
    fabricate(results, 6, 0, 1);
    g_autoptr(Report) report = report_load(results, FALSE, NULL);
    const Writer *csv = writer_find("csv");
    GError *error = NULL;
    g_autofree char *folder = fixture_path(NULL);
    cr_assert_not(report_write(report, folder, &csv, 1, &error));
    cr_assert(g_error_matches(error, RESULTS_ERROR, RESULTS_ERROR_CONFLICT));
    g_clear_error(&error);
    g_autofree char *out = fixture_path("out");
    cr_assert(report_write(report, out, &csv, 1, NULL));
    cr_assert(report_write(report, out, &csv, 1, NULL), "a report is replaced");
    cr_assert_not(report_write(report, "/dev/null/x", &csv, 1, &error));
    g_clear_error(&error);
    cr_assert_null(writer_find("pdf"));
}
