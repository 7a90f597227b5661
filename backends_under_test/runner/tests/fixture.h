/* A small corpus and a place for results, made for one test and removed with it; and a way to run `assay` itself. */
#ifndef ASSAY_RUNNER_TESTS_FIXTURE_H
#define ASSAY_RUNNER_TESTS_FIXTURE_H

#include "backends_under_test/runner/options.h"

typedef struct {
    char *folder, *corpus, *backends, *results;
    char *home; /* ASSAY_HOME as it was; NULL */
} Fixture;

void fixture_open(Fixture *f);
void fixture_close(Fixture *f);

/* A valid case "demo/<name>": y = Identity(x) on float[3] {1, 2, 3}. */
void fixture_add_identity(Fixture *f, const char *name);
/* The same with another element type and 5 elements of codes 0, 1, 2, ...; the bits must come back. */
void fixture_add_dtype(Fixture *f, const char *name, DType dtype);
/* An invalid case: its only node is an unknown operator. */
void fixture_add_reject(Fixture *f, const char *name, const char *twin);

/* The case demo/<name>, made before, is also a valid model of another meaning: `plain` (3 elements; NULL for an invalid case)
 * is what that gives. */
void fixture_make_aware(Fixture *f, const char *name, const float *plain);

/* Makes the cases that there are now the frozen corpus, until fixture_close(). */
void fixture_freeze(Fixture *f);

/* A backend in f->backends: faulty/adapter.py with this misbehaviour. `fields` are further lines of backend.json, or "". */
void fixture_add_faulty(Fixture *f, const char *name, const char *fault, const char *fields);

/* A backend that is a command line: the words of its command and further fields, as JSON. */
void fixture_add_command(Fixture *f, const char *name, const char *words, const char *fields);

/* Runs the corpus on a backend (loaded by name) and returns how it ended; the caller clears it. */
RunSummary fixture_run(Fixture *f, const char *backend, guint jobs, double seconds, gboolean resume);

/* The same with all options in the caller's hand; output_bytes is filled in. */
RunSummary fixture_run_with(Fixture *f, const char *backend, RunOptions options);

/* The verdict and message stored for demo/<name>. The message is the caller's. */
Verdict fixture_verdict(Fixture *f, const char *name, const char *backend, char **message, gboolean *flaky);

#endif
