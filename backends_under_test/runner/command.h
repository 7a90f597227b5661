/* Backends without an adapter: a command line from backend.json, run once a case (README.md, "Command templates"). */
#ifndef ASSAY_RUNNER_COMMAND_H
#define ASSAY_RUNNER_COMMAND_H

#include "backends_under_test/runner/worker.h"

/* The version from version_command's first line; FALSE with BACKEND_ERROR_START if the program cannot be run. */
gboolean command_hello(const Backend *backend, Hello *hello, GError **error);

void command_run(const Backend *backend, const WorkerLimits *limits, const char *model, const GPtrArray *inputs,
                 const char *outputs_dir, Attempt *attempt);

#endif
