#include "backends_under_test/runner/certify.h"
#include "golden/manifest.h"
#include "reference/assay.h"

#include <math.h>
#include <string.h>

typedef struct {
    Results              *results;
    const CertifyRequest *request;
    Certificate          *c;
    GHashTable           *stored; /* id -> Row: what results say */
    char                 *corpus, *corpus_hash;
    gboolean              backend_known;
} Gathering;

static void gathering_clear(Gathering *g)
{
    g_clear_pointer(&g->stored, g_hash_table_unref);
    g_free(g->corpus);
    g_free(g->corpus_hash);
}

static gboolean fail(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);
static gboolean fail(GError **error, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *message = g_strdup_vprintf(format, args);
    va_end(args);
    g_set_error_literal(error, BACKEND_ERROR, BACKEND_ERROR_FORMAT, message);
    return FALSE;
}

/* ---- from results ------------------------------------------------------------------------------------------------------- */

static char *line_or_empty(const char *text)
{
    return message_line(text ? text : ""); /* as certificate_open() demands */
}

static gboolean take_backend(const BackendFacts *facts, gpointer data, GError **error)
{
    Gathering *g = data;
    (void)error;
    if (strcmp(facts->name, g->request->backend) != 0)
        return TRUE;
    g->backend_known = TRUE;
    g->c->backend = g_strdup(facts->name);
    g->c->version = line_or_empty(facts->version);
    g->c->device = line_or_empty(facts->device);
    g->c->environment = line_or_empty(facts->environment);
    g->c->capabilities = g_strdup(facts->capabilities ? facts->capabilities : "[]");
    return TRUE;
}

static void take_run(const RunFacts *run, gpointer data)
{
    Gathering *g = data;
    g->corpus = g_strdup(g->request->corpus ? g->request->corpus : run->corpus);
    g->corpus_hash = g_strdup(run->corpus_hash);
}

static gboolean take_verdict(const VerdictFacts *v, gpointer data, GError **error)
{
    Gathering *g = data;
    (void)error;
    if (v->verdict == VERDICT_NOT_RUN)
        return TRUE;
    Row *row = g_new0(Row, 1);
    *row = (Row){ .id = g_strdup(v->case_id),
                  .verdict = v->verdict,
                  .grade = v->grade,
                  .margin = v->margin,
                  .relaxation = g_strdup(v->profile),
                  .stage = g_strdup(v->stage),
                  .message = g_strdup(v->message),
                  .waiver = g_strdup(v->waiver),
                  .flaky = v->flaky,
                  .contradicts_manifest = v->contradicts_manifest };
    g_hash_table_insert(g->stored, row->id, row);
    return TRUE;
}

/* ---- outputs ------------------------------------------------------------------------------------------------------------ */

/* What the backend's answer was judged to be, before any waiver. */
static Verdict judged(const Row *row)
{
    Verdict verdict = row->verdict;
    if (verdict == VERDICT_WAIVED && row->waiver)
        waiver_verdict(row->waiver, &verdict);
    return verdict;
}

static gboolean take_outputs(Gathering *g, Row *row, GError **error)
{
    g_autoptr(GPtrArray) outputs = results_outputs(g->results, row->id, g->c->backend, error);
    if (!outputs)
        return FALSE;
    row->kept = outputs->len;
    for (guint i = 0; i < outputs->len; i++) {
        g_autofree char *name = certificate_output_name(row->id, i);
        archive_add(g->c->entries, name, g_bytes_ref(outputs->pdata[i]));
    }
    return row->kept > 0 || !judge_is_boundary(judged(row), row->margin) ||
           fail(error, "the run kept no outputs of %s (%s): run again with --keep-outputs boundary", row->id,
                verdict_name(row->verdict));
}

/* ---- the corpus --------------------------------------------------------------------------------------------------------- */

