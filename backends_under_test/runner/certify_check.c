#include "backends_under_test/runner/certify.h"
#include "backends_under_test/runner/scratch.h"
#include "golden/manifest.h"
#include "reference/onnx/save.h"

#include <float.h>
#include <math.h>
#include <string.h>

void recheck_clear(Recheck *r)
{
    g_clear_pointer(&r->differences, g_ptr_array_unref);
}

static void differ(Recheck *r, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void differ(Recheck *r, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    g_ptr_array_add(r->differences, message_line(text)); /* it may hold names from the manifests in the file */
}

/* What the answer was judged to be, before any waiver; a waiver that covers nothing is worth nothing. */
static Verdict verdict_before_waiver(const Row *row, Recheck *r)
{
    Verdict verdict = row->verdict;
    if (verdict == VERDICT_WAIVED && (!row->waiver || !waiver_verdict(row->waiver, &verdict)))
        differ(r, "%s: waived, but by no waiver", row->id);
    return verdict;
}

/* ---- the statement ------------------------------------------------------------------------------------------------------ */

static void check_statement(const Certificate *c, Recheck *r)
{
    g_autofree char *statement = certificate_statement(c, NULL);
    g_autofree char *verdict = certificate_verdict(c);
    if (strcmp(statement, c->statement) != 0)
        differ(r, "certificate.json does not follow from the results, the profile and the frozen corpus: %s", verdict);
}

/* Every case of the manifests has a row, and there is no other. Manifests are sorted by name, rows by id. */
static void check_rows(const Certificate *c, Recheck *r)
{
    guint row = 0;
    for (guint i = 0; i < c->proposals->len; i++) {
        g_auto(GStrv) lines = g_strsplit(c->manifests->pdata[i], "\n", -1);
        for (char **line = lines; *line && **line; line++) {
            g_autofree char *id = g_strdup_printf("%s/%.*s", (const char *)c->proposals->pdata[i], (int)strcspn(*line, " "), *line);
            if (row >= c->rows->len || strcmp(((const Row *)c->rows->pdata[row])->id, id) != 0) {
                differ(r, "%s is in the corpus's manifest, but has no result in its place", id);
                return;
            }
            row++;
        }
    }
    if (row < c->rows->len)
        differ(r, "%s has a result, but is in no manifest", ((const Row *)c->rows->pdata[row])->id);
}

static void check_kept(const Certificate *c, Recheck *r)
{
    for (guint i = 0; i < c->rows->len; i++) {
        const Row *row = c->rows->pdata[i];
        if (!row->kept && judge_is_boundary(verdict_before_waiver(row, r), row->margin))
            differ(r, "%s: %s, but no output is stored that could show it", row->id, verdict_name(row->verdict));
    }
}

/* ---- the corpus --------------------------------------------------------------------------------------------------------- */

/* TRUE if all of them are as they were when the certificate was written. */
static gboolean check_manifests(const Certificate *c, const char *corpus, Recheck *r)
{
    const guint before = r->differences->len;
    for (guint i = 0; i < c->proposals->len; i++) {
        g_autofree char *folder = g_build_filename(corpus, c->proposals->pdata[i], NULL);
        g_autofree char *manifest = manifest_of(folder, NULL);
        if (!manifest)
            differ(r, "%s: cannot be read as the corpus's cases of %s", folder, (const char *)c->proposals->pdata[i]);
        else if (strcmp(manifest, c->manifests->pdata[i]) != 0)
            differ(r, "%s: not the cases that the certificate is about (another version of the corpus?)", folder);
    }
    return r->differences->len == before;
}

static gboolean write_outputs(const Certificate *c, const Row *row, const char *scratch, GPtrArray *paths, GError **error)
{
    for (guint i = 0; i < row->kept; i++) {
        g_autofree char *name = certificate_output_name(row->id, i), *file = g_path_get_basename(name);
        char            *path = g_build_filename(scratch, file, NULL);
        gsize            size;
        const void      *data = g_bytes_get_data(archive_get(c->entries, name), &size);
        g_ptr_array_add(paths, path);
        if (!file_replace(path, data, size, FALSE, error))
            return FALSE;
    }
    return TRUE;
}

/* Certificates of earlier versions hold margins as cJSON writes numbers: to within DBL_EPSILON. Nothing follows from less. */
static gboolean same_margin(double a, double b)
{
    return (isnan(a) && isnan(b)) || a == b || fabs(a - b) <= DBL_EPSILON * MIN(a, b);
}

static void compare_judgement(const Row *row, const Judgement *j, Recheck *r)
{
    const Verdict claimed = verdict_before_waiver(row, r);
    if (claimed != j->verdict)
        differ(r, "%s: the certificate says %s, its outputs are %s%s%s", row->id, verdict_name(claimed), verdict_name(j->verdict),
               j->message ? ": " : "", j->message ? j->message : "");
    else if (row->grade != j->grade || !same_margin(row->margin, j->margin))
        differ(r, "%s: the certificate says grade %c and margin %.17g, its outputs have %c and %.17g", row->id,
               row->grade ? row->grade : '-', row->margin, j->grade ? j->grade : '-', j->margin);
}

static gboolean judge_again(const Certificate *c, const Row *row, const char *corpus, const char *scratch, Recheck *r,
                            GError **error)
{
    g_autofree char     *folder = g_build_filename(corpus, row->id, NULL);
    g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
    Judgement            j = { .margin = NAN, .seconds = NAN };
    const Attempt        attempt = { .kind = ATTEMPT_ANSWERED, .outputs = paths };
    Subject             *s = subject_read(folder, error);
    gboolean             good = s != NULL;
    if (s && (s->c->form != row->form || s->c->expectation != row->expectation))
        differ(r, "%s: the certificate has it as another kind of case", row->id);
    if (row->kept == 0) {
        r->unjudged += row->verdict != VERDICT_NOT_RUN;
    } else if (good) {
        /* What the run took by a declared profile is judged by it again; where none was declared, grade B did not pass. */
        const char *declared = row->verdict == VERDICT_PASS ? row->relaxation : NULL;
        good = write_outputs(c, row, scratch, paths, error) && judge(s, &attempt, NULL, declared, &j, error);
        if (good)
            compare_judgement(row, &j, r);
        r->judged++;
        good = scratch_empty(scratch, good ? error : NULL) && good;
    }
    judgement_clear(&j);
    subject_free(s);
    return good;
}

gboolean certify_check(const Certificate *c, const char *corpus, Recheck *r, GError **error)
{
    *r = (Recheck){ .differences = g_ptr_array_new_with_free_func(g_free) };
    check_statement(c, r);
    check_rows(c, r);
    check_kept(c, r);
    if (!corpus || !check_manifests(c, corpus, r))
        return TRUE;
    g_autofree char *scratch = scratch_make(error);
    gboolean         good = scratch != NULL;
    for (guint i = 0; i < c->rows->len && good; i++)
        good = judge_again(c, c->rows->pdata[i], corpus, scratch, r, error);
    scratch_remove(scratch);
    return good;
}
