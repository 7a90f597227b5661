/* The limits that a user can see and set, as options of a command: put LIMIT_ENTRIES(&limits) into its GOptionEntry table,
 * begin with LIMITS_DEFAULT, and call limits_apply() once the arguments are read.
 *
 * The defaults are far above what real models need and below what wears a machine out: a loop of 2^62 iterations, functions
 * that call each other 2^60 times, a sequence that grows for ever and a string that doubles each end in seconds or minutes
 * with one line that names the limit. Memory's default is three quarters of what the machine (or the control group) has. */
#ifndef ASSAY_EVAL_LIMITS_H
#define ASSAY_EVAL_LIMITS_H

#include "reference/eval/eval.h"
#include "reference/onnx/load.h"

typedef struct {
    gint64 memory, file, output;        /* MiB; 0: the default */
    gint64 elements, nodes, iterations; /* 0: the default */
    gint   depth;                       /* 0: the default */
    double seconds;                     /* 0: none */
} Limits;

#define LIMITS_DEFAULT ((Limits){ 0 })

#define LIMIT_ENTRIES(l)                                                                                                       \
    { "max-memory", 0, 0, G_OPTION_ARG_INT64, &(l)->memory, "Tensors alive at once (default: 3/4 of the machine's memory)", "MIB" }, \
    { "max-file", 0, 0, G_OPTION_ARG_INT64, &(l)->file, "Each external data file (default 16384)", "MIB" },                    \
    { "max-output", 0, 0, G_OPTION_ARG_INT64, &(l)->output, "All outputs of one run (default: as memory)", "MIB" },            \
    { "max-elements", 0, 0, G_OPTION_ARG_INT64, &(l)->elements, "Of one tensor in a file (default 2^40)", "N" },               \
    { "max-nodes", 0, 0, G_OPTION_ARG_INT64, &(l)->nodes, "Node executions in one run (default 10^8)", "N" },                  \
    { "max-iterations", 0, 0, G_OPTION_ARG_INT64, &(l)->iterations, "Loop iterations in one run (default 10^7)", "N" },        \
    { "max-depth", 0, 0, G_OPTION_ARG_INT, &(l)->depth, "Graphs and calls inside each other (default 200)", "N" },             \
    { "max-seconds", 0, 0, G_OPTION_ARG_DOUBLE, &(l)->seconds, "Wall clock of one run (default: none)", "S" }

/* Sets the process's limits on memory and on files, and fills in those of runs. FALSE with EVAL_ERROR_LIMIT if a number is negative. */
gboolean limits_apply(const Limits *limits, EvalLimits *eval, GError **error);

#endif
