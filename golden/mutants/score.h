/* Do these cases bite? Every mutant against the cases that reach it.
 *
 * First each case is run with no mutant: that says which mutants it reaches, and holds the naive kernels against the golden. A
 * case that they do not pass is out of play, and reported: the text decides who is wrong. Then each MUST_DIE mutant is tried
 * until, in every proposal, SCORE_ENOUGH independent cases (cases of different meaning, not forms of one) have noticed it, in
 * an order that depends on names alone; each MUST_LIVE mutant on all the cases that reach it. So the outcome depends neither
 * on threads nor on machines. */
#ifndef ASSAY_GOLDEN_MUTANTS_SCORE_H
#define ASSAY_GOLDEN_MUTANTS_SCORE_H

#include "golden/mutants/trial.h"

#define SCORE_ENOUGH 3

typedef struct {
    guint    reached, tried;   /* cases in play */
    guint    killers;          /* independent cases that noticed */
    guint    explained;        /* failures whose signature explains every wrong element */
} Tally;

typedef struct {
    const Mutant *mutant;
    Tally        *proposals;   /* as Scores.proposals */
    guint         reached, killers, explained; /* sums */
    double        margin;      /* of the case that noticed most clearly: error as a share of what is allowed */
    char         *killer, *message, *signature; /* the first case that noticed, and how; or NULL */
} Score;

typedef struct {
    guint      cases, in_play;
    GPtrArray *disagreements;  /* of char*: "case: message", where the naive kernels do not pass */
    GPtrArray *proposals;      /* of char*, sorted */
    GPtrArray *without;        /* of char*: operators without a naive kernel, sorted */
    Score     *scores;         /* one for each of mutant_all() that was asked for */
    guint      n_scores;
} Scores;

typedef struct {
    const char *root;          /* a corpus, or any tree in ONNX's backend-test layout */
    const char *proposal;      /* only this one's cases; NULL: all */
    const char *mutant;        /* only this one; NULL: all */
    int         jobs;
    gboolean    all;           /* do not stop at SCORE_ENOUGH */
    gboolean    quiet;         /* no progress bar */
} ScoreOptions;

/* NULL with an error if there is no case, or no mutant of that name. */
Scores *score_cases(const ScoreOptions *options, GError **error);
void    scores_free(Scores *scores);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Scores, scores_free)

/* The totals that decide; proposal -1: all together, else an index into Scores.proposals. In one proposal only mutants that
 * it reaches count. */
typedef struct {
    guint  explained;  /* of the killed: some failure's signature explains every wrong element, so that a report names a cause */
    guint  must_die, killed, killed_twice, must_live, must_live_killed, equivalent, equivalent_killed;
    double margin;     /* min over killed mutants of log2(error / allowed); infinite where all errors are on exact values */
    double redundancy; /* median number of independent cases that notice a mutant, as far as they were counted */
} Totals;
Totals scores_total(const Scores *scores, int proposal);

/* The gate of a release: no disagreement, no valid variant and no equivalent change that some case fails, and, if `whole` (the cases
 * are all there are), no mistake that none notices. FALSE with one line that says what, and the first of it. */
gboolean scores_admit(const Scores *scores, gboolean whole, GError **error);

#endif
