/* Waivers: what they cover, that they end, and that a careless one is refused. */
#include "backends_under_test/runner/tests/fixture.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#define FIELDS "\"owner\": \"jane\", \"link\": \"https://example.org/1\", \"reason\": \"known\""

static Waivers *waivers_of(Fixture *f, const char *json, const char *today, GError **error)
{
    g_autofree char *path = g_build_filename(f->folder, "waivers.json", NULL);
    cr_assert(g_file_set_contents(path, json, -1, NULL));
    return waivers_read(path, today, error);
}

/* What becomes of a wrong value of demo/fault under a waiver. */
static Judgement applied(Fixture *f, const char *json, const char *today, const char *backend, guint *unused)
{
    g_autoptr(GError)  error = NULL;
    g_autofree char   *folder = g_build_filename(f->corpus, "demo", "fault", NULL);
    g_autoptr(Waivers) waivers = waivers_of(f, json, today, &error);
    Subject           *subject = subject_read(folder, NULL);
    Judgement          j = { .verdict = VERDICT_WRONG_VALUE, .message = g_strdup("wrong"), .margin = NAN };
    cr_assert(waivers && subject, "%s", error ? error->message : "");
    waivers_apply(waivers, backend, subject, &j);
    g_autoptr(GPtrArray) lines = waivers_unused(waivers);
    *unused = lines->len;
    subject_free(subject);
    return j;
}

Test(waivers, cover_one_verdict_of_one_backend_until_their_last_day)
{
    static const struct {
        const char *verdict, *today, *backend;
        gboolean    waived;
        guint       unused;
    } rows[] = { { "wrong_value", "2027-03-31", "ort", TRUE, 0 },  { "wrong_value", "2026-01-01", "ort", TRUE, 0 },
                 { "wrong_value", "2027-04-01", "ort", FALSE, 1 }, { "crashed", "2027-01-01", "ort", FALSE, 1 },
                 { "wrong_value", "2027-01-01", "other", FALSE, 1 } };
    Fixture f;
    fixture_open(&f);
    fixture_add_identity(&f, "fault");
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        guint            unused;
        g_autofree char *json = g_strdup_printf("[{ \"backend\": \"ort*\", \"id\": \"demo/fault\", \"verdict\": \"%s\", "
                                                "\"expires\": \"2027-03-31\", " FIELDS " }]",
                                                rows[i].verdict);
        Judgement        j = applied(&f, json, rows[i].today, rows[i].backend, &unused);
        cr_expect_eq(j.verdict == VERDICT_WAIVED, rows[i].waived, "row %zu", i);
        cr_expect_eq(unused, rows[i].unused, "row %zu", i);
        judgement_clear(&j);
    }
    fixture_close(&f);
}

Test(waivers, leave_the_message_and_say_who_answers)
{
    Fixture    f;
    guint      unused;
    Verdict    verdict;
    const char json[] = "[{ \"backend\": \"*\", \"op\": \"Identity\", \"verdict\": \"wrong_value\", \"expires\": \"2027-03-31\", " FIELDS " }]";
    fixture_open(&f);
    fixture_add_identity(&f, "fault");
    Judgement j = applied(&f, json, "2027-01-01", "ort", &unused);
    cr_expect_str_eq(j.message, "wrong");
    cr_expect_str_eq(j.waiver, "wrong_value until 2027-03-31, by jane: known (https://example.org/1)");
    cr_expect(waiver_verdict(j.waiver, &verdict) && verdict == VERDICT_WRONG_VALUE);
    judgement_clear(&j);
    j = applied(&f, json, "2027-04-01", "ort", &unused);
    cr_expect_str_eq(j.message, "wrong (a waiver of jane expired on 2027-03-31)");
    judgement_clear(&j);
    fixture_close(&f);
}

Test(waivers, careless_ones_are_refused)
{
    static const char *const bad[][2] = {
        { "{}", "expected an array of waivers" },
        { "[1]", "waiver 1: not an object" },
        { "[", "line 1, column 1: the JSON breaks off here" },
        { "[] trailing", "line 1, column 4: the JSON has ended" },
        { "[{ \"backend\": \"*\", \"id\": \"x\", \"verdict\": \"crashed\", \"expires\": \"2027-03-31\", " FIELDS " }, {}]",
          "waiver 2: needs 'backend'" },
        { "[{ \"backend\": \"*\", \"backend\": \"ort\", \"id\": \"x\", \"verdict\": \"crashed\", \"expires\": \"2027-03-31\", " FIELDS
          " }]", "the key 'backend' stands twice" },
        { "[{ \"backend\": \"*\", \"verdict\": \"wrong_value\", \"expires\": \"2027-03-31\", " FIELDS " }]", ": waiver 1: names nothing" },
        { "[{ \"backend\": \"*\", \"id\": \"x\", \"verdict\": \"pass\", \"expires\": \"2027-03-31\", " FIELDS " }]", "'verdict'" },
        { "[{ \"backend\": \"*\", \"id\": \"x\", \"verdict\": \"crashed\", \"expires\": \"2027-02-30\", " FIELDS " }]", "'expires'" },
        { "[{ \"backend\": \"*\", \"id\": \"x\", \"verdict\": \"crashed\", \"expires\": \"tomorrow\", " FIELDS " }]", "'expires'" },
        { "[{ \"backend\": \"*\", \"id\": \"x\", \"verdict\": \"crashed\", " FIELDS " }]", "'expires'" },
        { "[{ \"backend\": \"*\", \"id\": \"x\", \"verdict\": \"crashed\", \"expires\": \"2027-03-31\", \"owner\": \" \" }]", "'owner'" },
        { "[{ \"backend\": \"*\", \"ids\": \"x\", \"verdict\": \"crashed\", \"expires\": \"2027-03-31\", " FIELDS " }]", "'ids'" },
    };
    Fixture f;
    fixture_open(&f);
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError)  error = NULL;
        g_autoptr(Waivers) waivers = waivers_of(&f, bad[i][0], "2026-11-28", &error);
        cr_expect_null(waivers, "%s", bad[i][0]);
        cr_expect(error && strstr(error->message, bad[i][1]), "%s: %s", bad[i][0], error ? error->message : "no error");
    }
    fixture_close(&f);
}
