/* What an experiment found, for people and programs: a table, sentences that follow from it, the raw samples, a picture. */
#ifndef ASSAY_RUNNER_EVIDENCE_H
#define ASSAY_RUNNER_EVIDENCE_H

#include "backends_under_test/runner/measure.h"

/* Free with g_free. `series` is of Series. */
char *evidence_table(const Experiment *experiment, const GPtrArray *series);
char *evidence_sentences(const Experiment *experiment, const GPtrArray *series);
char *evidence_json(const Experiment *experiment, const GPtrArray *series);
char *evidence_csv(const GPtrArray *series); /* one line a sample */
/* Load time, run time or peak memory against x, both axes logarithmic, a line a form and backend. */
char *evidence_svg(const Experiment *experiment, const GPtrArray *series, Metric metric);

#endif
