#include "backends_under_test/runner/workload.h"
#include "backends_under_test/runner/backend.h"
#include "backends_under_test/runner/preview.h"
#include "golden/manifest.h"
#include "golden/proposal.h"
#include "reference/context/context.h"
#include "reference/onnx/text.h"

#include <string.h>

#define MODEL_TEXT_ELEMENTS 64

void workload_free(Workload *w)
{
    if (!w)
        return;
    g_clear_pointer(&w->by_id, g_hash_table_unref);
    g_clear_pointer(&w->selected, g_ptr_array_unref);
    g_clear_pointer(&w->all, g_ptr_array_unref);
    g_free(w->corpus);
    g_free(w);
}

/* ---- reading ------------------------------------------------------------------------------------------------------- */

static gboolean read_all(Workload *w, GError **error)
{
    g_autoptr(GPtrArray) folders = corpus_list(w->corpus, error);
    if (!folders)
        return FALSE;
    for (guint i = 0; i < folders->len; i++) {
        Subject *s = subject_read(folders->pdata[i], error);
        if (!s)
            return FALSE;
        g_ptr_array_add(w->all, s);
        if (!g_hash_table_insert(w->by_id, s->c->id, s)) {
            g_set_error(error, CORPUS_ERROR, CORPUS_ERROR_FORMAT, "%s: another case has the id %s too", s->folder, s->c->id);
            return FALSE;
        }
    }
    return TRUE;
}

static gint running_order(gconstpointer a, gconstpointer b)
{
    const Case *x = (*(Subject *const *)a)->c, *y = (*(Subject *const *)b)->c;
    if (x->expectation != y->expectation)
        return x->expectation == EXPECT_OUTPUTS ? -1 : 1;
    return strcmp(x->id, y->id);
}

Workload *workload_read(const char *corpus, const Selection *selection, GError **error)
{
    g_autoptr(Workload) w = g_new0(Workload, 1);
    w->corpus = g_strdup(corpus);
    w->all = g_ptr_array_new_with_free_func(subject_free);
    w->selected = g_ptr_array_new();
    w->by_id = g_hash_table_new(g_str_hash, g_str_equal);
    if (!read_all(w, error))
        return NULL;
    for (guint i = 0; i < w->all->len; i++)
        if (selection_takes(selection, ((Subject *)w->all->pdata[i])->c))
            g_ptr_array_add(w->selected, w->all->pdata[i]);
    g_ptr_array_sort(w->selected, running_order);
    if (w->selected->len == 0) {
        g_set_error(error, BACKEND_ERROR, BACKEND_ERROR_UNKNOWN, "none of the %u cases in %s is selected", w->all->len,
                    corpus);
        return NULL;
    }
    return g_steal_pointer(&w);
}

/* ---- writing down -------------------------------------------------------------------------------------------------- */

/* The identity of the corpus: the digest of all manifests, proposal by proposal. */
static char *corpus_hash(const Workload *w, GError **error)
{
    g_autoptr(GPtrArray) proposals = g_ptr_array_new(), manifests = g_ptr_array_new_with_free_func(g_free);
    const char          *last = NULL;
    for (guint i = 0; i < w->all->len; i++) {
        const Subject *s = w->all->pdata[i];
        if (last && strcmp(last, s->c->proposal) == 0)
            continue;
        last = s->c->proposal;
        g_autofree char *folder = g_path_get_dirname(s->folder);
        char            *manifest = manifest_of(folder, error);
        if (!manifest)
            return NULL;
        g_ptr_array_add(proposals, (gpointer)last);
        g_ptr_array_add(manifests, manifest);
    }
    return manifests_digest(proposals, manifests);
}

static gboolean record_run(const Workload *w, Results *results, GError **error)
{
    g_autofree char *hash = corpus_hash(w, error);
    if (!hash)
        return FALSE;
    RunFacts run = { .corpus = w->corpus, .corpus_hash = hash };
    return results_begin_run(results, &run, error);
}

static gboolean record_proposals(const Workload *w, Results *results, GError **error)
{
    g_autoptr(GPtrArray) proposals = proposal_list(error);
    if (!proposals)
        return FALSE;
    for (guint i = 0; i < proposals->len; i++) {
        const Proposal *p = proposals->pdata[i];
        gboolean        tested = FALSE;
        for (guint k = 0; k < w->selected->len && !tested; k++)
            tested = strcmp(((Subject *)w->selected->pdata[k])->c->proposal, p->id) == 0;
        ProposalFacts facts = { .id = p->id, .json = p->json };
        if (tested && !results_put_proposal(results, &facts, error))
            return FALSE;
    }
    return TRUE;
}

static char *comparison_text(const Case *c)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; i < c->comparisons->len; i++) {
        const CompareSpec *spec = &g_array_index(c->comparisons, CompareSpec, i);
        g_string_append_printf(text, "%soutput %u: %s%s", i > 0 ? "; " : "", i, compare_mode_name(spec->mode),
                               spec->free_zero_sign ? ", the sign of zero is free" : "");
    }
    if (c->expectation == EXPECT_REJECT)
        g_string_append(text, "must be refused");
    return g_strdup(text->str);
}

static char *unreadable_model(const GError *error)
{
    const char *reason = strstr(error->message, ": "); /* without the path of this machine */
    return g_strdup_printf("This model cannot be read%s", reason ? reason : "");
}

static gboolean record_case(const Subject *s, Results *results, GError **error)
{
    const Case       *c = s->c;
    g_autoptr(GError) unreadable = NULL;
    g_autoptr(Model)  model = model_load(s->model, NULL, &unreadable);
    if (!model)
        model = container_original(s->model, NULL); /* a payload that is not there: the graph is */
    g_autofree char  *text = model ? model_to_text(model, MODEL_TEXT_ELEMENTS) : unreadable_model(unreadable);
    g_autofree char  *graph = model ? preview_graph(model) : NULL, *data = model ? preview_data(s, model) : NULL;
    g_autofree char  *comparison = comparison_text(c);
    CaseFacts facts = { .id = c->id,
                        .proposal = c->proposal,
                        .variant = c->variant,
                        .semantic = c->semantic,
                        .form = form_name(c->form),
                        .expectation = c->expectation == EXPECT_REJECT ? "reject" : "outputs",
                        .twin = c->twin,
                        .summary = c->summary,
                        .requirements = c->requirements,
                        .dtypes = c->dtypes,
                        .tags = c->tags,
                        .model = text,
                        .comparison = comparison,
                        .graph = graph,
                        .data = data };
    return results_put_case(results, &facts, error);
}

gboolean workload_record(const Workload *w, Results *results, GError **error)
{
    if (!record_run(w, results, error) || !results_begin_batch(results, error))
        return FALSE;
    gboolean good = record_proposals(w, results, error);
    for (guint i = 0; i < w->selected->len && good; i++)
        good = record_case(w->selected->pdata[i], results, error);
    return results_end_batch(results, good ? error : NULL) && good;
}
