/* Elements as ONNX stores them in TensorProto.raw_data: little-endian, row-major, sub-byte types packed low bits first
 * without padding between rows (IR version 10 and 13 notes on 4-bit and 2-bit types). Thread-safe. */
#ifndef ASSAY_TENSOR_PACKING_H
#define ASSAY_TENSOR_PACKING_H

#include "reference/tensor/tensor.h"

/* Bytes that `count` elements take: ceil(count * bits / 8). Not for strings. */
gsize packing_size(DType dtype, int64_t count);

/* Elements to packed bytes; `out` holds packing_size() bytes; unused bits of the last byte are zero. */
void packing_pack(DType dtype, const void *elements, int64_t count, uint8_t *out);

/* The reverse; unused bits of the last byte are ignored. */
void packing_unpack(DType dtype, const uint8_t *packed, int64_t count, void *elements);

#endif
