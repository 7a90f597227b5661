/* ONNX's textual syntax (onnx/docs/Syntax.md): models people can read, and write in tests and operator bodies.
 *
 *     <ir_version: 10, opset_import: ["" : 21]>
 *     agraph (float[N, 128] x, float[128, 10] w) => (float[N, 10] y) {
 *         t = MatMul (x, w)
 *         y = Softmax <axis: int = 1> (t)
 *     }
 *
 * The reader takes all that the published grammar has, but data of tensors in external files. Where the grammar has no
 * way to say something that a model holds, these forms are added:
 *
 *   numbers     0x1.8p+1 is a hexadecimal float. 0x7FC00001 among floats is the bit pattern: a NaN with a payload.
 *               Of a float type narrower than float, decimal integers are bit patterns (the published parser's rule)
 *               and literals with a point or an exponent are values: `float16[2] {15360, 1.0}` is twice one.
 *               Sub-byte integers are written by value. Complex elements are two numbers each.
 *   strings     \xHH is the byte HH; a backslash before anything else stands for that, as published.
 *   names       may be quoted wherever there is one, and must be where they are no identifiers; so must those that
 *               look like a type or a number where either might stand: an untyped value `"float"`, a graph `"nan"`.
 *   types       none() for a type that is not set, seq(), optional(), map(int64) where the type within is not set,
 *               dtype(99) for an element type without name; `!"..."` after a dim or a type is its denotation.
 *   sparse      `sparse_tensor(float[9]) s = {float[2] {1.0, 2.0}, int64[2] {0, 7}}`: values and indices.
 *   annotations a line `#@ key: value, ...` before an item; to the published parser, a comment.
 *                   doc_string, metadata_props   of graphs, nodes, values, tensors (functions: metadata_props only,
 *                                                attributes: doc_string only; models say both in their header)
 *                   storage: typed               of tensors, whose elements else stand in raw_data
 *                   external: ["location": "w.bin", "offset": "0", "length": "8"]
 *                                                of tensors: the elements' file; they stand in the text all the same
 *                   wire: "\x08\x01"             of tensors: NamedTensor.wire
 *                   rest: "..."                  of models, functions, graphs, nodes: their uninterpreted fields
 *   ...         among elements: left out by the printer; cannot be read back.
 *
 * What a model's header leaves out is as in model_new(). Thread-safe. */
#ifndef ASSAY_ONNX_TEXT_H
#define ASSAY_ONNX_TEXT_H

#include "reference/onnx/load.h"

/* Readable text. Tensors with more than `elements` elements are abbreviated (such text does not parse back) and storage
 * is not told; 0 prints all. Free with g_free. */
char *model_to_text(const Model *model, gsize elements);
char *graph_to_text(const Graph *graph, gsize elements);
char *function_to_text(const Function *function, gsize elements);
char *tensor_to_text(const Tensor *tensor, gsize elements);
char *type_to_text(const Type *type);

/* ONNX_ERROR_PARSE with line and column (in bytes), what was found and what was expected; ONNX_ERROR_LIMIT if graphs or
 * types are nested more than 100 deep or memory is refused. Full precision round trip with *_to_text(…, 0). */
Model    *model_from_text(const char *text, GError **error);
/* Adds `<domain: "d", opset_import: ["" : 21]> name <attr, attr2: int = 1> (x, y) => (z) { … }` to the model, which is
 * as before (but for memory) if that fails. */
Function *function_from_text(Model *model, const char *text, GError **error);
/* A graph to use as attribute: `g (float[N] x) => (float[N] y) { … }`. */
Graph    *graph_from_text(Model *model, const char *text, GError **error);

#endif
