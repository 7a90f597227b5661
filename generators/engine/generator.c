#include "generators/engine/generator.h"

#include <string.h>

#define ENTRY(name) extern const ProposalGenerator proposal_##name;
#include "proposals.inc"
#undef ENTRY

static const ProposalGenerator *const generators[] = {
#define ENTRY(name) &proposal_##name,
#include "proposals.inc"
#undef ENTRY
    NULL
};

const ProposalGenerator *const *generator_all(gsize *count)
{
    *count = G_N_ELEMENTS(generators) - 1;
    return generators;
}

const ProposalGenerator *generator_find(const char *id)
{
    for (gsize i = 0; generators[i]; i++)
        if (strcmp(generators[i]->id, id) == 0)
            return generators[i];
    return NULL;
}

static void free_written(gpointer data)
{
    Written *w = data;
    g_free(w->id);
    g_free(w->twin);
    g_free(w);
}

static void work(gpointer data, gpointer user)
{
    Scenario *s = data;
    Generator *g = user;
    g_autoptr(GError) error = NULL;
    g_mutex_lock(&g->lock);
    g->queued--;
    g_cond_signal(&g->taken);
    g_mutex_unlock(&g->lock);
    if (!scenario_write(s, &error)) {
        g_mutex_lock(&g->lock);
        if (!g->error || s->order < g->error_order) {
            g_clear_error(&g->error);
            g->error = g_steal_pointer(&error);
            g->error_order = s->order;
        }
        g_mutex_unlock(&g->lock);
    }
    scenario_free(s);
}

/* Every reject case names a valid case that was written too. */
static gboolean twins_exist(const Generator *g, GError **error)
{
    g_autoptr(GHashTable) valid = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < g->written->len; i++) {
        const Written *w = g_ptr_array_index(g->written, i);
        if (!w->twin)
            g_hash_table_add(valid, w->id);
    }
    for (guint i = 0; i < g->written->len; i++) {
        const Written *w = g_ptr_array_index(g->written, i);
        if (w->twin && !g->filter && !g_hash_table_contains(valid, w->twin)) {
            g_set_error(error, CORPUS_ERROR, CORPUS_ERROR_FORMAT, "%s: its valid twin %s was not generated", w->id, w->twin);
            return FALSE;
        }
    }
    return TRUE;
}

gboolean generator_run(const ProposalGenerator *self, const Proposal *proposal, const char *folder,
                       const GeneratorOptions *options, guint *cases, GError **error)
{
    Generator g = { .proposal = proposal, .folder = folder, .filter = options->filter, .uncertified = options->uncertified,
                    .names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
                    .goldens = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free),
                    .written = g_ptr_array_new_with_free_func(free_written) };
    g_mutex_init(&g.lock);
    g_cond_init(&g.taken);
    g.pool = g_thread_pool_new(work, &g, (gint)options->jobs, TRUE, NULL);
    self->generate(&g);
    g_thread_pool_free(g.pool, FALSE, TRUE);
    *cases = g.written->len;
    gboolean ok = g.error == NULL;
    if (!ok)
        g_propagate_error(error, g.error);
    else
        ok = twins_exist(&g, error);
    g_hash_table_unref(g.names);
    g_hash_table_unref(g.goldens);
    g_ptr_array_unref(g.written);
    g_cond_clear(&g.taken);
    g_mutex_clear(&g.lock);
    return ok;
}
