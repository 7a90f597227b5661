/* Weights of few bits packed into bytes, as vendor operators store them: low bits first, a row's codes without gaps,
 * rows on byte boundaries; w = (code - zero point) * scale, one scale per row or per block of a row. */
#ifndef ASSAY_OPS_SHARED_PACKED_WEIGHTS_H
#define ASSAY_OPS_SHARED_PACKED_WEIGHTS_H

#include "reference/eval/operator.h"

typedef struct {
    const Tensor *codes;       /* uint8, rows * row_bytes */
    const Tensor *scales;      /* rows * blocks */
    const Tensor *zero_points; /* uint8, packed like the codes in runs of `zero_point_run` rows' blocks; or a float type,
                                  rows * blocks; or NULL: 2^(bits - 1) */
    const Tensor *groups;      /* int32, columns: the block of each column; or NULL: column / block_size */
    int64_t       rows, columns, blocks, block_size, row_bytes;
    int64_t       zero_point_run; /* zero points that share bytes before the next byte boundary */
    int           bits;        /* 2, 4 or 8 */
} PackedWeights;

/* The weights in dtype, shape of rows * columns elements; *exact tells whether no product was rounded. All sizes must
 * have been checked but those of `groups`' values. NULL with an error if memory is refused. */
Tensor *packed_weights_unpack(const PackedWeights *p, DType dtype, const Shape *shape, gboolean *exact, GError **error);

/* Code i of a packed run that starts at byte `first`. */
static inline unsigned packed_code(const uint8_t *bytes, int64_t i, int bits)
{
    const unsigned byte = bytes[i * bits / 8];
    return byte >> (i * bits % 8) & ((1u << bits) - 1);
}

#endif
