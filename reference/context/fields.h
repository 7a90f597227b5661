/* Protobuf messages as sequences of fields, without decoding them: what lets packing move nodes about byte for byte.
 * Private to reference/context/. Malformed bytes are never an error here: they stay what they are, and the loader that
 * reads the result refuses them. */
#ifndef ASSAY_CONTEXT_FIELDS_H
#define ASSAY_CONTEXT_FIELDS_H

#include "reference/onnx/model.h"

/* Field numbers of onnx.proto that packing touches. */
enum {
    MODEL_IR_VERSION = 1, MODEL_GRAPH = 7, MODEL_OPSET_IMPORT = 8, MODEL_METADATA = 14, MODEL_FUNCTIONS = 25,
    GRAPH_NODE = 1, GRAPH_NAME = 2, GRAPH_INITIALIZER = 5, GRAPH_INPUT = 11, GRAPH_OUTPUT = 12, GRAPH_VALUE_INFO = 13,
    GRAPH_SPARSE_INITIALIZER = 15, GRAPH_METADATA = 16, GRAPH_EQUIVALENT = 17, GRAPH_QUANTIZATION = 14,
    NODE_INPUT = 1, NODE_OUTPUT = 2, NODE_NAME = 3, NODE_OP_TYPE = 4, NODE_ATTRIBUTE = 5, NODE_DOMAIN = 7, NODE_OVERLOAD = 8,
    NODE_METADATA = 9,
    ATTRIBUTE_NAME = 1, ATTRIBUTE_I = 3, ATTRIBUTE_S = 4, ATTRIBUTE_G = 6, ATTRIBUTE_INTS_FIELD = 8, ATTRIBUTE_STRINGS_FIELD = 9, ATTRIBUTE_TENSORS_FIELD = 10, ATTRIBUTE_GRAPHS_FIELD = 11, ATTRIBUTE_TYPE_FIELD = 20,
    TENSOR_DIMS = 1, TENSOR_DATA_TYPE = 2, TENSOR_NAME = 8, TENSOR_RAW_DATA = 9, TENSOR_EXTERNAL_DATA = 13,
    TENSOR_DATA_LOCATION = 14,
    FUNCTION_NAME = 1, FUNCTION_INPUT = 4, FUNCTION_OUTPUT = 5, FUNCTION_ATTRIBUTE = 6, FUNCTION_NODE = 7, FUNCTION_OPSET_IMPORT = 9,
    FUNCTION_DOMAIN = 10, FUNCTION_OVERLOAD = 13,
    EQ_INPUT = 1, EQ_OUTPUT, EQ_NODE, EQ_INNER_INPUT, EQ_INNER_OUTPUT, EQ_OPSET_IMPORT, EQ_METADATA, /* proposed: encoding C2 */
    ENTRY_KEY = 1, ENTRY_VALUE = 2, OPSET_DOMAIN = 1, OPSET_VERSION = 2
};

typedef struct {
    guint    number; /* 0: bytes that are no field, up to the end of the message */
    gboolean delimited;
    Bytes    whole;  /* tag and all */
    Bytes    data;   /* delimited: the contents */
    guint64  value;  /* a varint */
} Field;

/* The field at *at, which moves behind it; FALSE at the end. */
gboolean field_next(Bytes message, gsize *at, Field *field);
/* The contents of the first such field; data NULL if there is none. */
Bytes    field_find(Bytes message, guint number);
gboolean field_is(Bytes text, const char *expected);
gboolean field_has_prefix(Bytes text, const char *prefix);

void field_put(GByteArray *to, guint number, const void *data, gsize size);
void field_put_text(GByteArray *to, guint number, const char *text);
void field_put_number(GByteArray *to, guint number, guint64 value);
void field_put_entry(GByteArray *to, guint number, const char *key, const char *value); /* StringStringEntryProto */
void field_copy(GByteArray *to, const Field *field);
void field_put_array(GByteArray *to, guint number, const GByteArray *contents);

#endif
