/* Whether files below a folder are still the ones they were: an adapter that writes into a case could rewrite what it is
 * judged by. Looks at names, sizes and times of change, which a process cannot set; contents are not read. */
#ifndef ASSAY_RUNNER_WITNESS_H
#define ASSAY_RUNNER_WITNESS_H

#include <glib.h>

/* The present state of everything below `folder`, itself included; free with g_free. Thread-safe. */
char *witness_take(const char *folder);

/* The bytes of the file at `path`, relative to the folder, in that state; -1 if there was no such file. */
gint64 witness_size(const char *state, const char *path);

/* The path, relative to `folder`, of the first thing that is new, gone or changed since; NULL if nothing is; "." is the
 * folder itself. Free with g_free. */
char *witness_difference(const char *folder, const char *state);

#endif
