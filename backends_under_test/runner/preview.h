/* What a report shows of a case and of an answer, as the JSON texts that reports/results.h describes: a report never sees
 * a tensor. All are freed with g_free; NULL where there is nothing to show. */
#ifndef ASSAY_RUNNER_PREVIEW_H
#define ASSAY_RUNNER_PREVIEW_H

#include "backends_under_test/runner/judge.h"
#include "backends_under_test/runner/pair.h"

/* The graph: {"nodes": [[kind, name]], "edges": [[from, to, value]]}; kind is input, constant, operator or output, from
 * and to count the nodes. A node's subgraphs hang on it by an edge without a value. */
char *preview_graph(const Model *model);

/* CaseFacts.data: the first values of inputs, golden outputs and their intervals. Files that cannot be read show no values. */
char *preview_data(const Subject *subject, const Model *model);

/* One output of VerdictFacts.answer, to be appended to `outputs` (a cJSON array): type, first values, strip. An answer
 * that could not be read is said to be so. */
void preview_answer(cJSON *outputs, const Pair *pair);

#endif
