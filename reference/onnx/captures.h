/* Which names nested graphs take from the graphs around them. */
#ifndef ASSAY_ONNX_CAPTURES_H
#define ASSAY_ONNX_CAPTURES_H

#include "reference/onnx/model.h"

/* Adds to the set `captured` the names (borrowed) that a graph and its nested graphs use and do not define; for a node, those of
 * the graphs in its attributes. */
void graph_captures(const Graph *graph, GHashTable *captured);
void node_captures(const Node *node, GHashTable *captured);

#endif
