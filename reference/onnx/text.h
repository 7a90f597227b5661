/* ONNX's textual syntax (onnx/docs/Syntax.md): models people can read, and write in tests and operator bodies.
 *
 *     <ir_version: 10, opset_import: ["" : 21]>
 *     agraph (float[N, 128] x, float[128, 10] w) => (float[N, 10] y) {
 *         t = MatMul (x, w)
 *         y = Softmax <axis: int = 1> (t)
 *     }
 *
 * Thread-safe. */
#ifndef ASSAY_ONNX_TEXT_H
#define ASSAY_ONNX_TEXT_H

#include "reference/onnx/load.h"

/* Readable text. Tensors with more than `elements` elements are abbreviated (such text does not parse back);
 * 0 prints all. Free with g_free. */
char *model_to_text(const Model *model, gsize elements);
char *graph_to_text(const Graph *graph, gsize elements);
char *function_to_text(const Function *function, gsize elements);
char *tensor_to_text(const Tensor *tensor, gsize elements);
char *type_to_text(const Type *type);

/* ONNX_ERROR_PARSE with line and column, and what was expected. Full precision round trip with *_to_text(…, 0). */
Model    *model_from_text(const char *text, GError **error);
/* Adds `<domain: "d", opset_import: ["" : 21]> name <attr, attr2: int = 1> (x, y) => (z) { … }` to the model. */
Function *function_from_text(Model *model, const char *text, GError **error);
/* A graph to use as attribute: `g (float[N] x) => (float[N] y) { … }`. */
Graph    *graph_from_text(Model *model, const char *text, GError **error);

#endif
