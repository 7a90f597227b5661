/* A case in words: what it asks, the sentences that it tests, the model, inputs and golden outputs. */
#ifndef ASSAY_RUNNER_EXPLAIN_H
#define ASSAY_RUNNER_EXPLAIN_H

#include "backends_under_test/runner/judge.h"

/* Prints on stdout. Tensors of more than `elements` elements are abbreviated; 0: none are. */
gboolean explain_case(const Subject *subject, gsize elements, GError **error);

#endif
