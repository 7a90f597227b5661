#include "reference/eval/limits.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

/* What this process may use: the machine's memory, or its control group's where that is less. */
static gsize available_memory(void)
{
    const long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
    gsize most = pages > 0 && page > 0 ? (gsize)pages * (gsize)page : (gsize)8 << 30;
    static const char *const files[] = { "/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes" };
    for (gsize i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autofree char *text = NULL;
        if (g_file_get_contents(files[i], &text, NULL, NULL) && g_ascii_isdigit(*text))
            most = MIN(most, (gsize)g_ascii_strtoull(text, NULL, 10));
    }
    return most;
}

static gboolean mebibytes(gint64 given, gsize fallback, gsize *bytes)
{
    *bytes = given ? (gsize)given << 20 : fallback;
    return given >= 0 && given <= G_MAXINT64 >> 20;
}

gboolean limits_apply(const Limits *limits, EvalLimits *eval, GError **error)
{
    gsize memory, output;
    OnnxLimits files = { .elements = (gsize)MAX(limits->elements, 0) };
    const gboolean sizes = mebibytes(limits->memory, available_memory() / 4 * 3, &memory) &&
                           mebibytes(limits->output, 0, &output) && mebibytes(limits->file, 0, &files.file_bytes);
    if (!sizes || limits->elements < 0 || limits->nodes < 0 || limits->iterations < 0 || limits->depth < 0 ||
        !(limits->seconds >= 0) || !isfinite(limits->seconds)) {
        g_set_error(error, EVAL_ERROR, EVAL_ERROR_LIMIT, "a limit is negative or too large, expected a number from 0 (the default)");
        return FALSE;
    }
    tensor_memory_set_limit(memory);
    onnx_limits_set(&files);
    eval->output_bytes = output;
    eval->nodes = (guint64)limits->nodes;
    eval->iterations = (guint64)limits->iterations;
    eval->depth = (guint)limits->depth;
    eval->seconds = limits->seconds;
    return TRUE;
}
