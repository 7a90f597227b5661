/* Between Assay's values and ONNX Runtime's: every element type, packed as the library packs it, strings, sequences. */
#ifndef ASSAY_ORT_VALUES_H
#define ASSAY_ORT_VALUES_H

#include "backends_under_test/ort/engine.h"

/* A value for the library. Its memory may be borrowed from `keep`, to which whatever must outlive it is added (freed with
 * g_free). Errors in stage run. */
OrtValue *value_to_ort(Engine *engine, const Value *value, GPtrArray *keep, GError **error);

/* A copy of an output of the library. */
Value *value_from_ort(Engine *engine, const OrtValue *value, GError **error);

#endif
