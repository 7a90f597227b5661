/* What the sanitizer must see, and what it must not take for a race: two threads and a pool, with a lock (an argument) or without. */
#include <glib.h>

static int    shared;
static GMutex mutex;

static gpointer count(gpointer locked)
{
    for (int i = 0; i < 1000; i++) {
        if (locked)
            g_mutex_lock(&mutex);
        shared++;
        if (locked)
            g_mutex_unlock(&mutex);
    }
    return NULL;
}

static void add(gpointer item, gpointer data)
{
    (void)data;
    *(int *)item += 1;
}

int main(int argc, char **argv)
{
    int      items[8] = { 0 }, sum = 0;
    gpointer locked = argc > 1 ? argv[1] : NULL;
    GThread *one = g_thread_new("one", count, locked), *other = g_thread_new("other", count, locked);
    g_thread_join(one);
    g_thread_join(other);
    GThreadPool *pool = g_thread_pool_new(add, NULL, 4, FALSE, NULL);
    for (int i = 0; i < 8; i++) {
        items[i] = i;
        g_thread_pool_push(pool, &items[i], NULL);
    }
    g_thread_pool_free(pool, FALSE, TRUE);
    for (int i = 0; i < 8; i++)
        sum += items[i];
    return sum != 36;
}
