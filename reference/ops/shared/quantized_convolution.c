#include "reference/ops/shared/quantized_convolution.h"

#include "reference/tensor/convert.h"

typedef struct {
    Convolution   geometry;
    const Tensor *x_zero, *w_zero;
    Tensor       *sums;
} Run;

gboolean check_per_tensor(const Tensor *values, const char *what, GError **error)
{
    if (!values || (values->count == 1 && values->shape.rank <= 1))
        return TRUE;
    g_autofree char *found = shape_to_string(&values->shape);
    return eval_fail(error, "%s has shape %s, expected a scalar", what, found);
}

gboolean check_per_channel(const Tensor *values, int64_t channels, const char *what, GError **error)
{
    if (!values || (values->shape.rank <= 1 && (values->count == 1 || values->count == channels)))
        return TRUE;
    g_autofree char *found = shape_to_string(&values->shape);
    return eval_fail(error, "%s has shape %s, expected a scalar or [%" G_GINT64_FORMAT "]", what, found, channels);
}

double per_channel(const Tensor *values, int64_t channel)
{
    return tensor_get_double(values, values->count == 1 ? 0 : channel);
}

static uint64_t zero_of(const Tensor *zero, int64_t channel)
{
    return zero ? (uint64_t)tensor_get_int(zero, zero->count == 1 ? 0 : channel) : 0;
}

static void weights(gpointer data, int64_t item, int64_t first, int64_t n, int64_t from, int64_t depth, void *cells, int64_t width)
{
    const Run *run = data;
    const Convolution *c = &run->geometry;
    const int64_t k = c->in_group * c->window.taps, channel = item % c->groups * c->out_group;
    const GemmMatrix w = { c->w->dtype, (const uint8_t *)c->w->data + channel * k, k, 1 }; /* one byte an element */
    gemm_pack(GEMM_INTEGER, &w, first, n, from, depth, cells, width);
    for (int64_t i = 0; i < n; i++) {
        const uint64_t zero = zero_of(run->w_zero, channel + first + i);
        for (int64_t j = 0; j < depth; j++)
            ((uint64_t *)cells)[j * width + i] -= zero;
    }
}

/* Row-major offset of a tap in the input's plane; -1 if it lies in the pads. */
static int64_t offset_of(const Spatial *w, const int64_t *at, const int64_t *tap)
{
    int64_t offset = 0;
    for (int d = 0; d < w->rank; d++) {
        const int64_t i = at[d] * w->stride[d] - w->begin[d] + tap[d] * w->dilation[d];
        if (i < 0 || i >= w->in[d])
            return -1;
        offset = offset * w->in[d] + i;
    }
    return offset;
}

static void columns(gpointer data, int64_t item, int64_t first, int64_t n, int64_t from, int64_t depth, void *cells, int64_t width)
{
    const Run *run = data;
    const Convolution *c = &run->geometry;
    const Spatial *w = &c->window;
    const uint64_t zero = zero_of(run->x_zero, 0);
    const gboolean is_signed = c->x->dtype == DTYPE_INT8;
    int64_t tap[SHAPE_MAX_RANK], at[SHAPE_MAX_RANK];
    for (int64_t j = 0; j < depth; j++) {
        const int64_t channel = item * c->in_group + (from + j) / w->taps;
        const uint8_t *plane = (const uint8_t *)c->x->data + channel * w->in_plane;
        uint64_t *out = (uint64_t *)cells + j * width;
        spatial_index(w->kernel, w->rank, (from + j) % w->taps, tap);
        spatial_index(w->out, w->rank, first, at);
        for (int64_t i = 0; i < n; i++) {
            const int64_t offset = offset_of(w, at, tap);
            out[i] = offset < 0 ? 0 : (is_signed ? (uint64_t)(int8_t)plane[offset] : plane[offset]) - zero;
            for (int d = w->rank - 1; d >= 0 && ++at[d] == w->out[d]; d--)
                at[d] = 0;
        }
    }
}

static void store(gpointer data, int64_t item, int64_t row, int64_t column, int64_t n, const void *values,
                  G_GNUC_UNUSED const double *rests)
{
    const Run *run = data;
    const Convolution *c = &run->geometry;
    const int64_t channel = item % c->groups * c->out_group + row;
    const int64_t plane = item / c->groups * c->groups * c->out_group + channel;
    const uint64_t bias = c->bias ? (uint64_t)tensor_get_int(c->bias, channel) : 0;
    int32_t *out = (int32_t *)run->sums->data + plane * c->window.out_plane + column;
    for (int64_t i = 0; i < n; i++)
        out[i] = (int32_t)(uint32_t)(((const uint64_t *)values)[i] + bias);
}

Tensor *quantized_convolution(Eval *ev, const Tensor *x, const Tensor *x_zero, const Tensor *w, const Tensor *w_zero,
                              const Tensor *bias, GError **error)
{
    Run run = { .x_zero = x_zero, .w_zero = w_zero };
    Convolution *c = &run.geometry;
    if (!convolution_read(ev, x, w, bias, c, error) || !check_per_tensor(x_zero, "x_zero_point", error) ||
        !check_per_channel(w_zero, c->groups * c->out_group, "w_zero_point", error))
        return NULL;
    const Shape shape = spatial_shape(&c->window, x->shape.dims[0], c->groups * c->out_group);
    run.sums = tensor_new(DTYPE_INT32, &shape, error);
    if (!run.sums || run.sums->count == 0)
        return run.sums;
    const Gemm product = { GEMM_INTEGER, x->shape.dims[0] * c->groups, c->out_group, c->window.out_plane,
                           c->in_group * c->window.taps, weights, columns, store, &run };
    gemm_run(ev, &product);
    return run.sums;
}
