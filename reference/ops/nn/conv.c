#include "reference/ops/shared/convolution.h"
#include "reference/ops/shared/padded_input.h"
#include "reference/tensor/clones.h"
#include "reference/ops/shared/linear_bound.h"

#include "reference/tensor/convert.h"

#include <math.h>
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

/* The way for every geometry and every amount of memory. */
static void columns(gpointer data, int64_t item, int64_t first, int64_t n, int64_t from, int64_t depth, void *cells, int64_t width)
{
    for (int64_t j = 0; j < depth; j++)
        read_row(data, item, first, n, from + j, (double *)cells + j * width);
}

/* Windows of one element, one after the other: the input itself is the matrix. */
static void columns_of_input(gpointer data, int64_t item, int64_t first, int64_t n, int64_t from, int64_t depth, void *cells,
                             int64_t width)
{
    const Convolution *c = data;
    const int64_t plane = c->window.in_plane, at = item * c->in_group * plane;
    const GemmMatrix x = { c->x->dtype, (const uint8_t *)c->x->data + at * dtype_info(c->x->dtype)->width, 1, plane };
    gemm_pack(c->arithmetic, &x, first, n, from, depth, cells, width);
}

/* Cells that lie next to each other in a padded plane: n from `from` on are to be `to` and following. */
typedef struct {
    int64_t from, to, n;
} Piece;

#define PIECES 64
#define VECTOR 8

static int cut(const int64_t *positions, int64_t n, Piece *pieces)
{
    int count = 0;
    for (int64_t i = 0; i < n; i++)
        if (i > 0 && positions[i] == positions[i - 1] + 1)
            pieces[count - 1].n++;
        else
            pieces[count++] = (Piece){ positions[i], i, 1 };
    return count;
}

/* Whole vectors: what one holds too much, the next piece or row writes over. */
CLONES static void copy_pieces(const double *restrict cells, const Piece *pieces, int count, double *restrict out)
{
    for (int p = 0; p < count; p++)
        for (int64_t i = 0; i < pieces[p].n; i += VECTOR)
            memcpy(out + pieces[p].to + i, cells + pieces[p].from + i, VECTOR * sizeof *out);
}

static void columns_of_padded(gpointer data, int64_t item, int64_t first, int64_t n, int64_t from, int64_t depth, void *cells,
                              int64_t width)
{
    const Convolution *c = data;
    const PaddedInput *p = c->data;
    Piece pieces[PIECES];
    if (n > PIECES) { /* no kernel takes so many */
        columns(data, item, first, n, from, depth, cells, width);
        return;
    }
    const int count = cut(p->positions + first, n, pieces);
    const int64_t taps = c->window.taps;
    const double *plane = p->cells + (item * c->in_group + from / taps) * p->plane;
    double *out = cells;
    for (int64_t j = 0, tap = from % taps; j < depth; j++, out += width) {
        const double *x = plane + p->taps[tap];
        if (j < depth - 1)
            copy_pieces(x, pieces, count, out);
        else
            for (int64_t i = 0; i < n; i++)
                out[i] = x[p->positions[first + i]];
        if (++tap == taps) {
            tap = 0;
            plane += p->plane;
        }
    }
}

static gboolean is_matrix(const Spatial *w)
{
    gboolean is = w->taps == 1;
    for (int d = 0; d < w->rank; d++)
        is &= w->stride[d] == 1 && w->begin[d] == 0 && w->end[d] == 0;
    return is;
}

/* ---- few output channels a group: a matrix of one row would waste most of a matrix kernel ------------------------------- */

CLONES static void add_weighted_tap(double weight, const double *restrict x, double *restrict sums, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        sums[i] += weight * x[i];
}

CLONES static void add_magnitudes(double weight, const double *restrict x, double *restrict sums, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        sums[i] += weight * fabs(x[i]);
}

CLONES static void add_terms(const double *restrict x, double *restrict terms, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        terms[i] += x[i] != 0 ? 1 : 0;
}

#define BLOCK 1024

