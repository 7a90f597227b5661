/* Sub-byte elements as they lie in a file: what a backend does that reads packed bytes itself. */
#ifndef ASSAY_GOLDEN_MUTANTS_STORAGE_H
#define ASSAY_GOLDEN_MUTANTS_STORAGE_H

#include "golden/mutants/format.h"
#include "reference/onnx/model.h"
#include "reference/tensor/value.h"

/* Every tensor of a sub-byte type that the model holds (initializers and attributes, functions and nested graphs too), and
 * `value`, is packed by the rules and unpacked here, each element from its own bits: ONNX's note on 4-bit and 2-bit types,
 * low bits first, no padding between rows. Tensors are changed in place: they were loaded a moment ago for this run. */
void storage_load_model(Model *model);
void storage_load_value(Value *value);

/* The reverse, for an output: packed here, unpacked by the rules. A new reference; the value itself is left as it is. */
Value *storage_saved_value(const Value *value);

#endif
