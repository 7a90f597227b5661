#include "reference/tensor/packing.h"

#include <string.h>

G_STATIC_ASSERT(G_BYTE_ORDER == G_LITTLE_ENDIAN); /* memory layout is the wire layout for whole-byte types */

gsize packing_size(DType dtype, int64_t count)
{
    const gsize bits = (gsize)dtype_info(dtype)->bits;
    /* Both terms stay below 2^63 for any count a Shape admits. */
    return (gsize)(count / 8) * bits + ((gsize)(count % 8) * bits + 7) / 8;
}

void packing_pack(DType dtype, const void *elements, int64_t count, uint8_t *out)
{
    const int bits = dtype_info(dtype)->bits;
    if (bits >= 8) {
        memcpy(out, elements, packing_size(dtype, count));
        return;
    }
    const uint8_t *codes = elements;
    memset(out, 0, packing_size(dtype, count));
    for (int64_t i = 0; i < count; i++) {
        const int64_t at = i * bits;
        const unsigned code = (codes[i] & ((1u << bits) - 1)) << (at % 8);
        out[at / 8] |= (uint8_t)code;
        if (at % 8 + bits > 8) /* only 3-bit codes straddle bytes */
            out[at / 8 + 1] |= (uint8_t)(code >> 8);
    }
}

void packing_unpack(DType dtype, const uint8_t *packed, int64_t count, void *elements)
{
    const int bits = dtype_info(dtype)->bits;
    if (bits >= 8) {
        memcpy(elements, packed, packing_size(dtype, count));
        return;
    }
    uint8_t *codes = elements;
    for (int64_t i = 0; i < count; i++) {
        const int64_t at = i * bits;
        unsigned window = packed[at / 8];
        if (at % 8 + bits > 8)
            window |= (unsigned)packed[at / 8 + 1] << 8;
        codes[i] = (uint8_t)(window >> (at % 8) & ((1u << bits) - 1));
    }
}
