/* Three-bit and ternary elements in bytes: the layouts under discussion for types that ONNX does not have.
 *
 *   dense        element k at bits 3k to 3k+2 of a little-endian bit stream: ceil(3N/8) bytes
 *   nibble       one element in the low three bits of each half byte, low half first; the fourth bit is 0 (uint3) or a
 *                copy of the sign (int3): ceil(N/2) bytes
 *   word         ten in each little-endian 32-bit word from bit 0, its two top bits 0: 4 ceil(N/10) bytes
 *   planes       the low two bits of all elements, four to a byte from bit 0; then their high bits, eight to a byte from
 *                bit 0: ceil(N/4) + ceil(N/8) bytes
 *   offset_rows  int3 only: the dense stream of q + 4, begun anew for each row (the last axis): ceil(3K/8) bytes a row
 *   base3        ternary only: five to a byte, the sum of (t_k + 1) * 3^k, first element least; codes 243 to 255 do not
 *                occur. Groups of `group` elements each begin a new byte (0: one group): ceil(G/5) bytes a group.
 *                Not the coding of ggml's TQ1_0, whose first element is the most significant and whose codes are scaled
 *
 * Rule: subbyte-types/R49 to R56.
 *
 * Padding is written as 0 (base3: as digits 1, the element 0). Reading ignores what follows the last element, as for
 * ONNX's own sub-byte types, but offset_rows rejects bits there that are set. `strict` also rejects a fixed bit that is
 * wrong (nibble, word) and a code of 243 and up; lenient ignores the bit and reads such a code as five zeros. */
#ifndef ASSAY_OPS_SHARED_SUBBYTE_LAYOUT_H
#define ASSAY_OPS_SHARED_SUBBYTE_LAYOUT_H

#include "reference/eval/operator.h"

typedef enum { PACKING_DENSE, PACKING_NIBBLE, PACKING_WORD, PACKING_PLANES, PACKING_OFFSET_ROWS, PACKING_BASE3 } Packing;

typedef struct {
    DType    type;     /* DTYPE_UINT3, DTYPE_INT3 or DTYPE_TERNARY */
    Packing  packing;
    int64_t  group;    /* base3 */
    gboolean strict;
} SubbyteLayout;

#define SUBBYTE_ATTRIBUTES "type:string!, packing:string!, group:int=0, strict:int=1"

/* From the attributes; FALSE with an error if they name no layout. */
gboolean subbyte_layout(const Eval *ev, SubbyteLayout *layout, GError **error);

/* The type that carries the elements one by one: uint8 for uint3, else int8. */
DType subbyte_carrier(const SubbyteLayout *layout);

/* Bytes that a tensor of this shape takes. */
int64_t subbyte_bytes(const SubbyteLayout *layout, const Shape *shape);

/* `values` holds the shape's elements, one a byte; `bytes` subbyte_bytes(). FALSE with an error at the first value out of
 * the type's range, or the first byte that the layout rejects. */
gboolean subbyte_pack(const SubbyteLayout *layout, const Shape *shape, const int8_t *values, uint8_t *bytes, GError **error);
gboolean subbyte_unpack(const SubbyteLayout *layout, const Shape *shape, const uint8_t *bytes, int8_t *values, GError **error);

#endif
