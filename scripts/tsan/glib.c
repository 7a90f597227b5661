/* GLib for the thread sanitizer: the system's library is not instrumented, so what its locks order would be unknown, and every
 * use of one a false alarm. Linked into a program, these take the place of those of its functions that this one calls, tell the
 * sanitizer, and hand on to the real ones. */
#include <dlfcn.h>
#include <glib.h>
#include <pthread.h>

void __tsan_acquire(void *address);
void __tsan_release(void *address);

/* The real one, as `next`. */
#define NEXT(type, name, parameters)                                              \
    static type (*next) parameters;                                               \
    if (!__atomic_load_n(&next, __ATOMIC_ACQUIRE))                                \
    __atomic_store_n(&next, (type(*) parameters)dlsym(RTLD_NEXT, #name), __ATOMIC_RELEASE)

/* ---- locks ---------------------------------------------------------------------------------------------------------- */

void g_mutex_lock(GMutex *mutex)
{
    NEXT(void, g_mutex_lock, (GMutex *));
    next(mutex);
    __tsan_acquire(mutex);
}

gboolean g_mutex_trylock(GMutex *mutex)
{
    NEXT(gboolean, g_mutex_trylock, (GMutex *));
    const gboolean got = next(mutex);
    if (got)
        __tsan_acquire(mutex);
    return got;
}

void g_mutex_unlock(GMutex *mutex)
{
    NEXT(void, g_mutex_unlock, (GMutex *));
    __tsan_release(mutex);
    next(mutex);
}

void g_cond_wait(GCond *cond, GMutex *mutex)
{
    NEXT(void, g_cond_wait, (GCond *, GMutex *));
    __tsan_release(mutex);
    next(cond, mutex);
    __tsan_acquire(mutex);
}

gboolean g_cond_wait_until(GCond *cond, GMutex *mutex, gint64 end)
{
    NEXT(gboolean, g_cond_wait_until, (GCond *, GMutex *, gint64));
    __tsan_release(mutex);
    const gboolean signalled = next(cond, mutex, end);
    __tsan_acquire(mutex);
    return signalled;
}

/* ---- once: the macro reads the value itself, so the store must be one that the sanitizer sees ---------------------------- */

enum { MOST_AT_ONCE = 64 };
static pthread_mutex_t once_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t  once_done = PTHREAD_COND_INITIALIZER;
static volatile void  *in_progress[MOST_AT_ONCE];

static int find(volatile void *location)
{
    for (int i = 0; i < MOST_AT_ONCE; i++)
        if (in_progress[i] == location)
            return i;
    return -1;
}

gboolean(g_once_init_enter)(volatile void *location)
{
    pthread_mutex_lock(&once_lock);
    while (find(location) >= 0)
        pthread_cond_wait(&once_done, &once_lock);
    const gboolean mine = !__atomic_load_n((volatile gsize *)location, __ATOMIC_ACQUIRE);
    if (mine) {
        const int room = find(NULL);
        g_assert(room >= 0);
        in_progress[room] = location;
    }
    pthread_mutex_unlock(&once_lock);
    return mine;
}

void(g_once_init_leave)(volatile void *location, gsize result)
{
    pthread_mutex_lock(&once_lock);
    __atomic_store_n((volatile gsize *)location, result, __ATOMIC_RELEASE);
    in_progress[find(location)] = NULL;
    pthread_cond_broadcast(&once_done);
    pthread_mutex_unlock(&once_lock);
}

/* ---- pools ---------------------------------------------------------------------------------------------------------- */

typedef struct {
    GFunc    function;
    gpointer data;
} Job; /* one a pool; what its functions do is ordered by its address and by that of `data` */

static void work(gpointer item, gpointer data)
{
    Job *job = data;
    __tsan_acquire(job);
    job->function(item, job->data);
    __tsan_release(&job->data);
}

GThreadPool *g_thread_pool_new(GFunc function, gpointer data, gint most, gboolean exclusive, GError **error)
{
    NEXT(GThreadPool *, g_thread_pool_new, (GFunc, gpointer, gint, gboolean, GError **));
    Job *job = g_new(Job, 1);
    *job = (Job){ function, data };
    __tsan_release(job);
    return next(work, job, most, exclusive, error);
}

gboolean g_thread_pool_push(GThreadPool *pool, gpointer item, GError **error)
{
    NEXT(gboolean, g_thread_pool_push, (GThreadPool *, gpointer, GError **));
    __tsan_release(pool->user_data);
    return next(pool, item, error);
}

void g_thread_pool_free(GThreadPool *pool, gboolean immediate, gboolean wait)
{
    NEXT(void, g_thread_pool_free, (GThreadPool *, gboolean, gboolean));
    Job *job = pool->user_data;
    next(pool, immediate, wait);
    __tsan_acquire(&job->data);
    if (wait)
        g_free(job);
}
