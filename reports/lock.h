/* One writer at a time: a lock on a results file that dies with its process. Readers need none. Private to reports/. */
#ifndef ASSAY_REPORTS_LOCK_H
#define ASSAY_REPORTS_LOCK_H

#include <glib.h>

/* The descriptor that holds the lock, to be closed after SQLite has closed the file: closing any descriptor of a file takes
 * SQLite's own locks away. Makes an empty file where there is none. -1 without an error where the file cannot be opened (SQLite
 * will say why) or its file system has no locks; with RESULTS_ERROR_IO if another writer lives. */
int lock_take(const char *path, GError **error);

#endif
