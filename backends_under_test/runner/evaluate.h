/* What adapters of the reference evaluator share: a model and the files of a case, to values. */
#ifndef ASSAY_RUNNER_EVALUATE_H
#define ASSAY_RUNNER_EVALUATE_H

#include "backends_under_test/runner/serve.h"
#include "reference/eval/eval.h"

/* `cause`, from loading the model, as an answer of an adapter: ADAPTER_ERROR. Returns NULL. */
GPtrArray *evaluate_refuse(const GError *cause, GError **error);

/* Runs the model on the files, input i for graph input i; reports the time, counted from `start` (adapter_clock). An array
 * of Value, one an output, or NULL with ADAPTER_ERROR. */
GPtrArray *evaluate_files(const Model *model, const char *const *inputs, gsize n, const EvalOptions *options, double start, GError **error);

/* The same with an evaluator at hand, which took load_seconds to make ready; negative: not told. */
GPtrArray *evaluate_prepared(Evaluator *evaluator, const Model *model, const char *const *inputs, gsize n, double load_seconds, GError **error);

#endif
