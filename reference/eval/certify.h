/* Certified intervals: between which two values of the output's dtype every conforming backend's element lies.
 *
 * An interval travels beside its value along the edges of the graph: lower and upper are tensors of the value's dtype
 * and shape, both NULL when the value is the only right answer. A bound rule (OpBound) reads the inputs' intervals and
 * sets the outputs'; the stock rules here serve most operators. Rules are called only when certifying. */
#ifndef ASSAY_EVAL_CERTIFY_H
#define ASSAY_EVAL_CERTIFY_H

#include "reference/eval/operator.h"

typedef struct {
    const Tensor *lower, *upper; /* NULL, NULL: a point */
} Interval;

/* FALSE if the input has no certificate (an operator before it had no rule). */
gboolean eval_input_interval(const Eval *ev, gsize i, Interval *interval);
/* Whether every input is known exactly. */
gboolean eval_inputs_exact(const Eval *ev);
const Tensor *eval_output_tensor(const Eval *ev, gsize i); /* what the kernel computed; NULL if not a tensor */

/* Takes both references; NULL, NULL: the output is a point (the state before a rule runs). */
void eval_set_interval(Eval *ev, gsize i, Tensor *lower, Tensor *upper);
void eval_set_uncertified(Eval *ev, gsize i);

/* Whether a backend may hold the elements of output i unrounded: it is computed inside a function, which a backend may
 * implement as one kernel, and is not the function's own output. Its interval must then hold the unrounded value too. */
gboolean eval_may_fuse(const Eval *ev, gsize i);

/* Whether the ends of output i are those of bounds_store_floats (reference/bounds/store.h): float32, held rounded, with
 * subnormals, and no notes of their derivation are wanted. */
gboolean eval_stores_floats(const Eval *ev, gsize i);

/* Collects the interval of output i element by element; the tensors are made when the first element needs them. */
typedef struct {
    Eval    *ev;
    gsize    output;
    Tensor  *lower, *upper;
} Ends;

#define ENDS_OF(eval, i) ((Ends){ .ev = (eval), .output = (i) })
/* FALSE if memory is short; nothing need be freed then. */
gboolean ends_set(Ends *ends, int64_t element, double low, double high, GError **error);
void     ends_finish(Ends *ends); /* sets the output's interval */
void     ends_abandon(Ends *ends); /* sets the output uncertified */

/* Runs the kernel of the node again with other inputs (NULL: the same); outputs receives eval_output_count() new
 * references, NULL for outputs not computed. */
gboolean eval_rerun(Eval *ev, const Tensor *const *inputs, Value **outputs, GError **error);

/* As subgraph_run, for a bound rule: `known` holds the inputs' intervals, `ends` receives those of the outputs, as new
 * references. *certified is FALSE if one of the outputs has none. */
gboolean subgraph_run_certified(Subgraph *subgraph, Value *const *inputs, const Interval *known, gsize n, Value **outputs,
                                Interval *ends, gboolean *certified, GError **error);

/* ---- stock rules ------------------------------------------------------------------------------------------------- */

/* Exact inputs give a point; anything else no certificate. For exact operators that are not monotone. */
gboolean bound_exact(Eval *ev, GError **error);
/* Monotone in each input for itself, but with jumps (comparisons): a point if all combinations of ends give the same,
 * else no certificate. */
gboolean bound_decided(Eval *ev, GError **error);
/* Non-decreasing in every input (data movement too, where it is the identity on elements): the kernel's answers on all
 * lower and on all upper ends. */
gboolean bound_monotone(Eval *ev, GError **error);

#endif
