#include "backends_under_test/runner/process.h"
#include "backends_under_test/runner/backend.h"
#include "backends_under_test/runner/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <glib/gstdio.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_GENERATIONS 100 /* of orphans that have orphans */
#define LOOK_US  250000 /* how often the memory of the group is looked at, */
#define LOOK_TIMES 50   /* and this many times longer than a look takes */
#define SLICE_MS 100 /* how soon the end of a child is seen whose descendants hold its stdout open */

struct Process {
    GPid     pid;
    int      input, output, errors; /* -1 when closed */
    gboolean ended;
    int      status; /* of waitpid, once ended */
    guint64  memory; /* limit for the whole group; 0: none */
    gint64   next_look;
    gboolean over; /* the limit, and killed for it */
    GString *received;
    gsize    lost; /* bytes of the line that its end cut off */
    ChildLog *log;
};

/* ---- orphans ------------------------------------------------------------------------------------------------------- */

/* A child may leave its group with setsid(). When its parent dies such a process becomes ours (we are their subreaper),
 * and once no Process lives, whatever child we have is one of those. */
static GMutex      living_lock;
static GHashTable *living; /* pids of all Process that have not ended */

static pid_t parent_of(const char *pid)
{
    g_autofree char *path = g_strdup_printf("/proc/%s/stat", pid), *text = NULL;
    char             state;
    int              parent = 0;
    if (!g_file_get_contents(path, &text, NULL, NULL))
        return 0;
    const char *after_name = strrchr(text, ')');
    return after_name && sscanf(after_name + 1, " %c %d", &state, &parent) == 2 ? parent : 0;
}

/* Buries the dead among our orphans and, if `kill_too`, the living; how many that were. */
static guint bury_orphans(gboolean kill_too)
{
    g_autoptr(GDir) proc = g_dir_open("/proc", 0, NULL);
    const char     *name;
    guint           n = 0;
    while (proc && (name = g_dir_read_name(proc))) {
        pid_t pid = (pid_t)g_ascii_strtoll(name, NULL, 10);
        if (pid <= 0 || g_hash_table_contains(living, GINT_TO_POINTER(pid)) || parent_of(name) != getpid())
            continue;
        if (kill_too)
            kill(pid, SIGKILL);
        n += waitpid(pid, NULL, kill_too ? 0 : WNOHANG) == pid;
    }
    return n;
}

static void note_end(pid_t pid)
{
    g_mutex_lock(&living_lock);
    g_hash_table_remove(living, GINT_TO_POINTER(pid));
    gboolean alone = g_hash_table_size(living) == 0;
    /* The children of an orphan become ours only now. */
    for (int i = 0; bury_orphans(alone) > 0 && alone && i < MAX_GENERATIONS; i++)
        ;
    g_mutex_unlock(&living_lock);
}


/* ---- starting ------------------------------------------------------------------------------------------------------ */

typedef struct {
    rlim_t memory, file;
    pid_t  parent;
} ChildSetup;

/* Runs between fork and exec: async-signal-safe calls only. */
static void child_setup(gpointer data)
{
    const ChildSetup *setup = data;
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != setup->parent)
        _exit(127);
    signal(SIGPIPE, SIG_DFL);
    /* RLIMIT_DATA, not RLIMIT_AS: runtimes reserve address space that they never touch. */
    if (setup->memory > 0)
        setrlimit(RLIMIT_DATA, &(struct rlimit){ setup->memory, setup->memory });
    if (setup->file > 0)
        setrlimit(RLIMIT_FSIZE, &(struct rlimit){ setup->file, setup->file });
    setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
    /* If the machine runs out of memory in spite of all limits, the adapter is who caused it. */
    int score = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (score >= 0 && write(score, "1000", 4) < 0)
        _exit(127);
    if (score >= 0)
        close(score);
}