static gboolean in_scope(const Gathering *g, const char *proposal)
{
    GHashTableIter iter;
    gpointer       id;
    if (g->request->proposals)
        return g_strv_contains((const char *const *)g->request->proposals, proposal);
    g_autofree char *prefix = g_strconcat(proposal, "/", NULL);
    g_hash_table_iter_init(&iter, g->stored);
    while (g_hash_table_iter_next(&iter, &id, NULL))
        if (g_str_has_prefix(id, prefix))
            return TRUE;
    return FALSE;
}

static gboolean add_case(Gathering *g, const Case *c, GError **error)
{
    gpointer key, found;
    Row     *row;
    if (!certificate_id_is_good(c->id))
        return fail(error, "case id '%s' has no place in a certificate", c->id);
    if (g_hash_table_steal_extended(g->stored, c->id, &key, &found)) {
        row = found;
    } else {
        row = g_new0(Row, 1);
        *row = (Row){ .id = g_strdup(c->id), .verdict = VERDICT_NOT_RUN, .margin = NAN };
    }
    row->proposal = g_strdup(c->proposal);
    row->form = c->form;
    row->expectation = c->expectation;
    g_ptr_array_add(g->c->rows, row);
    return take_outputs(g, row, error);
}

static gint by_id(gconstpointer a, gconstpointer b)
{
    return strcmp((*(Row *const *)a)->id, (*(Row *const *)b)->id);
}

/* The proposals of the corpus in order, with their manifests; the cases of those in scope. */
static gboolean walk_corpus(Gathering *g, GError **error)
{
    g_autoptr(GPtrArray) folders = corpus_list(g->corpus, error);
    g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func(g_free), manifests = g_ptr_array_new_with_free_func(g_free);
    gboolean             scope = FALSE;
    for (guint i = 0; folders && i < folders->len; i++) {
        g_autoptr(Case) c = case_read(folders->pdata[i], error);
        if (!c)
            return FALSE;
        if (all->len == 0 || strcmp(all->pdata[all->len - 1], c->proposal) != 0) {
            g_autofree char *parent = g_path_get_dirname(folders->pdata[i]);
            char            *manifest = manifest_of(parent, error);
            if (!manifest)
                return FALSE;
            g_ptr_array_add(all, g_strdup(c->proposal));
            g_ptr_array_add(manifests, manifest);
            if ((scope = in_scope(g, c->proposal))) {
                g_ptr_array_add(g->c->proposals, g_strdup(c->proposal));
                g_ptr_array_add(g->c->manifests, g_strdup(manifest));
            }
        }
        if (scope && !add_case(g, c, error))
            return FALSE;
    }
    if (!folders)
        return FALSE;
    g_autofree char *hash = manifests_digest(all, manifests);
    if (g_strcmp0(hash, g->corpus_hash) != 0)
        return fail(error, "%s is not the corpus that these results are of", g->corpus);
    g_ptr_array_sort(g->c->rows, by_id);
    return g->c->rows->len > 0 || fail(error, "%s has no case of these proposals that %s ran", g->corpus, g->c->backend);
}

static gboolean gather(Gathering *g, GError **error)
{
    Certificate *c = g->c;
    if (!(c->profile_text = profile_load(g->request->profile, &c->profile_length, error)) ||
        !(c->profile = profile_parse(c->profile_text, c->profile_length, g->request->profile, error)) ||
        !results_each_backend(g->results, take_backend, g, error) || !results_run(g->results, take_run, g, error))
        return FALSE;
    if (!g->backend_known)
        return fail(error, "these results know no backend '%s'", g->request->backend);
    if (!g->corpus || !g->corpus_hash)
        return fail(error, "these results do not say which corpus they are of");
    c->assay = g_strdup(ASSAY_VERSION);
    return results_each_verdict(g->results, NULL, c->backend, take_verdict, g, error) && walk_corpus(g, error);
}

Certificate *certify(Results *results, const CertifyRequest *request, GError **error)
{
    g_autoptr(Certificate) c = certificate_new();
    Gathering              g = { .results = results, .request = request, .c = c };
    g.stored = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, row_free);
    const gboolean good = gather(&g, error);
    gathering_clear(&g);
    if (good)
        certificate_pack(c);
    return good ? g_steal_pointer(&c) : NULL;
}
