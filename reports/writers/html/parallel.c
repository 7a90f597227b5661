/* Pages are written side by side: what each holds does not depend on the order. */
#include "reports/writers/html/html.h"

typedef struct {
    gint n, next; /* next is taken atomically */
    HtmlWork work;
    gpointer data;
    GMutex lock;
    GError *error; /* the first; under the lock */
} Crew;

static gpointer take_turns(gpointer data)
{
    Crew *crew = data;
    for (gint i; (i = g_atomic_int_add(&crew->next, 1)) < crew->n;) {
        GError *error = NULL;
        if (crew->work((guint)i, crew->data, &error))
            continue;
        g_atomic_int_set(&crew->next, crew->n); /* the others stop too */
        g_mutex_lock(&crew->lock);
        if (crew->error == NULL)
            crew->error = error;
        else
            g_clear_error(&error);
        g_mutex_unlock(&crew->lock);
    }
    return NULL;
}

gboolean html_parallel(guint n, HtmlWork work, gpointer data, GError **error)
{
    enum { MOST = 8 };
    Crew crew = { .n = (gint)n, .work = work, .data = data };
    GThread *threads[MOST] = { NULL };
    guint hands = MIN(g_get_num_processors(), MOST);
    g_mutex_init(&crew.lock);
    for (guint t = 1; t < hands; t++)
        threads[t] = g_thread_new("pages", take_turns, &crew);
    take_turns(&crew);
    for (guint t = 1; t < hands; t++)
        g_thread_join(threads[t]);
    g_mutex_clear(&crew.lock);
    if (crew.error != NULL)
        g_propagate_error(error, crew.error);
    return crew.error == NULL;
}
