/* Certificates: what they say, what --check finds, and that no byte of one is free. */
#include "backends_under_test/runner/certify.h"
#include "backends_under_test/runner/signature.h"
#include "backends_under_test/runner/tests/fixture.h"

#include <criterion/criterion.h>
#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

static void run_on(Fixture *f, const char *fault, Keep keep)
{
    GError    *error = NULL;
    Selection  selection;
    RunSummary summary = { 0 };
    RunOptions options = { .jobs = 1, .seconds = 20, .output_bytes = DEFAULT_OUTPUT_BYTES, .keep = keep };
    fixture_add_faulty(f, "faulty", fault, "\"start_seconds\": 300"); /* a busy machine is no finding */
    cr_assert(selection_parse(NULL, NULL, &selection, &error));
    g_autoptr(Backend)  backend = backend_load("faulty", &error);
    g_autoptr(Workload) workload = backend ? workload_read(f->corpus, &selection, &error) : NULL;
    g_autoptr(Results)  results = workload ? results_open(f->results, RESULTS_NEW, &error) : NULL;
    cr_assert(results && workload_record(workload, results, &error) &&
                  run_backend(workload, backend, &options, NULL, results, &summary, &error),
              "%s", error ? error->message : "");
    run_summary_clear(&summary);
    selection_clear(&selection);
}

static void run_with(Fixture *f, const char *fault, Keep keep)
{
    fixture_add_identity(f, "fault-native");
    fixture_add_identity(f, "good-native");
    fixture_add_reject(f, "invalid-native", "demo/good-native");
    fixture_freeze(f);
    run_on(f, fault, keep);
}

static Certificate *certified(Fixture *f, const char *profile, gboolean *granted)
{
    GError              *error = NULL;
    const CertifyRequest request = { .backend = "faulty", .profile = profile };
    g_autoptr(Results)   results = results_open(f->results, RESULTS_READ, &error);
    Certificate         *c = results ? certify(results, &request, &error) : NULL;
    cr_assert(c, "%s", error ? error->message : "");
    g_free(certificate_statement(c, granted));
    return c;
}

static GBytes *sealed(GPtrArray *entries)
{
    char *root = archive_root(entries);
    archive_add(entries, ARCHIVE_ROOT, g_bytes_new_take(root, strlen(root)));
    return archive_write(entries, NULL);
}

/* Checks the bytes as --check would; the differences, joined. */
static char *check(Fixture *f, GBytes *bytes, gboolean with_corpus, guint *judged)
{
    GError                *error = NULL;
    Recheck                r;
    GPtrArray             *entries = archive_read(bytes, "it", &error);
    g_autoptr(Certificate) c = entries ? certificate_open(entries, "it", &error) : NULL;
    cr_assert(c && certify_check(c, with_corpus ? f->corpus : NULL, &r, &error), "%s", error ? error->message : "");
    g_ptr_array_add(r.differences, NULL);
    char *text = g_strjoinv("\n", (char **)r.differences->pdata);
    if (judged)
        *judged = r.judged;
    recheck_clear(&r);
    return text;
}

/* The certificate with an entry replaced (NULL: removed), sealed anew as a forger would. */
static GBytes *forged(GBytes *bytes, const char *name, GBytes *contents)
{
    GPtrArray           *old = archive_read(bytes, "it", NULL);
    g_autoptr(GPtrArray) entries = archive_new();
    for (guint i = 0; i < old->len; i++) {
        const Entry *e = old->pdata[i];
        if (strcmp(e->name, name) != 0 && strcmp(e->name, ARCHIVE_ROOT) != 0)
            archive_add(entries, e->name, g_bytes_ref(e->bytes));
    }
    if (contents)
        archive_add(entries, name, contents);
    g_ptr_array_unref(old);
    return sealed(entries);
}

static char *text_of(GBytes *bytes, const char *name)
{
    g_autoptr(GPtrArray) entries = archive_read(bytes, "it", NULL);
    gsize                size;
    const char          *data = g_bytes_get_data(archive_get(entries, name), &size);
    return g_strndup(data, size);
}

static char *replaced(const char *text, const char *from, const char *to)
{
    g_autoptr(GString) s = g_string_new(text);
    cr_assert(g_string_replace(s, from, to, 1) == 1, "no '%s' in %s", from, text);
    return g_string_free(g_steal_pointer(&s), FALSE);
}

Test(certify, a_failure_is_certified_as_one_and_judged_again)
{
    Fixture  f;
    gboolean granted = TRUE;
    guint    judged = 0;
    fixture_open(&f);
    run_with(&f, "wrong_value", KEEP_BOUNDARY);
    g_autoptr(Certificate) c = certified(&f, "gold", &granted);
    g_autoptr(GBytes)      bytes = sealed(c->entries);
    g_autofree char       *found = check(&f, bytes, TRUE, &judged), *statement = text_of(bytes, "certificate.json");
    cr_expect_not(granted);
    cr_expect_str_eq(found, "");
    cr_expect_eq(judged, 1);
    cr_expect(strstr(statement, "\"missed\":\t1"), "%s", statement);
    fixture_close(&f);
}

