#include "reference/ops/shared/move.h"
#include "reference/tensor/convert.h"

#include <string.h>

/* [N, C * block, L] to [N, C, image]: column l of block element k is added where block l holds that element. */
typedef struct {
    int     rank;                     /* spatial */
    int64_t image[SHAPE_MAX_RANK], block[SHAPE_MAX_RANK], blocks[SHAPE_MAX_RANK];
    int64_t stride[SHAPE_MAX_RANK], dilation[SHAPE_MAX_RANK], begin[SHAPE_MAX_RANK];
    int64_t batches, channels, in_block, n_blocks, plane;
} Layout;

static gboolean list_or(const Eval *ev, const char *name, gsize n, int64_t fallback, int64_t *values, GError **error)
{
    gsize found;
    const int64_t *given = eval_ints(ev, name, &found);
    if (given && found != n)
        return eval_fail(error, "%s has %" G_GSIZE_FORMAT " entries, expected %" G_GSIZE_FORMAT, name, found, n);
    for (gsize i = 0; i < n; i++)
        values[i] = given ? given[i] : fallback;
    return TRUE;
}

/* How many blocks fit along axis d: the convolution's count. */
static gboolean count_blocks(Layout *l, int d, int64_t end, GError **error)
{
    int64_t extent, room;
    if (l->image[d] < 1 || l->block[d] < 1 || l->stride[d] < 1 || l->dilation[d] < 1 || l->begin[d] < 0 || end < 0)
        return eval_fail(error, "axis %d: image, block, stride and dilation must be positive, pads not negative", d);
    if (__builtin_mul_overflow(l->block[d] - 1, l->dilation[d], &extent) ||
        __builtin_add_overflow(l->image[d], l->begin[d], &room) || __builtin_add_overflow(room, end, &room) || extent >= room)
        return eval_fail(error, "axis %d: a block of %" G_GINT64_FORMAT " does not fit an image of %" G_GINT64_FORMAT, d,
                         l->block[d], l->image[d]);
    l->blocks[d] = (room - extent - 1) / l->stride[d] + 1;
    if (__builtin_mul_overflow(l->in_block, l->block[d], &l->in_block) ||
        __builtin_mul_overflow(l->n_blocks, l->blocks[d], &l->n_blocks))
        return eval_fail(error, "more than 2^63-1 blocks or block elements");
    return TRUE;
}

static gboolean lay_out(const Eval *ev, Layout *l, Shape *shape, GError **error)
{
    const Tensor *x = eval_input(ev, 0);
    gsize n, m;
    g_autofree int64_t *image = move_int_list(eval_input(ev, 1), "image_shape", &n, error);
    g_autofree int64_t *block = image ? move_int_list(eval_input(ev, 2), "block_shape", &m, error) : NULL;
    int64_t pads[2 * SHAPE_MAX_RANK] = { 0 };
    if (!block)
        return FALSE;
    if (x->shape.rank != 3 || n < 1 || n > SHAPE_MAX_RANK - 2 || m != n)
        return eval_fail(error, "input of rank %d, image_shape of %" G_GSIZE_FORMAT " and block_shape of %" G_GSIZE_FORMAT
                                " entries: expected 3 and two equal numbers up to %d", x->shape.rank, n, m, SHAPE_MAX_RANK - 2);
    l->rank = (int)n;
    memcpy(l->image, image, n * sizeof *image);
    memcpy(l->block, block, n * sizeof *block);
    if (!list_or(ev, "strides", n, 1, l->stride, error) || !list_or(ev, "dilations", n, 1, l->dilation, error) ||
        !list_or(ev, "pads", 2 * n, 0, pads, error))
        return FALSE;
    memcpy(l->begin, pads, n * sizeof *pads);
    l->in_block = l->n_blocks = 1;
    for (int d = 0; d < l->rank; d++)
        if (!count_blocks(l, d, pads[n + (gsize)d], error))
            return FALSE;
    if (x->shape.dims[1] % l->in_block != 0 || x->shape.dims[2] != l->n_blocks)
        return eval_fail(error, "input has %" G_GINT64_FORMAT " rows and %" G_GINT64_FORMAT " columns, expected a multiple of %"
                                G_GINT64_FORMAT " and %" G_GINT64_FORMAT, x->shape.dims[1], x->shape.dims[2], l->in_block,
                         l->n_blocks);
    l->batches = x->shape.dims[0];
    l->channels = x->shape.dims[1] / l->in_block;
    int64_t dims[SHAPE_MAX_RANK] = { l->batches, l->channels };
    memcpy(dims + 2, image, n * sizeof *image);
    if (!shape_make(dims, n + 2, shape, error))
        return FALSE;
    l->plane = shape_span(shape, 2, shape->rank);
    return TRUE;
}

/* Where element k of block b lies in the image; -1 in the padding. */
static int64_t place(const Layout *l, int64_t k, int64_t b)
{
    int64_t position = 0, stride = 1;
    for (int d = l->rank - 1; d >= 0; d--) {
        const int64_t at = b % l->blocks[d] * l->stride[d] + k % l->block[d] * l->dilation[d] - l->begin[d];
        if (at < 0 || at >= l->image[d])
            return -1;
        position += at * stride;
        stride *= l->image[d];
        k /= l->block[d];
        b /= l->blocks[d];
    }
    return position;
}

/* Sums in the order of block elements, then blocks: binary64 for floats, modulo 2^64 for integers, then one rounding. */
static gboolean add_up(const Tensor *x, const Layout *l, Tensor *y, GError **error)
{
    const gboolean real = dtype_is_float(y->dtype);
    g_autoptr(Tensor) sums = tensor_new(real ? DTYPE_DOUBLE : DTYPE_INT64, &y->shape, error);
    if (!sums)
        return FALSE;
    double *f = sums->data;
    int64_t *i = sums->data;
    for (int64_t plane = 0, from = 0; plane < l->batches * l->channels; plane++)
        for (int64_t k = 0; k < l->in_block; k++)
            for (int64_t b = 0; b < l->n_blocks; b++, from++) {
                const int64_t at = place(l, k, b), to = plane * l->plane + at;
                if (at >= 0 && real)
                    f[to] += tensor_get_double(x, from);
                else if (at >= 0)
                    i[to] = (int64_t)((uint64_t)i[to] + (uint64_t)tensor_get_bits(x, from));
            }
    if (real)
        convert_from_double(y->dtype, f, y->data, (gsize)y->count);
    else
        convert_from_int64(y->dtype, i, y->data, (gsize)y->count);
    return TRUE;
}

static gboolean col2im(Eval *ev, GError **error)
{
    const Tensor *x = eval_input(ev, 0);
    if (!dtype_is_float(x->dtype) && !dtype_is_integer(x->dtype))
        return eval_fail(error, "columns of %s cannot be added up", dtype_name(x->dtype));
    Layout l = { 0 };
    Shape shape = SHAPE0;
    if (!lay_out(ev, &l, &shape, error))
        return FALSE;
    Tensor *y = eval_output(ev, 0, x->dtype, &shape, error);
    return y && (y->count == 0 || add_up(x, &l, y, error));
}

OPERATOR_DEFINE(col2im, "Col2Im", "",
    { .since = 18, .signature = "input:T, image_shape:int64, block_shape:int64 -> output:T", .types = "T: all13",
      .attributes = "dilations:ints, pads:ints, strides:ints", .kernel = col2im })
