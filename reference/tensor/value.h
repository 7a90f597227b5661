/* Values: what flows along the edges of a graph. A tensor, a sparse tensor, a sequence, a map or an optional.
 *
 * Ownership as for tensors: reference-counted, immutable once shared; containers own a reference to each item. */
#ifndef ASSAY_TENSOR_VALUE_H
#define ASSAY_TENSOR_VALUE_H

#include "reference/tensor/tensor.h"

typedef enum { VALUE_TENSOR, VALUE_SPARSE, VALUE_SEQUENCE, VALUE_MAP, VALUE_OPTIONAL } ValueKind;

typedef struct Value Value;
struct Value {
    gint      refs;
    ValueKind kind;
    Tensor   *tensor;  /* TENSOR: the tensor. SPARSE: the non-zero values [NNZ]. MAP: the keys [N] (integers or strings) */
    Tensor   *indices; /* SPARSE: int64, linear [NNZ] or coordinates [NNZ, rank] */
    Shape     shape;   /* SPARSE: the dense shape */
    GPtrArray *items;  /* SEQUENCE: of Value. MAP: the values in the order of the keys. OPTIONAL: none or one Value */
};

Value *value_from_tensor(Tensor *tensor);                 /* takes the reference */
Value *value_sequence(void);                              /* empty; append with value_append before sharing */
Value *value_optional(Value *item);                       /* takes the reference; NULL: an empty optional */
Value *value_map(Tensor *keys, GPtrArray *values);        /* takes both */
Value *value_sparse(Tensor *values, Tensor *indices, const Shape *shape); /* takes both */
void   value_append(Value *sequence, Value *item);        /* takes the reference */
Value *value_ref(const Value *value);
void   value_unref(Value *value);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Value, value_unref)

/* Items of a sequence or optional. */
guint  value_length(const Value *value);
Value *value_item(const Value *value, guint index); /* borrowed */

/* Bytes of every element, strings' texts included. */
guint64 value_bytes(const Value *value);

/* "float16[2,3]", "seq of 3", "optional()"; free with g_free. */
char *value_describe(const Value *value);

#endif
