/* Models of one node, by chance: attributes, types and shapes that a schema admits, and values that an operator may or may
 * not like. The same GRand gives the same. */
#ifndef ASSAY_OPS_TESTS_RANDOM_NODE_H
#define ASSAY_OPS_TESTS_RANDOM_NODE_H

#include "reference/eval/eval.h"
#include "reference/eval/schema.h"

enum { RANDOM_NODE_INPUTS = 12 };

typedef struct {
    Model *model;
    Value *inputs[RANDOM_NODE_INPUTS];
    gsize  n;
} RandomNode;

RandomNode *random_node(const OpVersion *version, const Operator *op, GRand *rand);
void        random_node_free(RandomNode *node);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RandomNode, random_node_free)

/* ---- its parts ---------------------------------------------------------------------------------------------------------- */

/* Adds the node, named "it", without attributes, and its untyped inputs x0, x1 ... and outputs y0, y1 ... */
Node *one_node(const Operator *op, const OpVersion *version, Model *model, gsize inputs, gsize outputs);
void  set_attribute(GRand *rand, Node *node, Graph *graph, const char *name, AttributeType type);
/* NULL: any. */
const TypeVariable *input_variable(const Schema *schema, gsize input);
/* A dtype that the variable admits, or does not; UNDEFINED if there is none. */
DType   some_dtype(GRand *rand, const TypeVariable *variable, gboolean admitted);
Tensor *some_tensor(GRand *rand, DType dtype, const Shape *usual);
Value  *some_value(GRand *rand, const TypeVariable *variable, DType dtype, const Shape *usual);

#endif
