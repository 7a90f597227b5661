/* Certificates whose numbers a kernel computes on the way: what a bound rule needs of a large product - sums of
 * magnitudes, numbers of terms - costs less where the operands lie ready than in runs of their own. The kernel asks
 * eval_certifies(), leaves what it found with eval_keep(), and the bound rule of the same run finds it with
 * eval_kept(). */
#ifndef ASSAY_EVAL_ON_THE_WAY_H
#define ASSAY_EVAL_ON_THE_WAY_H

#include "reference/eval/operator.h"

/* Whether a bound rule follows this run of the kernel. */
gboolean eval_certifies(const Eval *ev);
/* And all inputs are known exactly. */
gboolean eval_certifies_exactly(const Eval *ev);
/* Whether that rule's notes are collected (EvalOptions.derive): it has to go through the elements then. */
gboolean eval_derives(const Eval *ev);

/* The kernel has proven of every result of this run that it is rounded right. In the reference's own arithmetic
 * (relaxation_reference) the outputs are then points; the rule is not asked. Nothing where !eval_certifies_exactly(). */
void eval_decide(Eval *ev);

/* Takes `kept`, which `clear` frees after the bound rule. At most one a run: what was kept before is freed. */
void eval_keep(Eval *ev, gpointer kept, GDestroyNotify clear);
/* NULL: nothing. */
gpointer eval_kept(const Eval *ev);

#endif
