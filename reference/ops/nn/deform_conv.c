#include "reference/ops/shared/convolution.h"

#include <math.h>

typedef struct {
    const Tensor *offset, *mask; /* mask NULL: ones */
    int64_t       groups;        /* of offsets */
} Deformation;

/* Multilinear interpolation between the 2^rank neighbours of `at`; those outside the input are zero. */
static double sample(const Convolution *c, int64_t plane, const double *at)
{
    const Spatial *w = &c->window;
    double sum = 0;
    for (unsigned corner = 0; corner < 1u << w->rank; corner++) {
        double weight = 1;
        int64_t offset = plane;
        for (int d = 0; d < w->rank && weight != 0; d++) {
            const double low = floor(at[d]), part = at[d] - low, i = corner >> d & 1 ? low + 1 : low;
            weight *= corner >> d & 1 ? part : 1 - part;
            if (!(i >= 0 && i < (double)w->in[d]))
                weight = 0;
            offset = weight != 0 ? offset * w->in[d] + (int64_t)i : 0;
        }
        if (weight != 0)
            sum += weight * tensor_get_double(c->x, offset);
    }
    return sum;
}

static void columns(gpointer data, int64_t item, int64_t first, int64_t n, int64_t from, int64_t depth, void *cells, int64_t width)
{
    const Convolution *c = data;
    const Deformation *deformation = c->data;
    const Spatial *w = &c->window;
    const int64_t batch = item / c->groups, channels = c->groups * c->in_group;
    for (int64_t j = from; j < from + depth; j++) {
        const int64_t tap = j % w->taps, channel = item % c->groups * c->in_group + j / w->taps;
        const int64_t group = batch * deformation->groups + channel / (channels / deformation->groups);
        int64_t k[SHAPE_MAX_RANK], o[SHAPE_MAX_RANK];
        spatial_index(w->kernel, w->rank, tap, k);
        for (int64_t i = 0; i < n; i++) {
            double at[SHAPE_MAX_RANK];
            spatial_index(w->out, w->rank, first + i, o);
            for (int d = 0; d < w->rank; d++) {
                const int64_t plane = (group * w->taps + tap) * w->rank + d;
                at[d] = (double)(o[d] * w->stride[d] - w->begin[d] + k[d] * w->dilation[d]) +
                        tensor_get_double(deformation->offset, plane * w->out_plane + first + i);
            }
            double value = sample(c, batch * channels + channel, at);
            if (deformation->mask)
                value *= tensor_get_double(deformation->mask, (group * w->taps + tap) * w->out_plane + first + i);
            ((double *)cells)[(j - from) * width + i] = value;
        }
    }
}

static gboolean check(const Tensor *t, const char *name, const Convolution *c, int64_t groups, int64_t each, GError **error)
{
    int64_t channels;
    if (__builtin_mul_overflow(groups * c->window.taps, each, &channels))
        return eval_fail(error, "%s would need too many channels", name);
    const Shape expected = spatial_shape(&c->window, c->x->shape.dims[0], channels);
    if (shape_equal(&t->shape, &expected))
        return TRUE;
    g_autofree char *found = shape_to_string(&t->shape), *wanted = shape_to_string(&expected);
    return eval_fail(error, "%s has shape %s, expected %s", name, found, wanted);
}

static gboolean deform_conv(Eval *ev, GError **error)
{
    Convolution c = { 0 };
    Deformation deformation = { eval_input(ev, 2), eval_input(ev, 4), eval_int(ev, "offset_group") };
    if (!convolution_read(ev, eval_input(ev, 0), eval_input(ev, 1), eval_input(ev, 3), &c, error))
        return FALSE;
    const int64_t channels = c.groups * c.in_group;
    if (deformation.groups < 1 || deformation.groups > MAX(channels, 1) || channels % deformation.groups != 0)
        return eval_fail(error, "offset_group is %" G_GINT64_FORMAT ", expected a divisor of %" G_GINT64_FORMAT " channels",
                         deformation.groups, channels);
    if (!check(deformation.offset, "offset", &c, deformation.groups, c.window.rank, error) ||
        (deformation.mask && !check(deformation.mask, "mask", &c, deformation.groups, 1, error)))
        return FALSE;
    if (c.arithmetic == GEMM_NARROW) /* interpolated values take all bits of binary64 */
        c.arithmetic = GEMM_BINARY64;
    c.data = &deformation;
    if (!convolution_output(ev, &c, error))
        return FALSE;
    convolution_run(ev, &c, columns);
    return TRUE;
}

#define REST .signature = "X:T, W:T, offset:T, B:T?, mask:T? -> Y:T", .kernel = deform_conv, \
    .attributes = "dilations:ints, group:int=1, kernel_shape:ints, offset_group:int=1, pads:ints, strides:ints"
OPERATOR_DEFINE(deform_conv, "DeformConv", "",
    { .since = 19, .types = "T: floats1", REST },
    { .since = 22, .types = "T: floats13", REST })
