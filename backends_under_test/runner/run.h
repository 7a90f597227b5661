/* What the lanes of one backend's run share: which cases are left, what is known, and when to stop. Thread-safe but for opening
 * and closing, which are scheduler.c's. */
#ifndef ASSAY_RUNNER_RUN_H
#define ASSAY_RUNNER_RUN_H

#include "backends_under_test/runner/scheduler.h"

typedef struct {
    const Workload   *workload;
    const Backend    *backend;
    const RunOptions *options;
    Results          *results;
    GPtrArray        *declared; /* of CapabilityRule: by the adapter's hello, besides those of backend.json */
    GMutex            lock;
    guint             next;     /* of workload->selected */
    GHashTable       *verdicts; /* id -> Verdict + 1: what is known of this backend */
    GHashTable       *before;   /* id -> outcome_key(): how the cases came out in the run that `since` holds */
    guint             restarts; /* so far */
    Worker           *launched;   /* for the first lane; NULL */
    gboolean          introduced; /* the first lane has asked who the backend is, or failed to */
    GCond             introduction;
    char             *version;  /* of the engine; NULL if it never said */
    char             *stopped;  /* why this backend cannot go on */
    GError           *error;    /* the harness failed */
} Run;

/* Whether run_interrupt() was called. */
gboolean run_interrupted(void);

/* The harness failed: the first error stays, and every lane ends. Takes it. */
void run_take_error(Run *run, GError *error);
/* The backend cannot go on: no further case is begun. The first reason stays. */
void run_stop(Run *run, const char *why);

/* The next case without a verdict; NULL when there is none left or the run must stop. */
const Subject *run_take_case(Run *run);

/* The rule of the backend's manifest or of its hello that declares the case unsupported; NULL. */
const CapabilityRule *run_rule_for(const Run *run, const Subject *s);

/* What is known of this backend, from this run or an earlier part of it. */
gboolean run_known_verdict(Run *run, const char *id, Verdict *verdict);
void     run_remember(Run *run, const char *id, Verdict verdict);

/* What two runs of a case are held to; never 0. */
int run_outcome_key(Verdict verdict, char grade);

/* Waits until the case may have a verdict (recording.h); `s` NULL: until the run itself is written. */
gboolean run_is_written(const Run *run, const Subject *s, GError **error);
/* Applies waivers, writes the verdict and remembers it. */
gboolean run_commit(Run *run, const Subject *s, Judgement *j, GError **error);

#endif
