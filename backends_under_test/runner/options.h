/* What the commands of this folder share. */
#ifndef ASSAY_RUNNER_OPTIONS_H
#define ASSAY_RUNNER_OPTIONS_H

#include "backends_under_test/runner/scheduler.h"

#define DEFAULT_TIMEOUT      30.0
#define DEFAULT_OUTPUT_BYTES (G_GUINT64_CONSTANT(1) << 30)

#define MOST_SECONDS         86400.0

/* Whether a number that was given is `good`; if not, one line on stderr says which option it was of and what is `expected`. */
gboolean check_number(const Subcommand *self, const char *option, double value, gboolean good, const char *expected);
gboolean check_timeout(const Subcommand *self, double seconds);

/* Prints a tree as JSON on stdout and deletes it. */
void print_json(cJSON *json);

#endif
