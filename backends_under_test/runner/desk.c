#include "backends_under_test/runner/desk.h"

struct Desk {
    guint room;
    DeskWork work;
    gpointer data;
    GThreadPool *pool; /* of one thread */
    GMutex lock;
    GCond went;
    guint unjudged; /* the one in hand too */
};

static void judge(gpointer answer, gpointer data)
{
    Desk *d = data;
    d->work(answer, d->data);
    g_mutex_lock(&d->lock);
    d->unjudged--;
    g_cond_signal(&d->went);
    g_mutex_unlock(&d->lock);
}

Desk *desk_new(guint room, DeskWork work, gpointer data)
{
    Desk *d = g_new0(Desk, 1);
    d->room = room;
    d->work = work;
    d->data = data;
    g_mutex_init(&d->lock);
    g_cond_init(&d->went);
    GError *error = NULL;
    d->pool = g_thread_pool_new(judge, d, 1, TRUE, &error);
    if (error)
        g_error("%s", error->message); /* as g_thread_new() would */
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
    d->unjudged++;
    g_mutex_unlock(&d->lock);
    g_thread_pool_push(d->pool, answer, NULL);
}

void desk_free(Desk *d)
{
    if (!d)
        return;
    g_thread_pool_free(d->pool, FALSE, TRUE);
    g_mutex_clear(&d->lock);
    g_cond_clear(&d->went);
    g_free(d);
}
