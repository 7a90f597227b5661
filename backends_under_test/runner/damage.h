/* Whether a case's own files are what they were when it was written. Where they are not, an answer says nothing about the
 * backend. Errors: CORPUS_ERROR_DAMAGED, one line that names the file. Thread-safe. */
#ifndef ASSAY_RUNNER_DAMAGE_H
#define ASSAY_RUNNER_DAMAGE_H

#include "backends_under_test/runner/judge.h"

/* FALSE if the model or an input was missing or empty when the case was read. Opens nothing. */
gboolean damage_check_presence(const Subject *subject, GError **error);

/* FALSE if the model or an input holds what it cannot have held: of a valid case, whatever the reference cannot read; of an
 * invalid one, a model that is no protobuf message while case.json gives another reason to refuse it. What is only another
 * model is not found: 'assay freeze --check' finds it. */
gboolean damage_check_content(const Subject *subject, GError **error);

#endif
