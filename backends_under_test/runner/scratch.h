/* Temporary folders that a backend writes into. What it leaves there, links and folders included, is removed without
 * following any link. Thread-safe. */
#ifndef ASSAY_RUNNER_SCRATCH_H
#define ASSAY_RUNNER_SCRATCH_H

#include <glib.h>

/* The first call of a process also cleans up behind runs that were killed. Free with g_free. */
char    *scratch_make(GError **error);
gboolean scratch_empty(const char *folder, GError **error);
void     scratch_remove(const char *folder); /* NULL is allowed */

/* Removes from the folder of temporary files what scratch_make() made for processes that are gone. */
void scratch_clean(const char *temporary);

#endif
