/* Errors about containers: names in them come from the file, yet a message stays one line and tells a terminal nothing. */
#ifndef ASSAY_CONTEXT_FAIL_H
#define ASSAY_CONTEXT_FAIL_H

#include "reference/context/context.h"

/* FALSE, with the error set. */
gboolean context_fail(GError **error, ContextError code, const char *format, ...) G_GNUC_PRINTF(3, 4);

#endif
