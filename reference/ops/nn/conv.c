#include "reference/ops/shared/convolution.h"
#include "reference/ops/shared/linear_bound.h"

#include "reference/tensor/convert.h"

#include <string.h>

/* n outputs in a row along the last dim, from position `at`: their taps `tap` of one input row, zero outside it. */
static void row_of_taps(const Convolution *c, const uint8_t *row, int64_t at, int64_t tap, int64_t n, double *out)
{
    const Spatial *w = &c->window;
    const int d = w->rank - 1;
    const int64_t width = dtype_info(c->x->dtype)->width, stride = w->stride[d];
    const int64_t start = at * stride - w->begin[d] + tap * w->dilation[d];
    int64_t first = start < 0 ? (-start + stride - 1) / stride : 0;
    int64_t last = start < w->in[d] ? (w->in[d] - start + stride - 1) / stride : 0;
    first = MIN(first, n);
    last = CLAMP(last, first, n);
    memset(out, 0, (gsize)first * sizeof *out);
    memset(out + last, 0, (gsize)(n - last) * sizeof *out);
    if (stride == 1) {
        convert_to_double(c->x->dtype, row + (start + first) * width, out + first, (gsize)(last - first));
        return;
    }
    for (int64_t i = first; i < last; i++)
        convert_to_double(c->x->dtype, row + (start + i * stride) * width, &out[i], 1);
}

/* One row of cells: element (first ... first + n, j) of the columns. */
static void read_row(const Convolution *c, int64_t item, int64_t first, int64_t n, int64_t j, double *out)
{
    const Spatial *w = &c->window;
    const int d = w->rank - 1;
    int64_t tap[SHAPE_MAX_RANK], at[SHAPE_MAX_RANK];
    spatial_index(w->kernel, w->rank, j % w->taps, tap);
    spatial_index(w->out, w->rank, first, at);
    const int64_t plane = item * c->in_group + j / w->taps;
    while (n > 0) {
        const int64_t run = MIN(n, w->out[d] - at[d]);
        int64_t row = plane;
        gboolean inside = TRUE;
        for (int e = 0; e < d; e++) {
            const int64_t i = at[e] * w->stride[e] - w->begin[e] + tap[e] * w->dilation[e];
            inside &= i >= 0 && i < w->in[e];
            row = inside ? row * w->in[e] + i : 0;
        }
        if (inside)
            row_of_taps(c, (const uint8_t *)c->x->data + row * w->in[d] * dtype_info(c->x->dtype)->width, at[d], tap[d], run, out);
        else
            memset(out, 0, (gsize)run * sizeof *out);
        out += run;
        n -= run;
        at[d] = 0;
        for (int e = d - 1; e >= 0 && ++at[e] == w->out[e]; e--)
            at[e] = 0;
    }
}

static void columns(gpointer data, int64_t item, int64_t first, int64_t n, int64_t from, int64_t depth, void *cells, int64_t width)
{
    for (int64_t j = 0; j < depth; j++)
        read_row(data, item, first, n, from + j, (double *)cells + j * width);
}

static gboolean conv(Eval *ev, GError **error)
{
    Convolution c = { 0 };
    return convolution_read(ev, eval_input(ev, 0), eval_input(ev, 1), eval_input(ev, 2), &c, error) &&
           convolution_run(ev, &c, columns, error);
}

static gboolean conv_bound(Eval *ev, GError **error)
{
    return linear_bound(ev, &(LinearRule){ .factors = 2 }, error);
}

#define REST .signature = "X:T, W:T, B:T? -> Y:T", .kernel = conv, .bound = conv_bound, \
    .attributes = "auto_pad:string=NOTSET, dilations:ints, group:int=1, kernel_shape:ints, pads:ints, strides:ints"
OPERATOR_DEFINE(conv, "Conv", "",
    { .since = 1, .types = "T: floats1", REST },
    { .since = 11, .types = "T: floats1", REST },
    { .since = 22, .types = "T: floats13", REST })
