#include "backends_under_test/runner/workload.h"
#include "backends_under_test/runner/backend.h"

#include <string.h>

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

/* Reading, by several threads: most of it is waiting for the disk, or for the kernel. */
typedef struct {
    const GPtrArray *folders;
    Subject        **subjects; /* of each folder; NULL: `errors` says why */
    GError         **errors;
    gint             next;
} Reading;

#define READERS 4 /* at most */

static gpointer read_some(gpointer data)
{
    Reading *r = data;
    for (guint i; (i = (guint)g_atomic_int_add(&r->next, 1)) < r->folders->len;)
        r->subjects[i] = subject_read(r->folders->pdata[i], &r->errors[i]);
    return NULL;
}

static gboolean take_subject(Workload *w, Subject *s, GError *failed, GError **error)
{
    if (failed)
        g_propagate_error(error, failed);
    if (!s)
        return FALSE;
    g_ptr_array_add(w->all, s);
    if (g_hash_table_insert(w->by_id, s->c->id, s))
        return TRUE;
    g_set_error(error, CORPUS_ERROR, CORPUS_ERROR_FORMAT, "%s: another case has the id %s too", s->folder, s->c->id);
    return FALSE;
}

static gboolean read_all(Workload *w, GError **error)
{
    g_autoptr(GPtrArray) folders = corpus_list(w->corpus, error);
    if (!folders)
        return FALSE;
    g_autofree Subject **subjects = g_new0(Subject *, folders->len + 1);
    g_autofree GError  **errors = g_new0(GError *, folders->len + 1);
    Reading              reading = { .folders = folders, .subjects = subjects, .errors = errors };
    GThread             *threads[READERS];
    const guint          n = MIN(READERS, g_get_num_processors());
    for (guint i = 0; i < n; i++)
        threads[i] = g_thread_new("reader", read_some, &reading);
    for (guint i = 0; i < n; i++)
        g_thread_join(threads[i]);
    gboolean good = TRUE;
    for (guint i = 0; i < folders->len; i++) { /* of several errors, the first in order */
        if (good) {
            good = take_subject(w, subjects[i], errors[i], error);
            continue;
        }
        subject_free(subjects[i]);
        g_clear_error(&errors[i]);
    }
    return good;
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
    for (guint i = 0; i < w->selected->len; i++)
        ((Subject *)w->selected->pdata[i])->place = i;
    if (w->selected->len == 0) {
        g_set_error(error, BACKEND_ERROR, BACKEND_ERROR_UNKNOWN, "none of the %u cases in %s is selected", w->all->len,
                    corpus);
        return NULL;
    }
    return g_steal_pointer(&w);
}
