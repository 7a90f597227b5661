/* The corpus as a run sees it: every case read once, the selected ones in the order in which they are run.
 * Read-only once made, so all workers share it. */
#ifndef ASSAY_RUNNER_WORKLOAD_H
#define ASSAY_RUNNER_WORKLOAD_H

#include "backends_under_test/runner/judge.h"
#include "backends_under_test/runner/select.h"

typedef struct {
    char       *corpus;   /* as the user named it */
    GPtrArray  *all;      /* of Subject, by id: twins are looked up here, selected or not */
    GPtrArray  *selected; /* of Subject, borrowed: valid models first, so that a reject case finds its twin judged */
    GHashTable *by_id;    /* id -> Subject */
} Workload;

/* An error if the corpus is empty, a case cannot be read, two cases have one id, or nothing is selected. */
Workload *workload_read(const char *corpus, const Selection *selection, GError **error);
void      workload_free(Workload *workload);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Workload, workload_free)

#endif
