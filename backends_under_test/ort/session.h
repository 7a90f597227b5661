/* Running a session of ONNX Runtime on the files of a case. */
#ifndef ASSAY_ORT_SESSION_H
#define ASSAY_ORT_SESSION_H

#include "backends_under_test/ort/values.h"

/* Runs it once on the files, file i for graph input i. An array of Value, one an output, or NULL with an error in stage
 * run. *seconds is what the library's own run took. */
GPtrArray *session_run(Engine *engine, OrtSession *session, const char *const *inputs, gsize n, double *seconds, GError **error);

#endif
