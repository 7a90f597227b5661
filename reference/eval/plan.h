/* A graph made ready to run: names become slots, nodes find their operator or function, and every value gets the step
 * after which it is no longer needed. Private to eval. Plans are immutable once made. */
#ifndef ASSAY_EVAL_PLAN_H
#define ASSAY_EVAL_PLAN_H

#include "reference/eval/schema.h"

typedef struct {
    const Node      *node;
    gsize            index;    /* of the node in its graph */
    const OpVersion *version;  /* an operator, or NULL */
    const Schema    *schema;   /* of the version */
    OpKernel         kernel;   /* what runs in place of version and function; or NULL */
    const Function  *function; /* run this body: a model-local function, or an operator without kernel */
    int             *inputs, *outputs; /* slots; -1: omitted */
    int             *dead;     /* slots to release after this step */
    gsize            n_dead;
} Step;

typedef struct {
    const Graph *graph;
    const List  *imports;   /* of OpsetImport: in force for the nodes */
    Step        *steps;
    gsize        n_steps;
    GPtrArray   *names;     /* of a slot; slots are numbered from 0 */
    GHashTable  *slots;     /* name -> slot + 1 */
    int         *inputs, *outputs;
    gsize        n_inputs, n_outputs;
    int         *captures;  /* slots that take the value of the same name in the enclosing scope */
    gsize        n_captures;
    Value      **constants; /* per slot: the initializer, or NULL */
} Plan;

/* What a planner needs to know of the model around the graph. */
typedef struct {
    const Model *model;
    const Model *expansion; /* of the context-dependent function being run: its functions come first; or NULL */
    gboolean     prefer_body;
    OpKernel   (*substitute)(const Operator *op, gpointer data); /* EvalOptions.substitute */
    gpointer     substitute_data;
} PlanContext;

/* Functions: formal parameters are the graph's inputs. The plan refers to the graph and must not outlive it. */
Plan *plan_new(const PlanContext *context, const Graph *graph, const List *imports, GError **error);
Plan *plan_new_function(const PlanContext *context, const Function *function, GError **error);
void  plan_free(Plan *plan);

int plan_slot(const Plan *plan, const char *name); /* -1 if the plan has no such name */

/* The function that an operator version's body text says; parsed once, lives for the life of the process. */
const Function *operator_body(const OpVersion *version, GError **error);

#endif
