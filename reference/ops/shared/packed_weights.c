#include "reference/ops/shared/packed_weights.h"

static double zero_point(const PackedWeights *p, int64_t row, int64_t block)
{
    const int64_t at = row * p->blocks + block;
    if (!p->zero_points)
        return 1u << (p->bits - 1);
    if (p->zero_points->dtype != DTYPE_UINT8)
        return tensor_get_double(p->zero_points, at);
    const int64_t run_bytes = (p->zero_point_run * p->bits + 7) / 8;
    const uint8_t *run = (const uint8_t *)p->zero_points->data + at / p->zero_point_run * run_bytes;
    return packed_code(run, at % p->zero_point_run, p->bits);
}

Tensor *packed_weights_unpack(const PackedWeights *p, DType dtype, const Shape *shape, gboolean *exact, GError **error)
{
    g_autoptr(Tensor) w = tensor_new(dtype, shape, error);
    if (!w)
        return NULL;
    *exact = TRUE;
    for (int64_t row = 0; row < p->rows; row++) {
        const uint8_t *codes = (const uint8_t *)p->codes->data + row * p->row_bytes;
        for (int64_t column = 0; column < p->columns; column++) {
            const int64_t block = p->groups ? tensor_get_int(p->groups, column) : column / p->block_size;
            if (block < 0 || block >= p->blocks) {
                eval_fail(error,
                          "group %" G_GINT64_FORMAT " of column %" G_GINT64_FORMAT " is outside [0, %" G_GINT64_FORMAT
                          ")",
                          block, column, p->blocks);
                return NULL;
            }
            const double code = packed_code(codes, column, p->bits),
                         scale = tensor_get_double(p->scales, row * p->blocks + block);
            const double product = (code - zero_point(p, row, block)) * scale;
            tensor_set_double(w, row * p->columns + column, product);
            *exact = *exact && tensor_get_double(w, row * p->columns + column) == product;
        }
    }
    return g_steal_pointer(&w);
}
