/* TensorProto messages that no careful writer would write: the bytes of a reject case, field by field.
 *
 *     g_autoptr(GByteArray) w = wire_tensor("w", DTYPE_INT4, &SHAPE(5));
 *     wire_raw(w, "\x21\x43", 2);                          // one byte short
 *     wire_attach(scenario_constant(s, "w", tensor), scenario_model(s), w);
 *
 * Fields are appended in the order of the calls; nothing is checked. */
#ifndef ASSAY_GENERATORS_ENGINE_WIRE_H
#define ASSAY_GENERATORS_ENGINE_WIRE_H

#include "reference/onnx/model.h"

/* Numbers of TensorProto's data fields (onnx.proto). */
typedef enum {
    WIRE_FLOAT_DATA = 4,
    WIRE_INT32_DATA = 5,
    WIRE_INT64_DATA = 7,
    WIRE_RAW_DATA = 9,
    WIRE_DOUBLE_DATA = 10,
    WIRE_UINT64_DATA = 11
} WireField;

/* dims, data_type (any number) and name. */
GByteArray *wire_tensor(const char *name, int64_t data_type, const Shape *shape);
void        wire_raw(GByteArray *w, const void *data, gsize size);
/* int32_data, int64_data or uint64_data. */
void        wire_numbers(GByteArray *w, WireField field, const int64_t *values, gsize n);
/* float_data or double_data: `n` zeros. */
void        wire_zeros(GByteArray *w, WireField field, gsize n);
/* data_location = EXTERNAL, and one entry of external_data. */
void        wire_external(GByteArray *w);
void        wire_external_entry(GByteArray *w, const char *key, const char *value);

/* These bytes stand for the tensor when the model is saved; copied into the model. */
void        wire_attach(NamedTensor *tensor, Model *model, const GByteArray *w);

#endif
