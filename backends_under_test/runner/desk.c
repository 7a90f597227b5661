#include "backends_under_test/runner/desk.h"

struct Desk {
    guint room;
    DeskWork work;
    gpointer data;
    GThread *thread;
    GMutex lock;
    GCond came, went;
    GQueue answers; /* that nobody has begun with */
    guint unjudged; /* those, and the one in hand */
    gboolean closed;
};

/* NULL: closed, and nothing is left. */
static gpointer next(Desk *d)
{
    g_mutex_lock(&d->lock);
    while (g_queue_is_empty(&d->answers) && !d->closed)
        g_cond_wait(&d->came, &d->lock);
    gpointer answer = g_queue_pop_head(&d->answers);
    g_mutex_unlock(&d->lock);
    return answer;
}

static gpointer judge_all(gpointer data)
{
    Desk *d = data;
    gpointer answer;
    while ((answer = next(d))) {
        d->work(answer, d->data);
        g_mutex_lock(&d->lock);
        d->unjudged--;
        g_cond_signal(&d->went);
        g_mutex_unlock(&d->lock);
    }
    return NULL;
}

Desk *desk_new(guint room, DeskWork work, gpointer data)
{
    Desk *d = g_new0(Desk, 1);
    d->room = room;
    d->work = work;
    d->data = data;
    g_mutex_init(&d->lock);
    g_cond_init(&d->came);
    g_cond_init(&d->went);
    g_queue_init(&d->answers);
    d->thread = g_thread_new("desk", judge_all, d);
    return d;
}

static void await_at_most(Desk *d, guint unjudged)
{
    g_mutex_lock(&d->lock);
    while (d->unjudged > unjudged)
        g_cond_wait(&d->went, &d->lock);
    g_mutex_unlock(&d->lock);
}

void desk_await_room(Desk *d)
{
    await_at_most(d, d->room - 1);
}

void desk_drain(Desk *d)
{
    await_at_most(d, 0);
}

void desk_put(Desk *d, gpointer answer)
{
    g_mutex_lock(&d->lock);
    g_queue_push_tail(&d->answers, answer);
    d->unjudged++;
    g_cond_signal(&d->came);
    g_mutex_unlock(&d->lock);
}

void desk_free(Desk *d)
{
    if (!d)
        return;
    g_mutex_lock(&d->lock);
    d->closed = TRUE;
    g_cond_signal(&d->came);
    g_mutex_unlock(&d->lock);
    g_thread_join(d->thread);
    g_mutex_clear(&d->lock);
    g_cond_clear(&d->came);
    g_cond_clear(&d->went);
    g_free(d);
}
