/* What earlier runs found, in a results file of its own that only grows: `assay history` appends to it, trends and
 * staleness are read from it. Of each run it keeps who was run, tallies of each proposal, and the verdicts that differ
 * from the last run of that backend, so that a night without news costs a few rows.
 *
 * Times are UTC in ISO 8601 and are given by the caller: the same calls make the same file. Errors: RESULTS_ERROR. */
#ifndef ASSAY_REPORTS_HISTORY_H
#define ASSAY_REPORTS_HISTORY_H

#include "reports/results.h"

typedef struct {
    const char *proposal;
    guint good, bad, neutral;
    double margin;  /* the worst of passing cases; NAN if none */
    double seconds; /* of all its cases; NAN if unknown */
} PastTally;

typedef struct {
    const char *name, *version, *device; /* "" where unknown */
    GPtrArray *tallies;                  /* of PastTally*, by proposal */
    guint good, total;
    double seconds; /* NAN if unknown */
} PastBackend;

typedef struct {
    guint id;                              /* from 1 on, in the order appended */
    const char *at, *corpus_hash, *assay;  /* "" where unknown */
    GPtrArray *backends;                   /* of PastBackend*, by name */
} PastRun;

/* Appends what `results` holds as one run. CONFLICT if `at` is not later than the last run. */
gboolean history_append(Results *history, Results *results, const char *at, GError **error);

/* All runs, oldest first: array of PastRun*, freed with g_ptr_array_unref(). */
GPtrArray *history_runs(Results *history, GError **error);

/* How the cases stood after run `id`: visited by case and backend, whose last run at or before `id` judged them; a case
 * that was not part of it is not visited. Only case_id, backend and verdict of the facts are set. */
gboolean history_each_verdict(Results *history, guint id, VerdictVisitor visit, gpointer data, GError **error);

/* A step of a verdict: what it became in a run, VERDICT_COUNT where the case was no longer part of it. Of a case and
 * backend that never had two different verdicts there are none: that a case came or went says nothing of a backend. */
typedef struct {
    guint run;
    const char *case_id, *backend;
    Verdict verdict;
} PastChange;
/* By case, backend and run: array of PastChange*, freed with g_ptr_array_unref(). */
GPtrArray *history_changes(Results *history, GError **error);

#endif
