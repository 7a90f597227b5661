/* Function calls replaced by the functions' bodies: what remains of a model when nobody knows its functions.
 * Not thread-safe on one model. */
#ifndef ASSAY_ONNX_INLINE_H
#define ASSAY_ONNX_INLINE_H

#include "reference/onnx/model.h"

/* Replaces every call in graph (nested graphs too) of a function in `functions` by its body, again and again until no
 * call is left. Inner names become "<first output of the call>.<inner name>"; attribute references take the call's
 * value or the function's default, and disappear where there is neither. Functions must not be recursive (model_check).
 * Nodes are copied into the graph's model. */
void inline_functions(Graph *graph, const List *functions);

/* Replaces node `at`, a call of `function`, by its body. Inner names become "<prefix>.<inner name>"; with prefix NULL they
 * stay, which is right only where the caller knows that they are not taken. */
void inline_call(Graph *graph, gsize at, const Function *function, const char *prefix);

#endif