Process *process_start(const ProcessSpec *spec, GError **error)
{
    static gsize once;
    if (g_once_init_enter(&once)) {
        signal(SIGPIPE, SIG_IGN); /* a child that is gone is an answer, not the end of the run */
        prctl(PR_SET_CHILD_SUBREAPER, 1);
        living = g_hash_table_new(NULL, NULL);
        g_once_init_leave(&once, 1);
    }
    Process *p = g_new0(Process, 1);
    p->input = p->output = p->errors = -1;
    p->ended = TRUE;
    p->received = g_string_new(NULL);
    p->log = child_log_new(spec->log, spec->log_bytes);
    p->memory = spec->memory_bytes;
    p->next_look = g_get_monotonic_time() + LOOK_US;
    ChildSetup setup = { .memory = spec->memory_bytes, .file = spec->file_bytes, .parent = getpid() };
    g_autoptr(GError) local = NULL;
    g_mutex_lock(&living_lock);
    gboolean started = g_spawn_async_with_pipes(spec->folder, spec->argv, spec->environment,
                                                G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_SEARCH_PATH, child_setup, &setup,
                                                &p->pid, &p->input, &p->output, &p->errors, &local);
    if (started)
        g_hash_table_add(living, GINT_TO_POINTER(p->pid));
    g_mutex_unlock(&living_lock);
    if (!started) {
        g_set_error(error, BACKEND_ERROR, BACKEND_ERROR_START, "%s cannot be started: %s", spec->argv[0], local->message);
        process_free(p);
        return NULL;
    }
    p->ended = FALSE;
    setpgid(p->pid, p->pid); /* the child does so too; whoever comes first */
    g_unix_set_fd_nonblocking(p->input, TRUE, NULL);
    g_unix_set_fd_nonblocking(p->output, TRUE, NULL);
    g_unix_set_fd_nonblocking(p->errors, TRUE, NULL);
    return p;
}

/* ---- moving bytes -------------------------------------------------------------------------------------------------- */

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* Reads what is there. A child that floods stderr is drained and forgotten, so that it cannot block itself; one call
 * takes a bounded amount, so that it cannot keep us from looking at the clock either. */
static void drain(Process *p, int *fd, gboolean errors)
{
    char bytes[65536];
    for (int i = 0; i < 16 && *fd >= 0; i++) {
        if (!errors && p->received->len > PROCESS_MAX_LINE)
            return;
        ssize_t n = read(*fd, bytes, sizeof bytes);
        if (n > 0 && errors)
            child_log_take(p->log, bytes, (gsize)n);
        else if (n > 0)
            g_string_append_len(p->received, bytes, n);
        else if (n == 0 || (errno != EAGAIN && errno != EINTR))
            close_fd(fd);
        else
            return;
    }
}

static void bury(Process *p)
{
    while (waitpid(p->pid, &p->status, 0) < 0 && errno == EINTR)
        ;
    p->ended = TRUE;
    note_end(p->pid);
}

