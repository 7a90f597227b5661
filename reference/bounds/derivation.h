/* Where an interval comes from: which rules gave it, with which counts and unit roundoffs. Rules note themselves while a
 * Derivation is being written; otherwise noting costs one test.
 *
 * A derivation is written by one thread, the one that runs the evaluator. */
#ifndef ASSAY_BOUNDS_DERIVATION_H
#define ASSAY_BOUNDS_DERIVATION_H

#include "reference/tensor/dtype.h"

/* One rule, in all its uses in one run. */
typedef struct {
    const char *rule;   /* "dot/any-order": the id in the headers of reference/bounds */
    guint64     uses;   /* how often it was asked; exact: how often it allowed nothing */
    guint64     exact;
    double      terms;  /* the most terms of one use; 0 where a rule counts none */
    int         unit;   /* u = 2^unit, the largest in use */
    double      error;  /* the largest error allowed, absolute */
} DerivationEntry;

typedef struct Derivation Derivation;

/* Starts noting in this thread, until derivation_end() gives what was noted; not nested. */
void        derivation_begin(void);
Derivation *derivation_end(void);
void        derivation_free(Derivation *derivation);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Derivation, derivation_free)

/* Sorted by rule. */
gsize                  derivation_count(const Derivation *derivation);
const DerivationEntry *derivation_entry(const Derivation *derivation, gsize i);

/* For rules. `rule` is a literal; dtype is what the rule calls the result's. */
void derivation_note(const char *rule, DType dtype, double terms, double error);

#endif
