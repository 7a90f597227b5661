/* Runs the selected cases on one backend: workers side by side, verdicts committed one by one. */
#ifndef ASSAY_RUNNER_SCHEDULER_H
#define ASSAY_RUNNER_SCHEDULER_H

#include "backends_under_test/runner/recording.h"
#include "backends_under_test/runner/waiver.h"
#include "reference/cli/subcommand.h"

typedef struct {
    guint       jobs;   /* workers; at least 1 */
    gboolean    resume; /* keep the verdicts that results already hold */
    double      seconds;      /* deadline of a case; of running it, for adapters that announce when a model is loaded */
    double      load_seconds; /* of loading, for those adapters; 0: as `seconds` */
    Keep        keep;   /* whose output files results keep */
    Waivers    *waivers; /* or NULL */
    guint64     output_bytes; /* of any one file that the backend writes */
    const char *logs;   /* folder for the workers' stderr; NULL: none */
    Progress   *progress; /* or NULL; one step a case */
    guint       restarts; /* of adapters, all workers together, before the run gives up; 0: no limit */
    Recording  *recording; /* of the workload, under way: a verdict waits for its case; NULL: all is written */
    Results    *since;    /* an earlier run: a case that comes out otherwise than there is run again; NULL */
} RunOptions;

/* Starts an adapter ahead of run_backend(), by a thread that outlives that: it gets ready while the corpus is read. NULL
 * if it cannot be started; run_backend() will find out why. */
Worker *run_launch(const Backend *backend, const RunOptions *options);

typedef struct {
    gint64 counts[VERDICT_COUNT]; /* over the selected cases; they add up to their number */
    char  *version;               /* of the engine; NULL if it never said */
    char  *stopped;               /* why cases were left not_run; NULL if none were */
} RunSummary;

void run_summary_clear(RunSummary *summary);

/* FALSE with an error if the harness fails (results cannot be written, a case cannot be read). A backend that cannot be
 * started is not an error: `stopped` says so. Cases that were never judged are in the results as not_run, with that as the
 * message: a resumed run judges them. Takes `launched`: from run_launch() with these options, or NULL. */
gboolean run_backend(const Workload *workload, const Backend *backend, const RunOptions *options, Worker *launched,
                     Results *results, RunSummary *summary, GError **error);

/* Asks all runs of this process to stop after the cases in hand; async-signal-safe. */
void run_interrupt(void);

/* One case, alone, in a worker of its own, judged; its twin too if need be. BACKEND_ERROR_START if the backend cannot run
 * here. *version is the engine's; free with g_free. */
gboolean run_one(const Workload *workload, const Subject *subject, const Backend *backend, const RunOptions *options,
                 Judgement *judgement, char **version, GError **error);

#endif
