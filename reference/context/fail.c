#include "reference/context/fail.h"

#include <stdarg.h>

gboolean context_fail(GError **error, ContextError code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args), *line = message_line(text);
    va_end(args);
    g_set_error_literal(error, CONTEXT_ERROR, (gint)code, line);
    return FALSE;
}
