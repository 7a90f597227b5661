/* Encodings for elements that have no ONNX type: their layouts and their meaning in standard operators. Private to the
 * generator of subbyte-types. */
#ifndef ASSAY_GENERATORS_PROPOSALS_SUBBYTE_TYPES_CARRIED_H
#define ASSAY_GENERATORS_PROPOSALS_SUBBYTE_TYPES_CARRIED_H

#include "reference/tensor/tensor.h"

typedef enum { CARRIED_DENSE, CARRIED_NIBBLE, CARRIED_WORD, CARRIED_PLANES, CARRIED_ROWS, CARRIED_BASE3 } CarriedPacking;

typedef struct {
    DType          type; /* DTYPE_UINT3, DTYPE_INT3, DTYPE_TERNARY */
    CarriedPacking packing;
    Shape          shape;
    int64_t        group; /* base3: elements that begin a new byte each; 0: all together */
} Carried;

const char *carried_packing_name(CarriedPacking packing); /* the attribute's value */
int64_t     carried_bytes(const Carried *c);
/* The type of the elements one by one. */
DType       carried_element(const Carried *c);

/* The functions assay.subbyte::Unpack and ::Pack in standard operators, for this shape; free with g_free. The bodies
 * ignore what strict decoding refuses: a function cannot refuse. */
char *carried_unpack_body(const Carried *c);
char *carried_pack_body(const Carried *c);

#endif
