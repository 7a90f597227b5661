/* A graph as a drawing: the DOT text that Graphviz lays out. */
#ifndef ASSAY_REFERENCE_GRAPH_DOT_H
#define ASSAY_REFERENCE_GRAPH_DOT_H

#include "reference/onnx/model.h"

/* Operators as boxes, inputs and outputs as rounded ones, initializers with their type; nested graphs as clusters.
 * Free with g_free. */
char *graph_to_dot(const Graph *graph);

#endif
