#include "backends_under_test/runner/child_log.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#define EXCERPT_BYTES 4096
#define UNANSWERED    2
#define LONGEST_MARK  24 /* 0x1e, twenty digits, a newline */

typedef struct {
    guint64  id;
    char    *title;
    GString *excerpt;
} Part;

struct ChildLog {
    char    *path; /* NULL: none, or full */
    int      file; /* -1 until there is something to write */
    guint64  room;
    char    *title;            /* to be written before the next bytes of the file; NULL: none */
    Part     parts[UNANSWERED]; /* the oldest first */
    guint    expected;         /* of which marks are awaited; 0: there are none */
    guint    writing;          /* the part that the words are about */
    GString *tail;             /* may be the begin of a mark */
};

ChildLog *child_log_new(const char *path, guint64 room)
{
    ChildLog *log = g_new0(ChildLog, 1);
    log->path = g_strdup(path);
    log->file = -1;
    log->room = room;
    log->tail = g_string_new(NULL);
    for (guint i = 0; i < UNANSWERED; i++)
        log->parts[i].excerpt = g_string_new(NULL);
    return log;
}

void child_log_free(ChildLog *log)
{
    if (!log)
        return;
    if (log->file >= 0)
        close(log->file);
    for (guint i = 0; i < UNANSWERED; i++) {
        g_free(log->parts[i].title);
        g_string_free(log->parts[i].excerpt, TRUE);
    }
    g_string_free(log->tail, TRUE);
    g_free(log->title);
    g_free(log->path);
    g_free(log);
}

/* ---- the file ------------------------------------------------------------------------------------------------------ */

static void write_some(ChildLog *log, const char *bytes, gsize n)
{
    const gsize fits = MIN(n, log->room);
    log->room -= fits;
    if (log->file < 0 || write(log->file, bytes, fits) < 0 || log->room == 0)
        g_clear_pointer(&log->path, g_free);
}

static void write_file(ChildLog *log, const char *bytes, gsize n)
{
    if (!log->path)
        return;
    if (log->file < 0) {
        g_autofree char *folder = g_path_get_dirname(log->path);
        g_mkdir_with_parents(folder, 0755);
        log->file = g_open(log->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    }
    if (log->title)
        write_some(log, log->title, strlen(log->title));
    g_clear_pointer(&log->title, g_free);
    if (log->path)
        write_some(log, bytes, n);
}

static void set_title(ChildLog *log, const char *title)
{
    g_free(log->title);
    log->title = log->path && title ? g_strdup_printf("==== %s ====\n", title) : NULL;
}

/* ---- words --------------------------------------------------------------------------------------------------------- */

static void keep(ChildLog *log, const char *bytes, gsize n)
{
    GString *excerpt = log->parts[log->writing].excerpt;
    if (n == 0)
        return;
    g_string_append_len(excerpt, bytes, (gssize)n);
    if (excerpt->len > EXCERPT_BYTES)
        g_string_erase(excerpt, 0, (gssize)(excerpt->len - EXCERPT_BYTES));
    write_file(log, bytes, n);
}

/* What came since the last answer, before the mark, is late words about that one: they stay in the file only. */
static void turn_to(ChildLog *log, guint64 id)
{
    for (guint i = 0; i < log->expected; i++)
        if (log->parts[i].id == id) {
            log->writing = i;
            g_string_truncate(log->parts[i].excerpt, 0);
            set_title(log, log->parts[i].title);
        }
}

/* The mark at `bytes`: its length, 0 if it is none; *whole is FALSE if it may become one. */
static gsize read_mark(const char *bytes, gsize n, guint64 *id, gboolean *whole)
{
    gsize at = 1;
    *id = 0;
    while (at < n && at < LONGEST_MARK && g_ascii_isdigit(bytes[at]))
        *id = *id * 10 + (guint64)(bytes[at++] - '0');
    *whole = at < n || at >= LONGEST_MARK;
    return at > 1 && at < n && bytes[at] == '\n' ? at + 1 : 0;
}

static void take_marked(ChildLog *log, const char *bytes, gsize n)
{
    while (n > 0) {
        const char *mark = memchr(bytes, *CHILD_LOG_MARK, n);
        const gsize before = mark ? (gsize)(mark - bytes) : n;
        gboolean    whole;
        guint64     id;
        keep(log, bytes, before);
        bytes += before;
        n -= before;
        if (n == 0)
            return;
        gsize length = read_mark(bytes, n, &id, &whole);
        if (!whole) {
            g_string_append_len(log->tail, bytes, (gssize)n);
            return;
        }
        if (length > 0)
            turn_to(log, id);
        else
            keep(log, bytes, length = 1); /* some character of the child's own */
        bytes += length;
        n -= length;
    }
}

void child_log_take(ChildLog *log, const char *bytes, gsize n)
{
    if (log->expected == 0) {
        keep(log, bytes, n);
        return;
    }
    g_autoptr(GString) all = g_string_new_len(log->tail->str, (gssize)log->tail->len);
    g_string_truncate(log->tail, 0);
    g_string_append_len(all, bytes, (gssize)n);
    take_marked(log, all->str, all->len);
}

void child_log_begin(ChildLog *log, const char *title)
{
    g_string_truncate(log->parts[log->writing].excerpt, 0);
    set_title(log, title);
}

void child_log_expect(ChildLog *log, guint64 id, const char *title)
{
    g_return_if_fail(log->expected < UNANSWERED);
    Part *part = &log->parts[log->expected++];
    part->id = id;
    g_free(part->title);
    part->title = g_strdup(title);
    g_string_truncate(part->excerpt, 0);
}

void child_log_next(ChildLog *log)
{
    g_return_if_fail(log->expected > 0);
    const Part answered = log->parts[0];
    log->parts[0] = log->parts[1];
    log->parts[1] = answered;
    log->expected--;
    log->writing = 0; /* before its mark comes, words are late ones */
    if (log->tail->len > 0 && log->expected == 0) {
        keep(log, log->tail->str, log->tail->len);
        g_string_truncate(log->tail, 0);
    }
}

/* Lines and tabs stay; what steers a terminal becomes '?'. */
char *child_log_excerpt(const ChildLog *log)
{
    const GString *excerpt = log->parts[0].excerpt;
    g_autofree char *valid = g_utf8_make_valid(excerpt->str, (gssize)excerpt->len);
    g_autoptr(GString) shown = g_string_sized_new(excerpt->len);
    for (const char *at = valid; *at; at = g_utf8_next_char(at)) {
        const gunichar c = g_utf8_get_char(at);
        g_string_append_unichar(shown, g_unichar_iscntrl(c) && c != '\n' && c != '\t' ? '?' : c);
    }
    return g_strdup(shown->str);
}
