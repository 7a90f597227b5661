/* ONNX Runtime, loaded at run time: the library, its environment and what each call needs. One thread. Errors are
 * ADAPTER_ERROR; a code of the library becomes "unsupported" where it says NOT_IMPLEMENTED. */
#ifndef ASSAY_ORT_ENGINE_H
#define ASSAY_ORT_ENGINE_H

#include "backends_under_test/ort/api.h"
#include "backends_under_test/runner/serve.h"

#define ORT_MAX_ELEMENT_TYPE 63

typedef struct {
    void           *library;
    const OrtSlot  *api;
    OrtEnv         *env;
    OrtAllocator   *allocator; /* the library's default; never released */
    OrtMemoryInfo  *cpu;
    char           *version;
    int             to_ort[ORT_MAX_ELEMENT_TYPE + 1];   /* DType -> number for CreateTensor; 0: the library has none */
    DType           from_ort[ORT_MAX_ELEMENT_TYPE + 1]; /* answer of GetTensorElementType -> DType */
} Engine;

/* The library is $ONNXRUNTIME_LIB or option "library", else the one that ./install fetched, else the system's. */
gboolean engine_open(Engine *engine, const char *library, GError **error);

/* Session options from the adapter's options: provider, device_id, threads, optimization. */
OrtSessionOptions *engine_options(Engine *engine, const cJSON *options, GError **error);

/* Whether a call succeeded; a status becomes an error in the stage. Releases the status. */
gboolean engine_check(Engine *engine, OrtStatus *status, gboolean load, GError **error);

#endif