/* item: n * output channels + channel. The sums are those of gemm.h in the same order. */
static void one_run(const Convolution *c, int64_t item, int64_t at, const PaddedRun *run)
{
    const Convolution *from = c->reach ? c->reach : c;
    const PaddedInput *p = c->data, *reaches = from->data;
    const int64_t taps = c->window.taps, terms = c->in_group * taps;
    const int64_t group = item / c->out_group, channel = item % (c->groups * c->out_group);
    const gboolean counting = c->sums && linear_sums_counts(c->sums);
    double sums[BLOCK], magnitudes[BLOCK], counts[BLOCK];
    memset(sums, 0, (gsize)run->count * sizeof *sums);
    if (c->sums) {
        memset(magnitudes, 0, (gsize)run->count * sizeof *magnitudes);
        memset(counts, 0, (gsize)run->count * sizeof *counts);
    }
    for (int64_t j = 0; j < terms; j++) {
        const int64_t place = (group * c->in_group + j / taps) * p->plane + p->taps[j % taps] + p->positions[at];
        const double *x = p->cells + place, *reach = reaches->cells + place;
        const double weight = tensor_get_double(c->w, channel * terms + j);
        add_weighted_tap(weight, x, sums, run->count);
        if (c->sums)
            add_magnitudes(fabs(tensor_get_double(from->w, channel * terms + j)), reach, magnitudes, run->count);
        if (counting && weight != 0)
            add_terms(x, counts, run->count);
    }
    padded_run_close(run, sums);
    if (!c->sums) {
        convolution_store((gpointer)c, group, item % c->out_group, at, run->rows * run->n, sums, NULL);
        return;
    }
    padded_run_close(run, magnitudes);
    padded_run_close(run, counts);
    convolution_store_certified((gpointer)c, group, item % c->out_group, at, run->rows * run->n, sums, magnitudes, counting ? counts : NULL);
}

static void some_planes(int64_t first, int64_t last, gpointer data)
{
    const Convolution *c = data;
    for (int64_t item = first; item < last; item++)
        for (int64_t at = 0; at < c->window.out_plane;) {
            const PaddedRun run = padded_run(c->data, &c->window, at, BLOCK);
            one_run(c, item, at, &run);
            at += run.rows * run.n;
        }
}

#define FEW_CHANNELS 2

static void run_padded(Eval *ev, Convolution *c)
{
    const PaddedInput *p = c->data;
    if (c->out_group > FEW_CHANNELS || c->arithmetic != GEMM_NARROW || c->window.out_plane == 0)
        convolution_run(ev, c, columns_of_padded);
    else
        eval_parallel(ev, c->x->shape.dims[0] * c->groups * c->out_group, 1 + 65536 / p->plane, some_planes, c);
}

/* Few channels are summed otherwise than by a matrix kernel: to the same sums, but a reach in another precision. So memory must
 * not decide which way that goes. */
static gboolean run(Eval *ev, Convolution *c, GError **error)
{
    PaddedInput padded = { 0 }, reach = { 0 };
    gboolean ok = TRUE;
    if (is_matrix(&c->window)) {
        convolution_run(ev, c, columns_of_input);
        return TRUE;
    }
    if (padded_input_make(ev, c->x, &c->window, 0, &padded) &&
        (!c->reach || padded_input_make(ev, c->reach->x, &c->window, 0, &reach))) {
        c->data = &padded;
        if (c->reach)
            c->reach->data = &reach;
        run_padded(ev, c);
    } else if (c->reach && c->out_group <= FEW_CHANNELS && (padded.refused || reach.refused)) {
        ok = eval_fail(error, "no memory for the input with its pads");
    } else {
        convolution_run(ev, c, columns);
    }
    padded_input_clear(&padded);
    padded_input_clear(&reach);
    return ok;
}

static gboolean conv(Eval *ev, GError **error)
{
    Convolution c = { 0 }, reach;
    if (!convolution_read(ev, eval_input(ev, 0), eval_input(ev, 1), eval_input(ev, 2), &c, error))
        return FALSE;
    c.linear = TRUE;
    if (!convolution_output(ev, &c, error))
        return FALSE;
    if (convolution_reach(&c, &reach))
        c.reach = &reach;
    return run(ev, &c, error);
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
