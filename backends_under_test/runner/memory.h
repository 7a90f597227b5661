/* How much memory a process group really uses: what a limit on one process's private memory does not see (shared
 * mappings, many children). Linux: read from /proc. */
#ifndef ASSAY_RUNNER_MEMORY_H
#define ASSAY_RUNNER_MEMORY_H

#include <glib.h>
#include <sys/types.h>

/* Whether the anonymous and shared memory of all processes of the group together is over `bytes`. Pages that several of
 * them share count once; pages of files do not count. */
gboolean memory_group_over(pid_t group, guint64 bytes);

#endif
