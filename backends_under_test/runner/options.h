/* What the commands of this folder share. */
#ifndef ASSAY_RUNNER_OPTIONS_H
#define ASSAY_RUNNER_OPTIONS_H

#include "backends_under_test/runner/scheduler.h"

#define DEFAULT_TIMEOUT      30.0
#define DEFAULT_OUTPUT_BYTES (G_GUINT64_CONSTANT(1) << 30)

/* Prints a tree as JSON on stdout and deletes it. */
void print_json(cJSON *json);

#endif
