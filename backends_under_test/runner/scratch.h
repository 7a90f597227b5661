/* Temporary folders that a backend writes into. What it leaves there, links and folders included, is removed without
 * following any link. */
#ifndef ASSAY_RUNNER_SCRATCH_H
#define ASSAY_RUNNER_SCRATCH_H

#include <glib.h>

char    *scratch_make(GError **error); /* free with g_free */
gboolean scratch_empty(const char *folder, GError **error);
void     scratch_remove(const char *folder); /* NULL is allowed */

#endif
