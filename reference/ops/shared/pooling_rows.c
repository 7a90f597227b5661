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

/* compensated_divide without a branch, so that vectors do it. */
CLONES static void divide_by_counts(const double *restrict sums, const double *restrict rests, const int64_t *restrict counts,
                                    double *restrict means, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        const double d = (double)counts[i], sum = sums[i], rest = isfinite(sum) && isfinite(rests[i]) ? rests[i] : 0;
        const double q = sum / d, lost = (fma(-q, d, sum) + rest) / d, exact = q + lost;
        means[i] = isfinite(q) ? exact : isnan(q) ? (double)NAN : q;
    }
}

#define BLOCK 1024

static void one_run(const Rows *r, const double *cells, const PaddedRun *run, double *values, double *rests)
{
    const gboolean mean = r->pooling->rows == POOLING_MEAN_ROWS;
    const int64_t stride = r->window->stride[r->window->rank - 1];
    for (int64_t i = 0; i < run->count; i++) {
        values[i] = r->fill;
        rests[i] = 0;
    }
    for (int64_t t = 0; t < r->window->taps; t++)
        if (mean)
            add_tap(cells + r->padded.taps[t], stride, values, rests, run->count);
        else
            largest_tap(cells + r->padded.taps[t], stride, values, run->count);
}

static void some_planes(int64_t first, int64_t last, gpointer data)
{
    const Rows *r = data;
    const Spatial *w = r->window;
    const int64_t width = dtype_info(r->y->dtype)->width;
    const gboolean mean = r->pooling->rows == POOLING_MEAN_ROWS;
    const gboolean count_pads = mean && *(const gboolean *)r->pooling->data;
    const int64_t *counts = count_pads ? r->reached : r->inside;
    double values[BLOCK], rests[BLOCK], means[BLOCK];
    for (int64_t plane = first; plane < last; plane++)
        for (int64_t at = 0; at < w->out_plane;) {
            const PaddedRun run = padded_run(&r->padded, w, at, BLOCK);
            one_run(r, r->padded.cells + plane * r->padded.plane + r->padded.positions[at], &run, values, rests);
            for (int64_t i = 0; i < run.rows; i++, at += run.n) {
                const double *row = values + i * run.pitch;
                if (mean)
                    divide_by_counts(row, rests + i * run.pitch, counts + at, means, run.n);
                convert_from_double(r->y->dtype, mean ? means : row, (uint8_t *)r->y->data + (plane * w->out_plane + at) * width,
                                    (gsize)run.n);
            }
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
