/* One backend, ready for one case after another: an adapter process and its protocol, or a command run once a case.
 *
 * A Worker is used by one thread at a time. Whatever goes wrong inside the backend is an Attempt, never a GError. */
#ifndef ASSAY_RUNNER_WORKER_H
#define ASSAY_RUNNER_WORKER_H

#include "backends_under_test/runner/backend.h"

#define PROTOCOL_VERSION 1

typedef struct {
    double      seconds;      /* deadline of a case; of running it, for adapters that announce when a model is loaded */
    guint64     output_bytes; /* of any one file that the backend writes */
    const char *log;          /* file for the adapter's stderr, appended; NULL: none */
    guint64     log_bytes;
    double      load_seconds; /* deadline of loading alone, for adapters that announce it; 0: as `seconds` */
} WorkerLimits;

/* What the backend says of itself. */
typedef struct {
    char      *name, *version; /* of the engine, not of the adapter */
    char      *device;         /* "cpu"; several joined by ", " */
    GPtrArray *unsupported;    /* of CapabilityRule, besides those of backend.json */
    gboolean   announces_load; /* a line comes between load and run: each has its deadline, and a crash its stage */
    gboolean   queues;         /* takes the next case before it has answered the last, and marks its stderr (child_log.h) */
    gboolean   compiles;       /* knows compile and load_compiled */
} Hello;

typedef enum {
    ATTEMPT_ANSWERED,
    ATTEMPT_REFUSED,   /* a clean error */
    ATTEMPT_CRASHED,   /* the process ended without an answer */
    ATTEMPT_TIMED_OUT,
    ATTEMPT_VIOLATION  /* the adapter failed, or broke the protocol */
} AttemptKind;

typedef struct {
    AttemptKind kind;
    GPtrArray  *outputs;     /* ANSWERED: of char*, the paths of the output files in order */
    char       *stage;       /* "load" or "run" if REFUSED, or CRASHED or TIMED_OUT and the adapter announces; else NULL */
    gboolean    unsupported; /* REFUSED: the backend says that it lacks something, not that the model is wrong */
    char       *message;     /* all but ANSWERED: one line; load_compiled: why the object is not usable, or NULL */
    char       *text;        /* ANSWERED: compile: the compatibility text; load_compiled: the verdict; run: NULL */
    char       *log;         /* the end of stderr of this case */
    double      seconds;     /* from asking to having the answer, however late it was fetched */
    double      load_seconds, run_seconds; /* ANSWERED: as the adapter measured them; negative: it did not say */
} Attempt;

void attempt_clear(Attempt *attempt);

typedef struct Worker Worker;

/* Starts the adapter and says hello. The backend is borrowed, the limits are copied. BACKEND_ERROR_START or _PROTOCOL if that fails; the message
 * holds the end of stderr. */
Worker *worker_start(const Backend *backend, const WorkerLimits *limits, GError **error);

/* The same in two steps: an adapter needs a while to get ready. The first thread must outlive the worker (process.h). */
Worker  *worker_launch(const Backend *backend, const WorkerLimits *limits, GError **error);
gboolean worker_greet(Worker *worker, GError **error);

const Hello *worker_hello(const Worker *worker);

/* Runs one model on inputs (paths), outputs into the empty folder outputs_dir. After anything but ANSWERED and REFUSED
 * the worker is spent: worker_usable() is FALSE and it can only be freed. */
void worker_run(Worker *worker, const char *model, const GPtrArray *inputs, const char *outputs_dir, Attempt *attempt);

/* The same in two steps, so that the caller can do something else while the backend works. One case at a time, or two if
 * hello says that it queues: answers come in that order, and a worker that is spent by the first answers no second. What is
 * passed is borrowed until its worker_receive(), and nothing else may be asked of the worker before. */
void worker_send(Worker *worker, const char *model, const GPtrArray *inputs, const char *outputs_dir);
void worker_receive(Worker *worker, Attempt *attempt);

/* Ahead of time, for a backend whose hello says that it compiles; attempts as above. worker_compile() has the object written
 * to the file `blob`. A loaded object is known by its name from then on; `interface` is a model of its inputs and outputs. */
void worker_compile(Worker *worker, const char *model, const char *blob, Attempt *attempt);
typedef struct {
    const char *name, *blob, *compatibility, *interface;
} WorkerObject;
void worker_load_compiled(Worker *worker, const WorkerObject *object, Attempt *attempt);
void worker_run_compiled(Worker *worker, const char *name, const GPtrArray *inputs, const char *outputs_dir, Attempt *attempt);

gboolean worker_usable(Worker *worker); /* FALSE too if the adapter ended or spoke unasked since */
guint    worker_runs(const Worker *worker); /* cases given to it so far */

/* Says stop and waits up to `seconds`; FALSE with *how if the adapter did not end by itself with status 0. */
gboolean worker_stop(Worker *worker, double seconds, char **how);

void worker_free(Worker *worker); /* NULL is allowed */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Worker, worker_free)

#endif
