/* Drafts a capability manifest from what a backend refuses. A person edits it before it stands in backend.json: a draft
 * cannot tell what a backend does not offer from what it gets wrong. */
#ifndef ASSAY_RUNNER_PROBE_H
#define ASSAY_RUNNER_PROBE_H

#include "backends_under_test/runner/scheduler.h"

typedef struct {
    cJSON *rules;              /* array for "unsupported"; each covers refused cases only, never one that was not refused */
    guint  refused, uncovered; /* valid cases that were refused; those of them that no rule covers */
    char  *example;            /* an uncovered one; NULL if there is none */
    GPtrArray *idle;           /* of char*, a line each: rules of backend.json that apply to no case of the workload */
    char  *stopped;            /* why the run ended early, or the backend cannot run here; NULL if it did neither */
} Draft;

void draft_clear(Draft *draft);

/* Runs the workload's valid cases on the backend and drafts rules: first whole element types, then operators, then
 * operators on an element type. FALSE with an error if the harness fails. */
gboolean probe_backend(const Workload *workload, const Backend *backend, const RunOptions *options, Draft *draft,
                       GError **error);

#endif
