/* Mutants: known mistakes, each a switch in the naive kernels (naive.h).
 *
 *     MUTANT_DEFINE(q_truncates, "q-truncates", MUST_DIE, 1, "QuantizeLinear drops the fraction instead of rounding")
 *     ...
 *     t = mutant(q_truncates) ? trunc(t) : rint(t);
 *
 * The Makefile collects MUTANT_DEFINE lines (at the start of a line) into the registry; the switch and the mistake stand in
 * one file. The third kind of thing that can be wrong with a test suite is that it cannot fail: a suite bites if for every
 * MUST_DIE mutant some case fails, and is sound if for every MUST_LIVE mutant - another correct way to compute - none does.
 *
 * A run belongs to one thread: mutant_begin() names the one mutant that is switched on there, and from then on every
 * mutant() that a kernel asks is noted as reached. A mutant that a case does not reach cannot change its answer. */
#ifndef ASSAY_GOLDEN_MUTANTS_MUTANT_H
#define ASSAY_GOLDEN_MUTANTS_MUTANT_H

#include <glib.h>

typedef enum {
    MUST_DIE,  /* a mistake */
    MUST_LIVE, /* a valid variant: a case that fails it has a bound that is wrong */
    EQUIVALENT /* a change that no output can show; its description says why */
} MutantClass;
const char *mutant_class_name(MutantClass class); /* "must-die" ... */

typedef struct {
    const char *name;
    MutantClass class;
    guint       catalogue;   /* number in the catalogue of known mistakes (golden/mutants/README.md); 0: not in it */
    const char *description; /* what the mutant does, in the present tense */
    guint       index;       /* in mutant_all(): set by it */
} Mutant;

#define MUTANT_DEFINE(id, text, class, catalogue, description) \
    extern Mutant mutant_##id;                                 \
    Mutant mutant_##id = { (text), (class), (catalogue), (description), 0 };

/* Every mutant in the order of its name; *count receives how many. */
Mutant *const *mutant_all(guint *count);
Mutant        *mutant_find(const char *name); /* NULL if there is none */

/* A set of mutants, by index. */
#define MUTANT_SET_WORDS 8
typedef struct {
    guint64 words[MUTANT_SET_WORDS];
} MutantSet;
gboolean mutant_set_has(const MutantSet *set, const Mutant *mutant);

/* From here on `active` (NULL: none) is switched on in this thread, and nothing is reached yet. */
void      mutant_begin(const Mutant *active);
MutantSet mutant_reached(void);

/* Whether this mutant is switched on. For kernels; ask outside of inner loops. */
gboolean mutant_is_on(const Mutant *mutant);
#define mutant(id) mutant_is_on(&mutant_##id)

#endif
