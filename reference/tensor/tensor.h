/* Tensors: a dtype, a shape and dense row-major elements.
 *
 * In memory an element always takes whole bytes (dtype_info()->width): a 2-bit code sits alone in the low bits of a
 * byte, unused high bits zero (also for the signed types). Packing exists only on the wire (packing.h). That makes
 * every kernel that moves data independent of the type, and costs memory only for sub-byte tensors.
 *
 * Ownership: tensors are reference-counted and shared; whoever holds one reference may read. Elements are written only
 * before the tensor is given to anyone else. Strings are GRefStrings owned by the tensor; NULL means "".
 * Reference counts are atomic; everything else may be used from any thread that holds a reference. */
#ifndef ASSAY_TENSOR_TENSOR_H
#define ASSAY_TENSOR_TENSOR_H

#include "reference/tensor/dtype.h"
#include "reference/tensor/shape.h"

#define TENSOR_ERROR (tensor_error_quark())
GQuark tensor_error_quark(void);
typedef enum {
    TENSOR_ERROR_SHAPE,  /* rank, dim or count out of range, or shapes that do not go together */
    TENSOR_ERROR_DTYPE,  /* a type that is unknown or not allowed there */
    TENSOR_ERROR_MEMORY, /* over the limit, or the system has no more */
    TENSOR_ERROR_DATA    /* bytes that do not fit the type and shape */
} TensorError;

typedef struct Tensor {
    gint    refs;
    DType   dtype;
    Shape   shape;
    int64_t count; /* elements */
    gsize   bytes; /* count * width */
    void   *data;  /* 64-byte aligned; never NULL, even when empty */
    struct Tensor *lender; /* whose data these are; NULL: its own */
} Tensor;

/* Elements are zero (strings empty). NULL with TENSOR_ERROR if the shape overflows or memory is refused. */
Tensor *tensor_new(DType dtype, const Shape *shape, GError **error);
/* As tensor_new, elements undefined; not for strings. */
Tensor *tensor_new_uninitialised(DType dtype, const Shape *shape, GError **error);
/* A copy of `bytes` that are elements in memory layout (native endianness, sub-byte types one element a byte). */
Tensor *tensor_from_data(DType dtype, const Shape *shape, const void *data, GError **error);
Tensor *tensor_ref(const Tensor *tensor); /* accepts const: a reference is what makes const sharing possible */
void    tensor_unref(Tensor *tensor);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Tensor, tensor_unref)

/* The same elements under another shape of equal count. Their memory is shared: neither may be written to from then on. */
Tensor *tensor_reshape(const Tensor *tensor, const Shape *shape, GError **error);
/* A private copy. */
Tensor *tensor_copy(const Tensor *tensor, GError **error);

/* Bit equality of dtype, shape and every element. */
gboolean tensor_equal(const Tensor *a, const Tensor *b);

/* One element as a double / an int64 (floats truncate, out-of-range saturates) / a uint64. Not for strings, complex. */
double   tensor_get_double(const Tensor *tensor, int64_t index);
int64_t  tensor_get_int(const Tensor *tensor, int64_t index);
void     tensor_set_double(Tensor *tensor, int64_t index, double value); /* one rounding, natural overflow */
void     tensor_set_int(Tensor *tensor, int64_t index, int64_t value);   /* keeps the low bits; floats round */

/* Raw code of one element of up to 64 bits. */
uint64_t tensor_get_bits(const Tensor *tensor, int64_t index);
void     tensor_set_bits(Tensor *tensor, int64_t index, uint64_t bits);

const char *tensor_get_string(const Tensor *tensor, int64_t index, gsize *length); /* length may be NULL */
void        tensor_set_string(Tensor *tensor, int64_t index, const char *text, gssize length);
/* A string that finds no memory, or is over the limit, stays empty: FALSE with an error if one did so in this thread since
 * the last call. To be asked by whoever made strings of sizes that a model decides, before anybody reads them. */
gboolean    tensor_strings_kept(GError **error);

/* After a kernel has moved string pointers bytewise into `tensor`: takes a reference for each. No-op for other types. */
void tensor_adopt_strings(Tensor *tensor);

/* "float16[2,3]"; free with g_free. */
char *tensor_describe(const Tensor *tensor);

/* One element as text that reads back to the same bits ("0x1.8p+1" style for floats, decimal for integers). */
char *tensor_element_to_string(const Tensor *tensor, int64_t index);

/* Bytes held by live tensors of this process, their peak, and the limit over which tensor_new refuses (0 = none). */
gsize tensor_memory_live(void);
gsize tensor_memory_peak(void);
void  tensor_memory_set_limit(gsize bytes);
gboolean tensor_memory_allows(gsize bytes); /* whether so much more would be under the limit: for scratch memory */

#endif