Test(certify, profiles_ask_for_what_they_say)
{
    static const struct {
        const char *fault, *profile;
        gboolean    granted;
    } rows[] = { { "none", "gold", TRUE }, { "none", "platinum", TRUE }, { "none", "bronze", FALSE }, { "none", "silver", FALSE },
                 { "accept", "gold", TRUE }, { "accept", "platinum", FALSE }, { "refuse", "gold", FALSE } };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        Fixture  f;
        gboolean granted;
        fixture_open(&f);
        run_with(&f, rows[i].fault, KEEP_ALL);
        g_autoptr(Certificate) c G_GNUC_UNUSED = certified(&f, rows[i].profile, &granted);
        cr_expect_eq(granted, rows[i].granted, "%s %s", rows[i].fault, rows[i].profile);
        fixture_close(&f);
    }
}

Test(certify, no_byte_is_free)
{
    Fixture  f;
    gboolean granted;
    fixture_open(&f);
    run_with(&f, "wrong_value", KEEP_ALL);
    g_autoptr(Certificate) c = certified(&f, "platinum", &granted);
    g_autoptr(GBytes)      bytes = sealed(c->entries);
    gsize                  size, survived = 0;
    const guint8          *data = g_bytes_get_data(bytes, &size);
    for (gsize i = 0; i < size; i++) {
        guint8 *copy = g_memdup2(data, size);
        copy[i] ^= (guint8)(1u << (i % 8));
        g_autoptr(GBytes)    changed = g_bytes_new_take(copy, size);
        g_autoptr(GPtrArray) entries = archive_read(changed, "it", NULL);
        survived += entries != NULL;
    }
    cr_expect_gt(size, 8000);
    cr_expect_eq(survived, 0, "%zu of %zu bytes can be changed", survived, size);
    for (gsize cut = 0; cut < size; cut += 97) {
        g_autoptr(GBytes)    shorter = g_bytes_new(data, cut);
        g_autoptr(GPtrArray) entries = archive_read(shorter, "it", NULL);
        cr_expect_null(entries, "cut at %zu", cut);
    }
    fixture_close(&f);
}

static void expect_damage(GBytes *bytes, gsize at, gsize size, const char *expected)
{
    g_autoptr(GError)    error = NULL;
    guint8              *copy = g_memdup2(g_bytes_get_data(bytes, NULL), size);
    copy[at] ^= 1;
    g_autoptr(GBytes)    changed = g_bytes_new_take(copy, size);
    g_autoptr(GPtrArray) entries = archive_read(changed, "it", &error);
    cr_expect(!entries && strstr(error->message, expected), "%zu: %s", at, error ? error->message : "no error");
}

/* As well as it can be told. */
Test(certify, damage_is_described)
{
    g_autoptr(GPtrArray) entries = archive_new();
    archive_add(entries, "a.txt", g_bytes_new("contents", 8));
    g_autoptr(GBytes) bytes = sealed(entries); /* ROOT, then a.txt: a header and a block each, and two blocks of zeros */
    const gsize       size = g_bytes_get_size(bytes);
    expect_damage(bytes, 0, size, "the header of its first entry is damaged");
    expect_damage(bytes, 257, size, "no tar archive");
    expect_damage(bytes, 1024, size, "damaged behind the entry ROOT: ");
    expect_damage(bytes, 1023, size, "byte 1023 is not what its entries give");
    expect_damage(bytes, 1536, size, "they do not agree");
    expect_damage(bytes, 0, 1100, "the header of its first entry is damaged");
}

Test(certify, an_unknown_profile_is_answered_with_those_there_are)
{
    g_autoptr(GError) error = NULL;
    gsize             length;
    cr_expect_null(profile_load("nope", &length, &error));
    cr_expect(error && strstr(error->message, "'nope'") && strstr(error->message, "bronze, gold, platinum, silver"), "%s",
              error ? error->message : "no error");
}

