/* A child process that talks in lines: its own process group, limits, deadlines, and its stderr kept.
 *
 * One thread at a time may use a Process; the one that started it must outlive it, because the child is told to die with
 * that thread. Times are g_get_monotonic_time() microseconds. Errors: BACKEND_ERROR. */
#ifndef ASSAY_RUNNER_PROCESS_H
#define ASSAY_RUNNER_PROCESS_H

#include "backends_under_test/runner/child_log.h"

typedef struct {
    char      **argv;         /* NULL-terminated; argv[0] is looked up in PATH if it has no slash */
    char      **environment;  /* NULL: that of this process */
    const char *folder;       /* where the child starts; NULL: here */
    guint64     memory_bytes; /* of private writable memory of the child, and of what its group uses; 0: no limit */
    guint64     file_bytes;   /* of any one file it writes; 0: no limit */
    const char *log;          /* its stderr is appended here; NULL: kept only as excerpt */
    guint64     log_bytes;    /* no more than this of it */
} ProcessSpec;

typedef struct Process Process;

Process *process_start(const ProcessSpec *spec, GError **error);

typedef enum {
    LINE_READ,
    LINE_ENDED,     /* the child ended, or closed its stdout, before a whole line came */
    LINE_TIMED_OUT, /* the deadline passed */
    LINE_TOO_LONG   /* over PROCESS_MAX_LINE bytes, or a NUL in it */
} LineResult;

#define PROCESS_MAX_LINE (1u << 20)

/* Sends `line` and a newline. FALSE if the child does not take it before the deadline or is gone. */
gboolean process_write_line(Process *process, const char *line, gint64 deadline);

/* *line is the line without its newline, free with g_free; NULL unless LINE_READ. */
LineResult process_read_line(Process *process, gint64 deadline, char **line);

/* Output that nobody asked for: bytes already received, or ready to be read now. */
gboolean process_has_pending(Process *process);

/* Reads and forgets everything that the child prints until it ends or the deadline passes. */
void process_discard_output(Process *process, gint64 deadline);

gboolean process_ended(Process *process);

/* Bytes of a line that the child has begun and may still end; after LINE_ENDED none. */
gsize process_partial(const Process *process);

/* No more input: closes the child's stdin. */
void process_close_input(Process *process);

/* Waits for the end until the deadline, then kills the whole group; whatever the child left behind in its group dies in
 * any case. TRUE if it ended by itself with status 0. *how says how: "exited with status 3", "was killed by signal 11
 * (Segmentation fault)", "did not end and was killed", each followed by ", after 7 bytes without a newline," if a line was cut
 * off; free with g_free. */
gboolean process_finish(Process *process, gint64 deadline, char **how);

/* Its stderr; the process's own. */
ChildLog *process_log(const Process *process);

/* Kills what still lives. NULL is allowed. */
void process_free(Process *process);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Process, process_free)

#endif
