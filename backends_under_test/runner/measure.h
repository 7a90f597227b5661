/* Measuring an experiment's points on backends: the same point several times, each sample kept. */
#ifndef ASSAY_RUNNER_MEASURE_H
#define ASSAY_RUNNER_MEASURE_H

#include "backends_under_test/runner/worker.h"
#include "generators/engine/experiment.h"

typedef struct {
    const Point *point;
    char        *backend;
    GArray      *load, *run; /* of double, seconds, in the order measured; empty if refused */
    GArray      *peak;       /* of double, bytes: of the largest process of a session; empty for other points */
    char        *refused;    /* the backend's words; NULL */
} Series;

void series_free(gpointer series);

typedef struct {
    double median, low, high; /* low and high: the quartiles */
} Spread;
Spread spread_of(const GArray *samples); /* at least one sample */

/* Whether the backend can run here; BACKEND_ERROR if not. Starts it and lets it go. */
gboolean measure_can_start(const Backend *backend, GError **error);

/* Adds one Series a point to `out`. The first round of each point is not kept: it
 * fills caches. FALSE if the backend cannot run or does not report timing. */
gboolean measure(const Backend *backend, const GPtrArray *points, guint repeats, GPtrArray *out, GError **error);

#endif
