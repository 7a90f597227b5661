/* Scores as JSON, as spec/schemas/mutants.schema.json describes it. */
#ifndef ASSAY_GOLDEN_MUTANTS_SCORE_JSON_H
#define ASSAY_GOLDEN_MUTANTS_SCORE_JSON_H

#include "golden/mutants/score.h"

/* beside: the same mutants on other test data, or NULL. Free with g_free. */
char *scores_to_json(const Scores *scores, const Scores *beside);

#endif
