/* Element types: what spec/dtypes.def says, as C.
 *
 * Everything here is constant and thread-safe; nothing is owned by the caller. */
#ifndef ASSAY_TENSOR_DTYPE_H
#define ASSAY_TENSOR_DTYPE_H

#include <glib.h>
#include <stdint.h>

typedef enum {
    DTYPE_UNDEFINED = 0,
#define DTYPE(NAME, number, text, bits, domain, codec) DTYPE_##NAME = number,
#include "spec/dtypes.def"
#undef DTYPE
} DType;

/* The arithmetic in which kernels see an element type. */
typedef enum { DOMAIN_FLOAT, DOMAIN_SIGNED, DOMAIN_UNSIGNED, DOMAIN_BOOL, DOMAIN_COMPLEX, DOMAIN_STRING } Domain;

typedef struct FloatFormat FloatFormat;

typedef struct {
    DType              dtype;
    const char        *name;   /* ONNX's textual name, e.g. "float16" */
    int                bits;   /* of an element in storage: 2, 3, 4, 8 ... 128 */
    int                width;  /* bytes of an element in memory: whole bytes, so 1 for the sub-byte types */
    Domain             domain;
    const FloatFormat *format; /* DOMAIN_FLOAT only, else NULL */
} DTypeInfo;

/* NULL if the number names no type of ours. */
const DTypeInfo *dtype_info(DType dtype);

/* "float16"; "undefined" or "unknown" for numbers that name no type. */
const char *dtype_name(DType dtype);

/* DTYPE_UNDEFINED if no type has that name. */
DType dtype_from_name(const char *name);

/* Whether the number may stand in TensorProto.data_type (the carried types of proposals may not). */
gboolean dtype_on_wire(int64_t number);

/* Smallest and largest value of a signed or unsigned integer type (bool: 0 and 1). */
int64_t  dtype_min(DType dtype);
uint64_t dtype_max(DType dtype);

/* The type's predicates; FALSE for unknown numbers. */
gboolean dtype_is_float(DType dtype);
gboolean dtype_is_integer(DType dtype);

/* Every type in ascending order of its number; *count receives how many. */
const DTypeInfo *const *dtype_all(gsize *count);

static inline gboolean dtype_is_sub_byte(DType dtype)
{
    return dtype_info(dtype)->bits < 8;
}

#endif
