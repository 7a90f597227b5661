/* Maximum and mean a row of windows at a time: the same operations on each window's taps in the same order as
 * pooling_functions.c, but next to each other, so that vectors do them. */
#include "reference/ops/shared/compensated.h"
#include "reference/ops/shared/padded_input.h"
#include "reference/ops/shared/pooling.h"
#include "reference/tensor/clones.h"
#include "reference/tensor/convert.h"

typedef struct {
    const Spatial *window;
    const Pooling *pooling;
    PaddedInput    padded;
    Tensor        *y;
    double         fill;
    int64_t       *inside, *reached; /* of each output position: taps inside the input, and inside input or pads */
} Rows;

/* Not less and not NaN already: a NaN is larger than everything, the first of equal ones stays. */
CLONES static void largest_tap(const double *restrict x, int64_t stride, double *restrict best, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        best[i] = !(x[i * stride] <= best[i]) && !isnan(best[i]) ? x[i * stride] : best[i];
}

CLONES static void add_tap(const double *restrict x, int64_t stride, double *restrict sums, double *restrict rests, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        Compensated s = { sums[i], rests[i] };
        compensated_add(&s, x[i * stride]);
        sums[i] = s.sum;
        rests[i] = s.rest;
    }
}

#define BLOCK 512

static void some_planes(int64_t first, int64_t last, gpointer data)
{
    const Rows *r = data;
    const Spatial *w = r->window;
    const int d = w->rank - 1;
    const int64_t row = w->out[d], width = dtype_info(r->y->dtype)->width;
    const gboolean mean = r->pooling->rows == POOLING_MEAN_ROWS;
    const gboolean count_pads = mean && *(const gboolean *)r->pooling->data;
    const int64_t *counts = count_pads ? r->reached : r->inside;
    double values[BLOCK], rests[BLOCK];
    for (int64_t plane = first; plane < last; plane++)
        for (int64_t at = 0, n; at < w->out_plane; at += n) {
            n = MIN(row - at % row, BLOCK);
            for (int64_t i = 0; i < n; i++) {
                values[i] = r->fill;
                rests[i] = 0;
            }
            for (int64_t t = 0; t < w->taps; t++) {
                const double *x = r->padded.cells + plane * r->padded.plane + r->padded.taps[t] + r->padded.positions[at];
                if (mean)
                    add_tap(x, w->stride[d], values, rests, n);
                else
                    largest_tap(x, w->stride[d], values, n);
            }
            for (int64_t i = 0; mean && i < n; i++)
                values[i] = compensated_divide((Compensated){ values[i], rests[i] }, (double)counts[at + i]);
            convert_from_double(r->y->dtype, values, (uint8_t *)r->y->data + (plane * w->out_plane + at) * width, (gsize)n);
        }
}

static gboolean count_taps(Rows *r)
{
    const gsize n = (gsize)r->window->out_plane;
    g_autofree int64_t *offsets = g_try_new(int64_t, spatial_most_taps(r->window) + 1);
    r->inside = g_try_new(int64_t, n + 1);
    r->reached = g_try_new(int64_t, n + 1);
    for (gsize i = 0; offsets && r->inside && r->reached && i < n; i++)
        r->inside[i] = spatial_taps(r->window, (int64_t)i, offsets, &r->reached[i]);
    return offsets && r->inside && r->reached;
}

gboolean pooling_run_rows(Eval *ev, const Spatial *window, const Pooling *pooling, Tensor *y)
{
    const Tensor *x = eval_input(ev, 0);
    Rows r = { .window = window, .pooling = pooling, .y = y };
    if (pooling->rows == POOLING_LARGEST_ROWS)
        r.fill = dtype_is_float(x->dtype) ? -(double)INFINITY : (double)dtype_min(x->dtype);
    gboolean ok = y->count > 0 && padded_input_make(ev, x, window, r.fill, &r.padded);
    if (ok && pooling->rows == POOLING_MEAN_ROWS)
        ok = count_taps(&r);
    if (ok)
        eval_parallel(ev, x->shape.dims[0] * x->shape.dims[1], 1 + 65536 / r.padded.plane, some_planes, &r);
    padded_input_clear(&r.padded);
    g_free(r.inside);
    g_free(r.reached);
    return ok;
}
