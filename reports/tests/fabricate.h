/* Made-up results for tests and for looking at the reports: no backend is asked. */
#ifndef ASSAY_REPORTS_TESTS_FABRICATE_H
#define ASSAY_REPORTS_TESTS_FABRICATE_H

#include "reports/results.h"

/* Puts backends, proposals and the cases from `first` on, each `step`-th, with their verdicts: the shards of one run
 * are fabricate(r, n, 0, k), fabricate(r, n, 1, k) ... The same case always ends the same. */
void fabricate(Results *results, guint cases, guint first, guint step);
guint fabricate_backends(void);

#endif
