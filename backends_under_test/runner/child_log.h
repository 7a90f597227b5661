/* What a child writes to stderr: the whole into a log file, and the last few KiB about the case in hand as an excerpt.
 *
 * Whose words are whose? Of a child that gets one case at a time, all are about that one: child_log_begin(). A child that
 * may get the next case before it has answered the last (hello's "queues") marks where the words about each begin, with a
 * line of the character 0x1e and the id of the request: child_log_expect() announces it, and child_log_next() says that
 * the oldest has been answered. Marks are left out of log and excerpt. */
#ifndef ASSAY_RUNNER_CHILD_LOG_H
#define ASSAY_RUNNER_CHILD_LOG_H

#include <glib.h>

#define CHILD_LOG_MARK "\x1e"

typedef struct ChildLog ChildLog;

/* At most `room` bytes go into the file `path`, appended, its folder made when there is something to write. NULL: excerpts
 * only. A log that cannot be written is no reason to fail a run: the excerpt is kept all the same. */
ChildLog *child_log_new(const char *path, guint64 room);
void      child_log_free(ChildLog *log);

void child_log_take(ChildLog *log, const char *bytes, gsize n);

/* The excerpt begins anew; in the file, what comes from here on stands under a line "==== title ====". */
void child_log_begin(ChildLog *log, const char *title);

/* The same from the mark of this request on. At most two are unanswered at once. */
void child_log_expect(ChildLog *log, guint64 id, const char *title);
void child_log_next(ChildLog *log);

/* About the case in hand, the oldest unanswered; valid UTF-8, of control characters lines and tabs only; free with g_free. */
char *child_log_excerpt(const ChildLog *log);

#endif
