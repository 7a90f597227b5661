/* Operator tests as text: a model whose graph takes no inputs and holds, for each output y, an initializer want_y.
 *
 *     expect_holds("g () => (float[2] y) <float[2] x = {-1.0, 2.0}, float[2] want_y = {0.0, 2.0}> { y = Relu(x) }", 14); */
#ifndef ASSAY_OPS_TESTS_EXPECT_H
#define ASSAY_OPS_TESTS_EXPECT_H

#include "reference/tensor/tensor.h"

/* Every output is bit for bit what is wanted; `opset` is that of the default domain, ai.onnx.ml's follows from it. */
void expect_holds(const char *graph, int opset);
/* Every element of float outputs differs from what is wanted by at most `error`. */
void expect_near(const char *graph, int opset, double error);
/* Every output is certified with exactly the interval of the initializers low_y and high_y; without them, as a point. */
void expect_interval(const char *graph, int opset);
/* Operators with both a kernel and a function body give the same bits either way. */
void expect_body_agrees(const char *graph, int opset);
/* Preparing or running the model fails with a message that contains `part`. */
void expect_fails(const char *graph, int opset, const char *part);
/* The graph's outputs, NULL after a failure; free each with tensor_unref, the array with g_free. */
Tensor **expect_outputs(const char *graph, int opset);

#endif
