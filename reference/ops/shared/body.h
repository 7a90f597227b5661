/* The body of an iterating operator (Loop, Scan): state that goes round, and scan outputs that pile up. */
#ifndef ASSAY_OPS_SHARED_BODY_H
#define ASSAY_OPS_SHARED_BODY_H

#include "reference/ops/shared/join.h"

/* Owned by the caller's stack frame: body_open, body_run any number of times, body_clear. */
typedef struct {
    Eval        *ev;
    Subgraph    *subgraph;
    const Graph *graph;    /* what the model says: the declared types of inputs and outputs */
    gsize        skip;     /* outputs before the state: 1 for Loop's condition */
    gsize        n_state, n_scan;
    Value      **state;    /* n_state values, owned; replaced by each run */
    Value      **outputs;  /* of the run in progress */
    GPtrArray  **piles;    /* n_scan arrays of Tensor, one a run */
} Body;

/* The node's attribute `body`, whose inputs must number n_inputs and whose outputs skip + n_state + the scan outputs.
 * The initial state is inputs first_state ... of the node. FALSE with an error; clear in either case. */
gboolean body_open(Body *body, Eval *ev, gsize n_inputs, gsize skip, gsize first_state, gsize n_state, GError **error);

/* inputs: all of the body, borrowed. Afterwards state is the new one, every pile is one tensor higher, and *skipped
 * (when skip is 1) is output 0, owned by the caller. */
gboolean body_run(Body *body, Value *const *inputs, gsize n, Value **skipped, GError **error);

/* Scan output k: the pile along a new axis, in reverse if asked; declared dims if nothing was scanned. */
Tensor *body_scanned(const Body *body, gsize k, int64_t axis, gboolean reverse, GError **error);

/* Gives the state to outputs 0 ... n_state - 1 of the node. */
void body_finish(Body *body);

void body_clear(Body *body);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Body, body_clear)

#endif