/* Whoever rewrites the whole file and its root still cannot change what the outputs are judged to be. */
Test(certify, a_forged_verdict_is_found)
{
    Fixture  f;
    gboolean granted;
    fixture_open(&f);
    run_with(&f, "wrong_value", KEEP_BOUNDARY);
    g_autoptr(Certificate) c = certified(&f, "gold", &granted);
    g_autoptr(GBytes)      bytes = sealed(c->entries);
    g_autofree char       *results = text_of(bytes, "results.json");

    char *better = replaced(results, "\"wrong_value\"", "\"pass\"");
    g_autoptr(GBytes) lie = forged(bytes, "results.json", g_bytes_new_take(better, strlen(better)));
    g_autofree char  *without = check(&f, lie, FALSE, NULL), *with = check(&f, lie, TRUE, NULL);
    cr_expect(strstr(without, "certificate.json does not follow"), "%s", without);
    cr_expect(strstr(with, "demo/fault-native: the certificate says pass, its outputs are wrong_value"), "%s", with);

    char *other = replaced(results, "\"demo/good-native\"", "\"demo/grand-native\"");
    g_autoptr(GBytes) missing = forged(bytes, "results.json", g_bytes_new_take(other, strlen(other)));
    g_autofree char  *found = check(&f, missing, FALSE, NULL);
    cr_expect(strstr(found, "demo/good-native is in the corpus's manifest, but has no result"), "%s", found);

    g_autoptr(GError)    error = NULL;
    g_autofree char     *statement = text_of(bytes, "certificate.json");
    char                *name = replaced(statement, "\"faulty\"", "\"faulty\\nsignature: jane@example.org\"");
    g_autoptr(GBytes)    two_lines = forged(bytes, "certificate.json", g_bytes_new_take(name, strlen(name)));
    GPtrArray           *named = archive_read(two_lines, "it", &error);
    cr_expect(named && !certificate_open(named, "it", &error) && strstr(error->message, "certificate.json"));
    g_clear_error(&error);

    g_autoptr(GBytes)    hidden = forged(bytes, "outputs/demo/fault-native/output_0.pb", NULL);
    GPtrArray           *entries = archive_read(hidden, "it", &error);
    cr_expect(entries && !certificate_open(entries, "it", &error) && strstr(error->message, "list of entries"));

    fixture_add_identity(&f, "later-native");
    g_autofree char *changed = check(&f, bytes, TRUE, NULL);
    cr_expect(strstr(changed, "another version of the corpus"), "%s", changed);
    fixture_close(&f);
}

/* demo/fault-native is judged by a tolerance, so that a wrong value is away from it by some share. */
static void add_tolerant(Fixture *f, double rtol)
{
    GError          *error = NULL;
    g_autofree char *folder = g_build_filename(f->corpus, "demo", "fault-native", NULL);
    g_autofree char *path = g_build_filename(folder, "case.json", NULL);
    fixture_add_identity(f, "fault-native");
    g_autoptr(Case)  c = case_read(folder, &error);
    cr_assert(c, "%s", error ? error->message : "");
    g_array_index(c->comparisons, CompareSpec, 0) = (CompareSpec){ .mode = COMPARE_TOLERANCE, .rtol = rtol };
    g_autofree char *json = case_to_json(c);
    cr_assert(g_file_set_contents(path, json, -1, &error));
}

static char *check_margin(Fixture *f, GBytes *bytes, const char *from, const char *format, double margin)
{
    char              number[G_ASCII_DTOSTR_BUF_SIZE];
    g_autofree char  *results = text_of(bytes, "results.json");
    char             *other = replaced(results, from, g_ascii_formatd(number, sizeof number, format, margin));
    g_autoptr(GBytes) changed = forged(bytes, "results.json", g_bytes_new_take(other, strlen(other)));
    return check(f, changed, TRUE, NULL);
}

/* Written to the last digit; of what earlier versions wrote to fifteen digits nobody says that it was changed. */
Test(certify, a_margin_comes_back_as_it_was)
{
    Fixture  f;
    gboolean granted;
    char     written[G_ASCII_DTOSTR_BUF_SIZE];
    fixture_open(&f);
    add_tolerant(&f, 0.7);
    fixture_freeze(&f);
    run_on(&f, "wrong_value", KEEP_BOUNDARY);
    g_autoptr(Certificate) c = certified(&f, "gold", &granted);
    g_autoptr(GBytes)      bytes = sealed(c->entries);
    const double           margin = ((const Row *)c->rows->pdata[0])->margin;
    cr_assert_neq(g_ascii_strtod(g_ascii_formatd(written, sizeof written, "%.15g", margin), NULL), margin);
    cr_assert_eq(g_ascii_strtod(g_ascii_formatd(written, sizeof written, "%.17g", margin), NULL), margin);
    g_autofree char *exact = check(&f, bytes, TRUE, NULL);
    g_autofree char *rounded = check_margin(&f, bytes, written, "%.17g", nextafter(margin, 2));
    g_autofree char *other = check_margin(&f, bytes, written, "%.17g", margin + 1e-14);
    cr_expect_str_eq(exact, "");
    cr_expect_str_eq(rounded, "");
    cr_expect(strstr(other, "the certificate says grade"), "%s", other);
    fixture_close(&f);
}

