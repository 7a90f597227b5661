#include "backends_under_test/runner/measure.h"

#include "backends_under_test/runner/scratch.h"

#include <stdlib.h>

void series_free(gpointer data)
{
    Series *s = data;
    g_array_unref(s->load);
    g_array_unref(s->run);
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

gboolean measure(const Backend *backend, const GPtrArray *points, guint repeats, GPtrArray *out, GError **error)
{
    const WorkerLimits limits = { .seconds = 120, .output_bytes = UINT64_C(1) << 30, .log_bytes = 1 << 20 };
    g_autofree char *scratch = scratch_make(error);
    g_autoptr(Worker) worker = scratch ? worker_start(backend, &limits, error) : NULL;
    for (guint i = 0; worker && i < points->len; i++) {
        Series *s = g_new0(Series, 1);
        *s = (Series){ .point = g_ptr_array_index(points, i), .backend = g_strdup(backend->name),
                       .load = g_array_new(FALSE, FALSE, sizeof(double)), .run = g_array_new(FALSE, FALSE, sizeof(double)) };
        g_ptr_array_add(out, s);
        for (guint round = 0; round <= repeats && sample(worker, s, scratch, round > 0); round++)
            ;
        if (!worker_usable(worker)) { /* a crash ends the point, not the experiment */
            worker_free(worker);
            worker = worker_start(backend, &limits, error);
        }
    }
    scratch_remove(scratch);
    return worker != NULL;
}
