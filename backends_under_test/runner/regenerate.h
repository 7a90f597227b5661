/* Cases made again: a report is often read where the corpus that it tells of is not, and what a case is follows from
 * its id. */
#ifndef ASSAY_RUNNER_REGENERATE_H
#define ASSAY_RUNNER_REGENERATE_H

#include <glib.h>

/* Generates the proposal of the case ("<proposal>/<name>"), twins included, into a new folder that is a corpus. The
 * caller removes it with scratch_remove(). NULL with an error that says why not: no proposal of that name has a
 * generator. */
char *regenerate(const char *case_id, GError **error);

#endif