/* The answer to a model that had to be refused is an answer. */
Test(certify, what_an_invalid_model_was_answered_is_kept)
{
    Fixture  f;
    gboolean granted;
    guint    judged = 0;
    fixture_open(&f);
    run_with(&f, "accept", KEEP_BOUNDARY);
    g_autoptr(Certificate) c = certified(&f, "platinum", &granted);
    g_autoptr(GBytes)      bytes = sealed(c->entries);
    g_autofree char       *found = check(&f, bytes, TRUE, &judged);
    cr_expect_not(granted);
    cr_expect_str_eq(found, "");
    cr_expect_eq(judged, 1);
    cr_expect_not_null(archive_get(c->entries, "outputs/demo/invalid-native/output_0.pb"));
    fixture_close(&f);
}

static void expect_verdict(Fixture *f, gboolean granted, const char *verdict)
{
    gboolean               is_granted;
    g_autoptr(Certificate) c = certified(f, "gold", &is_granted);
    g_autoptr(GBytes)      bytes = sealed(c->entries);
    g_autofree char       *found = certificate_verdict(c), *differences = check(f, bytes, TRUE, NULL);
    cr_expect_eq(is_granted, granted, "%s", found);
    cr_expect_str_eq(found, verdict);
    cr_expect_str_eq(differences, "");
}

/* Nobody chooses the cases that a certificate is about. */
Test(certify, only_the_frozen_corpus_grants_anything)
{
    Fixture f;
    fixture_open(&f);
    run_with(&f, "none", KEEP_ALL);
    expect_verdict(&f, TRUE, "gold: granted: 2 of 2 cases accepted");
    g_autoptr(Certificate) whole = certified(&f, "gold", &(gboolean){ FALSE });
    g_autoptr(GBytes)      bytes = sealed(whole->entries);

    fixture_add_dtype(&f, "good-native", DTYPE_INT32);
    fixture_add_identity(&f, "later-native");
    g_unlink(f.results);
    run_on(&f, "none", KEEP_ALL);
    expect_verdict(&f, FALSE, "gold: not granted: the corpus has 2 of the 3 cases of the frozen one, and 2 others; 3 of 3 cases accepted");

    g_autofree char *frozen = g_build_filename(f.folder, "home", "golden", "manifest", "demo.txt", NULL);
    g_unlink(frozen);
    expect_verdict(&f, FALSE, "gold: not granted: no case of the corpus is frozen; 3 of 3 cases accepted");
    g_autofree char *granted_elsewhere = check(&f, bytes, FALSE, NULL);
    cr_expect(strstr(granted_elsewhere, "certificate.json does not follow") && strstr(granted_elsewhere, "no case of the corpus is frozen"),
              "%s", granted_elsewhere);
    fixture_close(&f);
}

Test(certify, what_was_not_kept_is_not_certified)
{
    Fixture              f;
    g_autoptr(GError)    error = NULL;
    const CertifyRequest request = { .backend = "faulty", .profile = "gold" };
    fixture_open(&f);
    run_with(&f, "wrong_value", KEEP_NOTHING);
    g_autoptr(Results) results = results_open(f.results, RESULTS_READ, NULL);
    cr_expect_null(certify(results, &request, &error));
    cr_expect(error && strstr(error->message, "--keep-outputs"), "%s", error ? error->message : "");
    fixture_close(&f);
}

Test(certify, a_signature_names_who_signed)
{
    g_autofree char *program = g_find_program_in_path("ssh-keygen");
    if (!program)
        cr_skip_test("ssh-keygen is not installed");
    Fixture           f;
    g_autoptr(GError) error = NULL;
    fixture_open(&f);
    g_autofree char *key = g_build_filename(f.folder, "key", NULL), *pub = g_strconcat(key, ".pub", NULL);
    g_autofree char *signers = g_build_filename(f.folder, "signers", NULL), *line = NULL, *quoted = g_shell_quote(key);
    g_autofree char *command = g_strdup_printf("ssh-keygen -q -t ed25519 -N '' -f %s", quoted);
    cr_assert(g_spawn_command_line_sync(command, NULL, NULL, NULL, NULL) && g_file_get_contents(pub, &line, NULL, NULL));
    g_autofree char *allowed = g_strdup_printf("jane@example.org %s", line);
    cr_assert(g_file_set_contents(signers, allowed, -1, NULL));
    g_autoptr(GBytes) signature = signature_make("root\n", key, &error);
    cr_assert(signature, "%s", error ? error->message : "");
    cr_expect(signature_verify("root\n", signature, signers, "jane@example.org", NULL));
    cr_expect_not(signature_verify("root\n", signature, signers, "joe@example.org", NULL));
    cr_expect_not(signature_verify("other\n", signature, signers, "jane@example.org", &error));
    cr_expect(error && !strchr(error->message, '\n'));
    fixture_close(&f);
}
