#include "backends_under_test/runner/measure.h"

#include "backends_under_test/runner/scratch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>

void series_free(gpointer data)
{
    Series *s = data;
    g_array_unref(s->load);
    g_array_unref(s->run);
    g_array_unref(s->peak);
    g_free(s->backend);
    g_free(s->refused);
    g_free(s);
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double quantile(const GArray *sorted, double q)
{
    return g_array_index(sorted, double, (guint)(q * (double)(sorted->len - 1) + 0.5));
}

Spread spread_of(const GArray *samples)
{
    g_autoptr(GArray) sorted = g_array_sized_new(FALSE, FALSE, sizeof(double), samples->len);
    g_array_append_vals(sorted, samples->data, samples->len);
    qsort(sorted->data, sorted->len, sizeof(double), by_value);
    return (Spread){ quantile(sorted, 0.5), quantile(sorted, 0.25), quantile(sorted, 0.75) };
}

/* One round. FALSE if there is nothing more to learn from this point. */
static gboolean sample(Worker *worker, Series *s, const char *scratch, gboolean keep)
{
    Attempt attempt;
    worker_run(worker, s->point->model, s->point->inputs, scratch, &attempt);
    const gboolean good = attempt.kind == ATTEMPT_ANSWERED && attempt.load_seconds >= 0 && attempt.run_seconds >= 0;
    if (good && keep) {
        g_array_append_val(s->load, attempt.load_seconds);
        g_array_append_val(s->run, attempt.run_seconds);
    }
    if (!good)
        s->refused = g_strdup(attempt.kind == ATTEMPT_ANSWERED ? "the adapter does not report timing" : attempt.message);
    attempt_clear(&attempt);
    return good && scratch_empty(scratch, NULL);
}

/* Compiled once, loaded each round. The model itself says what goes in and out. */
static gboolean sample_object(Worker *worker, Series *s, const char *scratch, guint round)
{
    g_autofree char *blob = g_build_filename(scratch, "object", NULL);
    const WorkerObject object = { "experiment", blob, "", s->point->model };
    Attempt attempt;
    if (round == 0) {
        worker_compile(worker, s->point->model, blob, &attempt);
        const gboolean compiled = attempt.kind == ATTEMPT_ANSWERED;
        if (!compiled)
            s->refused = g_strdup(attempt.message);
        attempt_clear(&attempt);
        if (!compiled)
            return FALSE;
    }
    worker_load_compiled(worker, &object, &attempt);
    const gboolean good = attempt.kind == ATTEMPT_ANSWERED && attempt.load_seconds >= 0;
    if (good && round > 0)
        g_array_append_val(s->load, attempt.load_seconds);
    if (!good)
        s->refused = g_strdup(attempt.message ? attempt.message : "the adapter does not report timing");
    attempt_clear(&attempt);
    return good;
}

/* `assay context apply`: reading the container, checking the payload, loading the object, replacing the region. */
static gboolean sample_session(Series *s, gboolean keep)
{
    char *argv[] = { "/proc/self/exe", "context", "apply", s->point->model, "-b", "reference", NULL };
    g_autoptr(GError) error = NULL;
    struct rusage usage;
    GPid pid;
    int  status = 0;
    const gint64 start = g_get_monotonic_time();
    if (!g_spawn_async(NULL, argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL, &pid, &error)) {
        s->refused = g_strdup(error->message);
        return FALSE;
    }
    while (wait4(pid, &status, 0, &usage) < 0 && errno == EINTR)
        ;
    const double seconds = (double)(g_get_monotonic_time() - start) / G_USEC_PER_SEC, peak = (double)usage.ru_maxrss * 1024;
    if (status != 0)
        s->refused = g_strdup("the session failed; its words are on stderr");
    else if (keep) {
        g_array_append_val(s->load, seconds);
        g_array_append_val(s->peak, peak);
    }
    return status == 0;
}

static gboolean sample_point(Worker *worker, Series *s, const char *scratch, guint round)
{
    switch (s->point->kind) {
    case POINT_OBJECT:
        return sample_object(worker, s, scratch, round);
    case POINT_SESSION:
        return sample_session(s, round > 0);
    default:
        return sample(worker, s, scratch, round > 0);
    }
}

static gboolean applies(const Point *point, const Backend *backend, const Worker *worker)
{
    return point->kind == POINT_PLAIN || (point->kind == POINT_OBJECT && worker_hello(worker)->compiles) ||
           (point->kind == POINT_SESSION && strcmp(backend->name, "reference") == 0);
}

static const WorkerLimits limits = { .seconds = 120, .output_bytes = UINT64_C(1) << 30, .log_bytes = 1 << 20 };

gboolean measure_can_start(const Backend *backend, GError **error)
{
    g_autoptr(Worker) worker = worker_start(backend, &limits, error);
    return worker != NULL;
}

gboolean measure(const Backend *backend, const GPtrArray *points, guint repeats, GPtrArray *out, GError **error)
{
    g_autofree char *scratch = scratch_make(error);
    g_autoptr(Worker) worker = scratch ? worker_start(backend, &limits, error) : NULL;
    for (guint i = 0; worker && i < points->len; i++) {
        const Point *point = g_ptr_array_index(points, i);
        if (!applies(point, backend, worker))
            continue;
        Series *s = g_new0(Series, 1);
        *s = (Series){ .point = point, .backend = g_strdup(backend->name), .load = g_array_new(FALSE, FALSE, sizeof(double)),
                       .run = g_array_new(FALSE, FALSE, sizeof(double)), .peak = g_array_new(FALSE, FALSE, sizeof(double)) };
        g_ptr_array_add(out, s);
        for (guint round = 0; round <= repeats && sample_point(worker, s, scratch, round); round++)
            ;
        scratch_empty(scratch, NULL);
        if (!worker_usable(worker)) { /* a crash ends the point, not the experiment */
            worker_free(worker);
            worker = worker_start(backend, &limits, error);
        }
    }
    scratch_remove(scratch);
    return worker != NULL;
}
