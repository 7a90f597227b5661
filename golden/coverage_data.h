/* `assay coverage --observability` and `--goldens`: what the cases' data can show, and how sure their goldens are. */
#ifndef ASSAY_GOLDEN_COVERAGE_DATA_H
#define ASSAY_GOLDEN_COVERAGE_DATA_H

#include <glib.h>

/* Both print to stdout and look at native forms only (the others share data and golden). `jobs` threads. */

/* Lists the units that no output shows (golden/observe.h), at most `most` elements of a tensor tried; totals per proposal. */
gboolean coverage_observability(const char *corpus, guint most, guint jobs, GError **error);

/* Counts the outputs whose goldens are recorded as exact, proven and bounded (golden/certified.h), per proposal, and lists
 * those that are neither exact nor proven. */
gboolean coverage_goldens(const char *corpus, GError **error);

#endif
