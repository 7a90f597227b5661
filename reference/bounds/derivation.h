/* Where an interval comes from: which rules gave it, with which counts and unit roundoffs. Rules note themselves while
 * somebody collects; otherwise noting costs one test. With EvalOptions.derive the evaluator collects at every node and
 * hands what it found along the edges of the graph, so that each output has the rules on the way to it
 * (EvalOutput.derivation).
 *
 * A Derivation is reference-counted and written by one thread; once it is handed on, nobody changes it. */
#ifndef ASSAY_BOUNDS_DERIVATION_H
#define ASSAY_BOUNDS_DERIVATION_H

#include "reference/tensor/dtype.h"

/* One rule, in all its uses on the way to one output. */
typedef struct {
    const char *rule; /* "dot/any-order": the id in the headers of reference/bounds: a literal, or derivation_own() */
    double terms;     /* the most terms of one use; 0 where a rule counts none */
    int unit;         /* u = 2^unit, the largest in use */
    double error;     /* the largest error allowed, absolute; 0: it was asked, and allowed nothing */
} DerivationEntry;

typedef struct Derivation Derivation;

Derivation *derivation_new(void);
Derivation *derivation_ref(Derivation *derivation);
void derivation_unref(Derivation *derivation); /* NULL: nothing */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Derivation, derivation_unref)

/* A copy of a rule's name that lives as long as the derivation, for names that come from a file: interning those would let a
 * stranger fill memory for good. */
const char *derivation_own(Derivation *derivation, const char *name);

/* Sorted by rule. NULL counts as empty. */
gsize derivation_count(const Derivation *derivation);
const DerivationEntry *derivation_entry(const Derivation *derivation, gsize i);
gboolean derivation_allows_nothing(const Derivation *derivation);

void derivation_add(Derivation *to, const DerivationEntry *entry); /* as one more use of the rule */
/* NULL: nothing. `to` must not outlive names that `from` owns. */
void derivation_join(Derivation *to, const Derivation *from);

/* From now on the notes of this thread go there (NULL: nowhere); returns where they went. */
Derivation *derivation_collect(Derivation *into);

/* For rules. `rule` is a literal; dtype is what the rule calls the result's. */
void derivation_note(const char *rule, DType dtype, double terms, double error);

#endif
