/* A lane: one worker at a time, and the cases that it is given one after the other. What a case's verdict takes - a second
 * attempt alone, the verdict of its twin, another try where it came out otherwise before - is done here. */
#ifndef ASSAY_RUNNER_LANE_H
#define ASSAY_RUNNER_LANE_H

#include "backends_under_test/runner/desk.h"
#include "backends_under_test/runner/run.h"

/* Folders for outputs: one is written to, one was answered into, the others wait to be judged. */
enum { SIDES = 16 };

typedef struct {
    Run    *run;
    Worker *worker;
    char   *log;
    char   *scratch[SIDES]; /* used in turn */
    guint   side;           /* which of them the case in hand has */
    Desk   *desk;           /* where answers are judged while the worker goes on; NULL in a lane that never sends ahead */
    gboolean started; /* once: every later start is a restart */
    gboolean trusted; /* the worker was still there when its last case had been judged */
    const Subject *judged; /* the case that the lane was given; NULL while it is none of the run's */
    const Subject *ahead;  /* the case after that, if it is taken already; NULL: none */
    gboolean sent;         /* and the worker has it */
} Lane;

/* FALSE with an error if there is no place for outputs; close it in either case. */
gboolean lane_open(Lane *lane, Run *run, guint number, GError **error);
void     lane_close(Lane *lane);

/* The limits of this lane's workers. */
WorkerLimits lane_limits(const RunOptions *options, const char *log);
/* "<backend>-<number>.log", the name made harmless; NULL if no logs are kept. Free with g_free. */
char *lane_log_path(const RunOptions *options, const Backend *backend, guint number);

/* Cases until there are none. */
void lane_run(Lane *lane);

/* One case alone. FALSE without an error if no worker could be had. */
gboolean lane_judge(Lane *lane, const Subject *s, Judgement *judgement, GError **error);

#endif
