/* The adapter protocol as text: one JSON object a line (backends_under_test/README.md). Requests are built, answers are
 * checked here; nothing is trusted, and what is only for people to read becomes one line without control characters. Errors: BACKEND_ERROR_PROTOCOL, saying what came and what was expected. */
#ifndef ASSAY_RUNNER_PROTOCOL_H
#define ASSAY_RUNNER_PROTOCOL_H

#include "backends_under_test/runner/worker.h"

/* One line without newline; free with g_free. */
char *protocol_hello(const cJSON *options);
/* `what` is "model" with a path, or "compiled" with the name of a loaded object. */
char *protocol_run(guint64 id, const char *what, const char *subject, const GPtrArray *inputs, const char *outputs_dir, const cJSON *options);
char *protocol_compile(guint64 id, const char *model, const char *blob, const cJSON *options);
char *protocol_load_compiled(guint64 id, const WorkerObject *object, const cJSON *options);
char *protocol_stop(void);

/* FALSE if the line is no valid answer, or says that the backend cannot run here (BACKEND_ERROR_START). */
gboolean protocol_read_hello(const char *line, Hello *hello, GError **error);
void     hello_clear(Hello *hello);

/* Whether the line announces that the model of this run is loaded: {"id": ..., "loaded": true} and no answer in it. */
gboolean protocol_is_loaded(const char *line, guint64 id);

/* Fills attempt (ANSWERED or REFUSED), or VIOLATION with its message. outputs_dir NULL: of compile or load_compiled, whose
 * answers hold no outputs, but a text. */
void protocol_read_answer(const char *line, guint64 id, const char *outputs_dir, Attempt *attempt);

#endif
