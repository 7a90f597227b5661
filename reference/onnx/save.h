/* From a Model or a Value to ONNX's wire format: deterministic bytes (fields in ascending order, nothing optional
 * written when empty, packed where proto2 declares it). Files are written beside their target and renamed, so a reader
 * sees the old file or the whole new one. Thread-safe. Errors: ONNX_ERROR. */
#ifndef ASSAY_ONNX_SAVE_H
#define ASSAY_ONNX_SAVE_H

#include "reference/onnx/load.h"

/* Writes path, and the external data files that NamedTensors with STORAGE_EXTERNAL name, into path's folder. */
gboolean model_save(const Model *model, const char *path, GError **error);
/* The model's bytes alone; external data is referred to, not written. */
GBytes *model_to_bytes(const Model *model, GError **error);

/* name may be NULL. Storage must be RAW or TYPED (strings are always typed). */
gboolean tensor_save(const Tensor *tensor, const char *name, Storage storage, const char *path, GError **error);
GBytes  *tensor_to_bytes(const Tensor *tensor, const char *name, Storage storage, GError **error);

/* A tensor as TensorProto, a sequence as SequenceProto, an optional as OptionalProto. */
gboolean value_save(const Value *value, const char *name, const char *path, GError **error);
GBytes  *value_to_bytes(const Value *value, const char *name, GError **error);

/* Atomic replacement of a file: temporary file in the same folder, fsync when `durable`, rename. */
gboolean file_replace(const char *path, const void *data, gsize size, gboolean durable, GError **error);

#endif
