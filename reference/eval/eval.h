/* The evaluator: runs a Model on Values.
 *
 * It computes what the operators' texts say: exact arithmetic or binary64, one rounding per operator output, in an
 * order that does not depend on machine, compiler or threads (reference/README.md). An Evaluator is prepared once and
 * run many times, by one thread at a time; different Evaluators may run in parallel.
 *
 * Errors are EVAL_ERROR (or TENSOR_ERROR, ONNX_ERROR from below), one line that names node and operator. */
#ifndef ASSAY_EVAL_EVAL_H
#define ASSAY_EVAL_EVAL_H

#include "reference/bounds/derivation.h"
#include "reference/eval/operator.h"

#define EVAL_ERROR (eval_error_quark())
GQuark eval_error_quark(void);
typedef enum {
    EVAL_ERROR_UNSUPPORTED, /* an operator that this evaluator does not know */
    EVAL_ERROR_INVALID,     /* the model breaks a rule of an operator, or its opset does not have it */
    EVAL_ERROR_INPUT,       /* the inputs given do not fit the model */
    EVAL_ERROR_LIMIT        /* over one of EvalLimits */
} EvalError;

/* 0 means the default. Memory is limited for the whole process by tensor_memory_set_limit(). */
typedef struct {
    guint64 nodes;        /* node executions in one run, and 64 items of a sequence that a node gives out count as one
                             (default 10^8) */
    guint64 iterations;   /* iterations of all loops in one run (10^7) */
    guint   depth;        /* nested subgraphs and function calls (200) */
    double  seconds;      /* wall clock of one run; kernels stop at it too (no limit) */
    guint64 output_bytes; /* of all outputs of one run, with their intervals (no limit) */
} EvalLimits;

/* Kernels of somebody else for operators of ours: what to run in place of the operator's own kernel and body, or NULL for
 * no change. The kernel sees the operator's schema as its own would. */
typedef OpKernel (*EvalSubstitute)(const Operator *op, gpointer data);

typedef struct {
    EvalLimits limits;
    guint      threads;      /* inside kernels; 0 and 1: none. Results do not depend on it */
    gboolean   certify;      /* compute intervals */
    gboolean   derive;       /* with it: take down which rules gave them */
    gboolean   prefer_body;  /* run operators that have a function body from that body, even if they have a kernel */
    gboolean   any_shape;    /* do not hold inputs and outputs against the dims that the model declares (published test
                                data sometimes contradicts them); element types are checked all the same */
    gboolean   no_subgraph_cache; /* prepare every graph attribute anew; by default those of equal content share a plan */
    guint64    seed;         /* of random operators without a seed attribute */
    gboolean   reseed;       /* `seed` also counts for operators that have the attribute: to draw many samples */
    EvalSubstitute substitute; /* or NULL: see above. Such runs are not certified */
    gpointer   substitute_data;
    void     (*trace)(const Node *node, gsize index, Value *const *outputs, gsize n, gpointer data); /* or NULL */
    gpointer   trace_data;
    /* Runs a bctx.runtime::Object, a compiled object that stands for a part of the graph; NULL: nobody does. Inputs are
     * borrowed (NULL: omitted); on success every outputs[i] is a new reference. */
    gboolean (*object)(const Node *node, Value *const *inputs, gsize n_inputs, Value **outputs, gsize n_outputs, gpointer data,
                       GError **error);
    gpointer   object_data;
    gsize     *largest_live; /* or NULL: is raised to the bytes of the values of the model's graph, initializers and inputs
                                included, that were alive at once when that was most; each tensor counts once */
} EvalOptions;

/* One output of a run. lower and upper are NULL where the interval is the value itself. */
typedef struct {
    Value   *value;
    Tensor  *lower, *upper;
    gboolean certified; /* whether the interval is known at all; only with EvalOptions.certify */
    Derivation *derivation; /* the rules on the way to it; NULL: none. Only with EvalOptions.derive */
} EvalOutput;

void eval_output_clear(EvalOutput *output);

typedef struct Evaluator Evaluator;

/* Resolves operators and checks arity and attributes of every node. The model is borrowed and must outlive the
 * evaluator; call model_check() first for models from outside. options NULL: all defaults. */
Evaluator *evaluator_new(const Model *model, const EvalOptions *options, GError **error);
void       evaluator_free(Evaluator *evaluator);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Evaluator, evaluator_free)

/* inputs[i] is for graph input i, or NULL to take the initializer of that name. `outputs` has room for one EvalOutput
 * per graph output; on failure it is untouched. Clear each with eval_output_clear(). */
gboolean evaluator_run(Evaluator *evaluator, Value *const *inputs, gsize n_inputs, EvalOutput *outputs, GError **error);

#endif
