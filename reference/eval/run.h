/* A run in progress: frames, cells and the execution of one node. Private to eval. */
#ifndef ASSAY_EVAL_RUN_H
#define ASSAY_EVAL_RUN_H

#include "reference/bounds/derivation.h"
#include "reference/eval/eval.h"
#include "reference/eval/plan.h"

/* What a slot holds. lower and upper are NULL for a point; uncertified means that no interval is known. */
typedef struct {
    Value   *value;
    Tensor  *lower, *upper;
    gboolean uncertified;
    Derivation *derivation; /* the rules on the way to it; NULL: none, or nobody asked (EvalOptions.derive) */
} Cell;

typedef struct Frame Frame;

/* An attribute as a function call passes it in: the value and the frame whose names its graphs may capture. */
typedef struct {
    const Attribute *attribute;
    Frame           *scope;
} Bound;

typedef struct {
    const char **names;
    Bound       *bounds;
    gsize        n;
} Binding;

struct Frame {
    const Plan    *plan;
    Cell          *cells;
    Frame         *scope;   /* the frame around a subgraph; NULL for the model's graph and for functions */
    const Binding *binding; /* of the function being run; NULL outside functions */
};

/* Plans are made on first use. Graph attributes repeat - a modifier stands in every attention node of a model - so those
 * that read the same under the same imports share one. */
typedef struct {
    GHashTable *plans;      /* Graph or Function -> Plan, owned */
    GHashTable *shared;     /* Graph -> Plan of another graph of the same content */
    GHashTable *by_content; /* a graph's text -> its Plan */
} PlanCache;

struct Evaluator {
    const Model *model;
    EvalOptions  options;
    PlanContext  context;
    PlanCache    cache;
    Plan        *main;
    GThreadPool *helpers; /* of eval_parallel; NULL: not needed yet */
    /* of the run in progress */
    guint64      nodes, iterations;
    guint        depth;
    gint64       deadline; /* g_get_monotonic_time(); 0: none */
};

struct Eval {
    Evaluator  *evaluator;
    Frame      *frame;
    const Step *step;
    Cell      **inputs;  /* NULL: omitted */
    gsize       n_inputs;
    Cell       *outputs;
    gsize       n_outputs;
    GPtrArray  *subgraphs;
    gboolean    inexact; /* a subgraph produced something that is not a point */
    Derivation *notes;   /* of this node's rules and of its subgraphs; NULL: none yet */
    guint64     bounded; /* bit i: a rule gave output i its interval */
    gboolean    certifies;  /* a bound rule follows */
    gboolean    decided;    /* every result is proven to be rounded right */
    gpointer    kept;       /* on_the_way.h; owned */
    GDestroyNotify clear_kept;
};

/* What came about inside a subgraph of the node counts as the node's own. */
void eval_note_subgraph(Eval *ev, const Cell *output);

void cell_clear(Cell *cell);
void cell_copy(Cell *to, const Cell *from);

/* Plans are made on first use and kept with the evaluator. */
PlanCache plan_cache_new(void);
void      plan_cache_free(PlanCache *cache);
const Plan *evaluator_plan(Evaluator *e, const Graph *graph, const List *imports, GError **error);
const Plan *evaluator_plan_function(Evaluator *e, const Function *function, GError **error);

/* Runs a plan: inputs are copied in, outputs (n_outputs cells) are filled on success and cleared on failure. */
gboolean frame_run(Evaluator *e, const Plan *plan, Frame *scope, const Binding *binding, Cell *const *inputs,
                   gsize n_inputs, Cell *outputs, GError **error);

/* Notes the bytes of the frame's values if they are the most so far and somebody asked (EvalOptions.largest_live). */
void frame_weigh(Evaluator *e, const Frame *frame);

/* The attribute that `a` stands for in this frame: itself, or what a reference refers to (attribute NULL: absent). */
Bound frame_resolve(Frame *frame, const Attribute *a);

gboolean evaluator_check_limits(Evaluator *e, GError **error);
void     subgraph_free(gpointer subgraph);

#endif
