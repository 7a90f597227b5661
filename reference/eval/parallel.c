/* Work of a kernel on several threads, which the evaluator keeps from its first use on: a thread made anew costs as much as a
 * small layer of a network. */
#include "reference/eval/run.h"

#include <mpfr.h>

/* The shares of one call. The caller and the pool's threads take them in turn; one that comes late finds none left, perhaps after
 * the call has returned, so each holds a reference. */
typedef struct {
    EvalWork work;
    gpointer data;
    int64_t  count, shares, grain;
    gint64   deadline; /* 0: none */
    gint     taken, references;
    GMutex   mutex;
    GCond    all_done;
    int64_t  done;
} Job;

static void job_unref(Job *job)
{
    if (!g_atomic_int_dec_and_test(&job->references))
        return;
    g_mutex_clear(&job->mutex);
    g_cond_clear(&job->all_done);
    g_free(job);
}

/* In blocks if there is a deadline: what is left then is not done, and the runner, which looks at the clock after each
 * kernel, throws the node's outputs away. */
static void run_share(const Job *job, int64_t share)
{
    const int64_t first = job->count * share / job->shares, last = job->count * (share + 1) / job->shares;
    const int64_t block = job->deadline ? MAX((last - first) / 64, job->grain) : last - first;
    for (int64_t at = first; at < last; at += block) {
        if (job->deadline && g_get_monotonic_time() > job->deadline)
            return;
        job->work(at, MIN(at + block, last), job->data);
    }
}

static void run_shares(Job *job)
{
    int64_t done = 0, share;
    while ((share = g_atomic_int_add(&job->taken, 1)) < job->shares) {
        run_share(job, share);
        done++;
    }
    g_mutex_lock(&job->mutex);
    job->done += done;
    if (job->done == job->shares)
        g_cond_signal(&job->all_done);
    g_mutex_unlock(&job->mutex);
}

static void help(gpointer data, G_GNUC_UNUSED gpointer nothing)
{
    run_shares(data);
    job_unref(data);
    mpfr_free_cache2(MPFR_FREE_LOCAL_CACHE); /* what a kernel's calls of MPFR left for this thread */
}

/* As many as any work so far has had shares for besides the caller's, whatever the option allows. NULL: one thread is enough, or the
 * system gives no more; the caller does all then. */
static GThreadPool *helpers_of(Evaluator *e, int64_t shares)
{
    if (shares <= 1)
        return NULL;
    if (!e->helpers)
        e->helpers = g_thread_pool_new(help, NULL, (gint)shares - 1, TRUE, NULL);
    else if (g_thread_pool_get_max_threads(e->helpers) < shares - 1)
        g_thread_pool_set_max_threads(e->helpers, (gint)shares - 1, NULL);
    return e->helpers && g_thread_pool_get_num_threads(e->helpers) > 0 ? e->helpers : NULL;
}

void eval_parallel(Eval *ev, int64_t count, int64_t grain, EvalWork work, gpointer data)
{
    Evaluator *e = ev->evaluator;
    const int64_t most = grain > 0 ? count / grain : count;
    const int64_t shares = MAX(MIN((int64_t)e->options.threads, most), 1);
    GThreadPool *helpers = helpers_of(e, shares);
    Job *job = g_new0(Job, 1);
    *job = (Job){ .work = work, .data = data, .count = count, .shares = shares, .grain = MAX(grain, 1), .deadline = e->deadline,
                  .references = 1 };
    g_mutex_init(&job->mutex);
    g_cond_init(&job->all_done);
    for (int64_t i = 1; helpers && i < shares; i++) {
        g_atomic_int_inc(&job->references);
        g_thread_pool_push(helpers, job, NULL);
    }
    run_shares(job);
    g_mutex_lock(&job->mutex);
    while (job->done < job->shares)
        g_cond_wait(&job->all_done, &job->mutex);
    g_mutex_unlock(&job->mutex);
    job_unref(job);
}
