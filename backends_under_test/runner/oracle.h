/* Does this smaller model still fail as the case did? Private to `assay reduce`. */
#ifndef ASSAY_RUNNER_ORACLE_H
#define ASSAY_RUNNER_ORACLE_H

#include "backends_under_test/runner/scheduler.h"
#include "backends_under_test/runner/specimen.h"

typedef struct Oracle Oracle;

/* Runs the case as it stands; what it ends in is what specimens are held to. An error if it does not fall short, cannot be
 * read, or the backend cannot run here. At most `budget` specimens are tried, each in an adapter of its own if `alone`.
 * All are borrowed. */
Oracle *oracle_new(const Subject *subject, const Backend *backend, const RunOptions *options, guint budget, gboolean alone,
                   GError **error);
void    oracle_free(Oracle *oracle);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Oracle, oracle_free)

/* The kind of failure, in which numbers and places do not count: "wrong_value F number", "refused load no kernel for
 * Cast(#)". Borrowed. */
const char *oracle_kind(const Oracle *oracle);

/* Whether the reference takes the specimen (or refuses it, where it must be refused) with a certificate, and the backend fails
 * as it did. FALSE for everything once the budget is spent, the harness has failed or the run was interrupted. */
gboolean oracle_confirms(Oracle *oracle, const Specimen *specimen);

/* Whether there is no point in asking on: every answer will be no. */
gboolean oracle_tired(const Oracle *oracle);
guint    oracle_asked(const Oracle *oracle);

/* Writes the specimen as a case into `folder`, which must not exist, and tries it once more, alone in a fresh adapter.
 * FALSE if it does not fail the same way now, or the harness failed. */
gboolean oracle_write(Oracle *oracle, const Specimen *specimen, const char *folder, GError **error);

#endif
