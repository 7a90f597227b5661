/* From ONNX's wire format to a Model or a Value. Everything read is hostile until proven otherwise: sizes, counts and
 * nesting are checked before protobuf-c unpacks anything, external data never leaves the model's folder, and every
 * failure is one line that says what, where and what was expected. Thread-safe. */
#ifndef ASSAY_ONNX_LOAD_H
#define ASSAY_ONNX_LOAD_H

#include "reference/onnx/model.h"
#include "reference/tensor/value.h"

#define ONNX_ERROR (onnx_error_quark())
GQuark onnx_error_quark(void);
typedef enum {
    ONNX_ERROR_IO,      /* the file cannot be opened, read or written */
    ONNX_ERROR_PARSE,   /* not the message it should be: garbage, truncated, wrong wire type */
    ONNX_ERROR_LIMIT,   /* larger, deeper or more numerous than the limits allow */
    ONNX_ERROR_MEMORY,  /* no memory for what the bytes hold: over the limit for tensors, or the system has no more */
    ONNX_ERROR_INVALID, /* well-formed protobuf that breaks a rule of ONNX */
    ONNX_ERROR_SECURITY /* external data that would leave the model's folder */
} OnnxError;

/* Limits on what is accepted; ONNX_LIMITS_DEFAULT meets no real model. 0 means the default. */
typedef struct {
    gsize file_bytes; /* each external data file (default 16 GiB); a protobuf message ends at 2 GiB in any case */
    gsize depth;      /* nested messages on the wire (100) */
    gsize fields;     /* in one file, nested messages and unpacked repetitions included (50 million) */
    gsize elements;   /* of one tensor (2^40) */
} OnnxLimits;
extern const OnnxLimits onnx_limits_default;

/* What zeros and NULL stand for from now on in this process, its own zeros being the default: for a command's options,
 * before any thread loads. */
void onnx_limits_set(const OnnxLimits *limits);

/* Load and translate; model_check() is separate. Caller frees with model_free(). limits NULL: the default. */
Model *model_load(const char *path, const OnnxLimits *limits, GError **error);
/* `folder` is where external data lives, or NULL to refuse external data. `what` names the bytes in messages. */
Model *model_load_bytes(const void *data, gsize size, const char *folder, const char *what, const OnnxLimits *limits,
                        GError **error);

/* What loading checks before it decodes anything: well-formed, not too deep, not too many fields, texts that are UTF-8.
 * For tools that work on the bytes themselves. */
gboolean model_bytes_check(const void *data, gsize size, const OnnxLimits *limits, GError **error);

/* `length` bytes at `offset` of the file folder/location, under the rules for external data: a path inside the folder,
 * no links, a regular file. length -1: to the end. ONNX_ERROR_SECURITY, _IO, _LIMIT, or _INVALID for a range that is not
 * in the file. */
GBytes *external_bytes(const char *folder, const char *location, int64_t offset, int64_t length, const OnnxLimits *limits,
                       GError **error);

/* A TensorProto file (ONNX's test data: input_0.pb); external data is looked for beside it. `name`, if not NULL,
 * receives the tensor's name (free with g_free). */
Tensor *tensor_load(const char *path, char **name, const OnnxLimits *limits, GError **error);
Tensor *tensor_load_bytes(const void *data, gsize size, const char *what, char **name, const OnnxLimits *limits,
                          GError **error);

/* A test data file whose message is a TensorProto, SequenceProto or OptionalProto, as `type` says (NULL: a tensor). */
Value *value_load(const char *path, const Type *type, const OnnxLimits *limits, GError **error);

#endif
