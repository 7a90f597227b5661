/* What reports need to know of a run besides its verdicts - the corpus, the proposals, the selected cases - written
 * down by a thread of its own while the first cases already run: it takes about as long as starting an adapter. Cases
 * are written in the order in which they are run; what depends on one waits for it. */
#ifndef ASSAY_RUNNER_RECORDING_H
#define ASSAY_RUNNER_RECORDING_H

#include "backends_under_test/runner/workload.h"

typedef struct Recording Recording;

/* Begins. Both are borrowed until recording_finish(). `fresh`: the results hold nothing yet, and the digest of the corpus
 * comes last; else nothing is written into them before it is certain that they are of the same corpus. */
Recording *recording_start(const Workload *workload, Results *results, gboolean fresh);

/* Waits until this case is committed and verdicts may follow; `subject` NULL: only until anything may be written. FALSE
 * with RESULTS_ERROR or CORPUS_ERROR if that will never be. Thread-safe. */
gboolean recording_await(Recording *recording, const Subject *subject, GError **error);

/* Waits for the rest, and frees. NULL is allowed. */
gboolean recording_finish(Recording *recording, GError **error);

/* All of it at once. */
gboolean workload_record(const Workload *workload, Results *results, GError **error);

#endif
