/* Derivatives of operators, as functions in ONNX's text: what reverse-mode differentiation needs to know of each. A rule's
 * function takes the gradient of the result, the result and the inputs, and gives the gradient of each input. */
#ifndef ASSAY_OPS_DERIVATIVES_H
#define ASSAY_OPS_DERIVATIVES_H

#include "reference/onnx/model.h"

#define DERIVATIVE_DOMAIN "assay.derivative"

typedef struct {
    const char *op;         /* of the default domain */
    gsize       inputs;     /* how many the node has: one rule each */
    int         since;      /* the opset from which the operator means what the rule differentiates */
    const char *attributes; /* that the rule understands, separated by spaces */
    const char *parameters; /* of the function: "<axis: int = -1>", or "" */
    const char *body;       /* of (dy, y, a, b, c) => (da, db, dc), as many as there are inputs */
} Derivative;

/* NULL if none is known. */
const Derivative *derivative_find(const char *op, gsize inputs);

/* The name of the rule's function in DERIVATIVE_DOMAIN, which is added to the model unless it is there already; NULL with an
 * error if the model takes no more. Lives in the model. */
const char *derivative_function(const Derivative *rule, Model *into, GError **error);

/* Adds to the model the functions that rules use: OnesLike(x), ZerosLike(x), SumTo(g, like), which undoes broadcasting, and
 * TransposeLast(x), which swaps the last two axes. */
gboolean derivative_helpers(Model *into, GError **error);

#endif