static gboolean reap(Process *p)
{
    if (p->ended)
        return TRUE;
    /* What the child left behind dies before the child is reaped: until then nobody else can get its number. */
    siginfo_t info = { 0 };
    if (waitid(P_PID, (id_t)p->pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == p->pid) {
        kill(-p->pid, SIGKILL);
        bury(p);
    }
    return p->ended;
}

static int milliseconds_left(gint64 deadline)
{
    gint64 left = (deadline - g_get_monotonic_time() + 999) / 1000;
    return (int)CLAMP(left, 0, SLICE_MS);
}

/* The kernel limits each process's private memory; what it does not count is looked at from time to time. */
static void watch_memory(Process *p)
{
    gint64 now = g_get_monotonic_time();
    if (p->memory == 0 || p->over || p->ended || now < p->next_look)
        return;
    if (memory_group_over(p->pid, p->memory)) {
        p->over = TRUE;
        kill(-p->pid, SIGKILL);
    }
    gint64 then = g_get_monotonic_time();
    p->next_look = then + MAX(LOOK_US, LOOK_TIMES * (then - now));
}

/* Waits for something to happen, at most one slice. */
static void pump(Process *p, gboolean writing, gint64 deadline)
{
    struct pollfd fds[3] = { { .fd = p->output, .events = POLLIN },
                             { .fd = p->errors, .events = POLLIN },
                             { .fd = writing ? p->input : -1, .events = POLLOUT } };
    int wait = milliseconds_left(deadline);
    if (p->output < 0 && !writing)
        wait = MIN(wait, 5); /* nothing left to wake us but stderr */
    poll(fds, G_N_ELEMENTS(fds), wait);
    watch_memory(p);
    drain(p, &p->errors, TRUE);
    drain(p, &p->output, FALSE);
}

gboolean process_write_line(Process *p, const char *line, gint64 deadline)
{
    g_autofree char *bytes = g_strconcat(line, "\n", NULL);
    gsize            n = strlen(bytes), at = 0;
    while (at < n) {
        ssize_t sent = p->input >= 0 ? write(p->input, bytes + at, n - at) : -1;
        if (sent > 0) {
            at += (gsize)sent;
            continue;
        }
        if (p->input < 0 || (errno != EAGAIN && errno != EINTR) || g_get_monotonic_time() >= deadline)
            return FALSE;
        pump(p, TRUE, deadline);
    }
    return TRUE;
}

static gboolean take_line(Process *p, char **line)
{
    const char *end = memchr(p->received->str, '\n', p->received->len);
    if (!end)
        return FALSE;
    gsize n = (gsize)(end - p->received->str);
    *line = g_strndup(p->received->str, n);
    gboolean has_nul = strlen(*line) < n;
    g_string_erase(p->received, 0, (gssize)n + 1);
    if (has_nul)
        g_clear_pointer(line, g_free);
    return TRUE;
}

LineResult process_read_line(Process *p, gint64 deadline, char **line)
{
    *line = NULL;
    for (;;) {
        drain(p, &p->output, FALSE);
        if (take_line(p, line))
            return *line ? LINE_READ : LINE_TOO_LONG;
        if (p->received->len > PROCESS_MAX_LINE)
            return LINE_TOO_LONG;
        if (reap(p) || p->output < 0) {
            drain(p, &p->errors, TRUE);
            drain(p, &p->output, FALSE);
            if (take_line(p, line))
                return *line ? LINE_READ : LINE_TOO_LONG;
            p->lost = p->received->len; /* nobody can finish it: no line of the child's, but a part of how it ended */
            g_string_truncate(p->received, 0);
            return LINE_ENDED;
        }
        if (g_get_monotonic_time() >= deadline)
            return LINE_TIMED_OUT;
        pump(p, FALSE, deadline);
    }
}

gboolean process_has_pending(Process *p)
{
    drain(p, &p->errors, TRUE);
    drain(p, &p->output, FALSE);
    return p->received->len > 0;
}

void process_discard_output(Process *p, gint64 deadline)
{
    while (!reap(p) && p->output >= 0 && g_get_monotonic_time() < deadline) {
        pump(p, FALSE, deadline);
        g_string_truncate(p->received, 0);
    }
}

gboolean process_ended(Process *p)
{
    return reap(p);
}

gsize process_partial(const Process *p)
{
    return p->received->len;
}

void process_close_input(Process *p)
{
    close_fd(&p->input);
}

/* ---- ending -------------------------------------------------------------------------------------------------------- */

static char *describe_status(int status, gboolean killed, gboolean over)
{
    if (over)
        return g_strdup("was killed, since it and its children used more memory than allowed,");
    if (killed)
        return g_strdup("did not end and was killed");
    if (WIFSIGNALED(status)) {
        int signal_number = WTERMSIG(status);
        return g_strdup_printf("was killed by signal %d (%s)%s", signal_number, g_strsignal(signal_number),
                               signal_number == SIGXFSZ ? ": it wrote a larger file than allowed" : "");
    }
    return g_strdup_printf("exited with status %d", WEXITSTATUS(status));
}

static char *describe_end(const Process *p, gboolean killed)
{
    g_autofree char *end = describe_status(p->status, killed, p->over);
    if (p->lost == 0)
        return g_steal_pointer(&end);
    return g_strdup_printf("%s%s after %" G_GSIZE_FORMAT " bytes without a newline,", end, g_str_has_suffix(end, ",") ? "" : ",", p->lost);
}

gboolean process_finish(Process *p, gint64 deadline, char **how)
{
    gboolean killed = FALSE;
    while (!reap(p) && g_get_monotonic_time() < deadline)
        pump(p, FALSE, deadline);
    if (!p->ended) {
        killed = TRUE;
        kill(-p->pid, SIGKILL);
        bury(p);
    }
    drain(p, &p->errors, TRUE);
    if (how)
        *how = describe_end(p, killed);
    return !killed && WIFEXITED(p->status) && WEXITSTATUS(p->status) == 0;
}

ChildLog *process_log(const Process *p)
{
    return p->log;
}

void process_free(Process *p)
{
    if (!p)
        return;
    process_finish(p, 0, NULL);
    close_fd(&p->input);
    close_fd(&p->output);
    close_fd(&p->errors);
    child_log_free(p->log);
    g_string_free(p->received, TRUE);
    g_free(p);
}
