/* One case, run by the naive kernels with one mutant switched on (or none) and judged as a backend would be. */
#ifndef ASSAY_GOLDEN_MUTANTS_TRIAL_H
#define ASSAY_GOLDEN_MUTANTS_TRIAL_H

#include "golden/mutants/mutant.h"

typedef enum {
    TRIAL_PASSED,
    TRIAL_WRONG,  /* an output is not what the case asks for */
    TRIAL_FAILED, /* no outputs: the evaluator refused or gave up */
    TRIAL_SKIPPED /* nothing to judge by: a case that must be rejected or that asks for what else is in its file, random numbers, or a
                     model that does not load */
} TrialResult;

typedef struct {
    TrialResult result;
    double      margin;   /* largest error as a share of what was allowed; infinite where nothing was */
    char       *message;  /* what was wrong; NULL if passed */
    char       *signature; /* of the first wrong output (golden/compare/signature.h); NULL if none */
    MutantSet   reached;  /* by this run */
    char       *semantic, *proposal; /* of the case: which others ask the same; NULL if skipped */
} Trial;

/* folder: as for fixture_open(). active NULL: none. without: as the data of naive_substitute(). */
void trial_run(const char *folder, const Mutant *active, GHashTable *without, Trial *trial);
void trial_clear(Trial *trial);

#endif
